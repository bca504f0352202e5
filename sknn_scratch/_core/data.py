"""The rows, targets and weights that networks train on and validate with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.loss import Targets
from sknn_scratch._core.network import Batch, make_batch, shares_of
from sknn_scratch._core.parameters import NetworkShape, view_parameters
from sknn_scratch._core.rows import DenseRows, Index, Rows, features_of_rows

# From this number of features on, those that have not occurred in a row may matter: most words of a text.
MANY_FEATURES = 2**10

# The penalty is divided by at least this number. Divided by the four rows of XOR, it would be |W|^2 / 8. That
# is more than any W gains, so the zero network would be the optimum.
LEAST_PENALTY_DIVISOR = 100.0


@dataclass(frozen=True)
class Data:
    """The rows one network trains on, and how it is validated."""

    X: Rows  # (n_rows, n_features), of the parameters' dtype
    targets: Array  # (n_rows, n_outputs)
    rows: Index | None = None  # (n_samples,): the rows of X to train on; None for all
    row_weights: Array | None = None  # (n_samples,): positive; None for weights of one
    earlier_weight: float = 0.0  # of the rows of earlier parts, whose weight counts in the penalty
    validation: Batch | None = None  # rows kept out of training; their weights sum to one
    score: Callable[[Array], float] | None = None  # of params; watched instead of the validation loss

    @property
    def n_samples(self) -> int:
        return self.X.n_samples if self.rows is None else len(self.rows)

    @property
    def row_numbers(self) -> Index:
        """Numbers (n_samples,) of the rows to train on."""
        return np.arange(self.n_samples) if self.rows is None else self.rows

    @property
    def total_weight(self) -> float:
        return float(self.n_samples if self.row_weights is None else self.row_weights.sum())

    @property
    def shares(self) -> Array:
        """The share (n_samples,) of each row in the mean loss."""
        return shares_of(self.n_samples, self.row_weights)

    @property
    def penalty_divisor(self) -> float:
        """P, which divides alpha: the weight of all rows so far, at least ``LEAST_PENALTY_DIVISOR``."""
        return max(LEAST_PENALTY_DIVISOR, self.earlier_weight + self.total_weight)

    @property
    def source(self) -> tuple[int, int]:
        """Identity of X and targets, which the networks of a stack have in common."""
        return id(self.X.source), id(self.targets)

    def part(self, places: Index) -> "Data":
        """Keep some of the rows to train on, by their places: numbers or a mask."""
        weights = None if self.row_weights is None else self.row_weights[places]
        return replace(self, rows=self.row_numbers[places], row_weights=weights)

    def batch(self) -> Batch:
        return make_batch(self.X.take(self.row_numbers), self.targets[self.row_numbers], self.row_weights)


def clear_unused_features(params: Array, shape: NetworkShape, data: Data) -> None:
    """Set the weights of features that occur in no row to zero: nothing is known of them."""
    view_parameters(params, shape).w_hidden[~features_of_rows(data.X, data.rows)] = 0


def stack_validations(data: Sequence[Data]) -> Batch | None:
    """Stack the validation rows of several networks, which all have the same number, if there are any."""
    first = data[0].validation
    if first is None or len(data) == 1:
        return first
    validations: Any = [one.validation for one in data]
    targets = Targets(*map(np.stack, zip(*(one.targets for one in validations), strict=True)))
    return Batch(DenseRows(np.stack([one.X.source for one in validations])), targets)
