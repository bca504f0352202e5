"""How few observations choose alpha: networks train by L-BFGS in cross-validation.

For each part, a network goes on with its weights when alpha rises. The largest alpha first would fail: under
a strong penalty a network may collapse to zero, and it does not come back from there. All this is in double
precision.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import N_BLOCKS, predict_outputs, row_losses
from sknn_scratch._core.data import Data
from sknn_scratch._core.lbfgs import minimise
from sknn_scratch._core.network import Batch, Network, Penalty
from sknn_scratch._core.optimizers import Lbfgs
from sknn_scratch._core.parameters import NetworkShape, view_parameters
from sknn_scratch._core.row_space import RowSpace, is_wide
from sknn_scratch._core.rows import DenseRows, evenly, rows_of
from sknn_scratch._core.stack import Stack
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._fitting.decide import SMALL_TOL, TOL
from sknn_scratch._fitting.threads import map_in_threads, one_blas_thread
from sknn_scratch._fitting.trials import LEAST_ROWS, MOST_VALUES, NOTHING, Tried, less_by, mean_of

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


def losses_of_few(seen, network, draw_params, any_length):
    """Find the mean loss of each alpha with few rows; of none if these are too few, or misleading.

    With any length, the best alpha tells whether small gains of the training help. ``draw_params`` is
    ``initial_params`` with an ``init_scale``.
    """
    trials = trials_of(seen, network, draw_params)
    if trials is None:
        return NOTHING
    trained = trials.train(trials.starts, limits_of(ALPHAS_OF_FEW), TOL)
    means = {alpha: trials.mean(row_losses, params) for alpha, params in trained.items()}
    of_random = trials.mean(losses_of_random_rows, trained[ALPHAS_OF_FEW[0]])
    if means[ALPHAS_OF_FEW[0]] > MISLEADING * of_random:
        return NOTHING
    best = min(means, key=means.get)
    if best in BEYOND:
        beyond = trials.train(trials.starts, limits_of(BEYOND[best]), TOL)
        means = {alpha: trials.mean(row_losses, params) for alpha, params in beyond.items()} | means
        trained, best = trained | beyond, min(means, key=means.get)
    is_fine = False
    if any_length and means[best] < LITTLE_NOISE * of_random:
        finer = trials.train(trained[best], {best: FINEST}, SMALL_TOL)
        is_fine = trials.mean(row_losses, finer[best]) < less_by(FINE_GAIN, means[best])
    return Tried(dict(sorted(means.items())), trials.n_rows, tol=SMALL_TOL if is_fine else TOL)


def trials_of(seen, network, draw_params):
    """Hold out each part of some observations in turn; None if they are too few, or all their values zero."""
    seen = seen.sample(MOST_VALUES, LEAST_ROWS)
    draws = [seen.dealt(N_FOLDS, draw) for draw in range(MOST_DRAWS)]
    is_held_out = draws[0] < N_FOLDS
    X = seen.data.X.take(seen.data.rows)
    used = np.flatnonzero(X.has_occurred())  # others have no gradient
    if np.count_nonzero(is_held_out) < LEAST_ROWS or not len(used):
        return None
    n_hidden = min(network.shape.n_hidden, max(1, MOST_WEIGHTS // len(used)))
    shape = NetworkShape(len(used), n_hidden, network.shape.n_outputs)
    params = draw_params(shape, np.argsort(np.argsort(seen.features[used])), np.float64)
    X = in_double_precision(X.source, used)
    if is_wide(X, X.n_samples):  # L-BFGS takes the same steps with few features, in less time
        with one_blas_thread():  # so that the rounding does not depend on the number of threads
            space = RowSpace(X.source, shape, params)
        X, shape, params = rows_of(space.X), space.shape, space.params
    if isinstance(X, DenseRows):
        X = X.with_ones()  # for quicker products
    targets = seen.data.targets[seen.data.rows].astype(np.float64)
    data = Data(X, targets, row_weights=seen.data.row_weights)
    parts = [
        (data.part(draw != part), data.part(draw == part).batch())
        for draw in draws[: max(1, ROWS_HELD_OUT // seen.n_independent(is_held_out))]
        for part in range(N_FOLDS)
        if (draw == part).any()
    ]
    network = network._replace(shape=shape, loss=network.loss.smoothed)
    return TrialsOfFew(network, parts, [params] * len(parts), seen.n_independent())


@dataclass(eq=False)
class TrialsOfFew:
    """Networks without a part of the observations."""

    network: Network
    parts: list[tuple[Data, Batch]]  # the rows to train on, and those that are held out
    starts: list[Array]  # (n_params,): the initial parameters for each part
    n_rows: int  # that are independent

    @np.errstate(all="ignore")  # a loss that is not finite counts as infinite
    def train(self, starts, limits, tol):
        """Train a network for each part, with one alpha after the other, for so many iterations at most.

        Returns for each alpha the parameters (n_params,) for each part.
        """
        trained, rng = {alpha: [] for alpha in limits}, np.random.default_rng(0)
        with map_in_threads(N_BLOCKS) as map_blocks:
            for (data, _), start in zip(self.parts, starts, strict=True):
                config = Config(self.network, Lbfgs(), data.n_samples, max_iter=1, learning_rate=1.0)
                run = Run(State(start.copy(), rng, rng), data, config)
                stack = Stack([run], map_blocks)
                for alpha, n_most in limits.items():
                    stack.penalty = Penalty.of([alpha / data.penalty_divisor], self.network.shape)
                    minimise(stack.evaluate, stack.params.flat.copy(), ends_after(n_most, tol))
                    trained[alpha].append(stack.params.flat.copy())
        return trained

    @one_blas_thread()
    @np.errstate(all="ignore")
    def mean(self, losses_of_rows, params_of_parts):
        """Compute the mean loss of the rows that are held out, by a function like ``row_losses``."""
        shape = self.network.shape
        losses = [
            losses_of_rows(self.network, view_parameters(params, shape), held_out)
            for (_, held_out), params in zip(self.parts, params_of_parts, strict=True)
        ]
        return mean_of(np.concatenate(losses) / len(self.parts))


def limits_of(alphas):
    """Say how many iterations each alpha may have; networks go on with the next one where they are."""
    return dict.fromkeys(alphas, FURTHER) | {alphas[0]: FIRST}


def in_double_precision(X, features):
    """Copy some features; a large matrix becomes sparse, since most values may be zero."""
    if X.shape[0] * X.shape[1] > MOST_VALUES:
        X = scipy.sparse.csr_array(X)
    return rows_of((X if len(features) == X.shape[1] else X[:, features]).astype(np.float64))


def losses_of_random_rows(network, params, batch):
    """Compute the losses (n_samples,) of rows if each has the outputs of another, means for some shifts."""
    outputs_mT = predict_outputs(network, params, batch.X).T.copy()
    shifts = evenly(batch.X.n_samples, MOST_SHIFTS)
    losses = [network.loss.of_rows(np.roll(outputs_mT, one, axis=1), batch.targets) for one in shifts]
    return np.mean(losses, axis=0)


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
