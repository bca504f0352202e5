"""Numbers as targets of a network: what ``reals``, ``rates`` and ``quantiles`` share.

The network learns (y - offset) / scale. So the right sizes of weights, learning rate, penalty and tolerances
do not depend on the units of y. Predictions are in the units of y again.
"""

from dataclasses import fields
from typing import ClassVar

import numpy as np
from sklearn.metrics import r2_score

from sknn_scratch._core.loss import Targets
from sknn_scratch._core.losses import LOSSES, OF_NUMBERS
from sknn_scratch._targets.base import TargetKind
from sknn_scratch._targets.checks import check_outputs


class ScaledNumbers(TargetKind):
    """Numbers with an offset and a scale. A subclass names the link of the losses that it is for.

    It has ``measure(loss, y, weights)``, which computes the offset and the scale of a column (n,) with
    weights (n,), and ``constants(loss, targets)``, which lists constants of which one is the best, or nearly
    so, for targets with one output.
    """

    link: ClassVar[str]

    usual_alpha: ClassVar[float] = 3.0

    def __init__(self, offset, scale, parameters):
        self.offset, self.scale = offset, scale  # numbers, or (n_outputs,) if y has columns
        self.parameters = parameters  # of the loss
        self.loss = loss_of(parameters)

    def fitted_attributes(self):
        return {"y_offset_": self.offset, "y_scale_": self.scale, "_loss_": self.parameters}

    @property
    def n_outputs(self):
        return np.size(self.scale)

    def output_names(self):
        return ["y"] if np.ndim(self.scale) == 0 else [f"y{i}" for i in range(self.n_outputs)]

    def check_further(self, estimator, y, inputs, sample_weight):
        super().check_further(estimator, y, inputs, sample_weight)
        if (now := parameters_of_loss(estimator)) != self.parameters:
            raise ValueError(
                f"{written(now)}, but the outputs of the fitted network are for {written(self.parameters)} "
                "and cannot be trained further with another loss; set it back, or start anew with fit and "
                "warm_start=False."
            )

    def check(self, y, sample_weight=None):
        if y.shape[1:] != np.shape(self.scale):
            expected = "one dimension" if np.ndim(self.scale) == 0 else f"{self.n_outputs} columns"
            raise ValueError(f"y has the shape {y.shape}, but the model was fitted to a y of {expected}.")
        weighs = True if sample_weight is None else sample_weight > 0
        is_bad = ~self.loss.domain.contains(y).reshape(len(y), -1).all(axis=1) & weighs
        if is_bad.any():
            first = np.flatnonzero(is_bad)[0]
            others = [repr(loss.name) for loss in OF_NUMBERS if loss.domain.contains(y[is_bad]).all()]
            raise ValueError(
                f"loss={self.loss.name!r} needs a y of {self.loss.domain.words}, but {is_bad.sum()} of "
                f"{len(y)} rows have others (row {first} is the first, with y = {y[first]}). Correct these "
                f"rows, leave them out, or use a loss that is defined for them: {', '.join(others)}."
            )

    def encode(self, y, dtype):
        with np.errstate(over="ignore", invalid="ignore"):
            targets = self.targets_of((y - self.offset) / self.scale).reshape(len(y), -1).astype(dtype)
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
        y = self.offset + self.scale * self.inverse_link(outputs.astype(np.float64))
        check_outputs(y)
        return y if self.predicts_columns else y[:, 0]

    @property
    def loss_of_predictions(self):
        return self.loss

    @property
    def predicts_columns(self):
        return np.ndim(self.scale) > 0

    @staticmethod
    def targets_of(z):
        return z

    def inverse_link(self, outputs):
        """Turn outputs (n_samples, n_outputs) into scaled numbers."""
        return outputs

    def average(self, all_outputs):
        return self.targets_of(np.mean(list(map(self.inverse_link, all_outputs)), axis=0))

    def strata(self, y):
        return np.zeros(len(y), np.intp)

    def score(self, predicted, y, sample_weight):
        """Compute R2, the mean of all columns."""
        return r2_score(y, predicted, sample_weight=sample_weight)

    def loss_of_a_constant(self, targets, shares):
        """Compute the mean loss of the best constants, one output after the other."""
        return sum(self.best_of(self.loss, column, shares) for column in targets.T.astype(float))

    def best_of(self, loss, targets, shares):
        """Compute the mean loss of the best constant for the targets (n_samples,) of one output."""
        column = Targets.of(targets[:, np.newaxis], shares)
        constants = self.constants(loss, column)
        return min(float(loss.total(np.full_like(column.values, one), column)) for one in constants)


def parameters_of_loss(estimator):
    """Get the parameters of a regressor that define its loss; raise ValueError if another's is given."""
    parameters = {"loss": estimator.loss}
    for loss in LOSSES.values():
        for field in (one for one in fields(loss) if not one.kw_only):
            given = getattr(estimator, field.name)
            if loss.name == estimator.loss:
                parameters[field.name] = field.default if given is None else plain(given)
            elif given is not None:
                raise ValueError(
                    f"{field.name}={given!r} is only for loss={loss.name!r}, but loss={estimator.loss!r}. "
                    f"Use loss={loss.name!r}, or leave {field.name} out, which is None."
                )
    return parameters


def loss_of(parameters):
    others = dict(parameters)
    return LOSSES[others.pop("loss")].of(**others)


def written(parameters):
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items())


def plain(numbers):
    return float(numbers) if np.ndim(numbers) == 0 else list(map(float, numbers))
