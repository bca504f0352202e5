"""Misspelt names, which `mypy --strict` and pyright must find, among calls that are right.

Each mistake is marked. Both report a mark that is not needed, so they find just what is marked.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

import numpy as np

from sknn_scratch import (
    Activation,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
    tabular_pipeline,
)

ShallowNNClassifier(5, "relu", "he", 0.1, solver="adam", batch_size=None, dtype="float32")
ShallowNNClassifier(activation=Activation(np.sin, np.cos), init_scale=0.01, batch_size="auto")
ShallowNNEnsembleClassifier(n_iter_no_change=5, early_stopping="auto", class_weight="balanced", scoring="f1")
ShallowNNRegressor(loss="huber", learning_rate_schedule="cosine", validation_fraction=20)
ShallowNNEnsembleRegressor(loss="quantile", quantile=0.9, random_state=np.random.RandomState(0))
for activation in ("relu", "tanh"):
    ShallowNNRegressor(activation=activation)
tabular_pipeline(ShallowNNRegressor(), kinds={"zip": "categories"})

tabular_pipeline("clasifier")  # type: ignore[arg-type]
tabular_pipeline(12)  # type: ignore[arg-type]
ShallowNNRegressor(loss="hubert")  # type: ignore[arg-type]
ShallowNNClassifier(activation="rleu")  # type: ignore[arg-type]
ShallowNNClassifier(5, "tahn")  # type: ignore[arg-type]
ShallowNNClassifier(init_scale="hee")  # type: ignore[arg-type]
ShallowNNClassifier(dtype="float16")  # type: ignore[arg-type]
ShallowNNEnsembleClassifier(solver="adma")  # type: ignore[arg-type]
ShallowNNEnsembleClassifier(batch_size="all")  # type: ignore[arg-type]
ShallowNNEnsembleRegressor(learning_rate_schedule="step")  # type: ignore[arg-type]
ShallowNNRegressor(alpha="strong")  # type: ignore[arg-type]
ShallowNNEnsembleRegressor(4, "relu", 0.1, 0.01, 1.0)  # type: ignore[call-arg]
ShallowNNClassifier(alhpa=1.0)  # type: ignore[call-arg]
