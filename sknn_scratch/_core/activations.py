"""Hidden activations: each function beside its derivative.

An activation turns the hidden inputs z = X w + b into the hidden values a = g(z). Backpropagation needs
the derivative g'(z) too, so one call computes both, in place:

    activate(z, slope)

overwrites ``z`` (..., n_samples, n_hidden) with g(z) and, unless ``slope`` is None, fills ``slope`` (same
shape) with g'(z). Writing both at once lets the derivative reuse what the function computed.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array: TypeAlias = NDArray[np.floating]
Activate: TypeAlias = Callable[[Array, Array | None], None]

LEAKY_SLOPE = 0.01  # Maas et al. (2013)
SATURATED_SLOPE = 0.05  # a hidden value is saturated if the slope there is below this
# A user's derivative is compared with differences over this distance on both sides, which may be in single
# precision; it is wrong if it differs by more than this share of one and of the difference.
DISTANCE, MOST_DIFFERENT = 1e-4, 0.01


@dataclass(frozen=True)
class Activation:
    """A user-defined activation: the function and its derivative.

    Parameters
    ----------
    function : callable
        Elementwise a = g(z). It takes an array of hidden inputs, of shape (..., n_samples, n_hidden), and
        returns an array of the same shape. It must not change its argument.
    derivative : callable
        Elementwise g'(z), with the same contract. It receives the hidden input z, not g(z).

    Raises
    ------
    ValueError
        If a function does not work elementwise, or if ``derivative`` is not that of ``function``, as
        differences at six points show.

    See Also
    --------
    ShallowNNClassifier : Takes an instance as its parameter ``activation``.

    Notes
    -----
    To pickle the fitted model, use functions that are defined in a module, not lambdas.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import Activation, ShallowNNClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> sine = Activation(np.sin, np.cos)
    >>> ShallowNNClassifier(8, sine, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    function: Callable[[Any], Any]  # a narrower type would reject functions of a narrower array
    derivative: Callable[[Any], Any]

    @np.errstate(all="ignore")  # what is not finite ends a training
    def __post_init__(self) -> None:
        z = np.linspace(-2.1, 1.9, 6).reshape(2, 3)
        for name, function in (("function", self.function), ("derivative", self.derivative)):
            if not (callable(function) and isinstance(function, Hashable)):
                raise TypeError(f"{name} must be a callable that can be hashed, got {function!r}.")
            shape = np.shape(function(z))
            if shape != z.shape:
                raise ValueError(
                    f"{name} must work elementwise, but returns the shape {shape} for an array of shape "
                    f"{z.shape}; for a constant, return np.full_like(z, constant)."
                )
        rises = np.subtract(self.function(z + DISTANCE), self.function(z - DISTANCE)) / (2 * DISTANCE)
        slopes = np.asarray(self.derivative(z))
        is_wrong = np.abs(slopes - rises) > MOST_DIFFERENT * (1 + np.abs(rises))
        if is_wrong.any():
            place, slope, rise = (values[is_wrong][0] for values in (z, slopes, rises))
            raise ValueError(
                f"derivative must be that of function, but is {slope:.3g} at z = {place:.3g}, where function "
                f"has a slope of {rise:.3g}. It takes z, not function(z)."
            )

    def __call__(self, z: Array, slope: Array | None = None) -> None:
        """Overwrite ``z`` with g(z) and ``slope`` with g'(z)."""
        if slope is not None:
            slope[...] = self.derivative(z)
        z[...] = self.function(z)


def identity(z: Array, slope: Array | None = None) -> None:
    """g(z) = z, g'(z) = 1: a linear network for any number of units."""
    if slope is not None:
        slope.fill(1)


def sigmoid(z: Array, slope: Array | None = None) -> None:
    """g(z) = 1 / (1 + exp(-z)), g' = a (1 - a).

    It is computed as (1 + tanh(z / 2)) / 2, which cannot overflow and is far cheaper than scipy's expit.
    """
    z *= 0.5
    np.tanh(z, out=z)
    z += 1.0
    z *= 0.5  # z holds a from here
    if slope is not None:
        np.subtract(1.0, z, out=slope)
        slope *= z


def tanh(z: Array, slope: Array | None = None) -> None:
    """g(z) = tanh(z), g' = 1 - a^2."""
    np.tanh(z, out=z)  # z holds a from here
    if slope is not None:
        np.square(z, out=slope)
        np.subtract(1.0, slope, out=slope)


def relu(z: Array, slope: Array | None = None) -> None:
    """g(z) = max(z, 0), g' = 1 where z > 0, else 0 (at 0 too).

    Without a slope, NumPy's maximum of two arrays takes half as long as of an array and a scalar. With a
    slope, a = z g'(z); comparing and then casting the booleans is faster than one call that does both.
    """
    if slope is None:
        np.maximum(z, np.zeros_like(z), out=z)
    else:
        slope[...] = z > 0.0
        z *= slope


def leaky_relu(z: Array, slope: Array | None = None) -> None:
    """g(z) = z where z > 0, else 0.01 z; g' = 1 or 0.01."""
    slope = np.empty_like(z) if slope is None else slope
    slope[...] = z > 0.0
    slope *= 1 - LEAKY_SLOPE
    slope += LEAKY_SLOPE
    z *= slope


def elu(z: Array, slope: Array | None = None) -> None:
    """g(z) = z where z > 0, else exp(z) - 1; g' = 1 or exp(z)."""
    slope = np.empty_like(z) if slope is None else slope
    np.minimum(z, 0.0, out=slope)
    np.expm1(slope, out=slope)
    np.maximum(z, 0.0, out=z)
    z += slope
    slope += 1.0


def softplus(z: Array, slope: Array | None = None) -> None:
    """g(z) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), g' = sigmoid(z) = 1 - exp(-a)."""
    tail = np.empty_like(z) if slope is None else slope
    np.copysign(z, -1.0, out=tail)
    np.exp(tail, out=tail)
    np.log1p(tail, out=tail)
    np.maximum(z, 0.0, out=z)
    z += tail  # z holds a from here
    if slope is not None:
        np.negative(z, out=slope)
        np.expm1(slope, out=slope)
        np.negative(slope, out=slope)


def gelu(z: Array, slope: Array | None = None) -> None:
    """g(z) = z Phi(z), g' = Phi(z) + z phi(z), of the normal distribution (Hendrycks and Gimpel, 2016)."""
    distribution = ndtr(z)
    if slope is not None:
        np.square(z, out=slope)
        slope *= -0.5
        np.exp(slope, out=slope)
        slope *= z
        slope *= (2 * np.pi) ** -0.5
        slope += distribution
    z *= distribution


def silu(z: Array, slope: Array | None = None) -> None:
    """g(z) = z sigmoid(z), g' = sigmoid(z) + a (1 - sigmoid(z)) (Elfwing et al., 2018)."""
    gate = z.copy()
    sigmoid(gate)
    z *= gate  # z holds a from here
    if slope is not None:
        np.subtract(1.0, gate, out=slope)
        slope *= z
        slope += gate


def activation_of(activation: str | Activation) -> Activate:
    return activation if isinstance(activation, Activation) else ACTIVATIONS[activation]


def values_and_slopes(activate: Activate, z: Array) -> tuple[Array, Array]:
    """Compute the hidden values g(z) and the slopes g'(z), two new arrays like z."""
    hidden, slope = z.copy(), np.empty_like(z)
    activate(hidden, slope)
    return hidden, slope


ACTIVATIONS: Mapping[str, Activate] = MappingProxyType(
    {
        "identity": identity,
        "sigmoid": sigmoid,
        "logistic": sigmoid,
        "tanh": tanh,
        "relu": relu,
        "leaky_relu": leaky_relu,
        "elu": elu,
        "softplus": softplus,
        "gelu": gelu,
        "silu": silu,
    }
)
