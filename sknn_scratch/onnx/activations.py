"""The activations, made of operators that ONNX Runtime has in float32 and in float64.

It lacks leaky_relu, elu, softplus and erf in float64.
"""

from collections.abc import Callable, Mapping
from math import sqrt
from types import MappingProxyType

from numpy.polynomial import chebyshev
from scipy.special import erfcx

from sknn_scratch._core.activations import LEAKY_SLOPE
from sknn_scratch.onnx.graph import Graph, Name

# erfcx is a polynomial of this degree in (x - 3.75) / (x + 3.75), for all x >= 0, with an error of 2e-15
# (Schonfelder, 1978).
ERFCX_DEGREE, ERFCX_MIDDLE = 20, 3.75


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
    """z Phi(z)."""
    return graph.add("Mul", z, normal_distribution(graph, z))


def normal_distribution(graph: Graph, z: Name) -> Name:
    """Phi(z) = erfc(-z / sqrt(2)) / 2, and erfc(x) = exp(-x^2) erfcx(x)."""
    if not graph.is_double:
        erf = graph.add("Erf", graph.add("Mul", z, sqrt(0.5)))
        return graph.add("Mul", graph.add("Add", erf, 1.0), 0.5)
    x = graph.add("Mul", graph.add("Abs", z), sqrt(0.5))
    gauss = graph.add("Exp", graph.add("Neg", graph.add("Mul", x, x)))
    tail = graph.add("Mul", graph.add("Mul", gauss, scaled_erfc(graph, x)), 0.5)
    return graph.add("Where", graph.add("Greater", z, 0.0), graph.add("Sub", 1.0, tail), tail)


def scaled_erfc(graph: Graph, x: Name) -> Name:
    """Compute erfcx(x) = exp(x^2) erfc(x) for x >= 0, by Horner's rule."""
    c = ERFCX_MIDDLE
    u = graph.add("Div", graph.add("Sub", x, c), graph.add("Add", x, c))
    series = chebyshev.chebinterpolate(lambda u: erfcx(c * (1 + u) / (1 - u)), ERFCX_DEGREE)
    *lower, value = chebyshev.cheb2poly(series)
    for coefficient in lower[::-1]:
        value = graph.add("Add", graph.add("Mul", u, value), coefficient)
    return value


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
