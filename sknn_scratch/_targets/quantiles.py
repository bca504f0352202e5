"""Several quantiles of one number as outputs of a network, which never cross.

In training, each output has the pinball loss of its own quantile. The predictions of a row are its outputs,
sorted: they are rearranged in the order of their quantiles (Chernozhukov, Fernandez-Val and Galichon,
Econometrica 2010). This never increases the loss of a row, see ``losses.Quantile``.
"""

from typing import ClassVar

import numpy as np
from sklearn.metrics import d2_pinball_score

from sknn_scratch._targets.reals import Reals


class Quantiles(Reals):
    """Real numbers of which several quantiles are estimated: each output is one of them, standardised."""

    name: ClassVar[str] = "quantiles"

    predicts_vectors = False

    def __init__(self, offset, scale, quantiles):
        super().__init__(offset, scale)
        self.quantiles = quantiles  # a tuple

    @staticmethod
    def serves(loss):
        """Whether a loss has several quantiles."""
        return bool(loss.parts)

    @classmethod
    def for_loss(cls, loss, offset, scale):
        return cls(offset, scale, loss.quantile)

    @classmethod
    def of_fitted(cls, fitted):
        return cls(fitted.y_offset_, fitted.y_scale_, tuple(fitted._quantiles_.tolist()))

    def fitted_attributes(self):
        return super().fitted_attributes() | {"_quantiles_": np.array(self.quantiles)}

    @property
    def n_outputs(self):
        """Number of the network's outputs: one for each quantile."""
        return len(self.quantiles)

    def output_names(self):
        """Name the quantiles (n_outputs,)."""
        return [f"quantile {quantile:g}" for quantile in self.quantiles]

    def loss_of(self, estimator):
        loss = super().loss_of(estimator)
        if loss.quantile != self.quantiles:
            raise ValueError(
                f"quantile={estimator.quantile}, but the outputs of the fitted network are for the quantiles "
                f"{list(self.quantiles)}; set quantile back, or start anew with fit and warm_start=False."
            )
        return loss

    def check(self, y):
        """Raise ValueError unless y has one column."""
        if y[:1].size != len(y[:1]):
            raise ValueError(
                f"With quantile={list(self.quantiles)}, predictions have a column for each quantile of one "
                f"target, but y has {y.shape[1]} columns. Fit a network to each column, or one quantile."
            )

    def encode(self, y, dtype):
        """Repeat the targets for each quantile (n_samples, n_outputs)."""
        return np.repeat(super().encode(y, dtype), self.n_outputs, axis=1)

    @property
    def ranks(self):
        """The place of each quantile (n_outputs,) in ascending order."""
        return np.argsort(np.argsort(self.quantiles, kind="stable"), kind="stable")

    def rearranged(self, outputs):
        """Sort the outputs (n_samples, n_outputs) of each row in the order of their quantiles."""
        return np.sort(outputs, axis=1)[:, self.ranks]

    activated = rearranged

    def average(self, all_outputs):
        """Compute the mean of each quantile."""
        return super().average(map(self.rearranged, all_outputs))

    def score(self, predicted, y, sample_weight):
        """Compute the mean of D2, the share of the pinball loss of constants that the predictions remove."""
        return np.mean(
            [
                d2_pinball_score(np.ravel(y), column, sample_weight=sample_weight, alpha=quantile)
                for column, quantile in zip(predicted.T, self.quantiles, strict=True)
            ]
        )
