"""How few observations choose alpha: networks train by L-BFGS in cross-validation.

For each part, a network goes on with its weights when alpha rises. The largest alpha first would fail: under
a strong penalty a network may collapse to zero, and it does not come back from there. All this is in double
precision.
"""

import math

import numpy as np
import scipy.sparse

from sknn_scratch._core.blocks import gradient_blocks, predict_outputs, row_losses
from sknn_scratch._core.data import Data
from sknn_scratch._core.lbfgs import minimise
from sknn_scratch._core.network import Network, Penalty
from sknn_scratch._core.optimizers import Lbfgs
from sknn_scratch._core.parameters import NetworkShape
from sknn_scratch._core.row_space import RowSpace, is_wide
from sknn_scratch._core.rows import DenseRows, evenly, features_of_rows, rows_of
from sknn_scratch._core.stack import Stack
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._fitting.decide import SMALL_TOL, TOL
from sknn_scratch._fitting.observations import Observations
from sknn_scratch._fitting.threads import map_in_threads, one_blas_thread
from sknn_scratch._fitting.trials import (
    LEAST_ROWS,
    MOST_VALUES,
    NOTHING,
    Tried,
    initial_params,
    less_by,
    mean_of,
)

ALPHAS_OF_FEW = (0.3, 3.0, 10.0, 30.0)  # in ascending order
# If one end of these is the best, these are tried too: with a y without noise, or features that tell little.
# 100 goes on from the weights of 30, like any alpha that is larger than another.
BEYOND = {0.3: (0.03,), 30.0: (30.0, 100.0)}
# Held-out rows mislead if they are predicted so many times as badly as by the outputs of random other rows:
# in parity of 4 bits it is 1.40 to 1.50 times. Noise is above it in 9 of 40 draws of 15 rows, and in 2 of 30.
MISLEADING = 1.4
# If the held-out loss is below this share of the loss of random outputs, y has little noise, and small gains
# of the training are tried. They help if they lower the held-out loss by this share.
LITTLE_NOISE, FINE_GAIN = 0.1, 0.02
N_FOLDS = 3
# Folds of few rows are drawn up to ``MOST_DRAWS`` times, while at most ``ROWS_HELD_OUT`` are held out in all:
# one draw does not show whether the rows mislead.
ROWS_HELD_OUT, MOST_DRAWS = 90, 3
MOST_WEIGHTS = 2**18  # of the hidden layer: L-BFGS keeps 30 times as many numbers
FIRST, FURTHER = 60, 30  # at most: iterations with the first alpha, and with each further one
FINEST = 100  # further iterations at most, to see whether small gains help
N_ITER_NO_CHANGE = 5  # they end earlier when so many in turn have gained no more than a tolerance
MOST_SHIFTS = 16


def losses_of_few(seen, network, init_scale, any_length):
    """Find the mean loss of each alpha with few rows; of none if these are too few, or misleading.

    With any length, the best alpha tells whether small gains of the training help.
    """
    trials = TrialsOfFew(seen, network, init_scale)
    if not trials.parts:
        return NOTHING
    means, of_random = trials.losses(ALPHAS_OF_FEW)
    if means[ALPHAS_OF_FEW[0]] > MISLEADING * of_random:
        return NOTHING
    best = min(means, key=means.get)
    if best in BEYOND:
        means = trials.losses(BEYOND[best])[0] | means
        best = min(means, key=means.get)
    may_gain = any_length and means[best] < LITTLE_NOISE * of_random
    is_fine = may_gain and trials.finer_loss(best) < less_by(FINE_GAIN, means[best])
    return Tried(dict(sorted(means.items())), trials.n_rows, tol=SMALL_TOL if is_fine else TOL)


class TrialsOfFew:
    """Networks without a part of the observations; there are no parts if these would be too small."""

    def __init__(self, seen: Observations, network: Network, init_scale: float | str) -> None:
        seen = seen.sample(most_observations(seen.data))
        draws = [seen.dealt(N_FOLDS, draw) for draw in range(MOST_DRAWS)]
        is_held_out = draws[0] < N_FOLDS
        used = np.flatnonzero(features_of_rows(seen.data.X, seen.data.rows))  # others have no gradient
        self.n_rows, self.parts, self.found = seen.n_independent(), [], {}
        if np.count_nonzero(is_held_out) < LEAST_ROWS or not len(used):
            return
        n_hidden = min(network.shape.n_hidden, max(1, MOST_WEIGHTS // len(used)))
        shape = NetworkShape(len(used), n_hidden, network.shape.n_outputs)
        numbers = np.argsort(np.argsort(seen.features[used]))
        params = initial_params(shape, init_scale, numbers, np.float64)
        X, shape, self.params = with_few_features(in_double_precision(seen.data, used), shape, params)
        self.network = network._replace(shape=shape, loss=network.loss.smoothed)
        targets = seen.data.targets[seen.data.rows].astype(np.float64)
        data = Data(X, targets, row_weights=seen.data.row_weights)
        self.parts = [
            (data.part(draw != part), data.part(draw == part).batch())
            for draw in draws[: max(1, ROWS_HELD_OUT // seen.n_independent(is_held_out))]
            for part in range(N_FOLDS)
            if (draw == part).any()
        ]

    @np.errstate(all="ignore")  # a loss that is not finite counts as infinite
    def losses(self, alphas) -> tuple[dict[float, float], float]:
        """Find the mean loss for alphas in ascending order, and that of random outputs.

        The latter is for the smallest alpha, if each row has the outputs of another one.
        """
        losses, of_random = {alpha: [] for alpha in alphas}, []
        with self.map_in_threads() as map_blocks:
            for number, (data, held_out) in enumerate(self.parts):
                stack, n_most = self.stack_of(data, self.params, map_blocks), FIRST
                for alpha in alphas:
                    descend(stack, alpha, ends_after(n_most, TOL))
                    losses[alpha].append(row_losses(self.network, stack.params, held_out))
                    if alpha == alphas[0]:
                        of_random.append(loss_of_random_rows(self.network, stack.params, held_out))
                    self.found[alpha, number], n_most = stack.params.flat.copy(), FURTHER
        return {alpha: self.mean(one) for alpha, one in losses.items()}, float(np.mean(of_random))

    @np.errstate(all="ignore")
    def finer_loss(self, alpha):
        """Find the mean loss for an alpha if the networks go on as long as they gain a little."""
        losses = []
        with self.map_in_threads() as map_blocks:
            for number, (data, held_out) in enumerate(self.parts):
                stack = self.stack_of(data, self.found[alpha, number], map_blocks)
                descend(stack, alpha, ends_after(FINEST, SMALL_TOL))
                losses.append(row_losses(self.network, stack.params, held_out))
        return self.mean(losses)

    def mean(self, losses_of_parts):
        return mean_of(np.concatenate(losses_of_parts) / len(self.parts))

    def map_in_threads(self):
        X = self.parts[0][0].X
        return map_in_threads(len(gradient_blocks(X, self.network.shape, X.n_samples)))

    def stack_of(self, data, params, map_blocks):
        rng = np.random.default_rng(0)
        config = Config(self.network, Lbfgs(), batch_size=data.n_samples, max_iter=1, learning_rate=1.0)
        return Stack([Run(State(params.copy(), rng, rng), data, config)], map_blocks)


def descend(stack, alpha, is_end):
    """Let L-BFGS go down the objective with an alpha, from where the network is."""
    strength = alpha / stack.runs[0].data.penalty_divisor
    stack.penalty = Penalty.of([strength], stack.network.shape)
    minimise(stack.evaluate, stack.params.flat.copy(), is_end)


def most_observations(data):
    """Find of how many observations the values other than zero are not too many."""
    n_rows = data.n_samples
    if data.X.n_features * n_rows <= MOST_VALUES:
        return n_rows
    n_values = data.X.take(data.rows).count_values() / n_rows
    return max(LEAST_ROWS, int(MOST_VALUES / max(1, n_values)))


def in_double_precision(data, features):
    """Copy some features of the rows; a large matrix becomes sparse, since most values may be zero."""
    X = data.X.take(data.rows).source
    if X.shape[0] * X.shape[1] > MOST_VALUES:
        X = scipy.sparse.csr_array(X)
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


def loss_of_random_rows(network, params, batch):
    """Compute the mean loss of rows if each has the outputs of another, for some shifts of the rows."""
    outputs_mT = predict_outputs(network, params, batch.X).T.copy()
    shifts = evenly(batch.X.n_samples, MOST_SHIFTS)
    return np.mean([network.loss.total(np.roll(outputs_mT, one, axis=1), batch.targets) for one in shifts])


def ends_after(n_most, tol):
    """Make a rule for ``minimise``: end after ``n_most`` iterations, or when they gain little."""
    values, n_slow = [math.inf], 0

    def is_end(value, end):
        nonlocal n_slow
        n_slow = 0 if value < values[-1] - tol else n_slow + 1
        values.append(value)
        is_over = end is not None or not math.isfinite(value)
        return is_over or n_slow >= N_ITER_NO_CHANGE or len(values) > n_most

    return is_end
