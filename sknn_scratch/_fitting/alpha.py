"""alpha="auto": the strength of the penalty, chosen by the losses of rows that are held out.

    choose_alpha  look held-out losses up, or find them: in ``folds`` with few rows, in ``held_out`` with many

The losses depend on the rows, on their weights and on the network, and with many rows on whether the fit can
have a cycle of any length. This is all that the solver and its parameters change. The order of the rows and
``random_state`` change nothing. The last losses are in a memo, by a digest of all that they depend on, so
other fits can use them. The networks of an ensemble have one choice.

Rows with equal features and equal targets are joined to one, with the sum of their weights, so they never lie
on both sides of a split.
"""

import math
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from sknn_scratch._core.loss import Loss
from sknn_scratch._fitting import folds, held_out
from sknn_scratch._fitting.auto import MANY_ROWS
from sknn_scratch._fitting.folds import NOTHING, HeldOut, Strata
from sknn_scratch._fitting.hashes import distinct_rows, hashes_of_rows

MOST_UNITS = 32  # of the networks that are tried; the best alpha hardly depends on the width
# In an ensemble, an alpha counts exp(-n d / TEMPERATURE), if the losses of n rows are higher by d on average
# than with the best alpha. A temperature of 1 would be Bayes' rule, if rows were held out once for all.
TEMPERATURE = 4.0

MOST_REMEMBERED = 1000
memo = {}  # held-out losses of earlier fits, by all that they depend on


@dataclass(frozen=True)
class Choice:
    """The alpha of a fit: chosen by held-out losses, or given, which is a choice without losses."""

    held_out: HeldOut
    loss: Loss
    fallback: float  # the alpha if no loss is finite

    @classmethod
    def given(cls, alpha, loss):
        """Make the choice of an alpha that is given."""
        return cls(NOTHING, loss, fallback=alpha)

    @property
    def alpha(self):
        """The best alpha, if a loss is finite."""
        return self.held_out.ranked[0] if math.isfinite(self.held_out.least) else self.fallback

    def alpha_at(self, place):
        """Choose the alpha for a place between 0 and 1, of which each has a share by its held-out loss."""
        if not math.isfinite(self.held_out.least):
            return self.alpha
        of_alphas = self.loss.negative_log_likelihood(self.path["loss"])
        shares = np.exp(self.held_out.n_rows * (of_alphas.min() - of_alphas) / TEMPERATURE)
        number = np.searchsorted(np.cumsum(shares) / shares.sum(), place)
        number = min(number, len(shares) - 1)  # the last sum may be rounded below the place
        return list(self.held_out.losses)[number]

    @property
    def path(self):
        """The alphas that were tried and their losses, as a fitted attribute."""
        losses = self.held_out.losses
        return {"alpha": np.array(list(losses)), "loss": np.array(list(losses.values()))}

    @property
    def in_words(self):
        """Say what was chosen, and why."""
        losses = ", ".join(f"{alpha:g}: {loss:.6f}" for alpha, loss in self.held_out.losses.items())
        return f"alpha = {self.alpha:g}, chosen by the held-out loss ({losses})"


def choose_alpha(data, encoded, network, init_scale, any_length, say):
    """Choose alpha for a new network; the usual one if the rows cannot tell, as too few or misleading ones.

    The data have all rows of the fit, also those that will be held out to stop early. If the fit can have any
    length of the cycle, it is chosen too; else alpha is for the longest. ``say`` takes lines of text while
    the held-out losses are found, unless they are known.
    """
    n_hidden = min(network.shape.n_hidden, MOST_UNITS)
    network = network._replace(shape=network.shape._replace(n_hidden=n_hidden), loss=network.loss.smoothed)
    hashes, digest = hashes_of_rows(data.X, data.row_numbers), blake2b()
    for values in (hashes, data.targets[data.row_numbers], data.row_weights):
        digest.update(b"" if values is None else values)
    key = (network, init_scale, any_length, encoded.target_kind.name, digest.digest())
    held_out = memo.get(key)
    if held_out is None:
        rows, weights = distinct_rows(data, hashes)
        say(f"choosing alpha, by holding out some of {len(rows):,} rows")
        data = replace(data, rows=rows, row_weights=weights)
        held_out = find_losses(data, encoded, network, init_scale, any_length, say)
        if len(memo) == MOST_REMEMBERED:
            memo.clear()
        memo[key] = held_out
    return Choice(held_out, network.loss, encoded.target_kind.usual_alpha)


def find_losses(data, encoded, network, init_scale, any_length, say):
    """Find the held-out losses of a network on distinct rows."""
    strata = encoded.target_kind.strata(encoded.y[data.rows])
    order = np.argsort(strata, kind="stable")
    data = data.part(order)
    strata = Strata(strata[order], encoded.target_kind.n_kept)
    if data.n_samples < MANY_ROWS:
        return folds.losses_by_alpha(data, strata, network, init_scale)
    return held_out.losses_by_alpha(data, strata, network, init_scale, any_length, say)
