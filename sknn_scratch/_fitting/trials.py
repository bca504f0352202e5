"""What the trials of few and of many rows share: how networks begin, and what held-out rows say of alphas.

The losses of a trial are those of all rows that were held out, each times its share in their mean. Alphas
here are for weights with a mean of one.
"""

import math
from typing import NamedTuple

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.parameters import NetworkShape, initialise, view_parameters
from sknn_scratch._core.rows import Index
from sknn_scratch._fitting.decide import TOL

LEAST_ROWS = 12  # to hold out in turn; with fewer, the held-out loss is mostly chance
MOST_VALUES = 2**24  # of the rows that are copied, other than zero: 128 MiB in double precision


class Tried(NamedTuple):
    """What observations that are held out say of each alpha."""

    losses: dict[float, float]  # the mean loss for each alpha; empty if the observations cannot tell
    n_rows: int
    n_epochs: float = math.inf  # that are enough for the fit; infinite for those of the longest cycle
    tol: float = TOL  # how small a gain ends L-BFGS

    @property
    def ranked(self):
        return sorted(self.losses, key=self.losses.get)

    @property
    def least(self):
        return min(self.losses.values(), default=math.inf)


NOTHING = Tried({}, n_rows=0)


def mean_of(losses):
    """Sum losses (n,), each times its share; what is not finite counts as infinite."""
    mean = float(losses.sum())
    return mean if math.isfinite(mean) else math.inf


def less_by(share, loss):
    """Lower a loss, which may be negative, by a share of it."""
    return loss - share * abs(loss)


def initial_params(init_scale, shape: NetworkShape, features: Index, dtype) -> Array:
    """Draw initial parameters (n_params,) that are the same wherever the column of a feature is.

    ``features`` (n_features,) number the features.
    """
    flat = initialise(shape, init_scale, np.random.default_rng(0), dtype)
    w_hidden = view_parameters(flat, shape).w_hidden
    w_hidden[...] = w_hidden[features]
    return flat
