"""The fast path: a compiled model behind a typed decoder. Needs numpy, onnxruntime and msgspec only.

table    how values become numbers: encoder.json
rows     typed decoding of a body and its rows
encoder  rows to a matrix
engine   the ONNX graph: model.onnx
scorer   requests scored
batch    those of the same moment together
"""
