"""What the data choose: the strength of the penalty and the length of the training, by held-out losses.

    choose    look losses up that were found before, or try the candidates (``trials``)

The choice depends on the observations and on the network alone and, with many rows, on whether the fit can
have a cycle of any length. Neither the order of the rows nor ``random_state`` changes it, and a swap of
columns or a rounding error hardly. The networks of an ensemble have one choice.
"""

import math
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from sknn_scratch._core.blocks import row_blocks
from sknn_scratch._core.data import LEAST_PENALTY_DIVISOR, Data
from sknn_scratch._core.loss import Loss
from sknn_scratch._core.network import Network
from sknn_scratch._core.rows import SparseRows
from sknn_scratch._fitting.decide import MANY_ROWS, SMALL_TOL, TOL, cycles, longest_cycle
from sknn_scratch._fitting.observations import Observations, observations_of
from sknn_scratch._fitting.threads import settings_lock
from sknn_scratch._fitting.trials import LEAST_ROWS, TrialsOfFew, TrialsOfMany

MOST_UNITS = 32  # of the networks that are tried; the best alpha hardly depends on the width
# In an ensemble, an alpha counts exp(-n d / TEMPERATURE), if the losses of n rows are higher by d on average
# than with the best alpha. A temperature of 1 would be Bayes' rule, if rows were held out once for all.
TEMPERATURE = 4.0


class Tried(NamedTuple):
    """What observations that are held out say of each alpha."""

    losses: dict[float, float]  # the mean loss for each alpha; empty if the observations cannot tell
    n_rows: int
    n_epochs: float = math.inf  # that are enough for the fit
    gains_by_little: bool = False  # whether L-BFGS should go on as long as it gains a little

    @property
    def ranked(self):
        return sorted(self.losses, key=self.losses.get)

    @property
    def least(self):
        return min(self.losses.values(), default=math.inf)


NOTHING = Tried({}, n_rows=0)


@dataclass(frozen=True)
class Choice:
    """The alpha of a fit: chosen by held-out losses, or given, which is a choice without losses."""

    tried: Tried
    loss: Loss
    fallback: float  # the alpha if no loss is finite

    @property
    def n_epochs(self):
        """The number of epochs that are enough; infinite for those of the longest cycle."""
        return self.tried.n_epochs

    @property
    def tol(self):
        """How small a gain ends L-BFGS."""
        return SMALL_TOL if self.tried.gains_by_little else TOL

    @property
    def alpha(self):
        """The best alpha, if a loss is finite."""
        return self.tried.ranked[0] if math.isfinite(self.tried.least) else self.fallback

    def alpha_at(self, place):
        """Choose the alpha for a place between 0 and 1, of which each has a share by its held-out loss."""
        if not math.isfinite(self.tried.least):
            return self.alpha
        of_alphas = self.loss.negative_log_likelihood(self.path["loss"])
        shares = np.exp(self.tried.n_rows * (of_alphas.min() - of_alphas) / TEMPERATURE)
        number = np.searchsorted(np.cumsum(shares) / shares.sum(), place)
        number = min(number, len(shares) - 1)  # the last sum may be rounded below the place
        return list(self.tried.losses)[number]

    @property
    def path(self):
        """The alphas that were tried and their losses, as a fitted attribute."""
        losses = self.tried.losses
        return {"alpha": np.array(list(losses)), "loss": np.array(list(losses.values()))}

    @property
    def in_words(self):
        losses = ", ".join(f"{alpha:g}: {loss:.6f}" for alpha, loss in self.tried.losses.items())
        return f"alpha = {self.alpha:g}, chosen by the held-out loss ({losses})"


def choose(data, encoded, network, init_scale, decisions, say):
    """Choose alpha unless it is decided; the usual one if the rows cannot tell.

    They cannot if they are too few, or mislead. The data have all rows of the fit, also those that are held
    out to stop early. If the fit can have any length of the cycle, it is chosen too; else alpha is for the
    longest. ``say`` takes lines of text while candidates are tried, unless their losses are known.
    """
    if decisions.alpha is not None:
        return Choice(NOTHING, network.loss, decisions.alpha)
    n_hidden = min(network.shape.n_hidden, MOST_UNITS)
    network = network._replace(shape=network.shape._replace(n_hidden=n_hidden))
    seen = observations_of(data, encoded)
    tried = find_losses(seen, network, init_scale, decisions.any_length, say=say)
    unit = data.penalty_divisor / max(LEAST_PENALTY_DIVISOR, seen.data.n_samples)
    losses = {in_units(unit, alpha): loss for alpha, loss in tried.losses.items()}
    fallback = in_units(unit, encoded.target_kind.usual_alpha)
    return Choice(tried._replace(losses=losses), network.loss, fallback)


def in_units(unit, alpha):
    """Multiply an alpha for weights with a mean of one by their unit, to a number that can be typed."""
    return float(f"{unit * alpha:.9g}")


# --- What was tried before ---

MOST_REMEMBERED = 1000
memo = {}  # results by the arguments


def remembered(function):
    """Keep the last results of a function, by all its positional arguments."""

    @wraps(function)
    def looked_up(*args, **others):
        key = function.__name__, *map(key_of, args)
        with settings_lock:
            result = memo.get(key)
        if result is None:
            result = function(*args, **others)
            with settings_lock:
                while len(memo) >= MOST_REMEMBERED:
                    del memo[next(iter(memo))]
                memo[key] = result
        return result

    return looked_up


def key_of(value):
    """Make a key of an argument: arguments with equal keys are equal to the last bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, blake2b(np.ascontiguousarray(value)).digest()
    if isinstance(value, Data):
        return key_of_data(value)
    if is_dataclass(value):
        return type(value), *(key_of(getattr(value, field.name)) for field in fields(value))
    return tuple(map(key_of, value)) if isinstance(value, tuple) else value


def key_of_data(data):
    """Make a key of the rows to train on, wherever they are in X; block by block, to save memory."""
    digest, rows = blake2b(), data.row_numbers
    for block in row_blocks(len(rows), data.X.n_features, np.float64):
        for array in arrays_of(data.X.take(rows[block]).source):
            digest.update(np.ascontiguousarray(array))
    is_sparse, dtype = isinstance(data.X, SparseRows), data.X.source.dtype.str
    of_others = key_of((data.targets[rows], data.row_weights, data.earlier_weight))
    return is_sparse, dtype, data.X.n_features, digest.digest(), of_others


def arrays_of(matrix):
    return [matrix] if isinstance(matrix, np.ndarray) else [matrix.data, matrix.indices, matrix.indptr]


# --- The candidates ---


@remembered
def find_losses(seen: Observations, network: Network, init_scale, any_length, *, say):
    """Find the held-out losses of the alphas that are tried, and how long to train."""
    n_observations = seen.data.n_samples
    units = "observations" if seen.groups is None else "groups"
    say(f"choosing alpha, by holding out some of {seen.n_independent():,} {units}")
    if n_observations < MANY_ROWS:
        return losses_of_few(TrialsOfFew(seen, network, init_scale), any_length)
    trials = TrialsOfMany(seen, network, init_scale, say)
    if sum(map(len, trials.parts)) < LEAST_ROWS:
        return NOTHING
    if any_length:
        return losses_of_best_length(trials, *cycles(n_observations, network.shape.n_features))
    return losses_around(trials, FIRST_ALPHAS, longest_cycle(n_observations))._replace(n_epochs=math.inf)


ALPHAS_OF_FEW = (0.3, 3.0, 10.0, 30.0)  # in ascending order
# If one end of these is the best, these are tried too: with a y without noise, or features that tell little.
# 100 goes on from the weights of 30, like any alpha that is larger than another.
BEYOND = {0.3: (0.03,), 30.0: (30.0, 100.0)}
# Held-out rows mislead if they are predicted so many times as badly as by the outputs of random other rows.
# In parity of 4 bits it is 1.40 to 1.50 times. Noise is above 1.4 in 9 of 40 draws of 15 rows, and in 2 of 40
# draws of 30 rows.
MISLEADING = 1.4
# If the held-out loss is below this share of the loss of random outputs, y has little noise, and small gains
# of the training are tried. They help if they lower the held-out loss by this share.
LITTLE_NOISE, FINE_GAIN = 0.1, 0.02


def losses_of_few(trials, any_length):
    """Find the mean loss of each alpha with few rows; of none if these are too few, or misleading.

    With any length, the best alpha tells whether small gains of the training help.
    """
    if not trials.parts:
        return NOTHING
    losses, of_random = trials.losses(ALPHAS_OF_FEW)
    means = {alpha: mean_of(one) for alpha, one in losses.items()}
    if means[ALPHAS_OF_FEW[0]] > MISLEADING * of_random:
        return NOTHING
    best = min(means, key=means.get)
    if best in BEYOND:
        means = {alpha: mean_of(one) for alpha, one in trials.losses(BEYOND[best])[0].items()} | means
        best = min(means, key=means.get)
    is_fine = any_length and means[best] < LITTLE_NOISE * of_random
    if is_fine:
        is_fine = mean_of(trials.finer_losses(best)) < less_by(FINE_GAIN, means[best])
    return Tried(dict(sorted(means.items())), trials.n_rows, gains_by_little=is_fine)


def mean_of(losses):
    """Sum losses (n,), each times its share; what is not finite counts as infinite."""
    mean = float(losses.sum())
    return mean if math.isfinite(mean) else math.inf


ALPHAS_OF_MANY = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # in ascending order
FIRST_ALPHAS = (10.0, 30.0)  # these are tried first
# A longer cycle is better if it lowers the least loss by this share. With less, tables took longer and were
# no better. With more, tables that a random network had generated were worse: 32 units gain less by further
# epochs than the units of the fit.
LEAST_GAIN = 0.005
# If a cycle has lowered the loss by a tenth, a further one is tried. It must lower it by a twentieth, since
# it takes more than twice the time.
MUCH_GAIN, FURTHER_GAIN = 0.1, 0.05


def losses_around(trials, pair, pace):
    """Find the losses of two alphas, and of others beyond the better one until the loss rises.

    If chance may explain the first rise, it goes on once.
    """
    lower, upper = sorted(pair)
    trials.hold_out_all_if_in_doubt(lower, upper, pace)
    if trials.mean(lower, pace) <= trials.mean(upper, pace):
        best, *others = [alpha for alpha in reversed(ALPHAS_OF_MANY) if alpha <= lower]
    else:
        best, *others = [alpha for alpha in ALPHAS_OF_MANY if alpha >= upper]
    may_rise = True
    for alpha in others:
        rise = trials.mean(alpha, pace) - trials.mean(best, pace)
        if rise < 0:
            best = alpha
        elif may_rise and rise <= trials.chance_between(alpha, best, pace):
            may_rise = False
        else:
            break
    return Tried(trials.means(pace), trials.n_held_out, pace.max_iter)


def losses_of_best_length(trials, shortest, *longer_ones):
    """Find the losses for the length of the cycle that is better, from the shortest one on.

    First, two alphas or more are tried with the shortest cycle. Then the next cycle is tried with the best
    alpha. If this does not lower the loss enough, and the second best alpha is larger, the cycle is tried
    with that, since a longer cycle may need a stronger penalty. Once a cycle does not lower the loss enough,
    the one before is taken. At the end, other alphas are tried with it.
    """
    pace, has_gained_much = shortest.pace, False
    alpha, other = losses_around(trials, FIRST_ALPHAS, pace).ranked[:2]
    for longer in longer_ones:
        if longer.is_further and not has_gained_much:
            break
        least = trials.mean(alpha, pace)
        enough = less_by(FURTHER_GAIN if longer.is_further else LEAST_GAIN, least)
        if other > alpha and not trials.mean(alpha, longer.pace) < enough:
            alpha, other = other, alpha
        loss = trials.mean(alpha, longer.pace)
        if not loss < enough:
            break
        pace, has_gained_much = longer.pace, loss < less_by(MUCH_GAIN, least)
    return losses_around(trials, (alpha, other), pace)


def less_by(share, loss):
    """Lower a loss, which may be negative, by a share of it."""
    return loss - share * abs(loss)
