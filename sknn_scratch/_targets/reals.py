"""Real numbers as targets of a network: standardised.

For a loss that outliers hardly move, they do not move the scale either: else all other targets would be
nearly equal.
"""

import bisect

import numpy as np

from sknn_scratch._core.loss import Targets
from sknn_scratch._targets.scaled import ScaledNumbers
from sknn_scratch._targets.weights import distinct_values

# The standard deviation of a normal distribution, divided by the median distance from its median.
NORMAL_DISTANCE = 1.4826
# Values that are closer to the median than this share of it are equal to it, but for rounding errors.
ROUNDING = 1e-14
# Targets farther from the median, in spreads of y, are outliers for a robust loss.
FAR_TARGETS = 5.0


class Reals(ScaledNumbers):
    """Real numbers: the outputs are (y - centre) / spread, as the loss measures them."""

    name, link = "real", "identity"

    @staticmethod
    def measure(loss, y, weights):
        """Compute centre and spread of y (n,) with weights (n,)."""
        return median_and_spread(y, weights) if loss.is_robust else mean_and_deviation(y, weights)

    def trouble_of_first(self, y, *, is_part):
        """Warn of a constant: it gives no scale for later parts."""
        if not is_part or np.ptp(y, axis=0).all():
            return None
        return (
            "In the first call of partial_fit, y (or a column of it) has only one value, so y_scale_=1 for "
            "all later calls too. Begin with rows that are typical of y."
        )

    def outlier_factor(self, y, weights):
        """Divide the standard deviation by the spread of most values, for the worst column of y."""
        if self.loss.is_robust:
            return None
        columns = [distinct_values(column, weights) for column in y.reshape(len(y), -1).astype(float).T]
        return max(mean_and_deviation(*one)[1] / median_and_spread(*one)[1] for one in columns)

    def least_loss(self, targets, shares):
        """Compute the mean loss of predictions that are the targets, but for outliers of a robust loss."""
        if not self.loss.is_robust:
            return 0.0
        all_targets = Targets.of(targets.astype(float), shares)
        far = self.targets_of(FAR_TARGETS)
        near = np.clip(all_targets.values, -far, far)
        return float(self.loss_of_predictions.total(near, all_targets))

    @staticmethod
    def constants(loss, targets):
        """Find the best constant by the slope of its loss, which grows with it.

        So it lies between the two neighbours among the targets where the slope changes its sign. There, the
        slope is interpolated.
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


def mean_and_deviation(y, weights):
    """Compute mean and standard deviation of y (n,) with weights (n,).

    They are computed from y shifted and scaled to [-1, 1]: exact for a constant, and without overflow.
    """
    low, high = y.min() / 2, y.max() / 2
    middle, unit = low + high, high - low if high > low else 1.0
    z = (y - middle) / unit
    mean = np.average(z, weights=weights)
    deviation = np.sqrt(np.average(np.square(z - mean), weights=weights))
    return middle + unit * mean, unit * deviation if deviation > 0 else 1.0


@np.errstate(over="ignore")
def median_and_spread(y, weights):
    """Compute median and spread of y (n,) with weights (n,), which few outliers hardly move.

    The spread is the median distance from the median, of the values that differ from it: more than half of y
    may be equal. For normal values it is the standard deviation.
    """
    median = weighted_median(y, weights)
    distances = np.abs(y - median)
    differ = distances > ROUNDING * abs(median)
    if not differ.any():
        return median, 1.0
    return median, NORMAL_DISTANCE * weighted_median(distances[differ], weights[differ])


def weighted_median(values, weights):
    """Compute the median of values (n,); a weight (n,) counts as that many copies."""
    return np.quantile(values, 0.5, weights=weights, method="inverted_cdf")
