"""The training rows, shuffled anew every epoch and cut into batches, for one network or a stack.

Rows are gathered by index, a chunk of several batches at a time, into buffers that are allocated once. So
the design matrix is never copied as a whole, and a memory-mapped one never read as a whole.

In a stack the networks may have different rows, but equally many. Were some filled up with rows that weigh
nothing, sums would be rounded otherwise than those of a network that is trained alone.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse

from sknn_scratch._core.activations import Array
from sknn_scratch._core.losses import CodedTargets, Loss
from sknn_scratch._core.network import Batch, Rows
from sknn_scratch._core.sparse import ColumnSelector, Index, SparseRows

CHUNK_BYTES = 2**18  # of gathered rows: a quarter of a usual second-level cache


@dataclass(frozen=True)
class TrainData:
    """The rows one network is trained on, and how it is validated.

    Attributes
    ----------
    X : ndarray or CSR of shape (n_rows, n_features)
        Has the dtype of the parameters; may hold rows that this network does not train on.
    targets : ndarray of shape (n_rows, n_outputs)
        Zeros and ones.
    rows : ndarray of shape (n_samples,) or None
        The rows of X that this network trains on; None for all.
    weights : ndarray of shape (n_samples,) or None
        A positive weight for each of these rows; None for weights of one.
    validation : Batch or None
        Rows kept out of training; their weights sum to one.
    score : callable or None
        ``score(params)`` of the validation rows, larger is better, to be watched instead of their loss.
    """

    X: Any
    targets: Array
    rows: Index | None = None
    weights: Array | None = None
    validation: Batch | None = None
    score: Callable[[Array], float] | None = None

    @property
    def n_samples(self) -> int:
        """Number of rows to train on."""
        return int(self.X.shape[0]) if self.rows is None else len(self.rows)

    @property
    def total_weight(self) -> float:
        """Sum of the weights: the number of rows where all weights are one."""
        return float(self.n_samples if self.weights is None else self.weights.sum())


class BatchStream:
    """All batches of an epoch, epoch after epoch.

    Parameters
    ----------
    data : sequence of TrainData
        One for each network, all with the same X, targets and number of rows. A single one has no network
        axis.
    batch_size : int
        Rows in a batch.
    loss : Loss
        For which the targets are made.
    select_columns : bool
        Whether to reduce sparse batches to the columns that they use.
    """

    def __init__(
        self,
        data: Sequence[TrainData],
        batch_size: int,
        loss: Loss,
        *,
        select_columns: bool = False,
    ) -> None:
        self.selector = ColumnSelector(data[0].X.shape[1]) if select_columns else None
        self.X, self.targets, self.loss = data[0].X, data[0].targets, loss
        self.n_partitions = loss.n_partitions(self.targets.shape[1])
        self.networks = () if len(data) == 1 else (len(data),)
        self.n_samples = data[0].n_samples
        self.batch_size = min(batch_size, self.n_samples)
        self.takes_all_rows = all(one.rows is None for one in data)
        self.rows = self._stack_rows(data)
        self.weights = self._stack_weights(data)
        starts = range(0, self.n_samples, self.batch_size)
        self.sizes = [min(self.batch_size, self.n_samples - start) for start in starts]
        self.shares = np.array(self.sizes) / self.n_samples
        self._chunks: dict[tuple[int, ...], _Chunk] = {}
        self._whole: list[Batch] = []

    def epoch(self, rngs: Sequence[np.random.Generator]) -> Iterator[list[Batch]]:
        """Yield the batches of one epoch, chunk by chunk; each is valid until the next is asked for."""
        if len(self.sizes) > 1:
            yield from self._gathered(self._shuffled(rngs))
        else:
            self._whole = self._whole or self._all_rows()
            yield self._whole

    def mean(self, losses: Array) -> Any:
        """Mean (...) over the rows of the mean losses (n_batches, ...) of batches.

        Of an epoch that was broken off these are not all, and the mean is what they add to that of all rows.
        """
        terms = np.multiply(losses.T, self.shares[: len(losses)], order="C")
        return np.add.reduce(terms, axis=-1)

    def _all_rows(self) -> list[Batch]:
        """Prepare the one batch of full-batch training: X itself, if possible."""
        if self.takes_all_rows and isinstance(self.X, np.ndarray):
            weights = self._scale(self.sizes)
            if self.weights is not None:
                weights *= self.weights.reshape(*self.networks, self.n_samples, 1)
            return [Batch(self.X, self.loss.coded_targets(self.targets, weights), self.n_samples)]
        return next(self._gathered(self._positions()))

    def _positions(self) -> Index:
        """Positions (..., n_samples) of all rows of all networks, one network's after the other's."""
        return np.arange(math.prod(self.networks) * self.n_samples).reshape(*self.networks, self.n_samples)

    def _shuffled(self, rngs: Sequence[np.random.Generator]) -> Index:
        """Positions (..., n_samples) in random order."""
        if not self.networks:
            return rngs[0].permutation(self.n_samples)
        positions = self._positions()
        for of_network, rng in zip(positions, rngs, strict=True):
            rng.shuffle(of_network)
        return positions

    def _gathered(self, positions: Index) -> Iterator[list[Batch]]:
        """Gather the rows in this order, chunk by chunk, and cut the chunks into batches."""
        rows = positions if self.rows is None else self.rows.take(positions)
        step = self._batches_in_chunk()
        for i in range(0, len(self.sizes), step):
            place = slice(i * self.batch_size, (i + step) * self.batch_size)
            chunk = self._chunk(self.sizes[i : i + step])
            yield chunk.fill(rows[..., place], positions[..., place])

    def _batches_in_chunk(self) -> int:
        values = self.X.shape[1] if isinstance(self.X, np.ndarray) else self.X.nnz / self.X.shape[0]
        batch_bytes = values * self.X.dtype.itemsize * self.batch_size * math.prod(self.networks)
        return max(1, int(CHUNK_BYTES // max(1, batch_bytes)))

    def _chunk(self, sizes: list[int]) -> "_Chunk":
        """Get the buffers for batches of these sizes; most chunks are alike and share them."""
        key = tuple(sizes)
        if key not in self._chunks:
            gather_X, gather_targets = self._gather(self.X, sizes), self._gather(self.targets, sizes)
            gather_weights = None if self.weights is None else self._gather(self.weights, sizes)
            scale, code = self._scale(sizes), self.loss.code
            self._chunks[key] = _Chunk(sizes, scale, code, gather_X, gather_targets, gather_weights)
        return self._chunks[key]

    def _gather(self, source: Any, sizes: list[int]) -> Any:
        if isinstance(source, np.ndarray):
            return _DenseGather(source, self.networks, sizes)
        return _SparseGather(source, self.networks, sizes, self.selector)

    def _scale(self, sizes: list[int]) -> Array:
        """Weights (..., n_chunk, n_partitions) of the rows of some batches, if they are equal in each."""
        scale = np.empty((*self.networks, sum(sizes), self.n_partitions), self.X.dtype)
        scale[...] = (1 / np.repeat(sizes, sizes))[:, np.newaxis]
        return scale

    def _stack_rows(self, data: Sequence[TrainData]) -> Index | None:
        """Rows (..., n_samples) of all networks.

        None for a single network that takes all rows: then they are the positions themselves.
        """
        if self.takes_all_rows and not self.networks:
            return None
        rows = [np.arange(one.n_samples) if one.rows is None else one.rows for one in data]
        return np.array(rows).reshape(*self.networks, self.n_samples)

    def _stack_weights(self, data: Sequence[TrainData]) -> Array | None:
        """Weights (n_positions, 1) with a mean of one for each network; None if all are one."""
        if all(one.weights is None for one in data):
            return None
        weights = np.ones((len(data), self.n_samples), self.X.dtype)
        for of_network, one in zip(weights, data, strict=True):
            if one.weights is not None:
                of_network[...] = one.weights / (one.total_weight / one.n_samples)
        return weights.reshape(-1, 1)


class _Chunk:
    """The buffers of some consecutive batches, and the batches that view them."""

    def __init__(
        self,
        sizes: Sequence[int],
        scale: Array,
        code: Callable[[Array], None],
        gather_X: "_DenseGather | _SparseGather",
        gather_targets: "_DenseGather",
        gather_weights: "_DenseGather | None",
    ) -> None:
        self.sizes = sizes
        self.gather_X = gather_X
        self.gather_targets = gather_targets
        self.gather_weights = gather_weights
        self.scale = scale
        self.code = code
        codes, weights = gather_targets.buffer, scale if gather_weights is None else np.empty_like(scale)
        self.targets = CodedTargets(codes, np.empty_like(codes), weights)
        ends = np.cumsum(sizes)
        self.targets_of_batches = [
            self.targets.rows(slice(end - size, end)) for end, size in zip(ends, sizes, strict=True)
        ]
        self.batches: list[Batch] = []

    def fill(self, rows: Index, positions: Index) -> list[Batch]:
        """Gather the rows (..., n_chunk) of X and targets, and the weights at their positions."""
        X: Sequence[Rows] = self.gather_X(rows)
        codes, weighted, weights = self.targets
        self.gather_targets(rows)
        self.code(codes)
        if self.gather_weights is not None:
            self.gather_weights(positions)
            np.multiply(self.gather_weights.buffer, self.scale, out=weights)
        np.multiply(codes, weights, out=weighted)
        if not self.batches or isinstance(self.gather_X, _SparseGather):
            self.batches = list(map(Batch, X, self.targets_of_batches, self.sizes))
        return self.batches


class _DenseGather:
    """Take rows of a dense array into one buffer, which is cut into batches once and for all."""

    def __init__(self, source: Array, networks: tuple[int, ...], sizes: list[int]) -> None:
        self.source = source
        self.buffer = np.empty((*networks, sum(sizes), source.shape[1]), source.dtype)
        self.batches = np.split(self.buffer, np.cumsum(sizes)[:-1], axis=-2)

    def __call__(self, rows: Index) -> list[Array]:
        # "clip" lets take() write into the buffer directly; the rows are in range.
        self.source.take(rows, axis=0, out=self.buffer, mode="clip")
        return self.batches


class _SparseGather:
    """Take rows of a CSR matrix, network by network, and cut them into batches."""

    def __init__(
        self, source: Any, networks: tuple[int, ...], sizes: list[int], selector: ColumnSelector | None
    ) -> None:
        self.source = source
        self.stacked = bool(networks)
        self.selector = selector
        self.ends = np.cumsum(sizes)
        self.starts = self.ends - sizes

    def __call__(self, rows: Index) -> list[SparseRows]:
        chunk = SparseRows([self.source[r] for r in np.atleast_2d(rows)], stacked=self.stacked)
        batches = [chunk.slice(slice(*ends)) for ends in zip(self.starts, self.ends, strict=True)]
        return batches if self.selector is None else [self.selector(batch) for batch in batches]


def pool(data: Sequence[TrainData]) -> list[TrainData]:
    """Give all networks one common X and targets, so that they can be stacked.

    Different design matrices are put one below the other, and the rows are numbered anew.
    """
    sources = list({(id(one.X), id(one.targets)): one for one in data}.values())
    if len(sources) == 1:
        return list(data)
    X = _stack_vertically([one.X for one in sources])
    targets = np.concatenate([one.targets for one in sources])
    ends = np.cumsum([one.X.shape[0] for one in sources])
    offset_of = {
        (id(one.X), id(one.targets)): end - one.X.shape[0] for one, end in zip(sources, ends, strict=True)
    }
    pooled = []
    for one in data:
        rows = np.arange(one.n_samples) if one.rows is None else one.rows
        offset = offset_of[id(one.X), id(one.targets)]
        pooled.append(replace(one, X=X, targets=targets, rows=rows + offset))
    return pooled


def stack_validations(validations: Sequence[Batch]) -> Batch:
    """Stack the validation rows of several networks, which all have as many."""
    matrices: list[Any] = [one.X for one in validations]
    X: Rows = np.stack(matrices) if isinstance(matrices[0], np.ndarray) else SparseRows.stack(matrices)
    targets = CodedTargets(*map(np.stack, zip(*(one.targets for one in validations), strict=True)))
    return Batch(X, targets, validations[0].n_rows)


def _stack_vertically(matrices: Sequence[Any]) -> Any:
    if isinstance(matrices[0], np.ndarray):
        return np.concatenate(matrices)
    return scipy.sparse.vstack(matrices, format="csr")
