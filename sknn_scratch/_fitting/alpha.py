"""alpha="auto": the strength of the penalty, chosen by the data in cross-validation.

    plan_choice    take a sample of the rows and cut it into folds, or see that there are too few rows
    Choice.make    train a network for each fold, with one alpha after the other

The choice depends on the rows, on their weights and on the network, and on nothing else: not on the solver
and its parameters, the order of the rows or ``random_state``. So fits that differ only in these share it.

A fold trains a network of at most ``MOST_UNITS`` units on the rows outside the fold, by L-BFGS. It starts
with the smallest alpha, and goes on with its weights when alpha rises. The largest alpha first would fail:
under a strong penalty a network may collapse to zero, and it does not come back from there. All this is in
double precision, so that rounding errors do not decide.

Rows with equal features and equal targets are joined to one, with the sum of their weights, so they never lie
on both sides of a split.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import mean_loss, row_blocks
from sknn_scratch._core.data import Data
from sknn_scratch._core.losses import Loss
from sknn_scratch._core.network import Network, make_batch
from sknn_scratch._core.optimizers import Lbfgs
from sknn_scratch._core.parameters import NetworkShape, initialise, view_parameters
from sknn_scratch._core.rows import SparseRows, rows_of
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._fitting.inputs import occurring_features

ALPHAS = (0.3, 3.0, 10.0, 30.0)  # in ascending order
N_FOLDS = 3
LEAST_ROWS = 30  # to hold out in turn; with fewer, the held-out loss is mostly chance
MOST_ROWS = 2000  # that are used; more of them would hardly change the choice
MOST_UNITS = 32  # of a fold's network; the best alpha hardly depends on the width
MOST_WEIGHTS = 2**18  # of its hidden layer: L-BFGS keeps 25 times as many numbers
FIRST, FURTHER = 60, 30  # at most: iterations with the first alpha, and with each further one
STOPPING = {"tol": 1e-3, "n_iter_no_change": 5}
# In an ensemble, an alpha counts exp(-n d / TEMPERATURE), if the losses of n rows are higher by d on average
# than with the best alpha. A temperature of 1 would be Bayes' rule, if rows were held out once for all.
TEMPERATURE = 4.0


@dataclass(frozen=True, eq=False)
class Folds:
    """The training of the networks of all folds."""

    sample: Data  # the rows of all folds
    numbers: Array  # (n_samples,): the fold that holds a row out; ``N_FOLDS`` for a row that always trains
    network: Network  # of each fold
    initial_params: Array  # (n_params,)

    @np.errstate(all="ignore")  # a loss that is not finite counts as infinite
    def losses(self, number, train_run):
        """List the mean loss of the rows that a fold holds out, for each alpha."""
        train, held_out = np.flatnonzero(self.numbers != number), np.flatnonzero(self.numbers == number)
        X, targets, weights = self.sample.X, self.sample.targets, self.sample.row_weights
        data = replace(self.sample, rows=train, row_weights=weights[train])
        batch = make_batch(X.take(held_out), targets[held_out], weights[held_out])
        params, losses, n_iterations = self.initial_params, [], FIRST
        for alpha in ALPHAS:
            config = Config(self.network, Lbfgs(), len(train), n_iterations, 0.0, alpha=alpha, **STOPPING)
            state = State(params.copy(), np.random.default_rng(0), np.random.default_rng(0))
            train_run(Run(state, data, config))
            params, n_iterations = state.params, FURTHER
            loss = float(mean_loss(self.network, view_parameters(params, self.network.shape), batch))
            losses.append(loss if math.isfinite(loss) else math.inf)
        return losses


@dataclass(eq=False)
class Choice:
    """An alpha to choose, or that has been chosen."""

    folds: Folds | None  # None when the choice has been made
    loss: Loss
    n_rows: int
    usual: float  # the alpha if no loss is finite
    losses: dict[float, float] = field(default_factory=dict)  # the held-out loss of each alpha, once made

    def make(self, train_run):
        """Compute the losses, if that has not been done; ``train_run`` trains a run."""
        if self.folds is not None:
            of_folds = [self.folds.losses(number, train_run) for number in range(N_FOLDS)]
            self.losses = dict(zip(ALPHAS, np.mean(of_folds, axis=0).tolist(), strict=True))
            self.folds = None

    @property
    def alpha(self):
        """The best alpha; the usual one if no loss is finite."""
        best = min(self.losses, key=self.losses.get)
        return best if math.isfinite(self.losses[best]) else self.usual

    def alpha_at(self, place):
        """Choose the alpha for a place between 0 and 1, of which each has a share by its held-out loss."""
        if not math.isfinite(min(self.losses.values())):
            return self.alpha
        surprises = self.loss.surprise(np.array(list(self.losses.values())))
        shares = np.exp(self.n_rows * (surprises.min() - surprises) / TEMPERATURE)
        number = np.searchsorted(np.cumsum(shares) / shares.sum(), place)
        return ALPHAS[min(number, len(ALPHAS) - 1)]  # the last sum may be rounded below the place

    @property
    def path(self):
        """The alphas that were tried and their losses, as a fitted attribute."""
        return {"alpha": np.array(list(self.losses)), "loss": np.array(list(self.losses.values()))}

    @property
    def in_words(self):
        """Say what was chosen, and why."""
        losses = ", ".join(f"{alpha:g}: {loss:.6f}" for alpha, loss in self.losses.items())
        return f"alpha = {self.alpha:g}, chosen by the held-out loss ({losses})"


def plan_choice(data, network, target_kind, y, init_scale):
    """Prepare the choice of alpha for a new network, or return None if there are too few rows.

    The data have all rows of the fit, also those that will be held out to stop early; y has all rows.
    """
    rows, weights = distinct_rows(data)
    strata = target_kind.strata(y[rows])
    some = np.argsort(strata, kind="stable")[evenly(len(rows), MOST_ROWS)]
    rows, weights, numbers = rows[some], weights[some], folds_of(strata[some], target_kind.n_kept)
    X = data.X.take(rows).source
    used = np.flatnonzero(occurring_features(X))  # a weight of another feature has no loss gradient
    if np.count_nonzero(numbers < N_FOLDS) < LEAST_ROWS or not len(used):
        return None
    shape = NetworkShape(len(used), n_units(network.shape.n_hidden, len(used)), network.shape.n_outputs)
    X, targets = X[:, used].astype(np.float64), data.targets[rows].astype(np.float64)
    sample = Data(rows_of(X), targets, row_weights=weights)
    params = initialise(shape, init_scale, np.random.default_rng(0), np.float64)
    network = network._replace(shape=shape, loss=network.loss.smoothed)
    return Choice(Folds(sample, numbers, network, params), network.loss, len(rows), target_kind.usual_alpha)


def n_units(n_hidden, n_features):
    """Choose the number of hidden units of a fold's network."""
    return min(n_hidden, MOST_UNITS, max(1, MOST_WEIGHTS // n_features))


def evenly(n, n_most):
    """Choose at most ``n_most`` of the numbers below n, at equal distances."""
    n_some = min(n, n_most)
    return np.arange(n_some) * n // n_some


def folds_of(strata, n_kept):
    """Deal rows, sorted by their strata (n_samples,), to folds in turn; return the folds (n_samples,).

    All folds have the same number of rows. Rows that are left over have the number ``N_FOLDS``, and so have
    all rows of a stratum with at most ``n_kept`` rows: they always stay in training.
    """
    folds = np.full(len(strata), N_FOLDS)
    dealt = np.flatnonzero(np.bincount(strata)[strata] > n_kept)
    dealt = dealt[: len(dealt) // N_FOLDS * N_FOLDS]
    folds[dealt] = np.arange(len(dealt)) % N_FOLDS
    return folds


def distinct_rows(data):
    """Find the distinct pairs of row and target, in an order that depends only on their values.

    Returns the number (n_distinct,) of one row of each kind, and the sum (n_distinct,) of their weights.
    """
    rows = data.row_numbers
    weights = np.ones(len(rows)) if data.row_weights is None else data.row_weights
    keys = np.array([*data.targets[rows].T, hashes_of_rows(data.X, rows)])
    order = np.lexsort(keys)
    keys = keys[:, order]
    is_new = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0))
    starts = np.flatnonzero(is_new)
    return rows[order[starts]], np.add.reduceat(weights[order], starts)


def hashes_of_rows(X, rows):
    """Hash rows of a design matrix: equal ones have equal hashes, also if one of the matrices is sparse.

    The hash is a sum over the features, each times an odd number of its own, modulo 2**64. A zero adds
    nothing. Returns an array (n_samples,) of floats.
    """
    factors = np.random.default_rng(0).integers(2**63, size=X.n_features, dtype=np.uint64) * 2 + 1
    sums = np.empty(len(rows), np.uint64)
    for block in row_blocks(len(rows), X.n_features, np.float64):
        taken = X.take(rows[block])
        if isinstance(taken, SparseRows):
            matrix = taken.source
            matrix = type(matrix)(
                (hashes_of_numbers(matrix.data), matrix.indices, matrix.indptr), matrix.shape
            )
        else:
            matrix = hashes_of_numbers(taken.source)
        sums[block] = matrix @ factors
    return (mixed_bits(sums) >> np.uint64(11)).astype(np.float64)  # 53 bits, which a float holds exactly


def hashes_of_numbers(values):
    """Hash numbers to 64 bits; the hash of zero is zero."""
    return mixed_bits((values.astype(np.float64) + 0.0).view(np.uint64))  # 0.0 removes the sign of zero


def mixed_bits(integers):
    """Mix the bits of 64-bit integers: the last step of MurmurHash3 (Appleby, 2011)."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        integers = integers ^ (integers >> np.uint64(33))
        integers = integers * np.uint64(factor)
    return integers ^ (integers >> np.uint64(33))
