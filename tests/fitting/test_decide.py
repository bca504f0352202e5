"""What "auto" means: L-BFGS for few rows without validation, else Adam; the schedule, epochs and batches."""

import copy
from functools import partial
from inspect import signature

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import is_classifier

from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor
from sknn_scratch._estimators.constructor import Number
from sknn_scratch._fitting import decide as module
from sknn_scratch._fitting.decide import Facts, decide, usual_n_networks
from sknn_scratch._fitting.inputs import FitInput, encode_data
from sknn_scratch._targets.labels import Binary
from tests.fitting.cases import cycles_of
from tests.helpers import NETWORKS, assert_same_model, make_data

pytestmark = pytest.mark.filterwarnings("ignore:.*The maximum number of epochs")

X, Y = make_data("binary", n_samples=2000)
WEIGHTS = np.append(np.zeros(1), np.ones(1499))
VALIDATION = {"X_val": X[:9], "y_val": Y[:9]}

make_classifier = partial(ShallowNNClassifier, n_hidden=3, alpha=1.0, max_iter=2, random_state=0)

NUMBERS = (0.0, 1e-9, 0.005, 0.1, 0.5, 0.9, 1.0, 1e6, 1, 2, 200, 10**6, np.float32(0.25), np.int64(3))
LOSS_OF = {"huber_delta": "huber", "quantile": "quantile"}
# Very many units would take too much memory for L-BFGS.
NUMERIC = [
    (cls, name)
    for cls in NETWORKS
    for name in signature(cls).parameters
    if name != "n_hidden" and any(isinstance(one, Number) for one in cls._parameter_constraints[name])
]


@pytest.mark.parametrize(("cls", "name"), NUMERIC)
@pytest.mark.parametrize("n_rows", [200, 2000])
def test_no_two_numbers_select_different_algorithms(cls, name, n_rows):
    """Only the epochs of a cycle follow the size of the batches, since its updates count."""
    y, decided = (Y if is_classifier(cls()) else X[:, 0])[:n_rows], []
    others = {"loss": LOSS_OF[name]} if name in LOSS_OF else {}
    rules = [one for one in cls._parameter_constraints[name] if type(one) is Number]
    numbers = [one for one in NUMBERS if any(rule.is_satisfied_by(one) for rule in rules)]
    for number in numbers:
        model = cls(**others | {name: number})
        target_kind = encode_data(model, FitInput(X[:n_rows], y)).target_kind
        found = decide(model, Facts(n_rows, 0, target_kind, True, False, False))
        ends_with = None if name in ("max_iter", "batch_size") else found.pace.max_iter
        decided.append((found.solver, found.pace.schedule, found.holds_out, found.any_length, ends_with))
    assert len(numbers) > 2
    assert len(set(decided)) == 1


CASES = {
    "few rows": ({}, 1499, {}, "lbfgs"),
    "many rows": ({}, 1500, {}, "adam"),
    "few rows that weigh something": ({}, 1500, {"sample_weight": WEIGHTS}, "lbfgs"),
    "few rows after the split": ({"early_stopping": True}, 100, {}, "adam"),
    "validation rows": ({}, 100, VALIDATION, "adam"),
    "dropout": ({"dropout": 0.1}, 100, {}, "adam"),
    "max_grad_norm": ({"max_grad_norm": 1.0}, 100, {}, "adam"),
    "batch_size": ({"batch_size": 32}, 100, {}, "adam"),
    "all rows in a batch": ({"batch_size": None}, 100, {}, "adam"),
    "learning_rate": ({"learning_rate": 0.01}, 100, {}, "adam"),
    "dropout of zero": ({"dropout": 0.0}, 100, {}, "adam"),
    "what only Adam has asks for nothing": ({"beta_1": 0.8, "momentum": 0.5, "epsilon": 1}, 100, {}, "lbfgs"),
    "no validation": ({"early_stopping": False}, 100, {}, "lbfgs"),
    "schedule": ({"learning_rate_schedule": "adaptive"}, 100, {}, "adam"),
    "constant": ({"learning_rate_schedule": "constant"}, 100, {}, "adam"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_solver_is_that_of_the_rule(case):
    params, n_rows, given, solver = CASES[case]
    x, y = X[:n_rows], Y[:n_rows]
    chosen = make_classifier(**params).fit(x, y, **given)
    assert chosen.solver_ == solver
    assert_same_model(chosen, make_classifier(**params | {"solver": solver}).fit(x, y, **given), rtol=0)


CYCLES = {
    "many rows": ({}, {}, "end_of_schedule", 100),
    "a number of epochs": ({"max_iter": 4}, {}, "end_of_schedule", 4),
    "all rows in a batch": ({"batch_size": None, "max_iter": 4}, {}, "max_iter", 4),
    "one batch": ({"batch_size": 9999, "max_iter": 4}, {}, "end_of_schedule", 4),
    "another schedule": ({"learning_rate_schedule": "cosine"}, {}, "end_of_schedule", 100),
    "validation rows": ({"tol": 1e9}, VALIDATION, "no_improvement", 11),
    "a constant rate": ({"learning_rate_schedule": "constant", "tol": 1e9}, {}, "converged", 11),
    "patience": ({"n_iter_no_change": 2, "tol": 1e9}, {}, "converged", 3),
}


@pytest.mark.parametrize("case", CYCLES)
def test_many_rows_have_one_long_cycle_if_alpha_is_given(case):
    params, given, reason, n_epochs = CYCLES[case]
    classifier = ShallowNNClassifier(2, early_stopping="X_val" in given and "auto", random_state=0, **params)
    classifier.set_params(alpha=1.0).fit(X, Y, **given)
    assert (classifier.stop_reason_, classifier.n_iter_) == (reason, n_epochs)


def test_a_network_that_goes_on_has_had_its_cycle():
    classifier = make_classifier(alpha="auto", max_iter=4, warm_start=True).fit(X, Y)
    classifier.fit(X, Y).partial_fit(X, Y)
    rates = classifier.history_["learning_rate"]
    assert len(set(rates[:4])) == 4
    assert set(rates[4:]) == {0.005}


def test_lbfgs_has_all_its_iterations_with_many_rows_too():
    """Their trials tell how many epochs a cycle needs, which says nothing of iterations."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 10))
    noisy = 0.5 * x[:, 0] + 2 * rng.normal(size=len(x))
    regressor = ShallowNNRegressor(solver="lbfgs", random_state=0).fit(x, noisy)
    assert (regressor.stop_reason_, regressor.tol_) == ("converged", 1e-3)


@pytest.mark.parametrize(("loss", "solver"), [("squared_error", "lbfgs"), ("absolute_error", "adam")])
def test_a_loss_with_a_kink_is_for_adam(loss, solver):
    regressor = ShallowNNRegressor(3, loss=loss, alpha=1.0, max_iter=2).fit(X[:100], X[:100, 0])
    assert regressor.solver_ == solver


def test_a_network_is_for_adam_if_its_last_steps_or_a_copy_of_wide_rows_would_take_much_memory(monkeypatch):
    """L-BFGS trains wide rows in their space, unless they are sparse."""
    wide = np.tile(X[:10], 30)
    enough = 30 * 5 * 11 + wide.size
    for n_numbers, n_hidden, rows, solver in (
        (30 * 5 * X.shape[1], 5, X[:100], "lbfgs"),
        (30 * 5 * X.shape[1], 6, X[:100], "adam"),
        (enough, 5, wide, "lbfgs"),
        (enough - 1, 5, wide, "adam"),
        (enough, 5, scipy.sparse.csr_array(wide), "adam"),
    ):
        monkeypatch.setattr(module, "LBFGS_NUMBERS", n_numbers)
        assert make_classifier(n_hidden=n_hidden).fit(rows, Y[: rows.shape[0]]).solver_ == solver


def test_a_stream_is_for_adam_and_starts_with_a_fresh_memory_after_a_fit():
    classifier = make_classifier(warm_start=True).fit(X[:100], Y[:100])
    forgetful = copy.deepcopy(classifier).set_params(warm_start=False).fit(X[:100], Y[:100])
    classifier.partial_fit(X[:100], Y[:100])
    fresh = make_classifier().partial_fit(X[:100], Y[:100], classes=[0, 1])
    assert classifier.solver_ == fresh.solver_ == "adam"
    assert_same_model(classifier, forgetful.partial_fit(X[:100], Y[:100]), rtol=0)


CONSTANT, COSINE = ({"learning_rate_schedule": name} for name in ("constant", "cosine"))
PACES = [
    # batches of many rows follow their square root
    (60, {}, "batch_size", 60),
    (60, {"batch_size": 100}, "batch_size", 60),
    (2_500, {}, "batch_size", 100),
    (10_201, {}, "batch_size", 202),
    (10_201, CONSTANT, "batch_size", 101),
    (90_000, {"batch_size": 100}, "batch_size", 100),
    (90_000, {"batch_size": None}, "batch_size", 90_000),
    # epochs of a cycle follow its updates
    (1_499, {}, "max_iter", 200),
    (1_500, {}, "max_iter", 134),  # 2,000 updates
    (2_000, COSINE, "max_iter", 100),
    (300, COSINE, "max_iter", 200),
    (40_000, {}, "max_iter", 40),
    (360_000, {}, "max_iter", 40),
    (10**6, {}, "max_iter", 24),
    (40_000, {"batch_size": 100}, "max_iter", 30),
    (40_000, {"batch_size": None}, "max_iter", 200),
    (10**8, {}, "max_iter", 4),
    # patience is of ten epochs and a hundred updates, and less with many rows
    (40, CONSTANT | {"batch_size": 12}, "n_iter_no_change", 25),  # 4 updates in an epoch: 100 updates
    (40, CONSTANT | {"batch_size": 2}, "n_iter_no_change", 10),
    (40, {"solver": "lbfgs"}, "n_iter_no_change", 10),
    (22_801, CONSTANT, "n_iter_no_change", 10),  # 151 updates
    (40_000, CONSTANT, "n_iter_no_change", 8),
    (90_000, CONSTANT | {"batch_size": 30}, "n_iter_no_change", 5),  # not the updates of small batches count
    (90_000, CONSTANT | {"batch_size": None}, "n_iter_no_change", 100),
    (90_000, CONSTANT | {"n_iter_no_change": 10}, "n_iter_no_change", 10),
    (2_250_000, CONSTANT, "n_iter_no_change", 1),
    (40, COSINE, "n_iter_no_change", np.inf),
]


@pytest.mark.parametrize(("n_rows", "params", "name", "chosen"), PACES)
def test_the_pace_follows_the_number_of_rows(n_rows, params, name, chosen):
    classifier = make_classifier(**{"solver": "adam", "max_iter": "auto"} | params)
    facts = Facts(n_rows, 0, Binary([0, 1]), is_new=True, is_part=False, has_validation=False)
    assert getattr(decide(classifier, facts).pace, name) == chosen


@pytest.mark.parametrize(
    ("n_rows", "n_features", "usual", "further"),
    [
        (1_500, 6, [17, 47], 134),
        (1_500, 5, [17, 47, 134], 200),
        (4_000, 6, [8, 23], 63),
        (4_200, 6, [8, 22], 61),
        (4_400, 6, [8, 21, 59], 148),
        (5_000, 6, [7, 20, 56], 140),
        (10_000, 6, [5, 14, 40], 100),
        (40_000, 6, [5, 14, 40], 100),
        (360_000, 6, [5, 14, 40], 40),
        (10**6, 6, [4, 9, 24], 24),
        (10**7, 6, [4, 8], 8),
        (4 * 10**7, 6, [4], 4),
    ],
)
def test_the_further_cycle_is_longer_than_the_longest_or_the_longest_of_few_rows(
    n_rows, n_features, usual, further
):
    assert cycles_of(n_rows, n_features) == (set(usual), further)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_infinite_patience_ends_with_max_iter(solver):
    forever = make_classifier(solver=solver, tol=1e9, max_iter=12, n_iter_no_change=np.inf)
    assert forever.fit(X[:40], Y[:40]).n_iter_ == 12


def test_many_rows_have_fewer_networks():
    assert [usual_n_networks(n_rows) for n_rows in (1499, 1500)] == [4, 3]
