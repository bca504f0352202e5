"""The outputs of a network, or of an ensemble, whose networks are the first axis."""

from math import log

import numpy as np

from sknn_scratch._core.activations import Activation
from sknn_scratch._core.robust import undo_signed_root
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._tables.columns import listed
from sknn_scratch._targets.quantiles import OneQuantile
from sknn_scratch.onnx.activations import ACTIVATIONS, softplus


def outputs_of(model, X):
    """Compute the outputs (n_samples, n_outputs) of a fitted estimator, or its quantiles in their place."""
    networks = model.estimators_ if isinstance(model, Ensemble) else [model]
    kind, activation = target_kind_of(model), networks[0]._activation_
    if isinstance(activation, Activation):
        raise NotImplementedError(
            f"ONNX cannot contain {activation!r}, which consists of functions of your own. Fit with one of "
            f"the activations {listed(ACTIVATIONS)}."
        )
    w_hidden, b_hidden, w_output, b_output = parameters_of(model)
    hidden = ACTIVATIONS[activation](X @ w_hidden + b_hidden)
    outputs = hidden @ w_output + b_output
    if kind.name == "quantiles":
        outputs = in_order(outputs, kind)
    if isinstance(kind, OneQuantile):
        outputs = undo_signed_root(outputs)
    return AVERAGES[kind.name](outputs, len(networks)) if isinstance(model, Ensemble) else outputs


def parameters_of(model):
    """List w_hidden, b_hidden, w_output and b_output; those of an ensemble have an axis for its networks."""
    if isinstance(model, Ensemble):
        return list(map(np.stack, zip(*map(parameters_of, model.estimators_), strict=True)))
    (w_hidden, w_output), (b_hidden, b_output) = model.coefs_, model.intercepts_
    return [w_hidden, b_hidden[np.newaxis], w_output, b_output[np.newaxis]]


def in_order(outputs, kind):
    """Compute roots of quantiles (..., n_samples, n_quantiles), in the user's order: see ``Quantiles``."""
    loss, columns = kind.loss, np.searchsorted(kind.loss.quantile, kind.quantiles)
    first = outputs.take([0])
    gaps = softplus(outputs.take(np.arange(1, len(loss.quantile))) + loss.constants.T)
    steps = (first * 0.0).apply("Concat", gaps, axis=-1).apply("CumSum", -1)
    return (first + (steps - steps.take([loss.middle]))).take(columns)


def mean_of_numbers(all_outputs, n_networks):
    return all_outputs.over_networks("ReduceMean")


def log_of_mean(logarithms, n_networks):
    return logarithms.over_networks("ReduceLogSumExp") - log(n_networks)


def mean_of_classes(all_outputs, n_networks):
    """Compute the logarithms of the mean of the probabilities of exclusive classes."""
    return log_of_mean(all_outputs.apply("LogSoftmax", axis=-1), n_networks)


def mean_of_labels(all_outputs, n_networks):
    """Compute the log-odds of the mean of the probabilities of labels: log p = -softplus(-z)."""
    log_p, log_not_p = -softplus(-all_outputs), -softplus(all_outputs)
    return log_p.over_networks("ReduceLogSumExp") - log_not_p.over_networks("ReduceLogSumExp")


AVERAGES = {
    "binary": mean_of_labels,
    "multiclass": mean_of_classes,
    "multilabel": mean_of_labels,
    "real": mean_of_numbers,
    "rate": log_of_mean,
    "quantile": mean_of_numbers,
    "quantiles": mean_of_numbers,
}
