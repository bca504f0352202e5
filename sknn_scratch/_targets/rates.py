"""Numbers that are not negative as targets of a network: divided by their mean."""

import numpy as np

from sknn_scratch._targets.scaled import ScaledNumbers

TINY = np.finfo(float).tiny


class Rates(ScaledNumbers):
    """Rates, such as counts or amounts: the outputs are logarithms of y / mean."""

    name, link = "rate", "log"

    @staticmethod
    def measure(loss, y, weights):
        """Get the offset, zero, and compute the mean of y (n,) with weights (n,)."""
        return 0.0, np.average(y, weights=weights)

    def inverse_link(self, outputs):
        return np.exp(outputs)

    def average(self, all_outputs):
        """Compute the logarithms of the mean of the rates, without overflow."""
        all_outputs = np.stack(list(all_outputs))
        return np.logaddexp.reduce(all_outputs, axis=0) - np.log(len(all_outputs))

    @staticmethod
    def constants(loss, targets):
        return [np.log(max(targets.times_shares.sum(), TINY))]
