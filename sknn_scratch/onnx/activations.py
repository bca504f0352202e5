"""The activations, made of operators that ONNX Runtime has in float32 and, but for gelu, in float64."""

from collections.abc import Callable, Mapping
from math import sqrt
from types import MappingProxyType

from sknn_scratch._core.activations import LEAKY_SLOPE
from sknn_scratch.onnx.graph import Graph, Name


def relu(graph: Graph, z: Name) -> Name:
    """max(z, 0)."""
    return graph.add("Relu", z)


def leaky_relu(graph: Graph, z: Name) -> Name:
    """max(z, 0.01 z)."""
    return graph.add("Max", z, graph.add("Mul", z, LEAKY_SLOPE))


def elu(graph: Graph, z: Name) -> Name:
    """max(z, 0) + exp(min(z, 0)) - 1."""
    negative = graph.add("Exp", graph.add("Min", z, 0.0))
    return graph.add("Add", relu(graph, z), graph.add("Sub", negative, 1.0))


def softplus(graph: Graph, z: Name) -> Name:
    """max(z, 0) + log(1 + exp(-|z|))."""
    small = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    return graph.add("Add", relu(graph, z), graph.add("Log", graph.add("Add", small, 1.0)))


def gelu(graph: Graph, z: Name) -> Name:
    """z Phi(z), with Phi(z) = (1 + erf(z / sqrt(2))) / 2."""
    if graph.is_double:
        raise NotImplementedError(
            "ONNX Runtime has no erf in float64, which activation='gelu' needs. Export in float32, with rows "
            "X.astype(np.float32), or fit with another activation."
        )
    erf = graph.add("Erf", graph.add("Mul", z, sqrt(0.5)))
    return graph.add("Mul", z, graph.add("Mul", graph.add("Add", erf, 1.0), 0.5))


def silu(graph: Graph, z: Name) -> Name:
    """z sigmoid(z)."""
    return graph.add("Mul", z, graph.add("Sigmoid", z))


ACTIVATIONS: Mapping[str, Callable[[Graph, Name], Name]] = MappingProxyType(
    {
        "identity": lambda graph, z: z,
        "sigmoid": lambda graph, z: graph.add("Sigmoid", z),
        "logistic": lambda graph, z: graph.add("Sigmoid", z),
        "tanh": lambda graph, z: graph.add("Tanh", z),
        "relu": relu,
        "leaky_relu": leaky_relu,
        "elu": elu,
        "softplus": softplus,
        "gelu": gelu,
        "silu": silu,
    }
)
