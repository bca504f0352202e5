"""Class labels as targets of a network: two classes, more classes, or several labels for each row."""

import functools
import math
from typing import ClassVar

import numpy as np
from scipy.special import entr, expit, log_expit, log_softmax

from sknn_scratch._core.loss import Loss
from sknn_scratch._core.losses import Logistic, Softmax
from sknn_scratch._targets.base import Kinds, TargetKind
from sknn_scratch._targets.checks import check_labels, checked_values
from sknn_scratch._targets.weights import class_weights, combine_weights

ONE_HOT = (
    "Each row of y has exactly one label. If these are classes, pass y.argmax(axis=1): then each row is "
    "predicted to have one, and the probabilities sum to one."
)


class Labels(TargetKind):
    """Class labels, or a label indicator."""

    loss: ClassVar[Loss] = Logistic()
    noun: ClassVar[str] = "class"

    def __init__(self, classes):
        self.classes = classes  # (n_classes,) sorted labels; the column numbers of a label indicator

    def fitted_attributes(self):
        return {"classes_": self.classes, "_target_kind_": self.name}

    @property
    def n_outputs(self):
        return len(self.classes)

    def output_names(self):
        """Name the classes or labels (n_classes,); a number gets a noun."""
        return [name if isinstance(name, str) else f"{self.noun} {name}" for name in self.classes.tolist()]

    def check(self, y, sample_weight=None):
        if y.ndim != self.n_dimensions:
            raise ValueError(f"y is of another kind than the {self.name} y of the first fit.")

    def check_further(self, estimator, y, inputs, sample_weight):
        super().check_further(estimator, y, inputs, sample_weight)
        self.check_classes(inputs.classes)

    def check_classes(self, classes):
        if classes is not None and not np.array_equal(np.unique(checked_classes(classes)), self.classes):
            raise ValueError(
                f"classes={classes} does not fit {self.name} y with the classes {self.classes.tolist()}."
            )

    def row_weights(self, estimator, sample_weight, y):
        by_class = None
        if estimator.class_weight is not None:
            by_class = class_weights(estimator.class_weight, y, self.classes, sample_weight)
        return combine_weights(sample_weight, by_class)

    def probabilities(self, outputs):
        return expit(outputs)

    def log_probabilities(self, outputs):
        return log_expit(outputs)

    def decision(self, outputs):
        return outputs

    def average(self, all_outputs):
        """Compute the outputs whose probabilities are the mean of several networks' probabilities.

        The logarithms of probabilities are used, so that nothing underflows.
        """
        both = (log_expit(np.stack([outputs, -outputs])) for outputs in all_outputs)
        log_p, log_not_p = functools.reduce(np.logaddexp, both)
        return log_p - log_not_p

    def loss_of_a_constant(self, targets, shares):
        p = np.clip((1 + shares @ targets) / 2, 0, 1)
        return float((entr(p) + entr(1 - p)).sum())


class Exclusive(Labels):
    """Labels (n_samples,), each one of two or more classes."""

    n_dimensions = 1

    def check(self, y, sample_weight=None):
        super().check(y)
        if len(unknown := np.setdiff1d(y, self.classes)):
            raise ValueError(
                f"y contains classes that are unknown to the model: {unknown.tolist()}. "
                f"Its classes are {self.classes.tolist()}."
            )

    def check_further(self, estimator, y, inputs, sample_weight):
        super().check_further(estimator, y, inputs, sample_weight)
        if not inputs.partial and len(np.unique(y)) != len(self.classes):
            raise ValueError(
                f"To train further, y must have the same classes as before: {self.classes.tolist()}. With "
                "warm_start=False, fit starts anew."
            )

    def strata(self, y):
        return np.unique(y, return_inverse=True)[1]


class Binary(Exclusive):
    """Labels of two classes: one output, whose sign decides between them."""

    name = "binary"
    n_outputs = 1

    def encode(self, y, dtype):
        """Write labels (n_samples,) as targets (n_samples, 1): -1 and 1."""
        return (2 * np.searchsorted(self.classes, y) - 1).astype(dtype)[:, np.newaxis]

    def decode(self, outputs):
        return self.classes[(outputs[:, 0] > 0).astype(np.intp)]

    def probabilities(self, outputs):
        return expit(np.hstack([-outputs, outputs]))

    def log_probabilities(self, outputs):
        return log_expit(np.hstack([-outputs, outputs]))

    def decision(self, outputs):
        return outputs[:, 0]


class Multiclass(Exclusive):
    """Labels of three or more classes: one output for each class."""

    name, loss = "multiclass", Softmax()

    def encode(self, y, dtype):
        """Write labels (n_samples,) as one-hot targets (n_samples, n_classes)."""
        targets = np.zeros((len(y), len(self.classes)), dtype)
        targets[np.arange(len(y)), np.searchsorted(self.classes, y)] = 1
        return targets

    def decode(self, outputs):
        return self.classes[outputs.argmax(axis=1)]

    def probabilities(self, outputs):
        """p = exp(f) / sum_j exp(f_j), transposed: softmax of SciPy takes two to three times as long."""
        p_mT = outputs.T.copy()
        p_mT -= p_mT.max(axis=0)
        np.exp(p_mT, out=p_mT)
        p_mT /= p_mT.sum(axis=0)
        return p_mT.T.copy()

    def log_probabilities(self, outputs):
        return log_softmax(outputs, axis=1)

    def average(self, all_outputs):
        """Compute the logarithms of the mean of several networks' probabilities."""
        all_log_p = [log_softmax(outputs, axis=1) for outputs in all_outputs]
        return functools.reduce(np.logaddexp, all_log_p) - math.log(len(all_log_p))

    def loss_of_a_constant(self, targets, shares):
        return float(entr(shares @ targets).sum())


class Multilabel(Labels):
    """An indicator (n_samples, n_labels): one output for each label; a row may have any number of labels."""

    name, noun, n_dimensions = "multilabel", "label", 2
    n_kept = 0

    def check(self, y, sample_weight=None):
        super().check(y)
        if y.shape[1] != len(self.classes):
            raise ValueError(f"y has {y.shape[1]} labels, expected {len(self.classes)}.")

    def strata(self, y):
        """Get the number (n_samples,) of each row's set of labels; sets that occur once share a number."""
        _, strata, counts = np.unique(y, axis=0, return_inverse=True, return_counts=True)
        strata = strata.ravel()
        strata[counts[strata] == 1] = len(counts)
        return np.unique(strata, return_inverse=True)[1]

    def encode(self, y, dtype):
        """Write an indicator of zeros and ones as targets (n_samples, n_labels): -1 and 1."""
        return 2 * np.ascontiguousarray(y, dtype=dtype) - 1

    def decode(self, outputs):
        return (outputs > 0).astype(np.int64)

    def trouble_of_first(self, y, *, is_part):
        return None if is_part or (y.sum(axis=1) != 1).any() else ONE_HOT


KINDS = {cls.name: cls for cls in (Binary, Multiclass, Multilabel)}


def checked_classes(classes):
    return checked_values(classes, "classes", "leave them out, and drop the rows without a label")


class LabelKinds(Kinds):
    """Class labels, or a label indicator."""

    validated = staticmethod(check_labels)

    @staticmethod
    def first(estimator, y, inputs, sample_weight):
        """Find the kind of labels of a first fit; ``inputs.classes`` lists all of them if it is given."""
        if y.ndim == 2:
            labels = Multilabel(np.arange(y.shape[1]))
            labels.check_classes(inputs.classes)
            return labels
        if inputs.partial and inputs.classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        source, given = ("y", y) if inputs.classes is None else ("classes", checked_classes(inputs.classes))
        classes = np.unique(given)
        if len(classes) < 2:
            raise ValueError(
                f"A classifier needs two classes, but {source} has one class or none: {classes.tolist()}."
            )
        labels = Multiclass(classes) if len(classes) > 2 else Binary(classes)
        if given is not y:
            labels.check(y)
        return labels

    @staticmethod
    def of_fitted(fitted):
        return KINDS[fitted._target_kind_](fitted.classes_)
