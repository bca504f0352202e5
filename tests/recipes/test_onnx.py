"""examples/export_to_onnx.py: what ONNX Runtime predicts is what the estimator predicts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier
from tests.helpers import make_data
from tests.recipes import load_example

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

recipe = load_example("export_to_onnx")
recipe.register_converters()

N_FEATURES, N_HIDDEN = 4, 6
NETWORK = ShallowNNClassifier(N_HIDDEN, max_iter=20, random_state=0)
ENSEMBLE = ShallowNNEnsembleClassifier(N_HIDDEN, n_networks=3, max_iter=20, random_state=0)
MODELS = {
    "network": NETWORK,
    "ensemble": ENSEMBLE,
    "network in a pipeline": make_pipeline(StandardScaler(), NETWORK),
    "ensemble in a pipeline": make_pipeline(StandardScaler(), ENSEMBLE),
    "calibrated network": CalibratedClassifierCV(NETWORK, cv=2),
    "network versus rest": OneVsRestClassifier(NETWORK),
}


def tolerance(dtype):
    """Bound the error of a probability.

    A probability changes by no more than its logit. That adds up ``N_HIDDEN + 1`` products, each with a unit
    that adds up ``N_FEATURES + 1``. No hidden unit and no weight is larger than about 10 here, so no product
    is larger than 100.
    """
    return 100 * (N_HIDDEN + N_FEATURES + 2) * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("name", MODELS)
def test_file_predicts_as_the_model(name, kind, dtype):
    X, y = make_data(kind, n_samples=90)
    X, y = X.astype(dtype), np.array([f"class {label}" for label in y])
    model = MODELS[name].fit(X, y)
    labels, probabilities = recipe.predict_by_onnx(model, X)
    assert probabilities.dtype == dtype
    assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=tolerance(dtype))
    assert_array_equal(labels, model.predict(X))


@pytest.mark.parametrize("activation", ["identity", "logistic", "relu", "sigmoid", "tanh"])
def test_activations_of_scikit_learn(activation):
    X, y = make_data("multiclass", n_samples=90)
    model = ShallowNNClassifier(N_HIDDEN, activation, max_iter=20, random_state=0).fit(X, y)
    _, probabilities = recipe.predict_by_onnx(model, X)
    assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=tolerance(X.dtype))


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_logits(kind):
    X, y = make_data(kind, n_samples=90)
    model = NETWORK.fit(X, y)
    labels, scores = recipe.predict_by_onnx(model, X, raw_scores=True)
    logits = model.decision_function(X)
    expected = np.column_stack([-logits, logits]) if kind == "binary" else logits
    assert_allclose(scores, expected, rtol=0, atol=tolerance(X.dtype))
    assert_array_equal(labels, model.predict(X))


def test_what_cannot_be_converted_is_refused():
    X, y = make_data("binary", n_samples=90)
    with pytest.raises(ValueError, match="MLPClassifier does not have activation='softplus'"):
        recipe.predict_by_onnx(ShallowNNClassifier(activation="softplus", max_iter=2).fit(X, y), X)
    with pytest.raises(NotImplementedError, match="logits of an ensemble"):
        recipe.predict_by_onnx(CalibratedClassifierCV(ENSEMBLE, cv=2).fit(X, y), X)


@pytest.mark.parametrize("model", [NETWORK, ENSEMBLE], ids=lambda model: type(model).__name__)
def test_multilabel_is_refused(model):
    X, y = make_data("multilabel", n_samples=90)
    with pytest.raises(NotImplementedError, match="multilabel"):
        recipe.predict_by_onnx(model.fit(X, y), X)


def test_script(capsys):
    recipe.main()
    assert capsys.readouterr().out.count("same labels: True") == 2
