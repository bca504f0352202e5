"""What the data choose: the strength of the penalty and the length of the training, by held-out losses.

    choose    look losses up that were found before, or try candidates (``few_rows``, ``many_rows``)

The choice depends on the observations and on the network alone and, with many rows, on whether the fit can
have a cycle of any length. Neither the order of the rows nor ``random_state`` changes it, and a swap of
columns or a rounding error hardly. The networks of an ensemble have one choice.
"""

import math
from functools import partial
from typing import NamedTuple

import numpy as np

from sknn_scratch._core.data import LEAST_PENALTY_DIVISOR
from sknn_scratch._fitting.decide import MANY_ROWS
from sknn_scratch._fitting.few_rows import losses_of_few
from sknn_scratch._fitting.many_rows import losses_of_many
from sknn_scratch._fitting.observations import observations_of
from sknn_scratch._fitting.threads import settings_lock
from sknn_scratch._fitting.trials import NOTHING, Tried, initial_params

MOST_UNITS = 32  # of the networks that are tried; the best alpha hardly depends on the width
# In an ensemble, an alpha counts exp(-n d / TEMPERATURE), if the losses of n rows are higher by d on average
# than with the best alpha. A temperature of 1 would be Bayes' rule, if rows were held out once for all.
TEMPERATURE = 4.0
MOST_REMEMBERED = 1000
memo = {}  # what was tried, by the observations' key and all else on which it depends


class Choice(NamedTuple):
    """The alpha of a fit: chosen by held-out losses, or given, which is a choice without losses."""

    alpha: float
    tried: Tried = NOTHING

    def alpha_at(self, place, loss):
        """Choose the alpha for a place between 0 and 1, of which each has a share by its held-out loss."""
        if not math.isfinite(self.tried.least):
            return self.alpha
        of_alphas = loss.negative_log_likelihood(self.path["loss"])
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
        return Choice(decisions.alpha)
    n_hidden = min(network.shape.n_hidden, MOST_UNITS)
    network = network._replace(shape=network.shape._replace(n_hidden=n_hidden))
    seen = observations_of(data, encoded)
    question = seen.key, network, init_scale, decisions.any_length
    tried = memo.get(question)
    if tried is None:
        units = "groups" if seen.are_grouped else "observations"
        say(f"choosing alpha, by holding out some of {seen.n_independent():,} {units}")
        draw_params, any_length = partial(initial_params, init_scale), decisions.any_length
        if seen.data.n_samples < MANY_ROWS:
            tried = losses_of_few(seen, network, draw_params, any_length)
        else:
            tried = losses_of_many(seen, network, draw_params, any_length, say)
        with settings_lock:
            while len(memo) >= MOST_REMEMBERED:
                del memo[next(iter(memo))]
            memo[question] = tried
    unit = data.penalty_divisor / max(LEAST_PENALTY_DIVISOR, seen.data.n_samples)
    tried = tried._replace(losses={in_units(unit, alpha): loss for alpha, loss in tried.losses.items()})
    usual = in_units(unit, encoded.target_kind.usual_alpha)
    return Choice(tried.ranked[0] if math.isfinite(tried.least) else usual, tried)


def in_units(unit, alpha):
    """Multiply an alpha for weights with a mean of one by their unit, to a number that can be typed."""
    return float(f"{unit * alpha:.9g}")
