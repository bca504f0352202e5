"""alpha="auto" and the length of the training: chosen by held-out losses, from the observations alone."""

import itertools
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.datasets import make_moons

from sknn_scratch import (
    DivergenceWarning,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
)
from sknn_scratch._core.losses import Logistic, SquaredError
from sknn_scratch._fitting import choice, many_rows
from sknn_scratch._fitting.choice import Choice
from sknn_scratch._fitting.decide import MANY_ROWS
from sknn_scratch._fitting.few_rows import ALPHAS_OF_FEW
from sknn_scratch._fitting.many_rows import FIRST_ALPHAS, losses_around, losses_of_best_length
from sknn_scratch._fitting.trials import LEAST_ROWS, Tried
from tests.fitting.cases import MANY_X, MANY_Y, RNG, X, Y, cycles_of, network, path_of
from tests.helpers import assert_same_model

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*The maximum number of epochs"),
    pytest.mark.usefixtures("made"),
]


@pytest.fixture
def made(monkeypatch):
    """List the choices that are made and not known before; at the start, none is known."""
    choices = []

    monkeypatch.setattr(choice, "memo", {})
    for name in ("losses_of_few", "losses_of_many"):
        find = getattr(choice, name)
        monkeypatch.setattr(choice, name, lambda *args, find=find: choices.append(find) or find(*args))
    return choices


ESTIMATORS = {
    "classifier": ShallowNNClassifier(8),
    "regressor": ShallowNNRegressor(8),
    "classifier in single precision": ShallowNNClassifier(8, dtype="float32", class_weight={0: 3}),
    "regressor of quantiles": ShallowNNRegressor(8, loss="quantile", quantile=[0.1, 0.9]),
    "regressor of counts": ShallowNNRegressor(8, loss="poisson"),
    "classifiers": ShallowNNEnsembleClassifier(8, n_networks=3),
    "regressors": ShallowNNEnsembleRegressor(8, n_networks=3),
}
OF_MANY = ("classifier in single precision", "regressor of quantiles", "classifiers", "regressors")


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [*((name, X, Y) for name in ESTIMATORS), *((name, MANY_X, MANY_Y) for name in OF_MANY)],
)
def test_what_was_chosen_can_be_typed(name, x, y):
    auto = clone(ESTIMATORS[name]).set_params(random_state=0)
    is_ensemble, y = "n_networks" in auto.get_params(), (y if is_classifier(auto) else np.exp(x[:, 0] + y))
    weights = None if is_ensemble else 1 + RNG.random(len(x))
    auto.fit(x, y, weights)
    alphas, losses = auto.alpha_path_.values()
    assert is_ensemble or auto.alpha_ == alphas[losses.argmin()]
    for one in auto.estimators_ if is_ensemble else [auto]:
        chosen = {"alpha": one.alpha_, "max_iter": one.n_iter_, "solver": one.solver_}
        typed = clone(one).set_params(**chosen, learning_rate=one.learning_rate_).fit(x, y, weights)
        assert not len(typed.alpha_path_["alpha"])
        assert_same_model(typed, one, rtol=0)


def test_alphas_beyond_an_end_are_tried_if_it_is_the_best():
    rng = np.random.default_rng(0)
    clean, noisy = (make_moons(200, noise=noise, random_state=0) for noise in (0.0, 0.5))
    hopeless = rng.normal(size=(200, 30)), rng.integers(0, 2, 200)
    for (x, y), further, end in ((clean, {0.03}, 0.3), (noisy, set(), None), (hopeless, {100.0}, 30.0)):
        alphas, losses = path_of(x, y, n_hidden=4)
        assert alphas == sorted({*ALPHAS_OF_FEW, *further})
        of_first = {alpha: loss for alpha, loss in zip(alphas, losses, strict=True) if alpha in ALPHAS_OF_FEW}
        best = min(of_first, key=of_first.get)
        assert best == end if further else ALPHAS_OF_FEW[0] < best < ALPHAS_OF_FEW[-1]


@pytest.mark.parametrize(("noise", "tol"), [(0.0, 1e-4), (0.5, 1e-3)])
def test_a_y_without_noise_asks_for_small_gains(noise, tol):
    bends = np.sin(4 * X[:, 0])
    y = bends + noise * np.random.default_rng(0).normal(size=len(X))
    assert ShallowNNRegressor(20, random_state=0).fit(X[:, :1], y).tol_ == tol


def test_a_dozen_different_rows_are_enough_and_fewer_have_the_usual_value():
    n = LEAST_ROWS
    y = (X[:n, 0] > 0).astype(int)
    assert len(path_of(X[:n], y)[0])
    fitted = network().fit(np.repeat(X[: n - 1], 2, axis=0), np.repeat(y[:-1], 2))
    assert (type(fitted.alpha_), fitted.alpha_) == (float, 1)
    assert {name: len(values) for name, values in fitted.alpha_path_.items()} == {"alpha": 0, "loss": 0}


def test_if_all_networks_diverge_it_is_the_usual_value():
    reg = ShallowNNRegressor(8, max_iter=3, random_state=0)
    with pytest.warns(DivergenceWarning), pytest.warns(UserWarning, match="far too large"):
        reg.fit(1e180 * MANY_X, MANY_X[:, 0])  # squares overflow
    assert np.isinf(reg.alpha_path_["loss"]).all()
    assert reg.alpha_ == 3


def test_places_in_an_ensemble_share_the_good_alphas():
    def alphas_of(losses, loss=Logistic):
        choice = Choice(1.0, Tried(dict(zip(ALPHAS_OF_FEW, losses, strict=True)), n_rows=100))
        return [choice.alpha_at(place, loss()) for place in (0.1, 0.4, 0.6, 0.9)]

    assert alphas_of([0.1, 0.9, 0.9, 0.9]) == [0.3] * 4  # by far the best
    assert alphas_of([9.0, 0.5, 0.5, 9.0]) == [3, 3, 10, 10]
    assert alphas_of([np.inf] * 4) == [1.0] * 4
    assert alphas_of([0.0] * 4, SquaredError) == list(ALPHAS_OF_FEW)


@pytest.mark.parametrize("n_rows", [600, 2000])
def test_surveys_have_the_probabilities_of_their_boxes(n_rows):
    rng = np.random.default_rng(0)
    boxes = rng.integers(0, 2, (n_rows, 3)).astype(float)
    truth = np.where(boxes[:, 0] == 1, 0.9, 0.1)
    clf = ShallowNNClassifier(random_state=0).fit(boxes, rng.random(n_rows) < truth)
    assert np.abs(clf.predict_proba(boxes)[:, 1] - truth).mean() < 0.035  # 0.12 if equal rows count once


def test_each_month_of_twenty_years_has_its_mean():
    rng, month = np.random.default_rng(0), np.repeat(np.arange(12), 20)
    x, means = month[:, np.newaxis] / 3.5 - 1.6, rng.normal(size=12)
    regressor = ShallowNNRegressor(random_state=0).fit(x, means[month] + 0.5 * rng.normal(size=240))
    errors = regressor.predict(x) - means[month]
    assert np.mean(errors**2) < 0.3 * means.var()  # 1.0 if the rows of a month stay together


def test_copies_count_once():
    few = np.repeat(X, 30, axis=0), np.repeat(Y, 30)
    assert len(few[0]) > MANY_ROWS
    alphas, losses = path_of(*few)
    expected, of_few = path_of(X, Y)
    assert_allclose(np.divide(alphas, 2700 / 100), expected, rtol=1e-8)
    assert losses == of_few


def test_copies_of_which_two_thirds_are_drawn_count_once():
    """As in a fold of a search."""
    copies = np.sort(RNG.permutation(np.tile(np.arange(300), 9))[:1800])
    x, y = MANY_X[:300], MANY_Y[:300]
    weights = np.bincount(copies, minlength=300)
    assert path_of(x[copies], y[copies])[1] == path_of(x, y, weights)[1]


@pytest.mark.parametrize("n_rows", [400, 2000])
def test_each_row_of_a_truth_table_counts(n_rows):
    """If equal rows were copies, no value of alpha would predict the patterns that are held out."""
    bits = np.random.default_rng(0).integers(2, size=(n_rows, 5))
    are_odd = bits[:, :3].sum(axis=1) % 2
    assert ShallowNNClassifier(random_state=0).fit(bits, are_odd).score(bits, are_odd) == 1


def test_rows_that_an_oversampler_has_repeated_count_once():
    """A pattern has more than five rows on average, but those of the larger class stand alone."""
    large, small = np.flatnonzero(MANY_Y == 0)[:80], np.flatnonzero(MANY_Y == 1)[:40]
    counts = np.repeat([1, 15], [80, 40])
    x, y = (values[np.append(large, small)] for values in (MANY_X, MANY_Y))
    assert path_of(np.repeat(x, counts, axis=0), np.repeat(y, counts))[1] == path_of(x, y, counts)[1]


# --- It depends on the observations alone ---


@pytest.mark.usefixtures("brief_trials")
@pytest.mark.parametrize(
    ("x", "y", "container"),
    [(X, Y, np.asarray), (X, Y, scipy.sparse.csr_array), (MANY_X, MANY_Y, np.asarray)],
)
def test_a_weight_is_a_number_of_copies_and_the_order_is_no_matter(x, y, container):
    weights, order = RNG.integers(0, 4, size=len(x)), RNG.permutation(len(x))
    weights[: min(len(x) - 9, MANY_ROWS)] += 1
    copies = np.repeat(np.arange(len(x)), weights)
    expected = path_of(container(x), y, weights)
    for rows in (copies, RNG.permutation(copies)):
        choice.memo.clear()
        assert path_of(container(x[rows]), y[rows]) == expected
    choice.memo.clear()
    assert path_of(container(x[order]), y[order], weights[order], random_state=1) == expected
    assert path_of(container(x), y) != expected


def test_neither_the_seed_nor_the_solver_nor_validation_plays_a_part(made):
    expected = path_of(X, Y)
    assert path_of(X, np.array(["no", "yes"])[Y], random_state=1) == expected
    assert path_of(X, Y, solver="adam", learning_rate=0.1, batch_size=7, dropout=0.1) == expected
    assert path_of(X, Y, early_stopping=True, scoring="accuracy") == expected
    assert len(made) == 1


@pytest.mark.parametrize(
    ("x", "y", "estimator"),
    [
        (X, Y, ShallowNNClassifier(8)),
        (X, X[:, 0] + Y, ShallowNNRegressor(8)),
        (MANY_X, MANY_Y, ShallowNNClassifier(8)),
        (X[:9], Y[:9], ShallowNNClassifier(8)),
    ],
    ids=["few", "few numbers", "many", "too few to choose"],
)
def test_the_scale_of_the_weights_changes_nothing(x, y, estimator):
    weights, estimator = 1 + RNG.random(len(x)), clone(estimator).set_params(max_iter=20, random_state=0)
    expected = clone(estimator).fit(x, y, weights)
    for scale in (10_000, 0.001):
        fitted = clone(estimator).fit(x, y, scale * weights)
        ratio = max(100, scale * weights.sum()) / max(100, weights.sum())
        assert fitted.alpha_ == pytest.approx(expected.alpha_ * ratio, rel=1e-8)
        assert_allclose(fitted.predict(x), expected.predict(x), rtol=1e-4)
        if is_classifier(estimator):
            assert_allclose(fitted.predict_proba(x), expected.predict_proba(x), atol=1e-4)


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


CHANGES = {
    "an ulp": lambda x: np.nextafter(x, np.inf),
    "other units and back": lambda x: x * 3 / 3,
    "other columns first": lambda x: x[:, ::-1].copy(),
    "single precision": lambda x: x.astype(np.float32),
    "sparse": scipy.sparse.csr_array,
}


@pytest.mark.usefixtures("brief_trials")
@pytest.mark.parametrize(
    ("n_rows", "estimator"),
    [(60, network()), (60, ShallowNNRegressor(8, max_iter=3)), (MANY_ROWS, network())],
)
def test_rounding_and_columns_hold_out_the_same_rows(n_rows, estimator):
    """Iterations amplify rounding errors a little; other folds would change the losses by a tenth."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_rows, 4)).round(2)
    y = x[:, 0] + np.sin(2 * x[:, 1]) + rng.normal(size=n_rows)
    target = y > 0 if is_classifier(estimator) else y
    expected = estimator.fit(x, target).alpha_path_
    for change in CHANGES.values():
        choice.memo.clear()
        path = estimator.fit(change(x), target).alpha_path_
        assert_array_equal(path["alpha"], expected["alpha"])
        assert_allclose(path["loss"], expected["loss"], rtol=0.02)


# --- Many rows: the candidates ---

SHORTEST, _, LONGEST = sorted(cycles_of(*MANY_X.shape)[0])
NOISE = RNG.integers(2, size=len(MANY_X))


@pytest.mark.filterwarnings("ignore:The training has failed")
def test_many_rows_choose_a_long_cycle_if_it_is_better():
    waves = (np.sin(3 * MANY_X).sum(axis=1) > 0).astype(int)
    epochs = [network(max_iter="auto").fit(MANY_X, y).n_iter_ for y in (NOISE, waves)]
    assert epochs == [SHORTEST, LONGEST]


USUAL, FURTHER = cycles_of(10_000, n_features=6)
SHORT, MIDDLE, LONG = sorted(USUAL)


class KnownTrials(many_rows.TrialsOfMany):
    """Trials with the loss that a function has for an alpha and a number of epochs, the same for all rows."""

    chance = 0.0

    def __init__(self, loss_of):
        self.loss_of, self.losses, self.tried = loss_of, {}, []
        self.parts, self.n_parts = [np.arange(10)] * 5, 1
        self.seen = SimpleNamespace(n_independent=len, loss_of_a_constant=lambda: 10.0)

    def try_out(self, alpha, n_epochs, parts):
        if parts:
            self.tried.append((n_epochs, alpha))
        return [np.full(10, self.loss_of(alpha, n_epochs) / 10) for _ in parts]

    def chance_between(self, alpha, other, n_epochs):
        return self.chance


def best_length(loss_of):
    known = KnownTrials(loss_of)
    return losses_of_best_length(known, USUAL, FURTHER).n_epochs, known.tried


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
def test_a_longer_cycle_is_taken_if_it_lowers_the_loss_enough(levels, n_epochs):
    level_of = dict(zip((SHORT, MIDDLE, LONG, FURTHER), levels, strict=False))
    assert best_length(lambda alpha, n_epochs: level_of[n_epochs])[0] == n_epochs


def tried_around(loss_of, chance=0.0):
    known = KnownTrials(lambda alpha, n_epochs: loss_of(alpha))
    known.chance = chance
    return [*losses_around(known, FIRST_ALPHAS, SHORT).losses], known.n_parts


@pytest.mark.parametrize(
    ("best", "tried"),
    [(1, [0.3, 1, 3, 10, 30]), (10, [3, 10, 30]), (30, [10, 30, 100]), (100, [10, 30, 100])],
)
def test_alphas_beyond_the_better_one_are_tried_until_the_loss_rises(best, tried):
    assert tried_around(lambda alpha: 5 + abs(np.log(alpha / best)))[0] == tried


@pytest.mark.parametrize(
    ("chance", "of_one", "tried", "n_parts"),
    [
        (0.05, 4.0, [3, 10, 30], 1),
        (0.14, 4.0, [0.3, 1, 3, 10, 30], 1),
        (0.5, 4.0, [0.3, 1, 3, 10, 30], 5),
        (1.0, 5.2, [1, 3, 10, 30], 5),
    ],
)
def test_a_rise_by_chance_does_not_end_the_path_but_two_do(chance, of_one, tried, n_parts):
    """An alpha of 3 is worse than 10."""
    losses = {0.3: 4.2, 1.0: of_one, 3.0: 5.1, 10.0: 5.0, 30.0: 5.3}
    assert tried_around(losses.get, chance) == (tried, n_parts)


def test_a_longer_cycle_is_tried_with_the_best_alpha_and_the_others_with_the_last():
    n_epochs, tried = best_length(lambda alpha, n_epochs: (5 + abs(np.log(alpha))) / n_epochs)
    assert n_epochs == FURTHER
    assert tried == [
        *((SHORT, alpha) for alpha in (10, 30, 3, 1, 0.3)),
        *((MIDDLE, 1), (LONG, 1), (FURTHER, 1), (FURTHER, 3), (FURTHER, 0.3)),
    ]


@pytest.mark.parametrize(
    ("best", "n_epochs", "tried_longer"),
    [
        ((9, 9, 9), SHORT, [10]),
        ((11, 11, 11), SHORT, [10, 30]),
        ((31, 31, 31), SHORT, [30]),
        ((11, 29, 300), MIDDLE, [10, 30, 30, 100]),
    ],
)
def test_a_longer_cycle_is_tried_with_the_second_best_alpha_if_it_is_higher(best, n_epochs, tried_longer):
    best_of = dict(zip((SHORT, MIDDLE, LONG), best, strict=True))
    found, tried = best_length(lambda alpha, n_epochs: 5 + abs(np.log(alpha / best_of[n_epochs])))
    assert found == n_epochs
    assert [alpha for length, alpha in tried if length > SHORT] == tried_longer


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


# --- A part of a fit ---


def test_in_a_stream_it_is_fixed_and_a_regressor_has_its_own_value():
    assert network().partial_fit(X, Y, classes=[0, 1]).alpha_ == 1
    assert ShallowNNRegressor(3).partial_fit(X, X[:, 0]).alpha_ == 3


def test_a_network_that_is_trained_further_keeps_its_alpha():
    fitted = network(warm_start=True).fit(X, Y)
    alpha, path = fitted.alpha_, fitted.alpha_path_
    fitted.fit(X[:60], Y[:60]).partial_fit(X, Y)
    assert fitted.alpha_ == alpha
    assert fitted.alpha_path_ is path
    fitted.set_params(alpha=2).fit(X, Y)
    assert fitted.alpha_ == 2
    assert not len(fitted.alpha_path_["alpha"])


def test_networks_of_an_ensemble_keep_each_its_alpha():
    x = np.random.default_rng(0).normal(size=(150, 4))
    ensemble = ShallowNNEnsembleClassifier(4, n_networks=6, max_iter=3, warm_start=True, random_state=0)
    alphas = ensemble.fit(x, x[:, 0] + RNG.normal(size=150) > 0).alpha_
    assert len(set(alphas)) > 1
    assert_array_equal(ensemble.fit(x, x[:, 0] > 0).alpha_, alphas)
    assert_array_equal(ensemble.partial_fit(x, x[:, 0] > 0).alpha_, alphas)


# --- What was tried before ---


def test_workers_share_a_choice(made):
    ensemble = ShallowNNEnsembleClassifier(8, n_networks=6, random_state=0)
    expected = ensemble.fit(X, Y).alpha_
    choice.memo.clear()
    with parallel_config(backend="threading"):
        assert_array_equal(ensemble.set_params(n_jobs=3).fit(X, Y).alpha_, expected)
    assert len(made) == 2


def questions_of(x=X, y=Y, weights=None, estimator=ShallowNNClassifier, **params):
    """Fit, with nothing known; list what is remembered, all on which the held-out losses depend."""
    choice.memo.clear()
    estimator(**{"max_iter": "auto", "random_state": 0} | params).fit(x, y, weights)
    return list(choice.memo)


def test_everything_that_the_losses_depend_on_is_in_the_key():
    """A sparse X that has the same values is another."""
    other_x, other_y = X.copy(), Y.copy()
    other_x[3, 1], other_y[3] = np.nextafter(other_x[3, 1], 1), 1 - other_y[3]
    questions = [
        *questions_of(),
        *questions_of(other_x),  # by an ulp
        *questions_of(X.astype(np.float32)),
        *questions_of(scipy.sparse.csr_array(X)),
        *questions_of(y=other_y),
        *questions_of(weights=np.append(2, np.ones(89))),
        *questions_of(n_hidden=7),
        *questions_of(activation="tanh"),
        *questions_of(init_scale=0.5),
        *questions_of(estimator=ShallowNNRegressor),
        *questions_of(estimator=ShallowNNRegressor, max_iter=9),
        *questions_of(estimator=ShallowNNRegressor, loss="huber", huber_delta=0.5),
        *questions_of(estimator=ShallowNNRegressor, loss="huber", huber_delta=0.6),
    ]
    assert len(set(questions)) == len(questions) == 13
    order = RNG.permutation(90)
    assert questions_of(X[order], Y[order], random_state=3) == questions[:1]


def test_what_was_chosen_is_forgotten_before_it_takes_much_memory(made, monkeypatch):
    monkeypatch.setattr(choice, "MOST_REMEMBERED", 2)
    for n_rows, n_made in ((80, 1), (90, 2), (80, 2), (85, 3), (85, 3), (80, 4)):
        network().fit(X[:n_rows], Y[:n_rows])
        assert len(made) == n_made
    choice.memo.update(dict.fromkeys(range(9)))  # a bound that was passed holds again
    network().fit(X[:70], Y[:70])
    assert len(choice.memo) == 2


def test_verbose_says_that_a_choice_is_made_and_what_was_chosen(capsys):
    fitted = network(verbose=1).fit(X, Y)
    begin, chosen, epoch, *_ = lines = capsys.readouterr().out.splitlines()
    assert begin == f"[ShallowNNClassifier] choosing alpha, by holding out some of {len(X)} observations"
    assert chosen.startswith(
        f"[ShallowNNClassifier] alpha = {fitted.alpha_:g}, chosen by the held-out loss (0.3: "
    )
    assert epoch.startswith("[ShallowNNClassifier] epoch 1: ")
    fitted.fit(X, Y)  # the choice is known
    assert capsys.readouterr().out.splitlines()[0] == lines[1]


@pytest.mark.usefixtures("brief_trials")
def test_verbose_says_how_far_the_choice_for_many_rows_is(capsys):
    fitted = network(verbose=1).fit(MANY_X, MANY_Y)
    _, *lines = capsys.readouterr().out.splitlines()
    told = r"tried alpha = ([\d.]+) for \d+ epochs: held-out loss = [\d.]+$"
    tried = list(itertools.takewhile(bool, (re.search(told, line) for line in lines)))
    assert {float(match[1]) for match in tried} == {*fitted.alpha_path_["alpha"]}
