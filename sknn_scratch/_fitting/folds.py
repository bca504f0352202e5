"""The held-out losses of few rows for each alpha, in cross-validation.

For each fold, L-BFGS trains a network on the other rows. It starts with the smallest alpha, and goes on with
its weights when alpha rises. The largest alpha first would fail: under a strong penalty a network may
collapse to zero, and it does not come back from there. All this is in double precision, so that rounding
errors do not decide.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import gradient_blocks, mean_loss, predict_outputs
from sknn_scratch._core.data import Data
from sknn_scratch._core.lbfgs import minimise
from sknn_scratch._core.network import Network
from sknn_scratch._core.objective import Objective
from sknn_scratch._core.parameters import NetworkShape, initialise
from sknn_scratch._core.row_space import RowSpace, is_wide
from sknn_scratch._core.rows import DenseRows, evenly, rows_of
from sknn_scratch._fitting.threads import map_in_threads, one_blas_thread

ALPHAS = (0.3, 3.0, 10.0, 30.0)  # in ascending order
# If one end of these is the best, these are tried too: with a y without noise, or features that tell little.
# 100 goes on from the weights of 30, like any alpha that is larger than another.
BEYOND = {ALPHAS[0]: (0.03,), ALPHAS[-1]: (ALPHAS[-1], 100.0)}
N_FOLDS = 3
LEAST_ROWS = 12  # to hold out in turn; with fewer, the held-out loss is mostly chance
# Folds of few rows are drawn up to ``MOST_DRAWS`` times, while at most ``ROWS_HELD_OUT`` are held out in all:
# one draw does not show whether the rows mislead. More draws, or of more rows, gained .003 at most.
ROWS_HELD_OUT, MOST_DRAWS = 90, 3
MOST_VALUES = 2**24  # of the rows that are copied: 128 MiB in double precision
MOST_WEIGHTS = 2**18  # of the hidden layer: L-BFGS keeps 25 times as many numbers
FIRST, FURTHER = 60, 30  # at most: iterations with the first alpha, and with each further one
TOL, N_ITER_NO_CHANGE = 1e-3, 5  # they end earlier when so many in turn have gained no more than this
# Held-out rows mislead if they are predicted so many times as badly as by the outputs of random other rows.
# In parity of 4 bits it is 1.40 to 1.50 times. Noise is above 1.4 in 9 of 40 draws of 15 rows, and in 2 of 40
# draws of 30 rows.
MISLEADING, MOST_SHIFTS = 1.4, 16


class HeldOut(NamedTuple):
    """What some rows that are held out say of each alpha."""

    losses: dict[float, float]  # the mean loss for each alpha; empty if the rows cannot tell
    n_rows: int
    n_epochs: float = math.inf  # that are enough for the fit

    @property
    def ranked(self):
        """The alphas, that with the least loss first."""
        return sorted(self.losses, key=self.losses.get)

    @property
    def least(self):
        """The least loss."""
        return min(self.losses.values(), default=math.inf)


NOTHING = HeldOut({}, n_rows=0)


class Strata(NamedTuple):
    """The strata of rows that are sorted by them. Of each stratum, some rows must stay in training."""

    of_rows: Array  # (n_samples,), in ascending order
    n_kept: int

    @property
    def may_be_held_out(self):
        """Whether each row (n_samples,) may be held out: its stratum has more rows than must stay."""
        return np.bincount(self.of_rows)[self.of_rows] > self.n_kept


def losses_by_alpha(data, strata, network, init_scale):
    """Find the mean held-out loss of each alpha, from rows that are sorted by their strata.

    There are no losses if these would be of too few rows, or of misleading ones.
    """
    n_most = max(LEAST_ROWS, int(MOST_VALUES / max(1, data.X.values_per_row)))
    some = evenly(data.n_samples, n_most)
    data = data.part(some)
    strata = strata._replace(of_rows=strata.of_rows[some])
    n_held_out = np.count_nonzero(is_held_out(strata))
    X = data.X.take(data.rows).source
    used = np.flatnonzero(rows_of(X).has_occurred())  # weights of others have no loss gradient
    if n_held_out < LEAST_ROWS or not len(used):
        return NOTHING
    shape = NetworkShape(len(used), n_units(network.shape.n_hidden, len(used)), network.shape.n_outputs)
    params = initialise(shape, init_scale, np.random.default_rng(0), np.float64)
    X, shape, params = with_few_features(in_double_precision(X, used), shape, params)
    data = Data(X, data.targets[data.rows].astype(np.float64), row_weights=data.row_weights)
    n_draws = max(1, min(MOST_DRAWS, ROWS_HELD_OUT // n_held_out))
    draws = [folds_of(strata, draw) for draw in range(n_draws)]
    sample = Sample(data, draws, network._replace(shape=shape), params)
    with map_in_threads(len(gradient_blocks(X, shape, X.n_samples))) as map_blocks:
        losses, of_random_rows = sample.mean_losses(ALPHAS, map_blocks)
        if losses[ALPHAS[0]] > MISLEADING * of_random_rows:
            return NOTHING
        best = min(losses, key=losses.get)
        if best in BEYOND:
            losses = sample.mean_losses(BEYOND[best], map_blocks)[0] | losses
    return HeldOut(dict(sorted(losses.items())), X.n_samples)


def in_double_precision(X, features):
    """Copy some features of a matrix."""
    return rows_of((X if len(features) == X.shape[1] else X[:, features]).astype(np.float64))


@one_blas_thread()  # so that the rounding of a decomposition does not depend on the number of threads
def with_few_features(X, shape, params):
    """Describe wide rows, and a network for them, by few features: L-BFGS takes the same steps in less time.

    Dense rows get a first column of ones, for quicker products.
    """
    if is_wide(X, X.n_samples):
        space = RowSpace(X.source, shape, params)
        X, shape, params = rows_of(space.X), space.shape, space.params
    return X.with_ones() if isinstance(X, DenseRows) else X, shape, params


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows of all folds, and the networks of the folds."""

    data: Data
    draws: Sequence[Array]  # for each draw, the folds (n_samples,) of the rows
    network: Network
    params: Array  # (n_params,): the first ones, in each fold

    def mean_losses(self, alphas, map_blocks):
        """Average ``losses`` over all folds of all draws: by alpha, and that of the outputs of other rows."""
        of_folds = [
            self.losses(alphas, folds == number, map_blocks)
            for folds in self.draws
            for number in range(N_FOLDS)
        ]
        *means, of_random_rows = np.mean(of_folds, axis=0).tolist()
        return dict(zip(alphas, means, strict=True)), of_random_rows

    @np.errstate(all="ignore")  # a loss that is not finite counts as infinite
    def losses(self, alphas, is_held_out, map_blocks):
        """List the mean loss of the rows that are held out (n_samples,), for each alpha in ascending order.

        The last number is the loss of the outputs of other rows, with the smallest alpha.
        """
        train, held_out = self.data.part(~is_held_out), self.data.part(is_held_out).batch()
        objective, losses = Objective(self.network, train.batch(), map_blocks), []
        params, n_most = self.params, FIRST
        for alpha in alphas:
            objective.set_penalty(alpha / train.penalty_divisor)
            minimise(objective.evaluate, params, ends_after(n_most))
            if alpha == alphas[0]:
                of_random_rows = self.loss_of_random_rows(objective.params, held_out)
            losses.append(float(mean_loss(self.network, objective.params, held_out)))
            params, n_most = objective.params.flat, FURTHER
        return [loss if math.isfinite(loss) else math.inf for loss in (*losses, of_random_rows)]

    def loss_of_random_rows(self, params, batch):
        """Compute the mean loss of rows if each has the outputs of another, for some shifts of the rows."""
        outputs_mT = predict_outputs(self.network, params, batch.X).T.copy()
        shifts = evenly(batch.X.n_samples, MOST_SHIFTS)
        return np.mean(
            [self.network.loss.total(np.roll(outputs_mT, one, axis=1), batch.targets) for one in shifts]
        )


def ends_after(n_most):
    """Make a rule for ``minimise``: end after ``n_most`` iterations, or when they gain little."""
    values, n_slow = [math.inf], 0

    def is_end(value, end):
        nonlocal n_slow
        n_slow = 0 if value < values[-1] - TOL else n_slow + 1
        values.append(value)
        is_over = end is not None or not math.isfinite(value)
        return is_over or n_slow >= N_ITER_NO_CHANGE or len(values) > n_most

    return is_end


def n_units(n_hidden, n_features):
    """Choose the number of hidden units of a fold's network."""
    return min(n_hidden, max(1, MOST_WEIGHTS // n_features))


def is_held_out(strata):
    """Say of each row (n_samples,) whether it is held out in turn.

    The others always train: those that may not be held out, and what is left over, since all folds have the
    same number of rows.
    """
    is_dealt = strata.may_be_held_out
    is_dealt[np.flatnonzero(is_dealt)[is_dealt.sum() // N_FOLDS * N_FOLDS :]] = False
    return is_dealt


def folds_of(strata, draw):
    """Deal rows that are sorted by their strata to folds: of ``N_FOLDS`` neighbours, each gets one.

    They are dealt in turn, and in further draws at random. Returns the folds (n_samples,). Rows that always
    train have the number ``N_FOLDS``.
    """
    folds, is_dealt = np.full(len(strata.of_rows), N_FOLDS), is_held_out(strata)
    neighbours = np.tile(np.arange(N_FOLDS), (np.count_nonzero(is_dealt) // N_FOLDS, 1))
    rng = np.random.default_rng(draw)
    folds[is_dealt] = (rng.permuted(neighbours, axis=1) if draw else neighbours).ravel()
    return folds
