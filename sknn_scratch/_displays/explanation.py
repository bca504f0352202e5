"""From a model and rows to the numbers that EffectsDisplay shows."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.special import logit

from sknn_scratch._displays.effect_estimates import (
    Grid,
    grid_of,
    local_effect,
    pair_effects,
    predictions_at,
)
from sknn_scratch._displays.mixed_rows import MixedRows, Part
from sknn_scratch._inspection import some_rows

LEAST_PART = 0.2  # a part of a date has a panel if its effect has this share of the largest one's spread
LEAST = 1e-4  # probability, of which the logarithm is taken
PAIR_ROWS = 400  # to measure a pair


@dataclass
class Explained:
    """A model, the rows that explain it, and the outputs that are of interest."""

    model: MixedRows
    outputs: np.ndarray  # numbers (n_outputs,) of outputs of the model
    log_odds: bool
    rng: np.random.Generator

    def predict(self, rows, *changes):
        """Predict mixtures of rows, as ``MixedRows.predict``: (1 + n_networks, n, n_outputs)."""
        return self._shown(self.model.predict(rows, *changes))

    @cached_property
    def predicted(self):
        """What the whole model predicts for the rows: (n_rows, n_outputs)."""
        return self._shown(self.model.predicted)

    def _shown(self, outputs):
        outputs = outputs[..., self.outputs].astype(float)
        return logit(np.clip(outputs, LEAST, 1 - LEAST)) if self.log_odds else outputs

    def additive_share(self, curves):
        """Share of the variance of the predictions that is the sum of effects; 1 if nothing varies."""
        rest, total = self.predicted - sum(curve.at_rows for curve in curves), variance(self.predicted)
        return 1 - float(variance(rest) / total) if total else 1.0


class Curve(NamedTuple):
    """The effect of a Part."""

    part: Part
    grid: Grid
    effect: np.ndarray  # (1 + n_networks, n_places, n_outputs)

    @property
    def at_rows(self):
        """The effect of the whole model on each row: (n_rows, n_outputs)."""
        return self.grid.position @ self.effect[0]

    def as_dict(self):
        """Make the entry of ``effects_``."""
        effect = self.effect.swapaxes(1, 2)
        return {
            "kind": self.grid.kind,
            "places": self.grid.places,
            "values": effect[0],
            "networks": effect[1:],
            "rows": self.grid.rows,
        }


def curve_of(explained, part):
    """Compute the effect of a Part."""
    grid = grid_of(part.kind, part.values, explained.rng)
    rows = np.arange(len(part.values))
    predicted = predictions_at(explained.predict, rows, [grid], [part.positions], grid.needed)
    return Curve(part, grid, local_effect(grid, predicted))


def worth_showing(curves):
    """Leave out the parts of a date whose effect is small beside that of another part."""
    least = LEAST_PART**2 * max(variance(curve.at_rows) for curve in curves)
    return [curve for curve in curves if variance(curve.at_rows) >= least]


class Pair(NamedTuple):
    """What two curves do together."""

    share: float  # of the variance of the predictions that is their interaction
    strongest: int  # number of the output with the largest interaction
    places: tuple[np.ndarray, np.ndarray]
    joint: np.ndarray  # (n_places, n_places, n_outputs) both effects and the interaction; NaN without rows

    def as_dict(self):
        """Make the entry of ``maps_``."""
        return {
            "places": self.places,
            "values": np.moveaxis(self.joint, -1, 0),
            "strongest": self.strongest,
        }


def pairs_of(explained, curves):
    """Measure all pairs of curves: a dict by the names of both, the strongest first."""
    pairs = {
        (one.part.name, other.part.name): pair_of(explained, one, other)
        for one, other in combinations(curves, 2)
    }
    return dict(sorted(pairs.items(), key=lambda item: -item[1].share))


def pair_of(explained, *curves):
    """Measure a pair of curves on some rows, of which no numbers or dates are missing."""
    parts = [curve.part for curve in curves]
    rows = some_rows(np.flatnonzero(~np.any([curve.grid.is_gap for curve in curves], axis=0)), PAIR_ROWS)
    one, other = (grid_of(part.kind, part.values[rows], explained.rng, of_pair=True) for part in parts)
    needed = one.needed[:, :, np.newaxis] & other.needed[:, np.newaxis]
    positions = [part.positions for part in parts]
    predicted = predictions_at(explained.predict, rows, [one, other], positions, needed)
    of_one, of_other, both = pair_effects(one, other, predicted[:1])
    at_rows = np.einsum("rp,rq,pqo->ro", one.position, other.position, both)
    joint = of_one + of_other + both
    joint[one.position.T @ other.position == 0] = np.nan
    share = variance(at_rows) / (variance(explained.predicted[rows]) or 1)
    return Pair(float(share), int(at_rows.var(axis=0).argmax()), (one.places, other.places), joint)


def variance(values):
    """Add up the variances of the columns of values (n_rows, n_outputs)."""
    return values.var(axis=0).sum()
