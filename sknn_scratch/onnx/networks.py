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
    """Add the outputs (n_samples, n_outputs) of a fitted estimator, or its quantiles in their place."""
    kind = target_kind_of(model)
    if not isinstance(model, Ensemble):
        layers = [*zip(model.coefs_, model.intercepts_, strict=True)]
        outputs = add_layers(graph, X, model._activation_, layers)
        return add_quantiles(graph, outputs, kind) if kind.name == "quantiles" else outputs
    networks = model.estimators_
    layers = [
        (np.stack([one.coefs_[i] for one in networks]), np.stack([one.intercepts_[i] for one in networks]))
        for i in (0, 1)
    ]
    all_outputs = add_layers(graph, X, networks[0]._activation_, layers)
    if kind.name == "quantiles":
        all_outputs = add_quantiles(graph, all_outputs, kind)
    return AVERAGES[kind.name](graph, all_outputs, len(networks))


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


def add_quantiles(graph: Graph, outputs: Name, kind: Any) -> Name:
    """Add the quantiles (..., n_samples, n_quantiles), in the order of the user: see ``Quantiles``."""
    loss, columns = kind.loss, np.searchsorted(kind.loss.quantile, kind.quantiles)
    first = graph.add("Gather", outputs, np.array([0]), axis=-1)
    gaps = graph.add("Gather", outputs, np.arange(1, len(loss.quantile)), axis=-1)
    gaps = softplus(graph, graph.add("Add", gaps, loss.constants.T))
    steps = graph.add(
        "CumSum", graph.add("Concat", graph.add("Mul", first, 0.0), gaps, axis=-1), np.array(-1)
    )
    middle = graph.add("Gather", steps, np.array([loss.middle]), axis=-1)
    quantiles = graph.add("Add", first, graph.add("Sub", steps, middle))
    return graph.add("Gather", quantiles, columns, axis=-1)


def mean_of_numbers(graph: Graph, all_outputs: Name, n_networks: int) -> Name:
    """Add the mean of outputs (n_networks, n_samples, n_outputs)."""
    return graph.over_networks("ReduceMean", all_outputs)


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
        "quantiles": mean_of_numbers,
    }
)
