import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core import batches as batches_module
from sknn_scratch._core.batches import Batches, GatheredBatches
from sknn_scratch._core.data import Data
from sknn_scratch._core.losses import LOSSES
from sknn_scratch._core.rows import DenseRows, rows_of
from tests.helpers import epoch_batches

dense_or_sparse = pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
SOFTMAX = LOSSES["softmax"]()

few_or_many_at_once = pytest.mark.parametrize("gathered_bytes", [1, 500, 2**18])


def make_source(n_rows, sparse=False, dtype=np.float64):
    """A row of X holds its own number (plus one, in its second column), and so does that of the targets."""
    numbers = np.arange(n_rows, dtype=dtype)[:, np.newaxis]
    X = np.hstack([numbers, numbers + 1, 0 * numbers])
    return {"X": rows_of(scipy.sparse.csr_array(X) if sparse else X), "targets": numbers.copy()}


def rngs(n=1, seed=0):
    return [np.random.default_rng([seed, k]) for k in range(n)]


def dense_rows(X):
    if isinstance(X, DenseRows):
        return X.X
    stacked = np.array([one.toarray() for one in X.matrices])
    return stacked if X.stacked else stacked[0]


def row_numbers(batch):
    """Numbers (..., n_samples) of the rows of a batch, whose X and targets must agree."""
    numbers = dense_rows(batch.X)[..., 0]
    assert_array_equal(dense_rows(batch.X)[..., 1], numbers + 1)
    assert_array_equal(batch.targets.values[..., 0, :], numbers)
    assert_array_equal(batch.targets.weighted, batch.targets.values * batch.targets.shares)
    return numbers.astype(int)


def weights_of(batch):
    """Weights (..., n_samples) of the rows of a batch."""
    return np.broadcast_to(batch.targets.shares[..., 0, :], row_numbers(batch).shape)


def epoch_weight(batches):
    """What the rows weigh in the mean loss of an epoch, by network and row number."""
    networks = batches[0].targets.weighted.shape[:-2]
    n_rows = 1 + max(row_numbers(batch).max() for batch in batches)
    weight = np.zeros((int(np.prod(networks)), n_rows))
    n_samples = sum(batch.X.n_samples for batch in batches)
    for batch in batches:
        share = batch.X.n_samples / n_samples
        numbers = row_numbers(batch).reshape(len(weight), -1)
        for row, of_network, terms in zip(
            weight, numbers, share * weights_of(batch).reshape(len(weight), -1), strict=True
        ):
            np.add.at(row, of_network, terms)
    return weight.reshape(*networks, n_rows)


# --- One network ---


@few_or_many_at_once
@dense_or_sparse
@pytest.mark.parametrize(
    ("n_rows", "batch_size", "sizes"),
    [(20, 5, [5] * 4), (22, 5, [5, 5, 5, 5, 2]), (21, 5, [5, 5, 5, 5, 1]), (4, 1, [1] * 4), (6, 5, [5, 1])],
)
def test_every_row_comes_once_an_epoch(monkeypatch, n_rows, batch_size, sizes, sparse, gathered_bytes):
    monkeypatch.setattr(batches_module, "GATHERED_BYTES", gathered_bytes)
    stream = Batches([Data(**make_source(n_rows, sparse))], batch_size, SOFTMAX)
    streams_rngs = rngs()
    for _ in range(3):
        batches = epoch_batches(stream, streams_rngs)
        assert [batch.X.n_samples for batch in batches] == sizes
        numbers = np.concatenate([row_numbers(batch) for batch in batches])
        assert_array_equal(np.sort(numbers), np.arange(n_rows))
        assert_allclose(epoch_weight(batches), 1 / n_rows, rtol=1e-14)


def test_the_mean_loss_of_an_epoch_counts_rows():
    stream = Batches([Data(**make_source(22))], 5, SOFTMAX)
    assert stream.mean(np.array([1.0, 2, 3, 4, 5])) == pytest.approx((5 * (1 + 2 + 3 + 4) + 2 * 5) / 22)


def test_the_mean_loss_of_an_epoch_is_that_of_each_network():
    losses = np.random.default_rng(0).normal(size=(3, 5))
    means = Batches(make_stack(make_source(22), [22] * 3), 5, SOFTMAX).mean(losses)
    alone = Batches([Data(**make_source(22))], 5, SOFTMAX)
    assert_array_equal(means, [alone.mean(row) for row in losses])


@few_or_many_at_once
@dense_or_sparse
def test_the_order_is_that_of_the_random_stream_alone(monkeypatch, sparse, gathered_bytes):
    monkeypatch.setattr(batches_module, "GATHERED_BYTES", gathered_bytes)
    stream = Batches([Data(**make_source(22, sparse))], 5, SOFTMAX)
    for epoch in range(3):
        numbers = np.concatenate([row_numbers(batch) for batch in epoch_batches(stream, rngs(seed=epoch))])
        assert_array_equal(numbers, rngs(seed=epoch)[0].permutation(22))


@few_or_many_at_once
@dense_or_sparse
@pytest.mark.parametrize("batch_size", [3, 100])
def test_only_the_chosen_rows_come(monkeypatch, batch_size, sparse, gathered_bytes):
    monkeypatch.setattr(batches_module, "GATHERED_BYTES", gathered_bytes)
    rows = np.array([9, 2, 5, 11, 3, 7, 0])
    data = Data(**make_source(12, sparse), rows=rows)
    batches = epoch_batches(Batches([data], batch_size, SOFTMAX), rngs())
    numbers = np.concatenate([row_numbers(batch) for batch in batches])
    assert_array_equal(np.sort(numbers), np.sort(rows))
    assert data.n_samples == 7


@pytest.mark.parametrize("batch_size", [22, 1000])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_full_batch_is_the_design_matrix_itself(batch_size, weighted):
    source = make_source(22)
    data = Data(**source, row_weights=np.arange(1.0, 23) if weighted else None)
    for _ in range(2):
        (batch,) = epoch_batches_uncopied(Batches([data], batch_size, SOFTMAX))
        assert np.shares_memory(batch.X.X, source["X"].X)
        assert_array_equal(row_numbers(batch), np.arange(22))


def epoch_batches_uncopied(stream):
    return [batch for batch, _ in stream.epoch(rngs())]


def test_the_full_batch_draws_no_random_numbers():
    generators = rngs()
    epoch_batches(Batches([Data(**make_source(22))], 22, SOFTMAX), generators)
    assert generators[0].random() == rngs()[0].random()


@dense_or_sparse
def test_the_full_batch_is_gathered_once(sparse):
    data = Data(**make_source(22, sparse), rows=np.arange(0, 22, 2))
    stream = Batches([data], 11, SOFTMAX)
    (first,), (second,) = epoch_batches_uncopied(stream), epoch_batches_uncopied(stream)
    assert first.X is second.X
    assert_array_equal(row_numbers(second), np.arange(0, 22, 2))


@dense_or_sparse
def test_batches_leave_the_data_alone(sparse):
    source = make_source(22, sparse)
    epoch_batches(Batches([Data(**source)], 5, SOFTMAX), rngs())
    fresh = make_source(22, sparse)
    assert abs(dense_rows(source["X"]) - dense_rows(fresh["X"])).sum() == 0
    assert_array_equal(source["targets"], fresh["targets"])


@few_or_many_at_once
@dense_or_sparse
@pytest.mark.parametrize("batch_size", [5, 22])
@pytest.mark.parametrize("scale", [1, 1e-3, 1e3])
def test_weights_belong_to_their_rows_and_their_scale_does_not_matter(
    monkeypatch, batch_size, scale, sparse, gathered_bytes
):
    monkeypatch.setattr(batches_module, "GATHERED_BYTES", gathered_bytes)
    weights = np.arange(1.0, 23)
    data = Data(**make_source(22, sparse), row_weights=scale * weights)
    batches = epoch_batches(Batches([data], batch_size, SOFTMAX), rngs())
    assert_allclose(epoch_weight(batches), weights / weights.sum(), rtol=1e-13)
    assert data.total_weight == pytest.approx(scale * weights.sum(), rel=1e-14)


@pytest.mark.parametrize("batch_size", [3, 7])
def test_weights_go_with_the_chosen_rows(batch_size):
    rows, weights = np.array([9, 2, 5, 11, 3, 7, 0]), np.arange(1.0, 8)
    data = Data(**make_source(12), rows=rows, row_weights=weights)
    batches = epoch_batches(Batches([data], batch_size, SOFTMAX), rngs())
    expected = np.zeros(12)
    expected[rows] = weights / weights.sum()
    assert_allclose(epoch_weight(batches), expected, rtol=1e-13)


@pytest.mark.parametrize("weighted", [False, True])
@dense_or_sparse
def test_batches_have_the_precision_of_the_data(weighted, sparse):
    source = make_source(22, sparse, np.float32)
    data = Data(**source, row_weights=np.arange(1.0, 23) if weighted else None)
    for batch in epoch_batches(Batches([data], 5, SOFTMAX), rngs()):
        assert dense_rows(batch.X).dtype == np.float32
        assert {array.dtype.type for array in batch.targets} == {np.float32}


def test_a_memory_map_is_read_row_by_row(tmp_path):
    source = make_source(22)
    mapped = np.memmap(tmp_path / "X", np.float64, mode="w+", shape=source["X"].X.shape)
    mapped[...] = source["X"].X
    X = rows_of(np.memmap(tmp_path / "X", np.float64, mode="r", shape=mapped.shape))
    data = Data(X, source["targets"])
    batches = epoch_batches(Batches([data], 5, SOFTMAX), rngs())
    assert_array_equal(np.sort(np.concatenate([row_numbers(batch) for batch in batches])), np.arange(22))


@dense_or_sparse
@pytest.mark.parametrize("n_networks", [1, 3])
def test_what_is_gathered_at_once_is_bounded(monkeypatch, n_networks, sparse):
    monkeypatch.setattr(batches_module, "GATHERED_BYTES", 4000)
    data = [Data(**make_source(200, sparse))] * n_networks
    sizes = []

    def gather(self, rows, positions, original=GatheredBatches.gather):
        sizes.append(rows.shape[-1])
        return original(self, rows, positions)

    monkeypatch.setattr(GatheredBatches, "gather", gather)
    assert len(epoch_batches(Batches(data, 5, SOFTMAX), rngs(n_networks))) == 40
    row_bytes = 8 * (3 * (2 if sparse else 1) + 4)  # two of three values are stored, each with its index
    assert max(sizes) == 5 * (4000 // (row_bytes * 5 * n_networks))


# --- A stack ---


def make_stack(source, n_samples, weighted=False):
    """Data of a network for each number of rows, chosen at random."""
    chosen = [
        np.random.default_rng([9, k]).permutation(source["X"].n_samples)[:n] for k, n in enumerate(n_samples)
    ]
    return [
        Data(**source, rows=rows, row_weights=np.arange(1.0, 1 + len(rows)) if weighted else None)
        for rows in chosen
    ]


@few_or_many_at_once
@dense_or_sparse
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batch_size", [5, 18])
def test_a_stacked_network_gets_the_batches_it_gets_alone(
    monkeypatch, batch_size, weighted, sparse, gathered_bytes
):
    monkeypatch.setattr(batches_module, "GATHERED_BYTES", gathered_bytes)
    data = make_stack(make_source(30, sparse), [18] * 3, weighted)
    together = epoch_batches(Batches(data, batch_size, SOFTMAX), rngs(3))
    for k in range(3):
        alone = epoch_batches(Batches([data[k]], batch_size, SOFTMAX), [rngs(3)[k]])
        assert len(alone) == len(together)
        for batch, stacked in zip(alone, together, strict=True):
            assert stacked.X.n_samples == batch.X.n_samples
            assert_array_equal(row_numbers(stacked)[k], row_numbers(batch))
            for name, of_one in batch.targets._asdict().items():
                of_stack = np.broadcast_to(getattr(stacked.targets, name), (3, *of_one.shape))
                assert_array_equal(of_stack[k], of_one)


def test_a_stack_that_shares_its_rows_does_not_copy_them():
    source = make_source(12)
    (batch,) = epoch_batches_uncopied(Batches([Data(**source)] * 3, 12, SOFTMAX))
    assert np.shares_memory(batch.X.X, source["X"].X)
    assert batch.X.n_samples == 12
    assert batch.targets.values.shape == (3, 1, 12)
    assert batch.targets.shares.shape == (1, 12)


def test_a_network_without_chosen_rows_uses_all():
    source = make_source(12)
    data = [Data(**source), Data(**source, rows=np.arange(11, -1, -1))]
    first, second = np.concatenate(
        [row_numbers(batch) for batch in epoch_batches(Batches(data, 5, SOFTMAX), rngs(2))], axis=-1
    )
    assert_array_equal(first, rngs(2)[0].permutation(12))
    assert_array_equal(second, 11 - rngs(2)[1].permutation(12))


def test_weights_of_one_network_leave_the_others_alone():
    source, weights = make_source(12), np.arange(1.0, 13)
    data = [Data(**source), Data(**source, row_weights=weights)]
    weight = epoch_weight(epoch_batches(Batches(data, 5, SOFTMAX), rngs(2)))
    assert_allclose(weight, [np.full(12, 1 / 12), weights / weights.sum()], rtol=1e-13)
