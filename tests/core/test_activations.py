from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.activations import ACTIVATIONS, Activation
from tests.helpers import both_precisions

POINTS = [0, 1e-8, 1e-3, 0.1, 0.5, 1, 2, 5, 20, 40, 1e4]
ONE = Decimal(1)
LEAK = Decimal("0.01")
PI = Decimal("3.14159265358979323846264338327950288419716939937510582")


def exact_sigmoid(z):
    return ONE / (ONE + (-z).exp())


def exact_tanh(z):
    return 2 * exact_sigmoid(2 * z) - 1


def exact_density(z):
    return (-z * z / 2).exp() / (2 * PI).sqrt()


def exact_normal(z):
    """Distribution function of the normal distribution, by its series; beyond 12 it is as good as 0 or 1."""
    if abs(z) > 12:
        return Decimal(z > 0)
    with localcontext(prec=120):  # the terms of the series are large, and cancel
        term = total = z
        for n in range(1, 1000):
            term *= z * z / (2 * n + 1)
            total += term
        return Decimal("0.5") + exact_density(z) * total


# Function and derivative, for Decimals of fifty digits: large enough to hold exp(20000).
EXACT = {
    "identity": (lambda z: z, lambda z: ONE),
    "sigmoid": (exact_sigmoid, lambda z: exact_sigmoid(z) * exact_sigmoid(-z)),
    "logistic": (exact_sigmoid, lambda z: exact_sigmoid(z) * exact_sigmoid(-z)),
    "tanh": (exact_tanh, lambda z: 1 - exact_tanh(z) ** 2),
    "relu": (lambda z: max(z, 0 * z), lambda z: Decimal(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else LEAK * z, lambda z: ONE if z > 0 else LEAK),
    "elu": (lambda z: z if z > 0 else z.exp() - 1, lambda z: ONE if z > 0 else z.exp()),
    "softplus": (lambda z: (ONE + z.exp()).ln(), exact_sigmoid),
    "gelu": (lambda z: z * exact_normal(z), lambda z: exact_normal(z) + z * exact_density(z)),
    "silu": (lambda z: z * exact_sigmoid(z), lambda z: exact_sigmoid(z) * (ONE + z * exact_sigmoid(-z))),
}


def evaluate(activation, z):
    """Function and derivative, with z left alone; the function is the same without the derivative."""
    a, slope, alone = z.copy(), np.full_like(z, np.nan), z.copy()
    activation(a, slope)
    activation(alone, None)
    assert_array_equal(alone, a)
    return a, slope


@both_precisions
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_function_and_derivative_equal_exact_arithmetic(name, dtype):
    z = np.array([*np.negative(POINTS), *POINTS], dtype)
    for got, exact_function in zip(evaluate(ACTIVATIONS[name], z), EXACT[name], strict=True):
        with localcontext(prec=50):
            expected = np.array([float(exact_function(Decimal(float(value)))) for value in z])
        accuracy = 4 * np.finfo(dtype).eps
        assert got.dtype == dtype
        assert_allclose(got, expected, rtol=accuracy, atol=accuracy)


@both_precisions
def test_own_activation_works_in_place_and_keeps_the_precision_of_the_network(dtype):
    z = np.linspace(-2, 2, 9, dtype=dtype)
    in_double = Activation(lambda z: np.sin(z.astype(np.float64)), lambda z: np.cos(z.astype(np.float64)))
    a, slope = evaluate(in_double, z)
    assert a.dtype == slope.dtype == dtype
    assert_allclose(a, np.sin(z), rtol=1e-6)
    assert_allclose(slope, np.cos(z), rtol=1e-6)
