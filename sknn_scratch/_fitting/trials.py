"""How an alpha is tried: networks train without a part of the observations, which then judges them.

    TrialsOfFew    L-BFGS, on all alphas in ascending order: for each part, a network goes on with its weights
                   when alpha rises. The largest alpha first would fail: under a strong penalty a network may
                   collapse to zero, and it does not come back from there. All this is in double precision.
    TrialsOfMany   Adam, with one cycle of the learning rate, as the fit trains by default. Single precision
                   ranks the alphas as well, in less time.

The losses of a trial are those of all rows that were held out, each times its share in their mean. Alphas
here are for weights with a mean of one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import gradient_blocks, predict_outputs, row_losses
from sknn_scratch._core.data import MANY_FEATURES, Data, clear_unused_features
from sknn_scratch._core.lbfgs import minimise
from sknn_scratch._core.network import Batch, Network, Penalty
from sknn_scratch._core.optimizers import Adam, Lbfgs
from sknn_scratch._core.parameters import NetworkShape, initialise, view_parameters
from sknn_scratch._core.row_space import RowSpace, is_wide
from sknn_scratch._core.rows import DenseRows, Index, evenly, features_of_rows, rows_of
from sknn_scratch._core.stack import Stack, stack_key
from sknn_scratch._core.state import Config, Run, State
from sknn_scratch._core.training import train
from sknn_scratch._fitting.decide import FEWEST_CYCLE_EPOCHS, SMALL_TOL, TOL
from sknn_scratch._fitting.observations import Observations
from sknn_scratch._fitting.threads import map_in_threads, one_blas_thread

LEAST_ROWS = 12  # to hold out in turn; with fewer, the held-out loss is mostly chance
MOST_VALUES = 2**24  # of the rows that are copied, other than zero: 128 MiB in double precision


def initial_params(shape: NetworkShape, init_scale, features: Index, dtype) -> Array:
    """Draw initial parameters (n_params,) that are the same wherever the column of a feature is.

    ``features`` (n_features,) number the features.
    """
    flat = initialise(shape, init_scale, np.random.default_rng(0), dtype)
    w_hidden = view_parameters(flat, shape).w_hidden
    w_hidden[...] = w_hidden[features]
    return flat


# --- Few observations ---

N_FOLDS = 3
# Folds of few rows are drawn up to ``MOST_DRAWS`` times, while at most ``ROWS_HELD_OUT`` are held out in all:
# one draw does not show whether the rows mislead. More draws, or of more rows, gained .003 at most.
ROWS_HELD_OUT, MOST_DRAWS = 90, 3
MOST_WEIGHTS = 2**18  # of the hidden layer: L-BFGS keeps 25 times as many numbers
FIRST, FURTHER = 60, 30  # at most: iterations with the first alpha, and with each further one
FINEST = 100  # further iterations at most, to see whether small gains help
N_ITER_NO_CHANGE = 5  # they end earlier when so many in turn have gained no more than a tolerance
MOST_SHIFTS = 16


class TrialsOfFew:
    """Trials with few observations, in cross-validation; there are no parts if these would be too small."""

    def __init__(self, seen: Observations, network: Network, init_scale: float | str) -> None:
        seen = seen.part(some_observations(seen))
        draws = [seen.dealt(N_FOLDS, draw) for draw in range(MOST_DRAWS)]
        is_held_out = draws[0] < N_FOLDS
        used = np.flatnonzero(features_of_rows(seen.data.X, seen.data.rows))  # others have no gradient
        self.n_rows, self.parts, self.found = seen.n_independent(), [], {}
        if np.count_nonzero(is_held_out) < LEAST_ROWS or not len(used):
            return
        shape = NetworkShape(len(used), n_units(network.shape.n_hidden, len(used)), network.shape.n_outputs)
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

    def losses(self, alphas) -> tuple[dict[float, Array], float]:
        """Find the losses (n_held_out,) for alphas in ascending order, and the mean loss of random outputs.

        The latter is for the smallest alpha, if each row has the outputs of another one.
        """
        with self.map_in_threads() as map_blocks:
            of_parts = [self.losses_of_part(alphas, number, map_blocks) for number in range(len(self.parts))]
        *losses, of_random = zip(*of_parts, strict=True)
        joined = (np.concatenate(one) / len(self.parts) for one in losses)
        return dict(zip(alphas, joined, strict=True)), float(np.mean(of_random))

    def finer_losses(self, alpha):
        """Find the losses (n_held_out,) for an alpha if the networks go on as long as they gain a little."""
        with self.map_in_threads() as map_blocks:
            of_parts = [self.finer_losses_of_part(alpha, one, map_blocks) for one in range(len(self.parts))]
        return np.concatenate(of_parts) / len(self.parts)

    def map_in_threads(self):
        X = self.parts[0][0].X
        return map_in_threads(len(gradient_blocks(X, self.network.shape, X.n_samples)))

    @np.errstate(all="ignore")  # a loss that is not finite counts as infinite
    def losses_of_part(self, alphas, number, map_blocks):
        train_data, held_out = self.parts[number]
        stack, losses, n_most = self.stack_of(train_data, self.params, map_blocks), [], FIRST
        for alpha in alphas:
            descend(stack, alpha, ends_after(n_most, TOL))
            losses.append(row_losses(self.network, stack.params, held_out))
            if alpha == alphas[0]:
                of_random = loss_of_random_rows(self.network, stack.params, held_out)
            self.found[alpha, number], n_most = stack.params.flat.copy(), FURTHER
        return [*losses, of_random]

    @np.errstate(all="ignore")
    def finer_losses_of_part(self, alpha, number, map_blocks):
        train_data, held_out = self.parts[number]
        stack = self.stack_of(train_data, self.found[alpha, number], map_blocks)
        descend(stack, alpha, ends_after(FINEST, SMALL_TOL))
        return row_losses(self.network, stack.params, held_out)

    def stack_of(self, data, params, map_blocks):
        rng = np.random.default_rng(0)
        config = Config(self.network, Lbfgs(), batch_size=data.n_samples, max_iter=1, learning_rate=1.0)
        return Stack([Run(State(params.copy(), rng, rng), data, config)], map_blocks)


def descend(stack, alpha, is_end):
    """Let L-BFGS go down the objective with an alpha, from where the network is."""
    strength = alpha / stack.runs[0].data.penalty_divisor
    stack.penalty = Penalty.of([strength], stack.network.shape)
    minimise(stack.evaluate, stack.params.flat.copy(), is_end)


def some_observations(seen):
    """Choose so many observations, evenly by strata, that their values other than zero are not too many."""
    n_most, X = len(seen.strata), seen.data.X
    if X.n_features * n_most > MOST_VALUES:
        n_values = X.take(seen.data.rows).count_values() / n_most
        n_most = max(LEAST_ROWS, int(MOST_VALUES / max(1, n_values)))
    return np.sort(seen.in_order()[evenly(len(seen.strata), n_most)])


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


def n_units(n_hidden, n_features):
    return min(n_hidden, max(1, MOST_WEIGHTS // n_features))


# --- Many observations ---

# A cycle is tried with two thirds of its epochs.
TRIED_SHARE = 2 / 3
N_PARTS = 5
# So many rows are held out at least, if there are as many, and at most in each part.
LEAST_HELD_OUT, MOST_HELD_OUT = 700, 20_000
# All parts are held out if two alphas differ by less than two standard errors, and if one is more than this
# share of the loss: few rows with a y far from all others then have most of it.
CERTAIN, MOST_BY_CHANCE = 2.0, 0.02
ADAM = Adam(beta_1=0.9, beta_2=0.999, epsilon=1e-8)  # the defaults of the estimators


@dataclass(eq=False)
class TrialsOfMany:
    """Trials with many observations: a fifth of them is held out, or several fifths in turn."""

    seen: Observations
    network: Network
    init_scale: float | str
    say: Callable[[str], None]
    losses: dict = field(default_factory=dict)  # (n_part,) by alpha, pace and the number of the part

    def __post_init__(self) -> None:
        self.data, self.splits = in_single_precision(self.seen.data), {}
        numbers = self.seen.dealt(N_PARTS)
        parts = [np.flatnonzero(numbers == part) for part in range(N_PARTS)]
        if self.seen.groups is None:  # networks of equal numbers of rows train together
            n_each = min(MOST_HELD_OUT, *map(len, parts))
            parts = [part[evenly(len(part), n_each)] for part in parts]
        self.parts = [part for part in parts if len(part)]
        n_each = min(map(self.seen.n_independent, self.parts), default=1)
        self.n_parts = min(len(self.parts), math.ceil(LEAST_HELD_OUT / n_each))

    @property
    def held_out(self):
        """The places of all observations that are held out."""
        return np.concatenate(self.parts[: self.n_parts])

    @property
    def n_held_out(self):
        return self.seen.n_independent(self.held_out)

    def of(self, alpha, pace):
        """Find the losses (n_held_out,) for an alpha and a pace, each part once."""
        new = [part for part in range(self.n_parts) if (alpha, pace, part) not in self.losses]
        for part, losses in zip(new, self.try_out(alpha, pace, new), strict=True):
            self.losses[alpha, pace, part] = losses
        return np.concatenate([self.losses[alpha, pace, part] for part in range(self.n_parts)]) / self.n_parts

    def mean(self, alpha, pace):
        """Compute the mean loss for an alpha and a pace; what is not finite counts as infinite."""
        mean = float(self.of(alpha, pace).sum())
        return mean if math.isfinite(mean) else math.inf

    def hold_out_all_if_in_doubt(self, alpha, other, pace):
        """Hold out all parts if chance may decide between two alphas, and if this may cost much."""
        loss, chance = self.mean(alpha, pace), self.chance_between(alpha, other, pace)
        may_be_chance = abs(loss - self.mean(other, pace)) < CERTAIN * chance
        if may_be_chance and chance > MOST_BY_CHANCE * abs(loss):
            self.n_parts = len(self.parts)

    def chance_between(self, alpha, other, pace):
        """Estimate the standard error of the difference between the mean losses of two alphas."""
        differences = self.seen.sums(self.of(alpha, pace) - self.of(other, pace), self.held_out)
        return math.sqrt(len(differences)) * float(differences.std())

    def means(self, pace):
        """Compute the mean loss of each alpha that was tried with a pace, in ascending order."""
        alphas = sorted({alpha for alpha, its_pace, _ in self.losses if its_pace == pace})
        return {alpha: self.mean(alpha, pace) for alpha in alphas}

    def try_out(self, alpha, pace, parts):
        """List the losses (n_part,) of each part, for networks that train for some epochs of a pace."""
        if not parts:
            return []
        pace = pace._replace(max_iter=max(FEWEST_CYCLE_EPOCHS, math.ceil(TRIED_SHARE * pace.max_iter)))
        splits = list(map(self.split, parts))
        runs = [self.run_of(alpha, split.train, pace) for split in splits]
        keys = {stack_key(run) for run in runs}
        are_alone = None in keys or len(keys) > 1
        with map_in_threads(1) as map_blocks:
            for group in [[run] for run in runs] if are_alone else [runs]:
                train(group, map_blocks=map_blocks)
            if any(run.is_interrupted for run in runs):
                raise KeyboardInterrupt
            losses = [losses_of(run, split.held_out) for run, split in zip(runs, splits, strict=True)]
        mean = float(np.mean([one.sum() for one in losses]))
        self.say(f"tried alpha = {alpha:g} for {pace.max_iter} epochs: held-out loss = {mean:.6f}")
        return losses

    def split(self, part):
        if part not in self.splits:
            self.splits[part] = Split(self.data, self.parts[part])
        return self.splits[part]

    def run_of(self, alpha, data, pace):
        """Make a run whose random numbers are the same for every alpha."""
        config = Config(
            self.network, ADAM, learning_rate=ADAM.usual_learning_rate, alpha=alpha, **pace._asdict()
        )
        dtype, rng = data.targets.dtype, np.random.default_rng(0)
        params = initial_params(self.network.shape, self.init_scale, self.seen.features, dtype)
        if data.X.n_features >= MANY_FEATURES:
            clear_unused_features(params, self.network.shape, data)
        return Run(State(params, shuffle_rng=rng, dropout_rng=rng), data, config)


class Split:
    def __init__(self, data: Data, part: Index) -> None:
        self.train = data.part(np.delete(np.arange(data.n_samples), part))
        self.held_out: Batch = data.part(part).batch()


@np.errstate(over="ignore")  # a number that is too large becomes infinite, and so does the loss
def in_single_precision(data):
    """Copy the rows to train on and their targets, unless this would take much memory.

    So it does not matter what else X has: rows of weight zero, or the same ones again.
    """
    if data.n_samples * data.X.values_per_row > MOST_VALUES:
        return data
    X, targets = data.X.take(data.rows), data.targets[data.rows]
    return replace(data, X=X.astype(np.float32), targets=targets.astype(np.float32), rows=None)


@np.errstate(all="ignore")  # a loss that is not finite counts as infinite
def losses_of(run, held_out):
    network = run.config.network
    return row_losses(network, view_parameters(run.state.params, network.shape), held_out)
