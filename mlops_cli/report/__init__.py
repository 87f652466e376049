"""One AutoML run as one HTML file: no script, no font, no picture from elsewhere; light and dark.

page     what stands on it
charts   its pictures, from a Diagnosis
"""
