"""How an alpha is tried: which rows are held out, with which networks, and under which limits."""

import math
import re
from functools import partial

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from threadpoolctl import threadpool_limits

from sknn_scratch import Activation, ShallowNNClassifier, ShallowNNRegressor
from sknn_scratch._core import rows
from sknn_scratch._core.optimizers import Adam
from sknn_scratch._core.rows import evenly
from sknn_scratch._fitting import choice, few_rows, many_rows
from sknn_scratch._fitting.choice import MOST_UNITS
from sknn_scratch._fitting.decide import MANY_ROWS
from sknn_scratch._fitting.many_rows import losses_of_many
from sknn_scratch._fitting.trials import NOTHING, initial_params
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from tests.fitting import cases
from tests.fitting.cases import MANY_X, MANY_Y, RNG, X, Y, few_or_many_rows, network, numbers_of_threads
from tests.helpers import InterruptedActivation, bits_of, refused

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*The maximum number of epochs"),
    pytest.mark.filterwarnings("ignore:The training has failed"),
    pytest.mark.usefixtures("nothing_known"),
]

regressor = partial(ShallowNNRegressor, n_hidden=8, max_iter=3, random_state=0)


@pytest.fixture
def nothing_known(monkeypatch):
    monkeypatch.setattr(choice, "memo", {})


def path_of(*args, **params):
    choice.memo.clear()
    return cases.path_of(*args, **params)


@pytest.fixture
def trials_of(monkeypatch):
    """Get the trials of a fit."""

    def trials_of(x, y, **params):
        made = []
        cls = many_rows.TrialsOfMany
        monkeypatch.setattr(many_rows, "TrialsOfMany", lambda *args: made.append(cls(*args)) or made[-1])
        path_of(x, y, **params)
        return made[0]

    return trials_of


# --- Both ---


@few_or_many_rows
@pytest.mark.usefixtures("brief_trials")
def test_rare_classes_and_every_target_have_a_choice(x, y):
    rare = np.append(2, y[1:])  # a class of one row
    for target in (rare, np.column_stack([y, x[:, 1] > 0])):
        _, losses = path_of(x, target)
        assert losses
        assert np.isfinite(losses).all()
    for loss in NUMBER_LOSSES:
        reg = regressor(loss=loss).fit(x, np.exp(x[:, :2]))
        assert reg.alpha_ in reg.alpha_path_["alpha"]
        assert np.isfinite(reg.alpha_path_["loss"]).all()


def test_some_rows_are_evenly_spaced():
    assert_array_equal(evenly(10, 4), [0, 2, 5, 7])
    assert_array_equal(evenly(3, 4), [0, 1, 2])


LIMITS = {
    "of wide rows some are used": ("MOST_VALUES", 45 * X.shape[1], X, Y),
    "of wide sparse rows too": ("MOST_VALUES", 45 * X.shape[1], scipy.sparse.csr_array(X), Y),
    "many features have fewer units": ("MOST_WEIGHTS", 5 * X.shape[1], X, Y),
    "very many have one unit": ("MOST_WEIGHTS", 1, X, Y),
    "of few rows several folds are drawn": ("MOST_DRAWS", 1, X[:30], Y[:30]),
    "a fifth of few of many rows is not enough": ("LEAST_HELD_OUT", 1, MANY_X, MANY_Y),
    "of very many rows some are held out": ("MOST_HELD_OUT", 100, MANY_X, MANY_Y),
}


@pytest.mark.usefixtures("brief_trials")
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_decides_how_alphas_are_tried(limit, monkeypatch):
    name, value, x, y = LIMITS[limit]
    expected = path_of(x, y)
    monkeypatch.setattr(few_rows if len(y) < MANY_ROWS else many_rows, name, value)
    assert path_of(x, y)[1] != expected[1]


@few_or_many_rows
@pytest.mark.usefixtures("brief_trials")
def test_held_out_losses_are_computed_with_one_blas_thread(x, y, monkeypatch):
    seen = []

    def row_losses(*args, original=few_rows.row_losses):
        seen.append({*numbers_of_threads()})
        return original(*args)

    for module in (few_rows, many_rows):
        monkeypatch.setattr(module, "row_losses", row_losses)
    with threadpool_limits(2, user_api="blas"):
        path_of(x, y)
    assert seen == [{1}] * len(seen) != []


@few_or_many_rows
@pytest.mark.usefixtures("brief_trials")
def test_an_interrupt_in_the_choice_ends_the_fit_and_keeps_the_model(x, y):
    activation = InterruptedActivation(10**9)
    fitted = network(activation=activation).fit(x, y)
    choice.memo.clear()
    activation.calls_left[0] = 0
    with refused(fitted, error=KeyboardInterrupt):
        fitted.fit(x, y)


# --- Few rows ---


def test_features_that_no_row_has_play_no_part():
    assert path_of(np.pad(X, ((0, 0), (0, 20))), Y) == path_of(X, Y)
    assert not len(path_of(np.zeros_like(X), Y)[0])


def test_a_loss_that_overflows_is_infinite():
    activation = Activation(lambda z: z if z.dtype == np.float32 else z * np.inf, np.ones_like)
    fitted = network(activation=activation, dtype="float32").fit(X, Y)
    assert set(fitted.alpha_path_["loss"]) == {np.inf}
    assert fitted.alpha_ == 1


def test_wide_rows_have_the_same_choice_with_few_features(monkeypatch):
    wide = np.tanh(np.pad(X[:40], ((0, 0), (0, 96))) + RNG.normal(size=(40, 100)))
    few = path_of(wide, Y[:40])
    monkeypatch.setattr(few_rows, "is_wide", lambda *_: False)
    all_features = path_of(wide, Y[:40])
    assert few[0] == all_features[0]
    assert few[1] != all_features[1]  # by rounding errors
    assert_allclose(few[1], all_features[1], rtol=1e-6)


def test_a_large_matrix_of_zeros_becomes_sparse(monkeypatch):
    x = np.where(np.abs(X) > 1.5, X, 0)
    expected = path_of(scipy.sparse.csr_array(x), Y)
    assert path_of(x, Y) != expected  # by rounding errors
    monkeypatch.setattr(few_rows, "MOST_VALUES", 300)
    assert path_of(x, Y) == expected


# --- Many rows ---


def test_a_candidate_has_the_usual_optimiser_and_two_thirds_of_the_epochs(capsys, trials_of):
    tried = trials_of(MANY_X, MANY_Y, max_iter="auto", verbose=1)
    lines = re.findall(r"tried alpha = [\d.]+ for (\d+) epochs", capsys.readouterr().out)
    usual, further = cases.cycles_of(*MANY_X.shape)
    assert {*map(int, lines)} <= {math.ceil(2 / 3 * length) for length in (*usual, further)}
    runs = [tried.run_of(alpha, tried.split(0)[0], 9) for alpha in (10.0, 30.0)]
    config, defaults = runs[0].config, ShallowNNClassifier()
    assert config.optimizer == Adam(defaults.beta_1, defaults.beta_2, defaults.epsilon)
    assert (config.alpha, config.learning_rate) == (10, Adam.usual_learning_rate)
    assert config.schedule == "one_cycle"
    assert bits_of(runs[0].state.params) == bits_of(runs[1].state.params)
    assert bits_of(runs[0].state.shuffle_rng) == bits_of(runs[1].state.shuffle_rng)


@pytest.mark.usefixtures("brief_trials")
@pytest.mark.parametrize(
    ("difference", "mean", "n_parts"), [(0.09, 1, 2), (0.11, 1, 5), (0.11, 1.021, 5), (0.11, 1.023, 2)]
)
def test_all_parts_are_held_out_if_chance_decides(difference, mean, n_parts, trials_of):
    """The standard error of the mean difference of 100 rows is a tenth of each difference.

    All losses are in units of that of a constant, which two equally frequent classes have, the entropy.
    """
    tried = trials_of(MANY_X, MANY_Y)
    assert (tried.n_parts, tried.n_held_out) == (2, 800)
    tried.parts = list(np.arange(250).reshape(5, 50))
    signs = np.where(np.arange(50) % 2, 1, -1)
    constant = -np.log(0.5)
    of_alphas = {1.0: constant * np.ones(50) / 50, 3.0: constant * (mean + difference * signs) / 50}
    tried.losses = {(alpha, None, part): of_alphas[alpha] for alpha in of_alphas for part in range(5)}
    assert tried.chance_between(1.0, 3.0, None) == pytest.approx(constant * difference / 10)
    tried.hold_out_all_if_in_doubt(1.0, 3.0, None)
    assert tried.n_parts == n_parts
    assert tried.means(None) == pytest.approx({1.0: constant, 3.0: constant * mean})


@pytest.mark.usefixtures("brief_trials")
def test_the_choice_of_many_rows_is_in_single_precision_unless_this_takes_much_memory(monkeypatch):
    x = MANY_X.astype(np.float32)
    single = path_of(x, MANY_Y)
    assert path_of(x.astype(np.float64), MANY_Y) == single
    monkeypatch.setattr(many_rows, "MOST_VALUES", x.size - 1)
    double = path_of(x.astype(np.float64), MANY_Y)
    assert double != single
    assert_allclose(double[1], single[1], rtol=1e-3)


@pytest.mark.usefixtures("brief_trials")
def test_rows_of_a_small_x_and_their_copies_in_a_large_one_are_the_same(monkeypatch):
    x = np.random.default_rng(0).normal(size=(MANY_ROWS, 90)).astype(np.float32)
    monkeypatch.setattr(rows, "SMALL_BYTES", x.nbytes)
    expected = path_of(x, x[:, 0] > 0, np.full(MANY_ROWS, 2))
    copies = np.tile(x, (2, 1))
    assert path_of(copies, copies[:, 0] > 0) == expected


@pytest.mark.filterwarnings("ignore:The number of unique classes")
def test_many_classes_of_one_row_leave_nothing_to_hold_out():
    y = np.append(np.arange(MANY_ROWS), [0, 0])
    assert losses_of_many(cases.observe(MANY_X[: len(y)], y), None, initial_params, True, str) is NOTHING


@pytest.mark.usefixtures("brief_trials")
def test_features_that_the_training_rows_lack_do_not_count():
    """As in text: each row has words of its own, so all rows held out are predicted alike."""
    rows = scipy.sparse.eye_array(MANY_ROWS, dtype=np.float32, format="csr")
    _, losses = path_of(rows, np.arange(MANY_ROWS) % 2, n_hidden=MOST_UNITS, init_scale=7.3)
    assert max(losses) < 2  # with random weights for these words: 60
