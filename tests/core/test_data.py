import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn_scratch._core import data as data_module
from sknn_scratch._core.data import Data, pool
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.rows import rows_of
from tests.helpers import (
    BINARY,
    assert_same_training,
    make_batch,
    make_problem,
    make_run,
    matrix_of,
    numbered_rows,
    train_alone,
    train_together,
)


@pytest.fixture
def no_ones(monkeypatch):
    """Treat all rows as too many for a column of ones."""
    return lambda: monkeypatch.setattr(data_module, "SMALL_BYTES", 0)


@pytest.mark.parametrize(("weight", "expected"), [(2.0, 100), (100 / 12, 100), (10.0, 120)])
def test_the_penalty_is_measured_against_a_weight_of_at_least_100(weight, expected):
    data = Data(**numbered_rows(12), row_weights=np.full(12, weight))
    assert data.penalty_divisor == pytest.approx(expected, rel=1e-14)


def chosen_rows(data):
    """Rows of X and of the targets that a network trains on, dense."""
    rows = slice(None) if data.rows is None else data.rows
    return matrix_of(data.X)[rows], data.targets[rows]


@pytest.mark.parametrize("kind", ["with ones", "dense", "sparse"])
def test_pooled_networks_keep_their_rows_and_all_else(kind, no_ones):
    source, other = numbered_rows(12, kind == "sparse"), numbered_rows(7, kind == "sparse")
    other["X"], other["targets"] = rows_of(2 * other["X"].source), 1 + other["targets"]
    if kind == "dense":
        no_ones()
    data = [
        Data(**source, rows=np.array([3, 1])),
        Data(**other, row_weights=np.arange(1.0, 8)),
        Data(**source, validation=make_batch(make_problem("binary")), score=len),
        Data(source["X"], -source["targets"]),  # with other targets, it is another source
    ]
    for some in (data, data[:1], data[:2]):
        pooled = pool(some)
        assert pooled[0].X.n_features == 2
        assert all(one.X is pooled[0].X and one.targets is pooled[0].targets for one in pooled)
        for before, after in zip(some, pooled, strict=True):
            for array, array_before in zip(chosen_rows(after), chosen_rows(before), strict=True):
                assert_array_equal(array, array_before)
            for name in ("n_samples", "row_weights", "validation", "score"):
                assert getattr(after, name) is getattr(before, name)


@pytest.mark.parametrize("batch_size", [16, 60])
@pytest.mark.parametrize("solver", SOLVERS)
def test_ones_make_no_difference_but_in_rounding(no_ones, solver, batch_size):
    run = make_run(BINARY, solver=solver, batch_size=batch_size, alpha=1.0)
    result = train_alone(run)
    no_ones()
    assert_same_training(result, train_alone(run), rtol=1e-9)


def test_a_stack_without_ones_trains_the_networks_it_trains_alone(no_ones):
    no_ones()
    runs = [make_run(BINARY, seed, alpha=1.0) for seed in range(3)]
    for result, run in zip(train_together(runs), runs, strict=True):
        assert_same_training(result, train_alone(run), rtol=0)
