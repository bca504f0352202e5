"""The training rows, shuffled anew every epoch and cut into batches, for one network or a stack.

Rows are gathered by index, for several batches at once, into buffers that are allocated once. So the design
matrix is not copied as a whole (unless it is small, see ``rows``), and a memory-mapped matrix is never
read into memory as a whole.

A row's position is its place among the rows of all networks of a stack, one network after the other. Weights
belong to positions, since networks may hold out different rows.

In a stack, the networks may train on different rows of X, but on equally many. Padding with rows of
weight zero would change the rounding of sums, and a stack would no longer equal separate fits bit for bit.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import computed_once
from sknn_scratch._core.data import Data
from sknn_scratch._core.loss import Loss, Targets
from sknn_scratch._core.network import Batch
from sknn_scratch._core.rows import Gather, Index, Rows

# Size of the rows and targets that are gathered at once. It is so large that gathering takes little time
# compared to the steps. No difference was measured between 2**20 and 2**22.
GATHERED_BYTES = 2**21


class Batches:
    """All batches of an epoch, epoch after epoch.

    The data of the networks have targets in common, and equal numbers of rows. So they have the rows of X,
    which is given beside them since it may have a column of ones.
    """

    def __init__(self, X: Rows, data: Sequence[Data], batch_size: int, loss: Loss) -> None:
        self.X, self.targets_mT, self.loss = X, np.ascontiguousarray(data[0].targets.T), loss
        self.stack_shape = () if len(data) == 1 else (len(data),)
        self.n_samples = data[0].n_samples
        self.first_positions = np.arange(len(data)).reshape(*self.stack_shape, 1) * self.n_samples
        self.rows = np.array([one.row_numbers for one in data]).reshape(*self.stack_shape, self.n_samples)
        self.uses_whole_X = all(one.rows is None for one in data)
        self.row_weights = self._stack_weights(data)
        self.batch_size = min(batch_size, self.n_samples)
        n_full, n_left = divmod(self.n_samples, self.batch_size)
        self.sizes = [self.batch_size] * n_full + [n_left] * (n_left > 0)
        self.fractions = np.array(self.sizes) / self.n_samples  # of the rows, in each batch
        self._buffers: dict[tuple[int, ...], GatheredBatches] = {}

    def epoch(self, rngs: Sequence[np.random.Generator]) -> Iterator[Batch]:
        """Yield the batches of one epoch, which may be overwritten later.

        There is a generator for each network, which shuffles its rows.
        """
        self._losses: list[Array] = []
        all_gathered = self._gathered(self._shuffled(rngs)) if len(self.sizes) > 1 else [self._whole]
        for gathered in all_gathered:
            yield from gathered.batches
            self._losses.append(gathered.mean_losses(self.loss))

    def losses(self) -> Array:
        """Get the mean losses (..., n_batches) of all batches of the last epoch, from their outputs."""
        return np.concatenate(self._losses, axis=-1)

    @computed_once
    def _whole(self) -> "GatheredBatches":
        return next(self._gathered(self.first_positions + np.arange(self.n_samples)))

    def gatherer(self, places: Sequence[slice]) -> Gather:
        """Make a function that gathers rows of X and cuts them into batches; the only batch is X itself."""
        if self.uses_whole_X and len(self.sizes) == 1:
            whole = [self.X]
            return lambda rows: whole
        return self.X.gatherer(self.stack_shape, places)

    def mean(self, losses: Array) -> Any:
        """Average the mean losses (..., n_batches) of an epoch's batches over its rows: (...)."""
        return np.add.reduce(losses * self.fractions, axis=-1)

    def _shuffled(self, rngs: Sequence[np.random.Generator]) -> Index:
        """Positions (..., n_samples) in random order."""
        orders = np.array([rng.permutation(self.n_samples) for rng in rngs])
        return orders.reshape(*self.stack_shape, -1) + self.first_positions

    def _gathered(self, positions: Index) -> Iterator["GatheredBatches"]:
        """Gather the rows at these positions, some at a time, and cut them into batches."""
        rows = self.rows.take(positions)
        row_bytes = (self.X.values_per_row + 4 * len(self.targets_mT)) * self.targets_mT.itemsize
        batch_bytes = row_bytes * self.batch_size * math.prod(self.stack_shape)
        n_at_once = max(1, int(GATHERED_BYTES // batch_bytes))
        for i in range(0, len(self.sizes), n_at_once):
            place = slice(i * self.batch_size, (i + n_at_once) * self.batch_size)
            sizes = tuple(self.sizes[i : i + n_at_once])
            if sizes not in self._buffers:  # batches of the same sizes share their buffers
                self._buffers[sizes] = GatheredBatches(self, sizes)
            gathered = self._buffers[sizes]
            gathered.gather(self, rows[..., place], positions[..., place])
            yield gathered

    def _stack_weights(self, data: Sequence[Data]) -> Array | None:
        """Scale the weights (n_positions,) to a mean of one for each network; None if all are one."""
        if all(one.row_weights is None for one in data):
            return None
        weights = np.ones((len(data), self.n_samples), self.targets_mT.dtype)
        for of_network, one in zip(weights, data, strict=True):
            if one.row_weights is not None:
                of_network[...] = one.row_weights / (one.total_weight / one.n_samples)
        return weights.reshape(-1)


class GatheredBatches:
    """Consecutive batches of these sizes: buffers for their rows, targets and outputs.

    It does not keep the ``Batches``: a cycle of references would keep both in memory.
    """

    def __init__(self, batches: Batches, sizes: Sequence[int]) -> None:
        ends = list(accumulate(sizes))
        self.starts = [0, *ends[:-1]]
        self.places = list(map(slice, self.starts, ends))  # the rows of each batch
        n_outputs, n_rows, dtype = len(batches.targets_mT), ends[-1], batches.targets_mT.dtype
        self.gathered_targets_mT = np.empty((n_outputs, *batches.stack_shape, n_rows), dtype)
        values = np.moveaxis(self.gathered_targets_mT, 0, -2)
        self.equal_shares = shares = (1 / np.repeat(sizes, sizes)).astype(dtype)[np.newaxis]
        if batches.row_weights is not None:
            shares = np.empty((*batches.stack_shape, 1, n_rows), dtype)
        self.targets = Targets(values, np.empty(values.shape, dtype), shares)
        self.outputs_mT = np.zeros(values.shape, dtype)
        self.targets_of_batches = [self.targets.take(place) for place in self.places]
        self.outputs_of_batches = [self.outputs_mT[..., place] for place in self.places]
        self.gather_X = batches.gatherer(self.places)

    def gather(self, batches: Batches, rows: Index, positions: Index) -> None:
        """Gather the rows (..., n_gathered) of X and targets, and the weights at their positions."""
        self.X: Sequence[Rows] = self.gather_X(rows)
        values, times_shares, shares = self.targets
        # "clip" lets take() write into a buffer directly; the rows are in range.
        batches.targets_mT.take(rows, axis=1, out=self.gathered_targets_mT, mode="clip")
        if batches.row_weights is not None:
            batches.row_weights.take(positions, out=shares[..., 0, :], mode="clip")
            np.multiply(shares, self.equal_shares, out=shares)
        np.multiply(values, shares, out=times_shares)

    @property
    def batches(self) -> Iterator[Batch]:
        return map(Batch, self.X, self.targets_of_batches, self.outputs_of_batches)

    def mean_losses(self, loss: Loss) -> Array:
        """Compute the mean losses (..., n_batches) of the batches from their outputs."""
        losses = loss.of_rows(self.outputs_mT, self.targets)
        return np.add.reduceat(losses, self.starts, axis=-1)
