"""A trained model compiled for the fast path of the scoring service, and proved to answer the same.

__main__         python -m mlops_cli.engine.compile MODEL OUT: in a process of its own
compiling        a model's folder, as a whole or not at all; outcome
model            a FittedModel as one ONNX graph and an encoding table
members          each kind of member of an ensemble
tree_ensemble    forests as operators; forest, thresholds, lightgbm_trees, xgboost_trees, sklearn_trees
dense_models     linear models and neural networks
graph            the graph under construction
parity           the same answers on true rows and on wicked ones
"""
