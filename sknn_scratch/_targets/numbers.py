"""The kinds of y with numbers. The loss says which, and what y may be."""

from numbers import Number

import numpy as np
from sklearn.utils import check_array

from sknn_scratch._core.losses import OF_NUMBERS
from sknn_scratch._targets.base import Kinds
from sknn_scratch._targets.quantiles import OneQuantile, SeveralQuantiles
from sknn_scratch._targets.rates import Rates
from sknn_scratch._targets.reals import Reals
from sknn_scratch._targets.scaled import loss_of, parameters_of_loss
from sknn_scratch._targets.weights import combine_weights, distinct_values

KINDS = {kind.link: kind for kind in (Reals, Rates, OneQuantile, SeveralQuantiles)}  # by the link of the loss
NUMBER_LOSSES = [loss.name for loss in OF_NUMBERS]


class NumberKinds(Kinds):
    """Numbers."""

    @staticmethod
    def validated(y):
        """Validate numbers, float64 (n_samples,) or (n_samples, n_outputs)."""
        y = y.toarray() if hasattr(y, "toarray") else y
        objects = y.flat if y.dtype.kind == "O" else ()
        others = [one for one in objects if not isinstance(one, (Number, np.bool_))]
        if others or y.dtype.kind not in "biufO":
            given = f"has the value {others[0]!r}" if others else f"is of dtype {y.dtype}"
            raise ValueError(
                f"y must hold real numbers, but {given}. Convert it, such as with pd.to_numeric(y). To "
                "predict classes, use ShallowNNClassifier or tabular_pipeline('classifier')."
            )
        try:
            return check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        except OverflowError as error:
            raise ValueError("y has whole numbers that are too large for a float; divide them.") from error

    @staticmethod
    def first(estimator, y, inputs, sample_weight):
        """Compute the offset and the scale of the y of a first fit, from the rows with a positive weight.

        Each column is measured by its distinct values in ascending order, so that the order of the rows does
        not even change the rounding.
        """
        parameters, weights = parameters_of_loss(estimator), combine_weights(sample_weight, None)
        loss = loss_of(parameters)
        kind = KINDS[loss.link]
        columns = [distinct_values(column, weights) for column in y.reshape(len(y), -1).astype(float).T]
        offset, scale = np.transpose([kind.measure(loss, *one) for one in columns])
        if y.ndim == 1:
            offset, scale = float(offset[0]), float(scale[0])
        made = kind(offset, scale, parameters)
        made.check(y, sample_weight)
        if not np.all(scale):  # Rates that are all zero
            which = "it is" if y.ndim == 1 else f"column {np.flatnonzero(scale == 0)[0]} is"
            raise ValueError(
                f"loss={loss.name!r} needs a y with a positive mean, but {which} always zero. Use "
                "loss='squared_error', or leave this column out."
            )
        return made

    @staticmethod
    def of_fitted(fitted):
        parameters = fitted._loss_
        return KINDS[loss_of(parameters).link](fitted.y_offset_, fitted.y_scale_, parameters)
