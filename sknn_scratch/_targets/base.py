"""The kinds of y: how y is validated and encoded as targets, and how outputs are decoded.

One object does all that depends on the kind of y. It is found by ``Kinds``, of which an estimator's class
names the one that it needs. All kinds have these methods, and those of ``TargetKind``.

``Kinds``, before the kind is known
    validated(y)          validate y further, (n_samples,) or (n_samples, n_outputs)
    first(estimator, y, inputs, sample_weight)
                          find the kind of y of a first fit, after the validation of the weights
    of_fitted(fitted)     get the kind of y that an estimator was fitted to

``TargetKind``, in a fit
    check(y, sample_weight=None)
                          raise ValueError unless y fits the first fit and, of rows that weigh, the loss
    strata(y)             get the number (n_samples,) of each row's stratum, for a split of the rows
    encode(y, dtype)      write y as targets (n_samples, n_outputs) for the loss
    loss_of_a_constant(targets, shares)
                          compute the mean loss of the best constant outputs for targets (n_samples,
                          n_outputs) and shares of the rows (n_samples,), whose sum is one
    fitted_attributes()   get the fitted attributes that describe the targets

``TargetKind``, after a fit
    decode(outputs)       turn outputs (n_samples, n_outputs) into predictions
    average(all_outputs)  compute the outputs that predict the mean of the predictions of several networks
    output_names()        name the outputs
"""

from typing import ClassVar

from sklearn.utils import check_array

from sknn_scratch._core.loss import Loss
from sknn_scratch._targets.checks import checked_values
from sknn_scratch._targets.weights import combine_weights


class Kinds:
    """What the y of an estimator may be."""

    @classmethod
    def alone(cls, y):
        """Validate an array-like y that comes without the rows it belongs to."""
        rules = {"accept_sparse": "csr", "ensure_2d": False, "dtype": None, "input_name": "y"}
        return cls.validated(check_array(checked_values(y), **rules))


class TargetKind:
    """What y is."""

    name: ClassVar[str]
    n_kept: ClassVar[int] = 1  # rows of each stratum that must stay in training
    usual_alpha: ClassVar[float] = 1.0  # the strength of the penalty if the data cannot choose it
    n_outputs: int  # of the network
    loss: Loss  # of the network

    def check_further(self, estimator, y, inputs, sample_weight):
        """Raise ValueError unless training can continue with this y."""
        self.check(y, sample_weight)

    def trouble_of_first(self, y, *, is_part):
        """Say what is wrong with the y of a first fit, or of the first call of ``partial_fit``."""
        return

    def outlier_factor(self, y, weights):
        """Compute by which factor outliers make the scale of y larger; None if they hardly move the loss."""
        return

    def least_loss(self, targets, shares):
        """Compute the mean loss of a network that fits all rows but the outliers."""
        return 0.0

    def loss_range(self, targets, shares):
        """Compute the least loss, and the baseline loss: of the best constant."""
        return self.least_loss(targets, shares), self.loss_of_a_constant(targets, shares)

    def row_weights(self, estimator, sample_weight, y):
        """Combine all weights into one for each row (n_samples,); None if all are one."""
        return combine_weights(sample_weight, None)

    def column_names(self):
        """Name the columns of predictions: usually, each is by one output."""
        return self.output_names()

    def outputs_of(self, columns):
        """Choose the outputs, as a slice, that decide some columns of predictions."""
        return columns
