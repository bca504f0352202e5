"""Quantiles of a number: one, or several that never cross, by an output for one and others for the gaps."""

from itertools import pairwise

import numpy as np
from sklearn.metrics import d2_pinball_score

from sknn_scratch._core.robust import Quantile, signed_root, undo_signed_root
from sknn_scratch._targets.reals import Reals


class OneQuantile(Reals):
    """Real numbers of which a quantile is estimated: outputs are signed roots of (y - centre) / spread."""

    name, link = "quantile", "signed root"
    targets_of = staticmethod(signed_root)

    def inverse_link(self, outputs):
        return undo_signed_root(outputs)


class SeveralQuantiles(OneQuantile):
    """Real numbers of which several quantiles are estimated. All targets of a row are the same."""

    name, link = "quantiles", "gaps"
    predicts_columns = True

    @property
    def quantiles(self):
        return self.parameters["quantile"]

    @property
    def n_outputs(self):
        return len(self.loss.quantile)

    @property
    def loss_of_predictions(self):
        return self.loss.pinball

    def output_names(self):
        """Name the quantile in the middle, and the gaps (n_outputs,)."""
        quantiles = self.loss.quantile
        gaps = [f"{low:g} to {high:g}" for low, high in pairwise(quantiles)]
        return [f"quantile {quantiles[self.loss.middle]:g}", *gaps]

    def column_names(self):
        return [f"quantile {quantile:g}" for quantile in self.quantiles]

    def outputs_of(self, columns):
        """Choose the first output, which moves all quantiles."""
        return slice(1)

    def check(self, y, sample_weight=None):
        if y[:1].size != len(y[:1]):
            raise ValueError(
                f"With quantile={self.quantiles}, predictions have a column for each quantile of one "
                f"target, but y has {y.shape[1]} columns. Fit a network to each column, or one quantile."
            )

    def encode(self, y, dtype):
        return np.repeat(super().encode(y, dtype), self.n_outputs, axis=1)

    def inverse_link(self, outputs):
        """Compute the quantiles (n_samples, n_quantiles), in the order of the user."""
        columns = np.searchsorted(self.loss.quantile, self.quantiles)
        return super().inverse_link(self.loss.quantiles_of(outputs.T).T[:, columns])

    def average(self, all_outputs):
        all_quantiles = [undo_signed_root(self.loss.quantiles_of(outputs.T)) for outputs in all_outputs]
        return self.loss.outputs_of(signed_root(np.mean(all_quantiles, axis=0))).T

    def loss_of_a_constant(self, targets, shares):
        """Compute the sum of the losses of the best constants, which do not cross."""
        return sum(
            self.best_of(Quantile(quantile), column, shares)
            for quantile, column in zip(self.loss.quantile, targets.T.astype(float), strict=True)
        )

    def score(self, predicted, y, sample_weight):
        """Compute the mean of D2, the share of the pinball loss of constants that the predictions remove."""
        scores = [
            d2_pinball_score(np.ravel(y), column, sample_weight=sample_weight, alpha=quantile)
            for column, quantile in zip(predicted.T, self.quantiles, strict=True)
        ]
        return np.mean(scores)
