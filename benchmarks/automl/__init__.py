"""`make bench-automl`: this engine beside LightGBM's defaults, plain scikit-learn models, FLAML and AutoGluon.

Everyone gets the same splits, the same budget and the same two threads, in an environment of its own, one after
the other. `engines/` holds one script per engine; nothing of ours is imported by the others'.
`tables` are files beside the checkout, what scikit-learn ships, `synthetic` ones and `public` ones.
"""
