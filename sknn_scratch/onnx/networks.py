"""The outputs of a network, or of an ensemble, whose networks are the first axis."""

from collections.abc import Callable, Mapping
from math import log
from types import MappingProxyType
from typing import Any

import numpy as np

from sknn_scratch._core.activations import Activation
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch.onnx.activations import ACTIVATIONS, softplus
from sknn_scratch.onnx.graph import Graph, Name


def add_outputs(graph: Graph, model: Any, X: Name) -> Name:
    """Add the outputs (n_samples, n_outputs) of a fitted estimator."""
    if not isinstance(model, Ensemble):
        return add_layers(graph, X, model._activation_, [*zip(model.coefs_, model.intercepts_, strict=True)])
    networks = model.estimators_
    layers = [
        (np.stack([one.coefs_[i] for one in networks]), np.stack([one.intercepts_[i] for one in networks]))
        for i in (0, 1)
    ]
    all_outputs = add_layers(graph, X, networks[0]._activation_, layers)
    return AVERAGES[target_kind_of(model).name](graph, all_outputs, len(networks))


def add_layers(graph: Graph, X: Name, activation: Any, layers: Any) -> Name:
    """Add the outputs (..., n_samples, n_outputs) for the (coefs, intercepts) of both layers."""
    if isinstance(activation, Activation):
        raise NotImplementedError(
            f"ONNX cannot contain {activation!r}, which consists of functions of your own. Fit with one of "
            f"the activations {', '.join(map(repr, ACTIVATIONS))}."
        )
    (w_hidden, b_hidden), (w_output, b_output) = layers
    z = graph.add("Add", graph.add("MatMul", X, w_hidden), b_hidden[..., np.newaxis, :])
    hidden = ACTIVATIONS[activation](graph, z)
    return graph.add("Add", graph.add("MatMul", hidden, w_output), b_output[..., np.newaxis, :])


def mean_of_numbers(graph: Graph, all_outputs: Name, n_networks: int) -> Name:
    """Add the mean of outputs (n_networks, n_samples, n_outputs)."""
    return graph.over_networks("ReduceMean", all_outputs)


def mean_of_quantiles(graph: Graph, all_outputs: Name, n_networks: int) -> Name:
    """Add the mean of each quantile, in ascending order, as ``convert_regressor`` sorts them."""
    return graph.over_networks("ReduceMean", graph.sort_rows(all_outputs))


def log_of_mean(graph: Graph, logarithms: Name, n_networks: int) -> Name:
    """Add the logarithms of the mean of numbers, from their logarithms."""
    return graph.add("Sub", graph.over_networks("ReduceLogSumExp", logarithms), log(n_networks))


def mean_of_classes(graph: Graph, all_outputs: Name, n_networks: int) -> Name:
    """Add the logarithms of the mean of the probabilities of exclusive classes."""
    return log_of_mean(graph, graph.add("LogSoftmax", all_outputs, axis=-1), n_networks)


def mean_of_labels(graph: Graph, all_outputs: Name, n_networks: int) -> Name:
    """Add the log-odds of the mean of the probabilities of labels: log p = -softplus(-z)."""
    opposite = graph.add("Neg", all_outputs)
    log_not_p = graph.add("Neg", softplus(graph, all_outputs))
    log_p = graph.add("Neg", softplus(graph, opposite))
    both = (graph.over_networks("ReduceLogSumExp", one) for one in (log_p, log_not_p))
    return graph.add("Sub", *both)


AVERAGES: Mapping[str, Callable[[Graph, Name, int], Name]] = MappingProxyType(
    {
        "binary": mean_of_labels,
        "multiclass": mean_of_classes,
        "multilabel": mean_of_labels,
        "real": mean_of_numbers,
        "rate": log_of_mean,
        "quantiles": mean_of_quantiles,
    }
)
