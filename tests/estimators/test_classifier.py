"""The estimator as an object: seeds, copies, pickles, numbers of NumPy."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier
from tests.helpers import METHODS, assert_same_model, bits_of, make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass")

make_classifier = partial(small_network, n_hidden=6, batch_size=16, max_iter=6, dropout=0.2)


def test_a_subclass_keeps_its_own_fitted_attributes():
    class Scaling(ShallowNNClassifier):
        def partial_fit(self, X, y, classes=None):
            self.scaler_ = getattr(self, "scaler_", StandardScaler()).partial_fit(X)
            return super().partial_fit(self.scaler_.transform(X), y, classes=classes)

    scaling = Scaling(random_state=0)
    for _ in range(3):
        scaling.partial_fit(X, Y, classes=[0, 1, 2])
    assert scaling.scaler_.n_samples_seen_ == 3 * len(X)


@pytest.mark.parametrize("few", [{}, {"n_networks": 2}])
def test_a_seed_repeats_a_fit_and_a_generator_moves_on_from_fit_to_fit(few):
    Classifier = ShallowNNEnsembleClassifier if few else ShallowNNClassifier
    network = Classifier(**make_classifier().get_params(), **few)

    def predicted(seed):
        return network.set_params(random_state=seed).fit(X, Y).predict_proba(X)

    first, other, drawn = (predicted(seed) for seed in (0, 1, np.random.RandomState(0)))
    assert_array_equal(predicted(0), first)
    assert not np.allclose(first, other)
    moving = np.random.RandomState(0)
    assert_array_equal(predicted(moving), first if few else drawn)
    assert not np.allclose(predicted(moving), drawn)


def by_skops(classifier):
    import skops.io  # it imports all of scikit-learn, which the other tests do not need

    own_class = "sknn_scratch.ShallowNNClassifier"
    written = skops.io.dumps(classifier)
    assert skops.io.get_untrusted_types(data=written) == [own_class]
    return skops.io.loads(written, trusted=[own_class])


COPIES = {
    "pickle": lambda classifier: pickle.loads(pickle.dumps(classifier)),
    "skops": by_skops,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize(
    ("name", "kind", "way"),
    [
        ("pickle", "multiclass", "fit"),
        ("pickle", "binary", "partial_fit"),
        ("pickle", "multilabel", "warm_start"),
        ("skops", "multiclass", "early_stopping"),
        ("skops", "multilabel", "partial_fit"),
        ("skops", "binary", "warm_start"),
        ("copy", "binary", "warm_start"),
        ("deepcopy", "multiclass", "partial_fit"),
    ],
)
def test_copies_predict_and_train_alike(name, kind, way):
    X, y = make_data(kind)
    y = np.array(["a", "b", "c"])[y] if kind == "multiclass" else y
    classifier = make_classifier(early_stopping=way == "early_stopping", warm_start=way == "warm_start")
    train = partial(classifier.partial_fit, X, y) if way == "partial_fit" else partial(classifier.fit, X, y)
    train(**{"classes": None if kind == "multilabel" else np.unique(y)} if way == "partial_fit" else {})
    copied = COPIES[name](classifier)
    assert bits_of(vars(copied)) == bits_of(vars(classifier))
    for method in METHODS:
        assert_array_equal(getattr(copied, method)(X), getattr(classifier, method)(X))
    if way in ("partial_fit", "warm_start"):
        before = copy.deepcopy(classifier)
        getattr(copied, train.func.__name__)(X, y)
        assert_same_model(classifier, before, rtol=0)
        assert_same_model(copied, train(), rtol=0)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_pickle_is_about_as_large_as_the_weights(early_stopping):
    x = np.random.default_rng(0).normal(size=(60, 300))
    classifier = make_classifier(n_hidden=100, early_stopping=early_stopping, max_iter=10).fit(x, Y)
    weights = sum(array.nbytes for array in classifier.coefs_ + classifier.intercepts_)
    assert len(pickle.dumps(classifier)) < 1.02 * weights + 4000
    trainable = make_classifier(n_hidden=100, warm_start=True).fit(x, Y)
    assert len(pickle.dumps(trainable)) < 3.02 * weights + 4000  # with Adam's two moments


def test_alpha_is_that_of_mlp_classifier():
    """The objective of a linear network has one minimum, which both find."""
    x, y = make_data("multiclass", n_samples=200)
    params = {"activation": "identity", "solver": "lbfgs", "alpha": 5.0, "max_iter": 2000, "random_state": 0}
    classifier = ShallowNNClassifier(6, tol=1e-9, n_iter_no_change=100, **params).fit(x, y)
    mlp = MLPClassifier((6,), tol=1e-9, **params).fit(x, y)
    assert_allclose(classifier.predict_proba(x), mlp.predict_proba(x), atol=1e-4)


@pytest.mark.parametrize(
    "params",
    [
        {"n_hidden": np.uint8(200), "batch_size": np.uint8(100), "alpha": np.float16(1e-3)},
        {"n_hidden": np.int8(4), "max_iter": np.int8(3), "n_iter_no_change": np.int8(5)},
        {"validation_fraction": np.int8(100), "early_stopping": np.True_},
        {"learning_rate": np.float32(0.01), "tol": np.float64(0), "dropout": 0, "nesterov": np.False_},
    ],
)
def test_numbers_of_numpy_are_accepted_and_small_ones_do_not_overflow(params):
    X, y = make_data("multiclass", n_samples=300, n_features=70)
    numbers = {name: np.asarray(value).item() for name, value in params.items()}
    settled = {"alpha": 1.0, "max_iter": 2, "random_state": 0}
    fits = [ShallowNNClassifier(**settled | given).fit(X, y) for given in (params, numbers)]
    assert_same_model(*fits, rtol=0)


def test_rows_of_weight_zero_do_not_count_in_the_score():
    classifier = make_classifier().fit(X, Y)
    others = np.append(Y, (Y + 1) % 3), np.repeat([1, 0], len(Y))
    assert classifier.score(np.vstack([X, X]), *others) == pytest.approx(classifier.score(X, Y))
