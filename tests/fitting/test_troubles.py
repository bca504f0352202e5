"""Where the warnings of a fit point: at the line of the user's that asked for it, since Python 3.12."""

import sys
from functools import partial

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import DivergenceWarning, ShallowNNClassifier, ShallowNNEnsembleClassifier
from tests.helpers import make_data, small_network, warnings_of

X, Y = make_data("multiclass")

network = partial(small_network, n_hidden=3, max_iter=2)


def scaled():
    return make_pipeline(StandardScaler(), network())


ONE = [ConvergenceWarning]
DIVERGING = network(solver="sgd", learning_rate=1e300)
CALLS = {  # and the warnings that are expected
    "fit": (lambda: network().fit(X, Y), ONE),
    "fit to another y": (lambda: network().fit(X, np.eye(3)[Y]), [UserWarning, *ONE]),
    "partial_fit": (lambda: DIVERGING.partial_fit(X, Y, classes=[0, 1, 2]), [DivergenceWarning]),
    "ensemble": (lambda: ShallowNNEnsembleClassifier(3, alpha=1.0, max_iter=2, n_networks=2).fit(X, Y), ONE),
    "pipeline": (lambda: scaled().fit(X, Y), ONE),
    "voting": (lambda: VotingClassifier([("a", network()), ("b", network())]).fit(X, Y), 2 * ONE),
    "one-vs-rest": (lambda: OneVsRestClassifier(network()).fit(X, Y), 3 * ONE),
    "cross-validation": (lambda: cross_val_score(network(), X, Y, cv=2), 2 * ONE),
    "search": (lambda: GridSearchCV(network(), {"alpha": [0.1, 1.0]}, cv=2).fit(X, Y), 5 * ONE),
    "search of a pipeline": (
        lambda: GridSearchCV(scaled(), {"shallownnclassifier__tol": [1, 2]}, cv=2).fit(X, Y),
        5 * ONE,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_warnings_point_at_the_users_call(name):
    call, expected = CALLS[name]
    caught = warnings_of(call)
    assert [warning.category for warning in caught] == expected
    if sys.version_info >= (3, 12):
        assert {warning.filename for warning in caught} == {__file__}


def test_a_warning_of_the_last_epoch_names_the_number_that_auto_stands_for():
    clf = ShallowNNClassifier(2, solver="adam", alpha=1.0, tol=0, early_stopping=False, random_state=0)
    with pytest.warns(ConvergenceWarning, match="Increase max_iter=200"):
        clf.set_params(n_iter_no_change=1000).fit(X, Y)
