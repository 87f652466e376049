"""The fast path: a compiled model behind a typed decoder. Needs numpy, onnxruntime and msgspec only.

table    how values become numbers: encoder.json
rows     typed decoding of a body and its rows
encoder  rows to the numbers of its matrix
engine   the ONNX graph: model.onnx
scorer   requests scored
batch    those of the same moment together
answer   the body of an answer
lookout  staying awake between requests that follow closely
"""
