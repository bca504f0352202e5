"""Optimisers: pairs (init, update) on flat buffers that know nothing of layers, nor of networks.

    init(params)                                   -> memory, a dict of arrays shaped like params
    update(params, grads, updates, memory, step)   overwrites params and memory, in place

``params``, ``grads`` and ``updates``, a buffer to compute in, are of shape (n,): all parameters of all
networks, or a part of those of one. A ``Step`` carries the numbers; of one that may differ between networks
there is a list, one number for each.

To add an optimiser, write the two functions and give them a line in ``OPTIMIZERS``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blas import add_multiples, decay_and_add, multiply_each

Memory: TypeAlias = dict[str, Array]


@dataclass(slots=True, kw_only=True)
class Step:
    """The numbers of one update."""

    number: int = 0  # of the update, counted from 1
    learning_rates: Sequence[float] = ()  # of each network, in this epoch
    momenta: Sequence[float]  # of each network
    nesterov: bool
    beta_1: float
    beta_2: float
    epsilon: float
    dtype: DTypeLike  # of the parameters
    # Zero-dimensional: NumPy adds it in two thirds of the time of a Python float.
    scaled_epsilon: Array = field(init=False)

    def __post_init__(self) -> None:
        self.scaled_epsilon = np.array(self.epsilon / (1 - self.beta_2) ** 0.5, self.dtype)


class Optimizer(NamedTuple):
    """How parameters follow gradients."""

    init: Callable[[Array], Memory]
    update: Callable[[Array, Array, Array, Memory, Step], None]


def init_sgd(params: Array) -> Memory:
    """No velocity yet."""
    return {"velocity": np.zeros_like(params)}


def update_sgd(params: Array, grads: Array, updates: Array, memory: Memory, step: Step) -> None:
    """Gradient descent with momentum, classical (Polyak) or looking ahead (Nesterov).

    velocity = momentum velocity - learning_rate grads
    params  += velocity                                       (classical)
    params  += momentum velocity - learning_rate grads        (Nesterov)
    """
    velocity, rates = memory["velocity"], [-rate for rate in step.learning_rates]
    multiply_each(velocity, step.momenta)
    add_multiples(velocity, rates, grads)
    if step.nesterov:
        add_multiples(params, rates, grads)
        add_multiples(params, step.momenta, velocity)
    else:
        params += velocity


def init_adam(params: Array) -> Memory:
    """No moments yet."""
    return {"first_moment": np.zeros_like(params), "second_moment": np.zeros_like(params)}


def update_adam(params: Array, grads: Array, updates: Array, memory: Memory, step: Step) -> None:
    """Adam (Kingma and Ba, 2015), in the form of their section 2 with "epsilon hat".

    m = beta_1 m + (1 - beta_1) grads          v = beta_2 v + (1 - beta_2) grads^2
    params -= learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

    The memory holds m / (1 - beta_1) and v / (1 - beta_2): two passes over the buffer fewer.
    """
    m, v = memory["first_moment"], memory["second_moment"]
    decay_and_add(m, step.beta_1, grads)
    np.square(grads, out=updates)
    decay_and_add(v, step.beta_2, updates)

    np.sqrt(v, out=updates)
    updates += step.scaled_epsilon
    np.divide(m, updates, out=updates)
    correction_1 = (1 - step.beta_1) / (1 - step.beta_1**step.number)
    correction_2 = (1 - step.beta_2) / (1 - step.beta_2**step.number)
    correction = correction_1 / correction_2**0.5
    add_multiples(params, [-correction * rate for rate in step.learning_rates], updates)


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {"adam": Optimizer(init_adam, update_adam), "sgd": Optimizer(init_sgd, update_sgd)}
)
