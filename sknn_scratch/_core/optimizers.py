"""Optimisers: how parameters follow gradients, on flat buffers. They know nothing of layers.

    init(params)                               makes the memory, a dict of arrays of zeros
    update(vectors, learning_rates, number)    overwrites the params and the memory

Each network of a stack has its own learning rate. So a product with it is a function of ``arrays``:

    multiply_each(x, scales)       x *= scale, with the scale of each network
    add_multiples(x, scales, y)    x += scale * y
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import add_multiples, clear_tiny, decay_and_add, multiply_each

Memory: TypeAlias = dict[str, Array]


class Vectors(NamedTuple):
    """Flat arrays (n,) of all parameters of all networks."""

    params: Array
    grads: Array
    memory: Memory
    scratch: Array  # a buffer for intermediate results


@dataclass(frozen=True)
class Optimizer:
    """The base of the optimisers.

    Hyperparameters are fields, named as in the estimator. Optimisers of a class with equal fields are equal.
    """

    name: ClassVar[str]  # the value of the estimator's parameter ``solver``
    takes_all_rows: ClassVar[bool] = False  # each step uses all rows, and no learning rate
    usual_learning_rate: ClassVar[float] = 0.005  # if the user gives none
    decouples_penalty: ClassVar[bool] = False  # weight decay beside the gradient replaces the penalty
    remembers: ClassVar[tuple[str, ...]] = ()  # the arrays of the memory
    squares: ClassVar[tuple[str, ...]] = ()  # those that contain squares of gradients

    def init(self, params: Array) -> Memory:
        return {name: np.zeros_like(params) for name in self.remembers}

    def update(self, vectors: Vectors, learning_rates: Sequence[float], number: int) -> None:
        """Move the params by the grads; ``number`` counts the updates from 1. A network has a rate."""
        raise NotImplementedError

    def clear_tiny(self, vectors: Vectors) -> None:
        """Set tiny numbers to zero, before they become subnormal, which slows down all products with them.

        The weights and moments of dead units, and of features that say nothing, shrink for ever.
        """
        clear_tiny(vectors.params)
        for name, array in vectors.memory.items():
            clear_tiny(array, are_squares=name in self.squares)


@dataclass(frozen=True)
class Sgd(Optimizer):
    """Gradient descent with momentum, classical (Polyak) or with look-ahead (Nesterov)."""

    name = "sgd"
    remembers = ("velocity",)

    momentum: float
    nesterov: bool

    def update(self, vectors: Vectors, learning_rates: Sequence[float], number: int) -> None:
        """Follow the velocity.

        velocity = momentum velocity - learning_rate grads
        params  += velocity                                       (classical)
        params  += momentum velocity - learning_rate grads        (Nesterov)
        """
        params, grads, velocity = vectors.params, vectors.grads, vectors.memory["velocity"]
        minus_rates, momenta = [-rate for rate in learning_rates], [self.momentum] * len(learning_rates)
        multiply_each(velocity, momenta)
        add_multiples(velocity, minus_rates, grads)
        if self.nesterov:
            add_multiples(params, minus_rates, grads)
            add_multiples(params, momenta, velocity)
        else:
            params += velocity


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015), in the form of their section 2 with "epsilon hat"."""

    name = "adam"
    remembers, squares = ("first_moment", "second_moment"), ("second_moment",)

    beta_1: float
    beta_2: float
    epsilon: float

    def update(self, vectors: Vectors, learning_rates: Sequence[float], number: int) -> None:
        """Follow the moments.

        m = beta_1 m + (1 - beta_1) grads          v = beta_2 v + (1 - beta_2) grads^2
        params -= learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

        with the number t of the update. To save two passes over the buffer, this is computed from
        M = m / (1 - beta_1) and V = v / (1 - beta_2), which the memory contains:

        M = beta_1 M + grads       V = beta_2 V + grads^2       c_i = (1 - beta_i) / (1 - beta_i^t)
        params -= learning_rate c_1 / sqrt(c_2) M / (sqrt(V) + epsilon / sqrt(1 - beta_2))
        """
        params, grads, memory, scratch = vectors
        beta_1, beta_2 = self.beta_1, self.beta_2
        M, V = memory["first_moment"], memory["second_moment"]
        decay_and_add(M, beta_1, grads)
        np.square(grads, out=scratch)
        decay_and_add(V, beta_2, scratch)
        np.sqrt(V, out=scratch)
        scratch += self.epsilon / (1 - beta_2) ** 0.5
        np.divide(M, scratch, out=scratch)
        correction_1 = (1 - beta_1) / (1 - beta_1**number)
        correction_2 = (1 - beta_2) / (1 - beta_2**number)
        correction = correction_1 / correction_2**0.5
        add_multiples(params, [-correction * rate for rate in learning_rates], scratch)


class AdamW(Adam):
    """Adam on the loss alone; the penalty shrinks the weights separately (Loshchilov and Hutter, 2019)."""

    name = "adamw"
    decouples_penalty = True


class Lbfgs(Optimizer):
    """L-BFGS. ``lbfgs.minimise`` takes its steps, and keeps no memory from one run to the next."""

    name = "lbfgs"
    takes_all_rows = True


# Parameters of the estimators that ask for a stochastic solver, and the values with which they do not.
OF_STOCHASTIC_SOLVERS: Mapping[str, str | None] = MappingProxyType(
    {
        "learning_rate": "auto",
        "learning_rate_schedule": "auto",
        "batch_size": "auto",
        "dropout": None,
        "max_grad_norm": None,
    }
)
SOLVERS: Mapping[str, type[Optimizer]] = MappingProxyType(
    {solver.name: solver for solver in (Adam, AdamW, Sgd, Lbfgs)}
)
