import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core import batches as batches_module
from sknn_scratch._core.batches import Batches
from sknn_scratch._core.data import Data
from sknn_scratch._core.losses import LOSSES
from tests.helpers import epoch_batches, matrix_of, numbered_rows

dense_or_sparse = pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
SOFTMAX = LOSSES["softmax"]()

few_or_many_at_once = pytest.mark.parametrize("gathered_bytes", [1, 500])


def rngs(n=1, seed=0):
    return [np.random.default_rng([seed, k]) for k in range(n)]


def row_numbers(batch):
    """Numbers (..., n_samples) of the rows of a batch, whose X and targets must agree."""
    numbers = matrix_of(batch.X)[..., 0]
    assert_array_equal(matrix_of(batch.X)[..., 1], numbers + 1)
    assert_array_equal(batch.targets.values[..., 0, :], numbers)
    assert_array_equal(batch.targets.times_shares, batch.targets.values * batch.targets.shares)
    return numbers.astype(int)


def epoch_weight(batches, n_rows):
    """What the rows of one network weigh in the mean loss of an epoch, by row number: (n_rows,)."""
    weight, n_samples = np.zeros(n_rows), sum(batch.X.n_samples for batch in batches)
    for batch in batches:
        weight[row_numbers(batch)] = batch.targets.shares[0] * batch.X.n_samples / n_samples
    return weight


@few_or_many_at_once
@dense_or_sparse
@pytest.mark.parametrize("rows", [None, np.array([9, 2, 5, 11, 3, 7])])
@pytest.mark.parametrize("batch_size", [5, 100])
@pytest.mark.parametrize("scale", [None, 1e3])
def test_an_epoch_has_each_row_once_in_random_order_and_with_its_weight(
    monkeypatch, scale, batch_size, rows, sparse, gathered_bytes
):
    monkeypatch.setattr(batches_module, "GATHERED_BYTES", gathered_bytes)
    chosen = np.arange(22) if rows is None else rows
    n = len(chosen)
    row_weights = None if scale is None else scale * np.arange(1.0, 1 + n)
    data = Data(**numbered_rows(22, sparse), rows=rows, row_weights=row_weights)
    stream, streams_rngs, (rng,) = Batches([data], batch_size, SOFTMAX), rngs(), rngs()
    expected_weight = np.zeros(22)
    expected_weight[chosen] = 1 / n if scale is None else row_weights / row_weights.sum()
    for _ in range(3):
        batches = epoch_batches(stream, streams_rngs)
        assert [batch.X.n_samples for batch in batches] == (
            [5] * (n // 5) + [n % 5] if n > batch_size else [n]
        )
        numbers = np.concatenate([row_numbers(batch) for batch in batches])
        order = rng.permutation(n) if n > batch_size else np.arange(n)
        assert_array_equal(numbers, chosen[order])
        assert_allclose(epoch_weight(batches, 22), expected_weight, rtol=1e-13)
    assert streams_rngs[0].random() == rng.random()


def test_the_mean_loss_of_an_epoch_counts_rows_for_each_network():
    losses = np.array([[1.0, 2, 3, 4, 5], [6, 7, 8, 9, 10]])
    means = Batches([Data(**numbered_rows(22))] * 2, 5, SOFTMAX).mean(losses)
    assert_allclose(means, [(5 * (1 + 2 + 3 + 4) + 2 * 5) / 22, (5 * (6 + 7 + 8 + 9) + 2 * 10) / 22])
