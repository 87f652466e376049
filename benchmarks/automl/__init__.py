"""`make bench-automl`: this engine beside LightGBM's defaults, FLAML and AutoGluon.

Everyone gets the same splits, the same budget and the same two threads, in an environment of its own, one after
the other. `engines/` holds one script per engine; nothing of ours is imported by the others'.
"""
