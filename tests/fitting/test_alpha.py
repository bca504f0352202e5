"""alpha="auto": chosen by cross-validation, from the rows alone."""

import itertools
import math
import re
from functools import partial

import numpy as np
import pytest
import scipy.sparse
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.datasets import make_moons
from sklearn.model_selection import GridSearchCV
from sknn_scratch._fitting.alpha import MANY_ROWS, MOST_UNITS, Choice
from sknn_scratch._fitting.auto import cycles
from sknn_scratch._fitting.folds import ALPHAS, LEAST_ROWS, HeldOut
from sknn_scratch._fitting.hashes import hashes_of_rows

from sknn_scratch import (
    Activation,
    DivergenceWarning,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNRegressor,
)
from sknn_scratch._core import data as data_module
from sknn_scratch._core.losses import Logistic, SquaredError
from sknn_scratch._core.rows import evenly, rows_of
from sknn_scratch._fitting import alpha as module
from sknn_scratch._fitting import folds, held_out
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from tests.helpers import assert_same_model, slope_of_tanh

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*The maximum number of epochs"),
    pytest.mark.usefixtures("made"),
]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
Y = (X[:, 0] + RNG.normal(size=90) > 0).astype(int)
MANY_X = RNG.normal(size=(MANY_ROWS + 500, 3))
MANY_Y = (MANY_X[:, 0] + RNG.normal(size=len(MANY_X)) > 0).astype(int)
few_or_many_rows = pytest.mark.parametrize(("x", "y"), [(X, Y), (MANY_X, MANY_Y)], ids=["few", "many"])

network = partial(ShallowNNClassifier, n_hidden=8, max_iter=3, random_state=0)


@pytest.fixture
def made(monkeypatch):
    """List the choices that are made and not known before."""
    choices = []

    def find_losses(*args, original=module.find_losses):
        choices.append(original(*args))
        return choices[-1]

    module.memo.clear()
    monkeypatch.setattr(module, "find_losses", find_losses)
    yield choices
    module.memo.clear()  # others have the usual constants


@pytest.fixture
def brief_trials(monkeypatch):
    """Let the networks that are tried with many rows train for few epochs."""
    monkeypatch.setattr(held_out, "TRIED_SHARE", 0.1)


def path_of(x, y, weights=None, **params):
    """Fit; list the alphas tried and their losses."""
    path = network(**params).fit(x, y, weights).alpha_path_
    return path["alpha"].tolist(), path["loss"].tolist()


# --- What is chosen ---


@few_or_many_rows
def test_the_alpha_with_the_lowest_held_out_loss_trains_all_rows(x, y):
    chosen = network().fit(x, y)
    alphas, losses = chosen.alpha_path_.values()
    assert chosen.alpha_ == alphas[losses.argmin()]
    given = network(alpha=chosen.alpha_, early_stopping=False).fit(x, y)
    assert given.alpha_ == chosen.alpha_
    assert not len(given.alpha_path_["alpha"])
    assert_same_model(chosen, given, rtol=0)


def test_noise_asks_for_a_stronger_penalty():
    clean, noisy = (make_moons(200, noise=noise, random_state=0) for noise in (0.0, 1.0))
    assert network(n_hidden=50).fit(*clean).alpha_ < min(ALPHAS)
    assert network(n_hidden=50).fit(*noisy).alpha_ > min(ALPHAS)


def test_alphas_beyond_an_end_are_tried_if_it_is_the_best():
    rng = np.random.default_rng(0)
    clean, noisy = (make_moons(200, noise=noise, random_state=0) for noise in (0.0, 0.5))
    hopeless = rng.normal(size=(200, 30)), rng.integers(0, 2, 200)
    for (x, y), further, end in ((clean, {0.03}, 0.3), (noisy, set(), None), (hopeless, {100.0}, 30.0)):
        alphas, losses = path_of(x, y, n_hidden=4)
        assert alphas == sorted({*ALPHAS, *further})
        of_first = {alpha: loss for alpha, loss in zip(alphas, losses, strict=True) if alpha in ALPHAS}
        best = min(of_first, key=of_first.get)
        assert best == end if further else ALPHAS[0] < best < ALPHAS[-1]


def choice_of(losses, loss=Logistic):
    """Make a choice among 100 rows, whose networks had these losses."""
    return Choice(HeldOut(dict(zip(ALPHAS, losses, strict=True)), 100), loss(), 1.0)


def test_places_in_an_ensemble_share_the_good_alphas():
    def alphas_of(*choice):
        return [choice_of(*choice).alpha_at(place) for place in (0.1, 0.4, 0.6, 0.9)]

    assert alphas_of([0.1, 0.9, 0.9, 0.9]) == [0.3] * 4  # by far the best
    assert alphas_of([9.0, 0.5, 0.5, 9.0]) == [3, 3, 10, 10]
    assert alphas_of([np.inf] * 4) == [1.0] * 4
    assert alphas_of([0.0] * 4, SquaredError) == list(ALPHAS)


def test_features_that_no_row_has_play_no_part():
    assert path_of(np.pad(X, ((0, 0), (0, 20))), Y) == path_of(X, Y)
    assert not len(path_of(np.zeros_like(X), Y)[0])


def test_many_features_have_fewer_units():
    assert folds.n_units(MOST_UNITS, 20) == MOST_UNITS
    assert folds.n_units(5, 20) == 5
    assert folds.n_units(MOST_UNITS, 2**14) * 2**14 <= folds.MOST_WEIGHTS
    assert folds.n_units(MOST_UNITS, 2**30) == 1


def test_a_network_that_learns_slowly_keeps_a_weak_penalty():
    """A board of four by four squares. Under a stronger penalty, the network would learn nothing."""
    board = np.random.default_rng(2).uniform(-2, 2, (300, 2))
    y = np.floor(board).sum(axis=1) % 2
    fitted = ShallowNNClassifier(random_state=0).fit(board, y)
    assert fitted.alpha_ <= ALPHAS[0]
    assert fitted.score(board, y) > 0.9


def test_a_loss_that_overflows_is_infinite():
    activation = Activation(lambda z: z if z.dtype == np.float32 else z * np.inf, np.ones_like)
    fitted = network(activation=activation, dtype="float32").fit(X, Y)
    assert set(fitted.alpha_path_["loss"]) == {np.inf}
    assert fitted.alpha_ == 1


def test_rows_that_are_unlike_their_neighbours_mislead():
    """If one bit changes, so does the parity. So held-out rows are predicted wrong."""
    bits = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    assert not len(path_of(bits, bits.sum(axis=1) % 2)[0])
    assert len(path_of(bits, bits[:, 0])[0])


def test_a_dozen_different_rows_are_enough_and_fewer_have_the_usual_value():
    n = LEAST_ROWS
    assert len(path_of(X[:n], Y[:n])[0])
    fitted = network().fit(np.repeat(X[: n - 1], 2, axis=0), np.repeat(Y[: n - 1], 2))
    assert (type(fitted.alpha_), fitted.alpha_) == (float, 1)
    assert {name: len(values) for name, values in fitted.alpha_path_.items()} == {"alpha": 0, "loss": 0}


def test_in_a_stream_it_is_fixed_and_a_regressor_has_its_own_value():
    assert network().partial_fit(X, Y, [0, 1]).alpha_ == 1
    assert ShallowNNRegressor(3).partial_fit(X, X[:, 0]).alpha_ == 3


# --- It depends on the rows and their weights alone ---


def test_neither_the_order_of_the_rows_nor_the_seed_nor_the_solver_nor_validation_plays_a_part():
    expected, order = path_of(X, Y), RNG.permutation(len(X))
    assert path_of(X[order], Y[order]) == expected
    assert path_of(X, np.array(["no", "yes"])[Y], random_state=1) == expected
    assert path_of(X, Y, solver="adam", learning_rate=0.1, batch_size=7, dropout=0.1) == expected
    assert path_of(X, Y, early_stopping=True, scoring="accuracy") == expected


def test_a_weight_is_a_number_of_repeats():
    weights = RNG.integers(0, 4, size=len(X))
    repeated = path_of(np.repeat(X, weights, axis=0), np.repeat(Y, weights))
    assert path_of(X, Y, weights) == repeated
    assert path_of(X[weights > 0], Y[weights > 0], weights[weights > 0]) == repeated
    assert path_of(X, Y) != repeated


@pytest.mark.parametrize(
    "estimator",
    [
        network(class_weight="balanced"),
        *(ShallowNNRegressor(8, loss=loss, max_iter=3) for loss in ("squared_error", "huber", "poisson")),
    ],
)
def test_sums_over_the_rows_have_an_order_of_their_own(estimator):
    """Iterations amplify the last bits of the mean and the spread of y."""
    weights, y = RNG.random(len(X)), np.exp(X[:, 0] + RNG.normal(size=len(X)))
    target = Y if is_classifier(estimator) else y
    orders = [RNG.permutation(len(X)) for _ in range(4)]
    paths = [estimator.fit(X[one], target[one], weights[one]).alpha_path_ for one in orders]
    assert len({tuple(path["loss"]) for path in paths}) == 1


def test_class_weights_count():
    plain, weighted = path_of(X, Y), path_of(X, Y, class_weight={0: 3, 1: 1})
    assert weighted == path_of(X, Y, np.where(Y == 0, 3, 1))
    assert weighted != plain


def test_sparse_and_single_precision_rows_have_the_same_folds():
    x = np.where(np.abs(X) > 0.5, X, 0).astype(np.float32)
    expected = path_of(x, Y)
    assert path_of(x.astype(np.float64), Y) == expected
    sparse = path_of(scipy.sparse.csr_array(x), Y)
    assert sparse[0] == expected[0]
    assert_allclose(sparse[1], expected[1], rtol=1e-6)


def test_wide_rows_have_the_same_choice_with_few_features(monkeypatch):
    wide = np.tanh(np.pad(X[:40], ((0, 0), (0, 96))) + RNG.normal(size=(40, 100)))
    few = path_of(wide, Y[:40])
    module.memo.clear()
    monkeypatch.setattr(folds, "is_wide", lambda *_: False)
    all_features = path_of(wide, Y[:40])
    assert few[0] == all_features[0]
    assert few[1] != all_features[1]  # by rounding errors
    assert_allclose(few[1], all_features[1], rtol=1e-6)


# --- Folds ---


@pytest.mark.parametrize("draw", [0, 1])
def test_strata_are_spread_over_the_folds(draw):
    strata = np.repeat([0, 1, 2], [7, 5, 1])
    of_rows = folds.folds_of(folds.Strata(strata, n_kept=1), draw)
    assert_array_equal(np.bincount(of_rows), [4, 4, 4, 1])
    assert of_rows[-1] == folds.N_FOLDS  # the class of one row stays in training
    for stratum in (0, 1):
        assert np.ptp(np.bincount(of_rows[strata == stratum])) <= 1


def test_some_rows_are_evenly_spaced():
    assert_array_equal(evenly(10, 4), [0, 2, 5, 7])
    assert_array_equal(evenly(3, 4), [0, 1, 2])


@few_or_many_rows
@pytest.mark.usefixtures("brief_trials")
def test_rare_classes_and_every_target_have_a_choice(x, y):
    rare = np.append(2, y[1:])  # a class of one row
    for target in (rare, np.column_stack([y, x[:, 1] > 0])):
        _, losses = path_of(x, target)
        assert losses
        assert np.isfinite(losses).all()
    for loss in NUMBER_LOSSES:
        reg = ShallowNNRegressor(8, loss=loss, max_iter=3, random_state=0).fit(x, np.exp(x[:, :2]))
        assert reg.alpha_ in reg.alpha_path_["alpha"]
        assert np.isfinite(reg.alpha_path_["loss"]).all()


# --- Many rows ---

SHORTEST, _, LONGEST, _ = (cycle.pace.max_iter for cycle in cycles(*MANY_X.shape))
NOISE = RNG.integers(2, size=len(MANY_X))
WAVES = (np.sin(3 * MANY_X).sum(axis=1) > 0).astype(int)


@pytest.mark.filterwarnings("ignore:The training has failed")
def test_many_rows_choose_a_long_cycle_if_it_is_better():
    epochs = [network(max_iter="auto").fit(MANY_X, y).n_iter_ for y in (NOISE, WAVES)]
    assert epochs == [SHORTEST, LONGEST]


CYCLES = cycles(10_000, n_features=6)
SHORT, MIDDLE, LONG, FURTHER = (cycle.pace.max_iter for cycle in CYCLES)


def best_length():
    return held_out.losses_of_best_length(held_out.Trials((), None, None, None), *CYCLES).n_epochs


@pytest.fixture
def give_losses(monkeypatch):
    """Give trials the loss that a function has for an alpha and a number of epochs; list what was tried."""

    def give(loss_of):
        def try_out(trials, alpha, pace):
            tried.append((pace.max_iter, alpha))
            return loss_of(alpha, pace.max_iter)

        tried = []
        monkeypatch.setattr(held_out.Trials, "try_out", try_out)
        return tried

    return give


@pytest.mark.parametrize(
    ("levels", "n_epochs"),
    [
        ([1, 0.996], SHORT),
        ([1, 0.99, 0.986], MIDDLE),
        ([1, 0.99, 0.98], LONG),
        ([1, math.nan, 0], SHORT),
        ([0, -1, -1], MIDDLE),
        ([0, 0, -1], SHORT),
        ([-1, -1.1, -1.2], LONG),
        ([1, 0.9, 0.82, 0.1], LONG),
        ([1, 0.9, 0.8, 0.77], LONG),
        ([1, 0.9, 0.8, 0.75], FURTHER),
        ([-1, -1.1, -1.3, -1.4], FURTHER),
    ],
)
def test_a_longer_cycle_is_taken_if_it_lowers_the_loss_enough(give_losses, levels, n_epochs):
    give_losses(
        lambda alpha, n_epochs: dict(zip((SHORT, MIDDLE, LONG, FURTHER), levels, strict=False))[n_epochs]
    )
    assert best_length() == n_epochs


@pytest.mark.parametrize(
    ("best", "tried"),
    [(1, [0.3, 1, 3, 10, 30]), (10, [3, 10, 30]), (30, [10, 30, 100]), (100, [10, 30, 100])],
)
def test_alphas_beyond_the_better_one_are_tried_until_the_loss_rises(give_losses, best, tried):
    give_losses(lambda alpha, n_epochs: 5 + abs(np.log(alpha / best)))
    fitted = network().fit(MANY_X, MANY_Y)
    assert (fitted.alpha_path_["alpha"].tolist(), fitted.alpha_) == (tried, best)


def test_a_longer_cycle_is_tried_with_the_best_alpha_and_the_others_with_the_last(give_losses):
    tried = give_losses(lambda alpha, n_epochs: (5 + abs(np.log(alpha))) / n_epochs)
    assert best_length() == FURTHER
    assert tried == [
        *((SHORT, alpha) for alpha in (10, 30, 3, 1, 0.3)),
        *((MIDDLE, 1), (LONG, 1), (FURTHER, 1), (FURTHER, 3), (FURTHER, 0.3)),
    ]


@pytest.mark.parametrize(("best", "in_vain"), [(9, [10]), (11, [10, 30]), (31, [30])])
def test_a_longer_cycle_is_tried_with_the_second_best_alpha_if_it_is_higher(give_losses, best, in_vain):
    tried = give_losses(lambda alpha, n_epochs: 5 + abs(np.log(alpha / best)))
    assert best_length() == SHORT
    assert [alpha for n_epochs, alpha in tried if n_epochs > SHORT] == in_vain


def test_a_longer_cycle_is_taken_with_a_higher_alpha(give_losses):
    best = {SHORT: 11, MIDDLE: 29, LONG: 300}
    tried = give_losses(lambda alpha, n_epochs: 5 + abs(np.log(alpha / best[n_epochs])))
    assert best_length() == MIDDLE
    assert tried == [
        *((SHORT, alpha) for alpha in (10, 30, 3)),
        *((MIDDLE, 10), (MIDDLE, 30), (LONG, 30), (MIDDLE, 100)),
    ]


def test_the_networks_that_are_tried_have_the_default_rate_and_optimiser():
    adam, defaults = held_out.ADAM, ShallowNNClassifier()
    assert (held_out.LEARNING_RATE, adam.beta_1, adam.beta_2, adam.epsilon) == (
        defaults.learning_rate,
        defaults.beta_1,
        defaults.beta_2,
        defaults.epsilon,
    )


@pytest.mark.usefixtures("brief_trials")
def test_the_choice_of_many_rows_is_in_single_precision_unless_this_takes_much_memory(monkeypatch):
    x = MANY_X.astype(np.float32)
    single = path_of(x, MANY_Y)
    module.memo.clear()
    assert path_of(x.astype(np.float64), MANY_Y) == single
    module.memo.clear()
    monkeypatch.setattr(held_out, "MOST_VALUES", x.size - 1)
    double = path_of(x.astype(np.float64), MANY_Y)
    assert double != single
    assert_allclose(double[1], single[1], rtol=1e-3)


@pytest.mark.filterwarnings("ignore:The training has failed")
def test_a_fit_that_trains_otherwise_has_the_alpha_of_the_long_cycle():
    long = network(max_iter=40).fit(MANY_X, NOISE)
    for params, n_epochs in (
        ({"max_iter": 30}, 30),
        ({"learning_rate": 0.01}, LONGEST),
        ({"dropout": 0.1}, LONGEST),
        ({"solver": "sgd"}, LONGEST),
        ({"early_stopping": True, "n_iter_no_change": 1, "tol": 1e9}, 2),
    ):
        other = network(**{"max_iter": "auto"} | params).fit(MANY_X, NOISE)
        assert (other.n_iter_, other.alpha_) == (n_epochs, long.alpha_)
        assert_array_equal(other.alpha_path_["loss"], long.alpha_path_["loss"])
    default = network(max_iter="auto").fit(MANY_X, NOISE)
    assert not set(default.alpha_path_["loss"]) & set(long.alpha_path_["loss"])


@pytest.mark.filterwarnings("ignore:The training has failed")
def test_many_copies_of_rows_that_choose_a_short_cycle_have_enough_epochs_for_one():
    copies = network(max_iter="auto").fit(np.repeat(MANY_X, 30, axis=0), np.repeat(NOISE, 30))
    assert (copies.n_iter_, copies.stop_reason_) == (SHORTEST, "end_of_schedule")


@pytest.mark.usefixtures("brief_trials")
@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csr_array])
def test_the_choice_of_many_rows_depends_on_them_and_their_weights_alone(container):
    x, order = container(MANY_X), RNG.permutation(len(MANY_X))
    weights = RNG.integers(0, 3, size=len(MANY_X))
    weights[:MANY_ROWS] = 1
    expected = path_of(x, MANY_Y, weights)
    module.memo.clear()
    assert path_of(x[order], MANY_Y[order], weights[order], random_state=1, learning_rate=0.1) == expected
    repeated = np.repeat(np.arange(len(MANY_X)), weights)
    module.memo.clear()
    assert path_of(x[repeated], MANY_Y[repeated]) == expected


@pytest.mark.usefixtures("brief_trials")
def test_rows_of_a_small_x_and_their_copies_in_a_large_one_are_the_same(monkeypatch):
    x = np.random.default_rng(0).normal(size=(MANY_ROWS, 90)).astype(np.float32)
    monkeypatch.setattr(data_module, "SMALL_BYTES", x.nbytes)
    expected = path_of(x, x[:, 0] > 0, np.full(MANY_ROWS, 2))
    module.memo.clear()
    copies = np.tile(x, (2, 1))
    assert path_of(copies, copies[:, 0] > 0) == expected


LIMITS = {
    "of wide rows some are used": (folds, "MOST_VALUES", 45 * X.shape[1], X, Y),
    "of few rows several folds are drawn": (folds, "MOST_DRAWS", 1, X[:30], Y[:30]),
    "a fifth of few of many rows is not enough": (held_out, "LEAST_HELD_OUT", 1, MANY_X, MANY_Y),
}


@pytest.mark.usefixtures("brief_trials")
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_decides_which_rows_are_held_out(limit, monkeypatch):
    where, name, value, x, y = LIMITS[limit]
    expected = path_of(x, y)
    module.memo.clear()
    monkeypatch.setattr(where, name, value)
    assert path_of(x, y)[1] != expected[1]


def test_equal_rows_count_once():
    few = np.repeat(X, 30, axis=0), np.repeat(Y, 30)
    assert len(few[0]) > MANY_ROWS
    assert path_of(*few)[0][: len(ALPHAS)] == list(ALPHAS)


@pytest.mark.filterwarnings("ignore:The number of unique classes")
def test_many_classes_of_one_row_leave_nothing_to_hold_out():
    many = np.append(np.arange(MANY_ROWS), [0, 0])
    fitted = ShallowNNClassifier(2, max_iter=1, random_state=0).fit(MANY_X[: len(many)], many)
    assert fitted.alpha_ == 1
    assert not len(fitted.alpha_path_["alpha"])


@pytest.mark.usefixtures("brief_trials")
def test_features_that_the_training_rows_lack_do_not_count():
    """As in text: each row has words of its own, so all rows held out are predicted alike."""
    rows = scipy.sparse.csr_array(np.repeat(np.eye(MANY_ROWS, dtype=np.float32), 6, axis=1))
    _, losses = path_of(rows, np.arange(MANY_ROWS) % 2, n_hidden=MOST_UNITS, init_scale=3.0)
    assert max(losses) < 15  # with random weights for these words: 20 and more


def test_if_all_networks_diverge_it_is_the_usual_value():
    reg = ShallowNNRegressor(8, max_iter=3, random_state=0)
    with pytest.warns(DivergenceWarning), pytest.warns(UserWarning, match="far too large"):
        reg.fit(1e180 * MANY_X, MANY_X[:, 0])  # squares overflow
    assert np.isinf(reg.alpha_path_["loss"]).all()
    assert reg.alpha_ == 3


# --- A part of a fit ---


def test_a_network_that_is_trained_further_keeps_its_alpha():
    fitted = network(warm_start=True).fit(X, Y)
    alpha, path = fitted.alpha_, fitted.alpha_path_
    fitted.fit(X[:60], Y[:60]).partial_fit(X, Y)
    assert fitted.alpha_ == alpha
    assert fitted.alpha_path_ is path
    fitted.set_params(alpha=2).fit(X, Y)
    assert fitted.alpha_ == 2
    assert not len(fitted.alpha_path_["alpha"])


@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_fits_that_differ_in_other_parameters_share_a_choice(solver, made):
    ensemble = ShallowNNEnsembleClassifier(8, solver=solver, max_iter=3, n_networks=3, random_state=0)
    ensemble.fit(X, Y)
    network().fit(X.copy(), Y)
    assert len(made) == 1
    grid = {"activation": ["tanh", "relu"], "learning_rate": [0.01, 0.1]}
    GridSearchCV(network(solver=solver), grid, cv=2, refit=False).fit(X, Y)
    assert len(made) == 1 + 2 * 2


def test_threads_share_a_choice(made):
    ensemble = ShallowNNEnsembleClassifier(8, n_networks=6, random_state=0)
    expected = ensemble.fit(X, Y).alpha_
    module.memo.clear()
    with parallel_config(backend="threading"):
        assert_array_equal(ensemble.set_params(n_jobs=3).fit(X, Y).alpha_, expected)
    assert len(made) == 2


def test_what_was_chosen_is_forgotten_before_it_takes_much_memory(made, monkeypatch):
    monkeypatch.setattr(module, "MOST_REMEMBERED", 2)
    for n_rows, n_made in ((80, 1), (90, 2), (80, 2), (85, 3), (85, 3), (80, 4)):
        network().fit(X[:n_rows], Y[:n_rows])
        assert len(made) == n_made


def test_verbose_says_that_a_choice_is_made_and_what_was_chosen(capsys):
    fitted = network(verbose=1).fit(X, Y)
    begin, chosen, epoch, *_ = lines = capsys.readouterr().out.splitlines()
    assert begin == f"[ShallowNNClassifier] choosing alpha, by holding out some of {len(X)} rows"
    assert chosen.startswith(
        f"[ShallowNNClassifier] alpha = {fitted.alpha_:g}, chosen by the held-out loss (0.3: "
    )
    assert epoch.startswith("[ShallowNNClassifier] epoch 1: ")
    fitted.fit(X, Y)  # the choice is known
    assert capsys.readouterr().out.splitlines()[0] == lines[1]


@pytest.mark.usefixtures("brief_trials")
def test_verbose_says_how_far_the_choice_for_many_rows_is(capsys):
    fitted = network(verbose=1).fit(MANY_X, MANY_Y)
    lines = capsys.readouterr().out.splitlines()
    tried = [
        re.search(r"tried alpha = ([\d.]+) for \d+ epochs: held-out loss = [\d.]+$", line) for line in lines
    ]
    n_tried = sum(match is not None for match in tried)
    assert "choosing alpha" in lines[0]
    assert all(tried[1 : n_tried + 1])
    assert {float(match[1]) for match in tried[1 : n_tried + 1]} == {*fitted.alpha_path_["alpha"]}


@pytest.mark.usefixtures("brief_trials")
@pytest.mark.parametrize(
    ("x", "y", "dtype", "dtype_of_trials"),
    [(X, Y, "float32", "float64"), (MANY_X, MANY_Y, "float64", "float32")],
    ids=["few", "many"],
)
def test_an_interrupt_in_the_choice_ends_the_fit_and_keeps_the_model(x, y, dtype, dtype_of_trials):
    def function(z):
        nonlocal is_pressed
        if is_pressed and z.dtype == dtype_of_trials:
            is_pressed = False
            raise KeyboardInterrupt
        return np.tanh(z)

    is_pressed = False
    activation = Activation(function, slope_of_tanh)
    fitted = network(activation=activation, dtype=dtype).fit(x, y)
    coefs, is_pressed = fitted.coefs_, True
    module.memo.clear()
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(x, y)
    assert fitted.coefs_ is coefs


def test_hashes_of_equal_rows_are_equal():
    rows = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0], [0.5, 0.25], [0.25, 0.5]])
    all_rows = np.arange(len(rows))
    dense = hashes_of_rows(rows_of(rows), all_rows)
    assert dense[0] == dense[1]
    assert len(set(dense)) == 4
    assert_array_equal(hashes_of_rows(rows_of(scipy.sparse.csr_array(rows)), all_rows), dense)


@pytest.mark.parametrize(
    "rows",
    [
        np.array(np.meshgrid(*[[0.0, 1.0, 2.0]] * 8)).reshape(8, -1).T,
        1.7e9 + np.arange(60.0)[:, np.newaxis],  # in single precision they are equal
    ],
)
def test_hashes_of_different_rows_differ(rows):
    assert len(set(hashes_of_rows(rows_of(rows), np.arange(len(rows))))) == len(rows)
