"""The training rows, shuffled anew every epoch and cut into batches, for one network or a stack.

Rows are gathered by index, a chunk of several batches at a time, into buffers that are allocated once. So
the design matrix is not copied as a whole (unless it is small, see ``data``), and a memory-mapped one never
read as a whole.

In a stack the networks may have different rows, but equally many. Padding with rows of weight zero would
change how sums are rounded, and a stack would no longer equal separate fits bit for bit.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.data import Data
from sknn_scratch._core.losses import Loss, Saved, Targets
from sknn_scratch._core.network import Batch
from sknn_scratch._core.rows import Index, Rows, SparseRows

# Of gathered rows and their targets: so many that the calls for a chunk take little time beside its steps.
# From 2**20 to 2**22 no difference was measured.
CHUNK_BYTES = 2**21


class Batches:
    """All batches of an epoch, epoch after epoch.

    Parameters
    ----------
    data : sequence of Data
        One for each network, all with the same X, targets and number of rows. A single one has no network
        axis.
    batch_size : int
        Rows in a batch.
    loss : Loss
        The loss to compute.
    """

    def __init__(self, data: Sequence[Data], batch_size: int, loss: Loss) -> None:
        self.X, self.targets, self.loss = data[0].X, np.ascontiguousarray(data[0].targets.T), loss
        self.stack_shape = () if len(data) == 1 else (len(data),)
        self.n_samples = data[0].n_samples
        self.first_positions = np.arange(len(data)).reshape(*self.stack_shape, 1) * self.n_samples
        self.batch_size = min(batch_size, self.n_samples)
        self.takes_all_rows = all(one.rows is None for one in data)
        self.rows = self._stack_rows(data)
        self.row_weights = self._stack_weights(data)
        starts = range(0, self.n_samples, self.batch_size)
        self.sizes = [min(self.batch_size, self.n_samples - start) for start in starts]
        self.shares = np.array(self.sizes) / self.n_samples
        self._gatherers: dict[tuple[int, ...], _Gatherer] = {}
        self._whole: Chunk | None = None

    def epoch(self, orders: "Orders") -> Iterator["Chunk"]:
        """Yield the batches of one epoch, chunk by chunk; each is valid until the next is asked for."""
        if len(self.sizes) > 1:
            yield from self._gathered(self._shuffled(orders))
        else:
            yield self.whole

    @property
    def whole(self) -> "Chunk":
        """The one batch of full-batch training: X itself, if possible."""
        if self._whole is None:
            self._whole = self._all_rows()
        return self._whole

    def mean(self, losses: Array) -> Any:
        """Mean (...) over the rows of the mean losses (..., n_batches) of an epoch's batches."""
        return np.add.reduce(losses * self.shares, axis=-1)

    def _all_rows(self) -> "Chunk":
        positions = self.first_positions + np.arange(self.n_samples)
        if not self.takes_all_rows or isinstance(self.X, SparseRows):
            return next(self._gathered(positions))
        gather_targets = _GatherTargets(self, self.sizes)
        gather_targets(positions if self.rows is None else self.rows, positions)
        chunk = Chunk(self.loss, self.sizes, gather_targets.buffers)
        chunk.set_rows([self.X])
        return chunk

    def _shuffled(self, orders: "Orders") -> Index:
        """Positions (..., n_samples) in random order."""
        drawn = orders.draw(self.n_samples)
        return np.array(drawn) + self.first_positions if self.stack_shape else drawn[0]

    def _gathered(self, positions: Index) -> Iterator["Chunk"]:
        """Gather the rows in this order, chunk by chunk, and cut the chunks into batches."""
        rows = positions if self.rows is None else self.rows.take(positions)
        step = self._batches_in_chunk()
        for i in range(0, len(self.sizes), step):
            place = slice(i * self.batch_size, (i + step) * self.batch_size)
            gather = self._gatherer(self.sizes[i : i + step])
            yield gather(rows[..., place], positions[..., place])

    def _batches_in_chunk(self) -> int:
        row_bytes = (self.X.values_per_row + 4 * len(self.targets)) * self.targets.itemsize
        return max(1, int(CHUNK_BYTES // (row_bytes * self.batch_size * math.prod(self.stack_shape))))

    def _gatherer(self, sizes: list[int]) -> "_Gatherer":
        """Get the buffers for batches of these sizes; most chunks are alike and share them."""
        key = tuple(sizes)
        if key not in self._gatherers:
            self._gatherers[key] = _Gatherer(self, sizes)
        return self._gatherers[key]

    def _stack_rows(self, data: Sequence[Data]) -> Index | None:
        """Rows (..., n_samples) of all networks.

        None for a single network that takes all rows: then they are the positions themselves.
        """
        if self.takes_all_rows and not self.stack_shape:
            return None
        rows = [np.arange(one.n_samples) if one.rows is None else one.rows for one in data]
        return np.array(rows).reshape(*self.stack_shape, self.n_samples)

    def _stack_weights(self, data: Sequence[Data]) -> Array | None:
        """Weights (n_positions,) with a mean of one for each network; None if all are one."""
        if all(one.row_weights is None for one in data):
            return None
        weights = np.ones((len(data), self.n_samples), self.targets.dtype)
        for of_network, one in zip(weights, data, strict=True):
            if one.row_weights is not None:
                of_network[...] = one.row_weights / (one.total_weight / one.n_samples)
        return weights.reshape(-1)


class Orders:
    """Random orders of the rows of several networks.

    Those whose generators are in the same state, as in a search with one seed, have the same orders: these
    are drawn once, from the generator of the first.

    Parameters
    ----------
    rngs : sequence of Generator
        One for each network.

    Attributes
    ----------
    drawn_from : list of Generator
        The one that each network's orders are drawn from.
    """

    def __init__(self, rngs: Sequence[np.random.Generator]) -> None:
        first: dict[str, np.random.Generator] = {}
        self.rngs = rngs
        self.drawn_from = [first.setdefault(repr(rng.bit_generator.state), rng) for rng in rngs]

    def draw(self, n: int) -> list[Index]:
        """Draw the next orders (n,)."""
        orders = {rng: rng.permutation(n) for rng in dict.fromkeys(self.drawn_from)}
        return [orders[rng] for rng in self.drawn_from]

    def own_generators(self) -> Sequence[np.random.Generator]:
        """Give each network its own generator back, in the state that it would have alone."""
        for rng, drawn_from in zip(self.rngs, self.drawn_from, strict=True):
            rng.bit_generator.state = drawn_from.bit_generator.state
        return self.rngs


class Chunk:
    """Consecutive batches, each with a place for what its losses are made of.

    Parameters
    ----------
    loss : Loss
    sizes : sequence of int
        Rows in each batch.
    targets : Targets
        Of all rows of the batches; they may be written to later.
    """

    def __init__(self, loss: Loss, sizes: Sequence[int], targets: Targets) -> None:
        self.loss = loss
        self.targets = targets
        self.saved = Saved.allocate(targets.values.shape, targets.values.dtype)
        places = places_of(sizes)
        self.starts = [place.start for place in places]
        self.targets_of_batches = [targets.take(place) for place in places]
        self.saved_of_batches = [self.saved.take(place) for place in places]
        self.X: Sequence[Rows] = ()

    def set_rows(self, X: Sequence[Rows]) -> None:
        """Let these be the rows of the batches."""
        self.X = X
        self.batches = list(map(Batch, X, self.targets_of_batches))

    def __iter__(self) -> Iterator[tuple[Batch, Saved]]:
        return zip(self.batches, self.saved_of_batches, strict=True)

    def mean_losses(self) -> Array:
        """Mean losses (..., n_batches) of the batches, from what their gradients saved."""
        mean_losses: Array = np.add.reduceat(self.loss.values(self.targets, self.saved), self.starts, axis=-1)
        return mean_losses


def places_of(sizes: Sequence[int]) -> list[slice]:
    """Cut consecutive rows into batches of these sizes."""
    ends = accumulate(sizes)
    return [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]


class _Gatherer:
    """Gathers rows into the buffers of a chunk."""

    def __init__(self, batches: Batches, sizes: list[int]) -> None:
        self.gather_X = batches.X.gatherer(batches.stack_shape, places_of(sizes))
        self.gather_targets = _GatherTargets(batches, sizes)
        self.chunk = Chunk(batches.loss, sizes, self.gather_targets.buffers)

    def __call__(self, rows: Index, positions: Index) -> Chunk:
        """Gather the rows (..., n_chunk) of X and targets, and the weights at their positions."""
        self.gather_targets(rows, positions)
        X = self.gather_X(rows)
        if X is not self.chunk.X:
            self.chunk.set_rows(X)
        return self.chunk


class _GatherTargets:
    """Takes targets and weights into buffers."""

    def __init__(self, batches: Batches, sizes: list[int]) -> None:
        self.source, self.row_weights = batches.targets, batches.row_weights
        n_outputs, n_chunk, dtype = len(self.source), sum(sizes), self.source.dtype
        self.by_output = np.empty((n_outputs, *batches.stack_shape, n_chunk), dtype)
        self.equal_weights = (1 / np.repeat(sizes, sizes)).astype(dtype)[np.newaxis]
        weights = self.equal_weights
        if self.row_weights is not None:
            weights = np.empty((*batches.stack_shape, 1, n_chunk), dtype)
        weighted = np.empty((*batches.stack_shape, n_outputs, n_chunk), dtype)
        self.buffers = Targets(np.moveaxis(self.by_output, 0, -2), weighted, weights)

    def __call__(self, rows: Index, positions: Index) -> None:
        """Take the targets of these rows, and the weights at their positions, into the buffers."""
        values, weighted, weights = self.buffers
        # "clip" lets take() write into a buffer directly; the rows are in range.
        self.source.take(rows, axis=1, out=self.by_output, mode="clip")
        if self.row_weights is not None:
            self.row_weights.take(positions, out=weights[..., 0, :], mode="clip")
            np.multiply(weights, self.equal_weights, out=weights)
        np.multiply(values, weights, out=weighted)
