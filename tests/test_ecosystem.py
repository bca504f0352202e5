"""The estimator inside scikit-learn's meta-estimators and metadata routing; tests/search has other tools."""

from functools import partial

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNClassifier
from tests.helpers import assert_same_model, make_data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass", n_samples=90)

make_classifier = partial(
    ShallowNNClassifier, solver="adam", n_hidden=8, learning_rate=0.05, max_iter=25, alpha=0.1, random_state=0
)


# --- Metadata routing ---


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_weights_are_routed_through_a_pipeline():
    weight = np.arange(90) % 3
    classifier = make_classifier().set_fit_request(sample_weight=True)
    pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), classifier)
    pipeline.fit(X, Y, sample_weight=weight)
    scaled = StandardScaler().fit_transform(X)
    assert_same_model(pipeline[-1], make_classifier().fit(scaled, Y, weight), rtol=0)


@pytest.mark.usefixtures("routing")
def test_validation_rows_are_routed_and_transformed():
    classifier = make_classifier(early_stopping=True)
    routed = clone(classifier).set_fit_request(X_val=True, y_val=True)
    pipeline = make_pipeline(StandardScaler(), routed, transform_input=["X_val"])
    pipeline.fit(X, Y, X_val=X[:30], y_val=Y[:30])
    scaled = StandardScaler().fit_transform(X)
    reference = classifier.fit(scaled, Y, X_val=scaled[:30], y_val=Y[:30])
    assert_same_model(pipeline[-1], reference, rtol=0)
