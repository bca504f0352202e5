"""A user's script, fully typed: `mypy --strict` and pyright must accept it, and know its types."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_moons
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    Activation,
    Diagnosis,
    Finding,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
    TrainingCurveDisplay,
    diagnose,
)


def main() -> None:
    X, y = make_moons(200, noise=0.2, random_state=0)
    sine = Activation(np.sin, np.cos)
    clf = ShallowNNClassifier(8, sine, max_iter=5, early_stopping=True, class_weight={0: 1, 1: 2.5})
    assert_type(clf.fit(X, y, sample_weight=np.ones(200)), ShallowNNClassifier)
    assert_type(clf.predict(X), NDArray[Any])
    assert_type(clf.predict_proba(X), NDArray[np.floating])
    assert_type(clf.transform(X), NDArray[np.floating])
    assert_type(clf.decision_function(X), NDArray[np.floating])
    assert_type(clf.score(X, y), float)
    assert_type(clf.classes_, NDArray[Any])
    assert_type(clf.coefs_, list[NDArray[np.floating]])
    assert_type(clf.history_["val_loss"], NDArray[np.floating])
    assert_type(clf.n_iter_, int)
    assert_type(clf.stop_reason_, str)

    parts = ShallowNNClassifier(8, batch_size=None)
    assert_type(parts.partial_fit(X, y, classes=[0, 1]), ShallowNNClassifier)

    ensemble = ShallowNNEnsembleClassifier(4, learning_rate=0.01, max_iter=5, n_networks=2, n_jobs=None)
    assert_type(ensemble.fit(X, y), ShallowNNEnsembleClassifier)
    assert_type(ensemble.estimators_, list[ShallowNNClassifier])
    assert_type(ensemble.history_[0]["loss"], NDArray[np.floating])

    reg = ShallowNNRegressor(4, loss="quantile", quantile=0.9, max_iter=5).fit(X, X[:, 0])
    assert_type(reg, ShallowNNRegressor)
    assert_type(reg.predict(X), NDArray[np.floating])
    assert_type(reg.score(X, X[:, 0]), float)
    several = ShallowNNEnsembleRegressor(4, max_iter=5, n_networks=2).fit(X, X[:, 0])
    assert_type(several.predict(X), NDArray[np.floating])
    assert_type(several.predict(X, return_std=True), tuple[NDArray[np.floating], NDArray[np.floating]])

    pipeline = make_pipeline(StandardScaler(), ShallowNNClassifier(4, max_iter=5))
    pipeline.fit(X, y)

    display = TrainingCurveDisplay.from_estimator(clf, details=True)
    assert_type(display, TrainingCurveDisplay)
    display.ax_.set_title("Training")
    diagnosis = diagnose(pipeline, X, y)
    assert_type(diagnosis, Diagnosis)
    assert_type(diagnosis.findings, tuple[Finding, ...])
    print([f"{finding.name}: {finding.value:.2f}" for finding in diagnosis])  # noqa: T201


if __name__ == "__main__":
    main()
