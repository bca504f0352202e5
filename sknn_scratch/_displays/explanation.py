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
from sknn_scratch._displays.mixed_rows import MixedRows
from sknn_scratch._inspection import some_rows
from sknn_scratch._tables.columns import NUMBERS
from sknn_scratch._tables.dates import parts_of

LEAST_PART = 0.2  # a part of a date has a panel if its effect has this share of the largest one's spread
LEAST = 1e-4  # probability, of which the logarithm is taken
PAIR_ROWS = 400  # to measure a pair


@dataclass
class Explained:
    """A model, the rows that explain it, and the outputs that are of interest."""

    model: MixedRows
    weights: np.ndarray  # (n_rows,) their sum is 1
    outputs: np.ndarray  # numbers (n_outputs,) of outputs of the model
    rng: np.random.Generator
    log_odds: bool = False

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
        rest = self.predicted - sum(curve.at_rows for curve in curves)
        total = weighted_variances(self.predicted, self.weights).sum()
        return 1 - float(weighted_variances(rest, self.weights).sum() / total) if total else 1.0


class Curve(NamedTuple):
    """The effect of a column, or of a part of the calendar."""

    column: str
    part: str  # "" or a part of the calendar
    grid: Grid
    effect: np.ndarray  # (1 + n_networks, n_places, n_outputs)

    @property
    def name(self):
        """The name of the column, and of the part."""
        return f"{self.column}: {self.part}" if self.part else self.column

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


def curve_of(explained, column, part):
    """Compute the effect of a part of a column."""
    grid = grid_of(*typed_values(explained.model, column, part), explained.rng)
    predicted = predictions_at(explained.predict, [grid], [explained.model.parts[column][part]], grid.needed)
    return Curve(column, part, grid, local_effect(grid, predicted, explained.weights))


def typed_values(model, column, part):
    """Get the kind and the values (n_rows,) of a column or a part of it."""
    kind, values = model.columns[column]
    return (NUMBERS, parts_of(values)[part]) if part else (kind, values)


def worth_showing(explained, curves):
    """Leave out the parts of a date whose effect is small beside that of another part."""
    spreads = [weighted_variances(curve.at_rows, explained.weights).sum() ** 0.5 for curve in curves]
    return [one for one, spread in zip(curves, spreads, strict=True) if spread >= LEAST_PART * max(spreads)]


class Pair(NamedTuple):
    """What two curves do together."""

    share: float  # of the variance of the predictions that is their interaction
    strongest: int  # number of the output with the largest interaction
    grids: tuple[Grid, Grid]
    joint: np.ndarray  # (n_places, n_places, n_outputs) both effects and the interaction; NaN without rows

    def as_dict(self):
        """Make the entry of ``maps_``."""
        return {
            "places": tuple(grid.places for grid in self.grids),
            "values": np.moveaxis(self.joint, -1, 0),
            "strongest": self.strongest,
        }


def pairs_of(explained, curves):
    """Measure all pairs of curves: a dict by the names of both, the strongest first."""
    pairs = {(one.name, other.name): pair_of(explained, one, other) for one, other in combinations(curves, 2)}
    return dict(sorted(pairs.items(), key=lambda item: -item[1].share))


def pair_of(explained, *curves):
    """Measure a pair of curves on some rows, of which no numbers or dates are missing."""
    typed = [typed_values(explained.model, curve.column, curve.part) for curve in curves]
    rows = some_rows(np.flatnonzero(~np.any([curve.grid.is_gap for curve in curves], axis=0)), PAIR_ROWS)
    grids = tuple(grid_of(kind, values[rows], explained.rng, of_pair=True) for kind, values in typed)
    weights = explained.weights[rows] / explained.weights[rows].sum()

    def predict(some, *changes):
        changes = [(of, rows[donors]) for of, donors in changes]
        return explained.predict(rows[some], *changes)[:1]

    needed = grids[0].needed[:, :, np.newaxis] & grids[1].needed[:, np.newaxis]
    positions = [explained.model.parts[curve.column][curve.part] for curve in curves]
    predicted = predictions_at(predict, grids, positions, needed)
    of_one, of_other, both = pair_effects(grids, predicted, weights)
    at_rows = np.einsum("rp,rq,pqo->ro", grids[0].position, grids[1].position, both)
    variances = weighted_variances(at_rows, weights)
    joint = of_one + of_other + both
    joint[grids[0].position.T @ grids[1].position == 0] = np.nan
    share = variances.sum() / (weighted_variances(explained.predicted[rows], weights).sum() or 1)
    return Pair(float(share), int(variances.argmax()), grids, joint)


def weighted_variances(values, weights):
    """Compute the variance (n_outputs,) of each column of values (n_rows, n_outputs)."""
    return weights @ (values - weights @ values) ** 2
