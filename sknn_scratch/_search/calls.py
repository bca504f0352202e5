"""The calls that scikit-learn hands to joblib: which of them fit networks, and which have rows in common.

A call is (function, args, kwargs). This module does not know what the function does. It looks for networks in
the arguments.
"""

from collections import defaultdict

from sklearn.base import BaseEstimator

from sknn_scratch._estimators.base import BaseShallowNN

# Lists of steps or candidates are not longer. A longer list has rows.
LONGEST_LIST = 1000


def has_network(value):
    """Whether a value has one of our estimators: itself, in its parameters, or in a list or a dict."""
    if isinstance(value, BaseShallowNN):
        return True
    if isinstance(value, BaseEstimator):
        value = vars(value)
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list | tuple) and len(value) <= LONGEST_LIST and any(map(has_network, value))


def fits_network(call):
    """Whether a network is among the arguments of a call."""
    _, args, kwargs = call
    given = {name: value for name, value in kwargs.items() if name != "caller"}  # the search, for callbacks
    return has_network([*args, given])


def by_fold(calls):
    """Sort calls so that calls with the same training rows are neighbours: their networks share these rows.

    In scikit-learn's searches, the outer loop is over candidates and the inner one over folds. Each fold has
    one array of row numbers.
    """
    folds = defaultdict(dict)
    for number, call in calls.items():
        _, _, kwargs = call
        folds[id(kwargs.get("train"))][number] = call
    return {number: call for fold in folds.values() for number, call in fold.items()}


def name_of(number, kwargs):
    """Name a call in verbose lines: networks that are trained together print their epochs in turn."""
    if kwargs.get("candidate_progress") and kwargs.get("split_progress"):
        return f"candidate {kwargs['candidate_progress'][0] + 1}, fold {kwargs['split_progress'][0] + 1}"
    return f"call {number + 1}"
