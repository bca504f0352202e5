"""What the data choose: the strength of the penalty and the length of the training, by held-out losses.

    choose    look losses up that were found before, or try candidates (``few_rows``, ``many_rows``)

The choice depends on the observations and on the network alone and, with many rows, on whether the fit can
have a cycle of any length. Neither the order of the rows nor ``random_state`` changes it, and a swap of
columns or a rounding error hardly. The networks of an ensemble have one choice.
"""

import math
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from hashlib import blake2b

import numpy as np

from sknn_scratch._core.data import LEAST_PENALTY_DIVISOR, Data
from sknn_scratch._core.loss import Loss
from sknn_scratch._core.network import Network
from sknn_scratch._core.rows import SparseRows
from sknn_scratch._fitting.decide import MANY_ROWS
from sknn_scratch._fitting.few_rows import losses_of_few
from sknn_scratch._fitting.many_rows import losses_of_many
from sknn_scratch._fitting.observations import Observations, in_blocks, observations_of
from sknn_scratch._fitting.threads import settings_lock
from sknn_scratch._fitting.trials import NOTHING, Tried

MOST_UNITS = 32  # of the networks that are tried; the best alpha hardly depends on the width
# In an ensemble, an alpha counts exp(-n d / TEMPERATURE), if the losses of n rows are higher by d on average
# than with the best alpha. A temperature of 1 would be Bayes' rule, if rows were held out once for all.
TEMPERATURE = 4.0


@dataclass(frozen=True)
class Choice:
    """The alpha of a fit: chosen by held-out losses, or given, which is a choice without losses."""

    tried: Tried
    loss: Loss
    fallback: float  # the alpha if no loss is finite

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
    """Make a key of the rows to train on, wherever they are in X."""
    digest, rows = blake2b(), data.row_numbers
    for _, X in in_blocks(data.X, rows):
        matrix = X.source
        is_dense = isinstance(matrix, np.ndarray)
        for array in [matrix] if is_dense else [matrix.data, matrix.indices, matrix.indptr]:
            digest.update(np.ascontiguousarray(array))
    is_sparse, dtype = isinstance(data.X, SparseRows), data.X.source.dtype.str
    of_others = key_of((data.targets[rows], data.row_weights, data.earlier_weight))
    return is_sparse, dtype, data.X.n_features, digest.digest(), of_others


@remembered
def find_losses(seen: Observations, network: Network, init_scale, any_length, *, say):
    """Find the held-out losses of the alphas that are tried, and how long to train."""
    units = "observations" if seen.groups is None else "groups"
    say(f"choosing alpha, by holding out some of {seen.n_independent():,} {units}")
    if seen.data.n_samples < MANY_ROWS:
        return losses_of_few(seen, network, init_scale, any_length)
    return losses_of_many(seen, network, init_scale, any_length, say)
