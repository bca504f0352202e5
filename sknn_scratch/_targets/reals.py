"""Real numbers as targets of a network: standardised, or divided by their mean.

The network learns (y - offset) / scale. So the right sizes of weights, learning rate, penalty and tolerances
do not depend on the units of y. Predictions are in the units of y again. For a loss that outliers hardly
move, they do not move the scale either: else all other targets would be nearly equal.
"""

import bisect
from dataclasses import fields
from typing import ClassVar

import numpy as np
from sklearn.utils import check_array

from sknn_scratch._core.losses import LOSSES, Targets
from sknn_scratch._targets.base import TargetKind
from sknn_scratch._targets.checks import check_outputs
from sknn_scratch._targets.weights import combine_weights

# The standard deviation of a normal distribution, divided by the median distance from its median.
NORMAL_DISTANCE = 1.4826
# Values that are closer to the median than this share of it are equal to it, but for rounding errors.
ROUNDING = 1e-14
# Targets farther from the median, in spreads of y, are outliers for a robust loss.
FAR = 5.0


class Reals(TargetKind):
    """Real numbers, standardised: the outputs are (y - centre) / spread, as the loss measures them."""

    name: ClassVar[str] = "real"
    usual_alpha: ClassVar[float] = 3.0

    def __init__(self, offset, scale):
        self.offset, self.scale = offset, scale  # numbers, or (n_outputs,) if y has columns

    @staticmethod
    def validated(y):
        """Validate numbers, float64 (n_samples,) or (n_samples, n_outputs)."""
        y = y.toarray() if hasattr(y, "toarray") else y
        if y.dtype.kind not in "biufO":
            raise ValueError(
                f"y must hold real numbers, but is of dtype {y.dtype}. To predict classes, use "
                "ShallowNNClassifier or tabular_pipeline('classifier')."
            )
        return check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")

    @staticmethod
    def variant(estimator):
        """Get what the loss says about the outputs, and about the scale of y."""
        loss = LOSSES[estimator.loss]
        return loss.output_activation, loss.is_robust

    @staticmethod
    def first(estimator, y, inputs, sample_weight):
        """Compute the offset and the scale of the y of a first fit, from the rows with a positive weight."""
        weights = combine_weights(sample_weight, None)
        weights = np.ones(len(y)) if weights is None else weights
        rows, weights = y.reshape(len(y), -1)[weights > 0], weights[weights > 0]
        output, is_robust = Reals.variant(estimator)
        kind = BY_OUTPUT[output]
        offset, scale = (measure_most if is_robust else kind.measure)(rows, weights)
        return kind(offset, scale) if y.ndim == 2 else kind(float(offset[0]), float(scale[0]))

    @staticmethod
    def measure(y, weights):
        """Compute mean and standard deviation (n_outputs,) of y (n_samples, n_outputs).

        They are computed from y shifted and scaled to [-1, 1]: exact for a constant, and without overflow.
        """
        low, high = y.min(axis=0) / 2, y.max(axis=0) / 2
        middle, unit = low + high, np.where(high > low, high - low, 1.0)
        z = (y - middle) / unit
        mean = np.average(z, axis=0, weights=weights)
        deviation = np.sqrt(np.average(np.square(z - mean), axis=0, weights=weights))
        return middle + unit * mean, np.where(deviation > 0, unit * deviation, 1.0)

    @staticmethod
    def of_fitted(fitted):
        return KINDS[fitted._target_kind_](fitted.y_offset_, fitted.y_scale_)

    def fitted_attributes(self):
        return {"y_offset_": self.offset, "y_scale_": self.scale, "_target_kind_": self.name}

    @property
    def n_outputs(self):
        """Number of the network's outputs: one for each column of y."""
        return np.size(self.scale)

    def output_names(self):
        """Name the columns of y (n_outputs,)."""
        return ["y"] if np.ndim(self.scale) == 0 else [f"y{i}" for i in range(self.n_outputs)]

    def loss_of(self, estimator):
        """Make the estimator's loss, with its parameters."""
        if BY_OUTPUT[self.variant(estimator)[0]] is not type(self):
            raise ValueError(
                f"loss={estimator.loss!r}, but the outputs of the fitted network are for another kind of "
                "loss; set loss back, or start anew with fit and warm_start=False."
            )
        loss = LOSSES[estimator.loss]
        return loss(**{field.name: float(getattr(estimator, field.name)) for field in fields(loss)})

    def check(self, y):
        """Raise ValueError unless y has the same number of columns as in the first fit."""
        if y.shape[1:] != np.shape(self.scale):
            expected = "one dimension" if np.ndim(self.scale) == 0 else f"{self.n_outputs} columns"
            raise ValueError(f"y has the shape {y.shape}, but the model was fitted to a y of {expected}.")

    def trouble_of_first_part(self, targets):
        """Warn of a constant: it gives no scale for later parts."""
        if np.ptp(targets, axis=0).all():
            return None
        return (
            "In the first call of partial_fit, y (or a column of it) has only one value, so y_scale_=1 for "
            "all later calls too. Begin with rows that are typical of y."
        )

    def outlier_factor(self, estimator, y, weights):
        """Divide the standard deviation by the spread of most values, for the worst column of y."""
        if LOSSES[estimator.loss].is_robust:
            return None
        y = y.reshape(len(y), -1).astype(float)
        return float((self.measure(y, weights)[1] / measure_most(y, weights)[1]).max())

    def errors(self, outputs, y):
        y = y.reshape(len(y), -1)
        spread = np.std(y, axis=0)
        residuals = self.decode(outputs).reshape(y.shape) - y
        return np.square(residuals / np.where(spread > 0, spread, 1.0))

    def encode(self, y, dtype):
        with np.errstate(over="ignore"):
            targets = ((y - self.offset) / self.scale).reshape(len(y), -1).astype(dtype)
        if not np.isfinite(targets).all():
            raise ValueError(
                f"y has values that overflow {np.dtype(dtype)} when they are measured in units of "
                f"y_scale_={self.scale}; correct them, or, if y has changed since the first fit, start anew "
                "with fit and warm_start=False."
            )
        return targets

    @np.errstate(over="ignore", under="ignore")
    def decode(self, outputs):
        """Turn outputs (n_samples, n_outputs) into numbers in units of y, float64."""
        y = self.offset + self.scale * self.activated(outputs.astype(np.float64))
        check_outputs(y)
        return y[:, 0] if np.ndim(self.scale) == 0 else y

    @staticmethod
    def activated(outputs):
        """Turn outputs into predictions of the targets."""
        return outputs

    def average(self, all_outputs):
        return np.mean(list(all_outputs), axis=0)

    def strata(self, y):
        """Get the number (n_samples,) of each row's stratum: there is only one."""
        return np.zeros(len(y), np.intp)

    def loss_of_a_constant(self, estimator, targets, shares):
        """Compute the mean loss of the best constants, one output after the other."""
        loss = self.loss_of(estimator)
        columns = [Targets.of(column[:, np.newaxis], shares) for column in targets.T.astype(float)]

        def total(constant, column):
            return float(loss.total(np.full_like(column.values, constant), column))

        return sum(min(total(one, column) for one in self.constants(loss, column)) for column in columns)

    def least_loss(self, estimator, targets, shares):
        """Compute the mean loss of outputs that are the targets, but for outliers of a robust loss."""
        loss = self.loss_of(estimator)
        if not loss.is_robust:
            return 0.0
        all_targets = Targets.of(targets.astype(float), shares)
        return float(loss.total(np.clip(all_targets.values, -FAR, FAR), all_targets))

    @staticmethod
    def constants(loss, targets):
        """List constants of which one is the best, or nearly so, for targets with one output.

        The slope of the loss of a constant grows with it. So the best one lies between the two neighbours
        among the targets where the slope changes its sign. There, the slope is interpolated.
        """
        values = np.unique(targets.values)

        def slope(i):
            slopes = np.empty_like(targets.values)
            loss.gradient(np.full_like(slopes, values[i]), targets, slopes)
            return slopes.sum()

        above = bisect.bisect_left(range(len(values) - 1), 0, key=slope)
        below = max(0, above - 1)
        fall, rise = -slope(below), slope(above)
        weight = fall / (fall + rise) if fall > 0 and rise > 0 else 0.0
        return [values[below], values[above], (1 - weight) * values[below] + weight * values[above]]


class Rates(Reals):
    """Non-negative numbers, divided by their mean: the outputs are logarithms of y / mean."""

    name: ClassVar[str] = "rate"

    trouble_of_first_part = TargetKind.trouble_of_first_part  # a single rate has a mean
    outlier_factor = TargetKind.outlier_factor

    @staticmethod
    def measure(y, weights):
        """Get the offset, zero, and compute the mean (n_outputs,) of y (n_samples, n_outputs)."""
        check_rates(y)
        largest = np.maximum(y.max(axis=0), np.finfo(float).tiny)
        scale = largest * np.average(y / largest, axis=0, weights=weights)
        if not scale.all():
            raise ValueError(
                "loss='poisson' needs a y with a positive mean (in each column), but it is zero."
            )
        return np.zeros(y.shape[1]), scale

    def check(self, y):
        """Raise ValueError unless y has as many columns as in the first fit, and no negative value."""
        super().check(y)
        check_rates(y)

    @staticmethod
    def activated(outputs):
        """Turn logarithms into rates."""
        return np.exp(outputs)

    def outputs_of_means(self, means):
        """Compute logarithms of rates; a negative rate, which a linear model may predict, counts as tiny."""
        return np.log(np.maximum(means, np.finfo(float).tiny))

    def average(self, all_outputs):
        """Compute the logarithms of the mean of the rates, without overflow."""
        all_outputs = np.stack(list(all_outputs))
        return np.logaddexp.reduce(all_outputs, axis=0) - np.log(len(all_outputs))

    @staticmethod
    def constants(loss, targets):
        """Compute the logarithm of the mean of targets with one output."""
        return [np.log(max(targets.times_shares.sum(), np.finfo(float).tiny))]


@np.errstate(over="ignore")
def measure_most(y, weights):
    """Compute median and spread (n_outputs,) of y (n_samples, n_outputs), which few outliers hardly move.

    The spread is the median distance from the median, of the values that differ from it: more than half of y
    may be equal. For normal values it is the standard deviation.
    """
    medians, spreads = weighted_medians(y, weights), np.ones(y.shape[1])
    for number, (column, median) in enumerate(zip(y.T, medians, strict=True)):
        distances = np.abs(column - median)
        differ = distances > ROUNDING * abs(median)
        if differ.any():
            spreads[number] = NORMAL_DISTANCE * weighted_medians(distances[differ], weights[differ])
    return medians, spreads


def weighted_medians(values, weights):
    """Compute the median (...) of values (n, ...); a weight (n,) counts as that many copies."""
    return np.quantile(values, 0.5, axis=0, weights=weights, method="inverted_cdf")


def check_rates(y):
    """Raise ValueError if a number is negative."""
    if (y < 0).any():
        raise ValueError(f"loss='poisson' needs a y without negative values, but its minimum is {y.min()}.")


KINDS = {cls.name: cls for cls in (Reals, Rates)}
BY_OUTPUT = {"identity": Reals, "exp": Rates}  # by the output activation of the loss
REAL_LOSSES = [name for name, loss in LOSSES.items() if loss.output_activation in BY_OUTPUT]
POSITIVE_LOSSES = [name for name in REAL_LOSSES if BY_OUTPUT[LOSSES[name].output_activation] is Rates]
