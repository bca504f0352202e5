"""Optimisers: pairs (init, update) on flat buffers that know nothing of layers.

    init(params)                                   -> memory, a dict of arrays shaped like params
    update(params, grads, updates, memory, step)   overwrites params and memory, in place

``params``, ``grads`` and the scratch buffer ``updates`` are flat, (..., n_params). A ``Step`` carries the
numbers; those that may differ between networks are numbers or arrays (..., 1).

To add an optimiser, write the two functions and give them a line in ``OPTIMIZERS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from sknn_scratch._core.activations import Array

Memory: TypeAlias = dict[str, Array]


@dataclass(slots=True)
class Step:
    """The numbers of one update."""

    number: int  # counts from 1
    learning_rate: Any
    momentum: Any
    nesterov: bool
    beta_1: float
    beta_2: float
    epsilon: float


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
    velocity = memory["velocity"]
    np.multiply(grads, step.learning_rate, out=updates)
    np.multiply(velocity, step.momentum, out=velocity)
    np.subtract(velocity, updates, out=velocity)
    if step.nesterov:
        np.subtract(params, updates, out=params)
        np.multiply(velocity, step.momentum, out=updates)
        np.add(params, updates, out=params)
    else:
        np.add(params, velocity, out=params)


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
    np.multiply(m, step.beta_1, out=m)
    np.add(m, grads, out=m)
    np.multiply(grads, grads, out=updates)
    np.multiply(v, step.beta_2, out=v)
    np.add(v, updates, out=v)

    scale_v = (1 - step.beta_2) ** 0.5
    bias_correction = (1 - step.beta_2**step.number) ** 0.5 / (1 - step.beta_1**step.number)
    np.sqrt(v, out=updates)
    np.add(updates, step.epsilon / scale_v, out=updates)
    np.divide(m, updates, out=updates)
    rate = step.learning_rate * (bias_correction * (1 - step.beta_1) / scale_v)
    np.multiply(updates, rate, out=updates)
    np.subtract(params, updates, out=params)


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {"adam": Optimizer(init_adam, update_adam), "sgd": Optimizer(init_sgd, update_sgd)}
)
