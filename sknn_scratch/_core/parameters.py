"""The parameters of a network: one flat buffer, views into it, and their initial values.

With a flat buffer (..., n_params), an optimiser is a few lines on one array, and a snapshot is a copy of one
array. For L-BFGS, the network is one vector. The order makes one matrix of each layer's biases and weights,
and one contiguous slice of all weights, to which the L2 penalty applies:

    [ b_hidden | w_hidden | w_output | b_output ]
"""

from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array


class NetworkShape(NamedTuple):
    n_features: int
    n_hidden: int
    n_outputs: int

    @property
    def n_params(self) -> int:
        return (1 + self.n_features) * self.n_hidden + (self.n_hidden + 1) * self.n_outputs

    @property
    def weights(self) -> slice:
        """The slice of the flat buffer with the weights, between the biases."""
        return slice(self.n_hidden, self.n_params - self.n_outputs)


class Layers(NamedTuple):
    """Weights and biases of both layers, in separate arrays: a fitted network has these."""

    w_hidden: Array  # (..., n_features, n_hidden)
    w_output: Array  # (..., n_hidden, n_outputs)
    b_hidden: Array  # (..., 1, n_hidden)
    b_output: Array  # (..., 1, n_outputs)


class Parameters(NamedTuple):
    """A flat buffer and the views into it: training has these, of the parameters and of their gradients."""

    flat: Array  # (..., n_params)
    weights: Array  # (..., n_weights): w_hidden and w_output, flat
    hidden_flat: Array  # (..., (1 + n_features) * n_hidden): b_hidden and w_hidden, flat
    output_flat: Array  # (..., (n_hidden + 1) * n_outputs): w_output and b_output, flat
    hidden_layer: Array  # (..., 1 + n_features, n_hidden): b_hidden above w_hidden
    b_hidden: Array  # (..., 1, n_hidden)
    w_hidden: Array  # (..., n_features, n_hidden)
    w_output: Array  # (..., n_hidden, n_outputs)
    b_output: Array  # (..., 1, n_outputs)


def view_parameters(flat: Array, shape: NetworkShape) -> Parameters:
    """View a flat buffer (..., n_params) as the parameters of networks of one shape."""
    n_features, n_hidden, n_outputs = shape
    networks, n_hidden_layer = flat.shape[:-1], (1 + n_features) * n_hidden
    hidden_flat, output_flat = flat[..., :n_hidden_layer], flat[..., n_hidden_layer:]
    hidden_layer = hidden_flat.reshape(*networks, 1 + n_features, n_hidden)
    output_layer = output_flat.reshape(*networks, n_hidden + 1, n_outputs)
    return Parameters(
        flat=flat,
        weights=flat[..., shape.weights],
        hidden_flat=hidden_flat,
        output_flat=output_flat,
        hidden_layer=hidden_layer,
        b_hidden=hidden_layer[..., :1, :],
        w_hidden=hidden_layer[..., 1:, :],
        w_output=output_layer[..., :-1, :],
        b_output=output_layer[..., -1:, :],
    )


def flatten(layers: Layers) -> Array:
    in_order = (layers.b_hidden, layers.w_hidden, layers.w_output, layers.b_output)
    return np.concatenate([array.ravel() for array in in_order])


def initialise(
    shape: NetworkShape, init_scale: float | str, rng: np.random.Generator, dtype: DTypeLike
) -> Array:
    """Draw the initial parameters (n_params,) of one network: normal weights, and biases.

    ``init_scale`` is the standard deviation of all weights, or the name of a rule in ``INIT_SCALES``. With a
    rule, hidden biases are drawn like the weights of one more feature: with zero biases, all relu units would
    have their kinks at zero, and could hardly learn a function that bends elsewhere. Other biases are zero.
    Numbers are always drawn in float64, so that float32 and float64 networks start alike.
    """
    flat = np.zeros(shape.n_params, dtype=dtype)
    params = view_parameters(flat, shape)
    for weights in (params.w_hidden, params.w_output):
        weights[...] = rng.standard_normal(weights.shape) * scale_of(weights, init_scale)
    if isinstance(init_scale, str):
        scale = scale_of(params.w_hidden, init_scale)
        params.b_hidden[...] = rng.standard_normal(params.b_hidden.shape) * scale
    return flat


def scale_of(weights: Array, init_scale: float | str) -> float:
    return INIT_SCALES[init_scale](*weights.shape) if isinstance(init_scale, str) else init_scale


def he(fan_in: int, fan_out: int) -> float:
    """Keep the variance of relu units from layer to layer (He et al., 2015)."""
    return float(np.sqrt(2 / fan_in))


def glorot(fan_in: int, fan_out: int) -> float:
    """Balance the variance of the forward and the backward pass (Glorot and Bengio, 2010)."""
    return float(np.sqrt(2 / (fan_in + fan_out)))


def auto(fan_in: int, fan_out: int) -> float:
    """Follow Glorot's rule, but count a layer as no wider than the square of the number of its inputs.

    Glorot's rule counts the width so that the errors keep their size on the way back. In a network with one
    hidden layer, they go no further than this layer. There, many units beside few features would only make
    the weights so small that smooth units are nearly linear, and hardly learn a function that bends.
    """
    return glorot(fan_in, min(fan_out, fan_in**2))


INIT_SCALES = MappingProxyType({"auto": auto, "he": he, "glorot": glorot})
