"""The activations, made of operators that ONNX Runtime has in float32 and, but for gelu, in float64."""

from math import sqrt

from sknn_scratch._core.activations import LEAKY_SLOPE


def sigmoid(z):
    """1 / (1 + exp(-z))."""
    return z.apply("Sigmoid")


def relu(z):
    """max(z, 0)."""
    return z.apply("Relu")


def softplus(z):
    """max(z, 0) + log(1 + exp(-|z|))."""
    return relu(z) + ((-abs(z)).apply("Exp") + 1.0).apply("Log")


def gelu(z):
    """z Phi(z), with Phi(z) = (1 + erf(z / sqrt(2))) / 2."""
    if z.graph.is_double:
        raise NotImplementedError(
            "ONNX Runtime has no erf in float64, which activation='gelu' needs. Export in float32, with rows "
            "X.astype(np.float32), or fit with another activation."
        )
    return z * (((z * sqrt(0.5)).apply("Erf") + 1.0) * 0.5)


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "logistic": sigmoid,
    "tanh": lambda z: z.apply("Tanh"),
    "relu": relu,
    "leaky_relu": lambda z: z.apply("Max", z * LEAKY_SLOPE),
    "elu": lambda z: relu(z) + (z.apply("Min", 0.0).apply("Exp") - 1.0),
    "softplus": softplus,
    "gelu": gelu,
    "silu": lambda z: z * sigmoid(z),
}
