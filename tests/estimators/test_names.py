"""Parameters that do not exist: the error says which one was meant."""

import pickle
from inspect import signature

import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier
from sknn_scratch._estimators.names import ATTRIBUTES_ELSEWHERE, OTHER_NAMES

UNKNOWN = {
    "misspelt": (ShallowNNClassifier, "n_hiden", "Did you mean 'n_hidden'"),
    "capitals": (ShallowNNClassifier, "Batch_Size", "Did you mean 'batch_size'"),
    "of an ensemble": (ShallowNNEnsembleClassifier, "n_network", "Did you mean 'n_networks'"),
    "inherited by an ensemble": (ShallowNNEnsembleClassifier, "n_hiden", "Did you mean 'n_hidden'"),
    "scikit-learn's": (ShallowNNClassifier, "hidden_layer_sizes", "Use 'n_hidden' instead"),
    "Keras's": (ShallowNNClassifier, "epochs", "Use 'max_iter' instead"),
    "Keras's, of a later parameter": (ShallowNNClassifier, "clipnorm", "Use 'max_grad_norm' instead"),
    "skorch's": (ShallowNNClassifier, "lr", "Use 'learning_rate' instead"),
    "a forest's": (ShallowNNEnsembleClassifier, "n_estimators", "Use 'n_networks' instead"),
    "a forest's, of one network": (ShallowNNClassifier, "n_estimators", "Valid parameters are: "),
    "not to be guessed": (ShallowNNClassifier, "foo", "Valid parameters are: .*n_hidden"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_an_unknown_parameter_is_named_with_the_one_that_was_meant_and_changes_nothing(case):
    estimator, name, hint = UNKNOWN[case]
    message = f"^Invalid parameter '{name}' for {estimator.__name__}\\. .*{hint}"
    with pytest.raises(TypeError, match=message):
        estimator(**{name: 1})
    network = estimator()
    with pytest.raises(ValueError, match=message):  # as of scikit-learn's set_params
        network.set_params(n_hidden=3, **{name: 1})
    assert network.n_hidden == estimator().n_hidden
    step = estimator.__name__.lower()
    with pytest.raises(ValueError, match=message):
        make_pipeline(estimator()).set_params(**{f"{step}__{name}": 1})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("eval_set", "Use 'X_val'"),
        ("sample_weights", "Did you mean 'sample_weight'"),
        ("epochs", "Set 'max_iter' when you make the estimator"),
        ("batch_size", "Set 'batch_size' when"),
        ("classes", "Valid parameters are: X, y"),
    ],
)
def test_an_unknown_argument_of_fit_is_named_with_the_one_that_was_meant(name, hint):
    message = f"^Invalid parameter '{name}' for ShallowNNClassifier\\.fit\\. {hint}"
    with pytest.raises(TypeError, match=message):
        ShallowNNClassifier().fit([[0], [1]], [0, 1], **{name: None})


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ({"n_hidden": (5,)}, r"Got \(5,\) instead\. Use n_hidden=5 instead\."),
        ({"n_hidden": [50, 20]}, r"There is one hidden layer"),
        ({"learning_rate": "adaptive"}, "Use learning_rate_schedule='adaptive' instead"),
        ({"learning_rate": "invscaling"}, "Use learning_rate_schedule='cosine' instead"),
        ({"learning_rate": "fast"}, "Got 'fast' instead.$"),
    ],
)
def test_a_value_of_mlpclassifier_is_named_with_what_stands_for_it(parameters, hint):
    with pytest.raises(ValueError, match=hint):
        ShallowNNClassifier(**parameters).fit([[0], [1]], [0, 1])


def test_an_attribute_of_mlpclassifier_is_named_with_what_stands_for_it():
    classifier = ShallowNNClassifier()
    for name, remedy in ATTRIBUTES_ELSEWHERE.items():
        with pytest.raises(AttributeError) as caught:
            getattr(classifier, name)
        told = f"'ShallowNNClassifier' object has no attribute {name!r}. Use {remedy} instead."
        assert str(caught.value) == told
    with pytest.raises(AttributeError, match=r"has no attribute 'foo_'$"):
        _ = classifier.foo_


def test_other_names_lead_to_parameters_and_are_none():
    of_fit = signature(ShallowNNClassifier.fit).parameters
    parameters = ShallowNNEnsembleClassifier().get_params().keys() | of_fit
    assert set(OTHER_NAMES.values()) <= parameters
    assert not OTHER_NAMES.keys() & parameters


def test_a_subclass_has_its_own_parameters():
    class Tuned(ShallowNNClassifier):
        def __init__(self, boost=1, n_hidden=100):
            super().__init__(n_hidden)
            self.boost = boost

    tuned = clone(Tuned(3, n_hidden=4)).set_params(boost=2)
    assert tuned.get_params() == {"boost": 2, "n_hidden": 4}
    assert Tuned(ShallowNNClassifier()).set_params(boost__alpha=3).boost.alpha == 3
    with pytest.raises(ValueError, match=r"^Invalid parameter 'bost' for Tuned\. Did you mean 'boost'"):
        tuned.set_params(bost=3)
    with pytest.raises(ValueError, match="Valid parameters are: boost, n_hidden"):
        tuned.set_params(lr=3)


def test_errors_of_python_name_no_private_class_and_methods_can_be_pickled():
    with pytest.raises(TypeError, match=r"^__init__\(\) takes from 1 to 5 positional arguments but 6 were"):
        ShallowNNClassifier(8, "relu", "he", 0.1, "adam")
    with pytest.raises(TypeError, match=r"^fit\(\) missing 1 required positional argument: 'y'"):
        ShallowNNClassifier().fit([[0], [1]])
    assert pickle.loads(pickle.dumps(ShallowNNClassifier.fit)) is ShallowNNClassifier.fit
    with pytest.raises(TypeError, match=r"^fit was called on a class\..* ShallowNNClassifier\(\)\.fit\(X, y"):
        ShallowNNClassifier.fit([[0], [1]], [0, 1])
