"""Wide rows, in a space with as many dimensions as rows."""

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.network import make_batch
from sknn_scratch._core.parameters import initialise, view_parameters
from sknn_scratch._core.row_space import MOST_ROWS_PER_UNIT, RowSpace, in_row_space, is_wide
from sknn_scratch._core.rows import rows_of
from sknn_scratch._core.state import StopReason
from sknn_scratch._core.training import train
from tests.helpers import AtEpochEnd, assert_same_training, make_network, make_problem, make_run, train_alone

WIDE = make_problem("multiclass", n_samples=8, n_features=20)
NETWORK = make_network(WIDE)


def space_of(X, init_scale=0.5):
    """Make the space of rows, and the first parameters with all features."""
    params = initialise(NETWORK.shape, init_scale, np.random.default_rng(0), X.dtype)
    return RowSpace(X.copy(), NETWORK.shape, params), params


def test_dense_rows_with_twice_as_many_features_are_wide():
    wide, narrow = WIDE.X[:, :16], WIDE.X[:, :15]
    assert is_wide(rows_of(wide), 8)
    assert not is_wide(rows_of(wide), 9)
    assert not is_wide(rows_of(narrow), 8)
    assert not is_wide(rows_of(scipy.sparse.csr_array(wide)), 8)


@pytest.mark.parametrize(("dtype", "init_scale"), [(np.float64, 0.5), (np.float32, 0.5), (np.float64, 0)])
def test_parameters_come_back(dtype, init_scale):
    space, params = space_of(WIDE.X.astype(dtype), init_scale)
    assert space.X.shape == (8, 9)
    assert space.params.dtype == dtype
    assert_allclose(space.widen(space.params), params, atol=10 * np.finfo(dtype).eps * init_scale)


def test_dependent_rows_and_features_of_zero_are_no_exception():
    X = WIDE.X.copy()
    X[4:], X[:, :3] = X[:4], 0
    space, params = space_of(X)
    assert_allclose(space.widen(space.params), params, atol=1e-15)
    hidden_inputs = [
        rows @ view_parameters(flat, shape).w_hidden
        for rows, flat, shape in ((X, params, NETWORK.shape), (space.X, space.params, space.shape))
    ]
    assert_allclose(*hidden_inputs, atol=1e-14)


# --- Runs ---


def wide_run(problem=WIDE, **params):
    return make_run(problem, **{"solver": "lbfgs", "max_iter": 10, "alpha": 1.0} | params)


def n_features_in_training(run, on_epoch_end=None):
    """Train a run in the space of its rows if that is faster; return how many features it has there."""
    hooks = [] if on_epoch_end is None else [AtEpochEnd(on_epoch_end)]
    with in_row_space(run):
        train([run], hooks)
        return run.config.network.shape.n_features


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"row_weights": np.linspace(0.1, 2, 8)},
        {"rows": np.array([6, 0, 2, 3, 5, 1]), "row_weights": np.arange(1.0, 7)},
    ],
    ids=["all rows", "weights", "some rows"],
)
def test_a_run_in_the_space_of_its_rows_is_the_same_run(data):
    run, X = wide_run(data=data), WIDE.X.copy()
    expected, its_data, its_config = train_alone(run), run.data, run.config
    assert n_features_in_training(run) == run.data.n_samples + 1
    assert_same_training(run, expected, rtol=1e-9)
    assert (run.data, run.config) == (its_data, its_config)
    assert_allclose(run.last_sound.params, expected.last_sound.params, atol=1e-9)
    assert_allclose(run.state.best.params, expected.state.best.params, atol=1e-9)
    assert_array_equal(WIDE.X, X)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_if_its_training_is_cut_short_it_has_all_features_again(error):
    def cut(number, state):
        if len(state.history) == 3:
            raise error

    run = wide_run()
    try:
        n_features_in_training(run, cut)
    except ZeroDivisionError:
        assert run.is_going_on
    else:
        assert run.state.stop_reason is StopReason.INTERRUPTED
    assert_allclose(run.state.params, train_alone(wide_run(max_iter=3)).state.params, atol=1e-9)
    assert run.widen is None


def test_before_its_first_epoch_it_has_its_first_weights():
    run = wide_run()
    first = run.state.params.copy()
    with pytest.raises(ZeroDivisionError), in_row_space(run):
        raise ZeroDivisionError
    assert run.state.best is None
    for params in (run.state.params, run.last_sound.params):
        assert_allclose(params, first, atol=1e-14)


MANY_ROWS = make_problem("multiclass", n_samples=5 * MOST_ROWS_PER_UNIT + 1, n_features=300)
HELD_OUT = make_batch(rows_of(WIDE.X), WIDE.targets, None)
USUAL_RUNS = {
    "validation rows": (WIDE, {"data": {"validation": HELD_OUT}}),
    "sparse rows": (WIDE._replace(X=scipy.sparse.csr_array(WIDE.X)), {}),
    "many rows for each unit": (MANY_ROWS, {}),
    "lengths of features that overflow": (WIDE._replace(X=np.sign(WIDE.X) * 1e308), {}),
}


@pytest.mark.parametrize("case", USUAL_RUNS)
def test_other_runs_have_their_usual_features(case):
    problem, params = USUAL_RUNS[case]
    assert n_features_in_training(wide_run(problem, **params, max_iter=1)) == problem.X.shape[1]
