"""Optimisers: pairs (init, update) on flat buffers. They know nothing of layers.

    init(params)       -> memory, a dict of arrays
    update(part, step)    overwrites the part's params and memory, in place

A ``Part`` contains flat arrays (n,): all parameters of all networks, or some parameters of one network. A
``Step`` contains numbers. A number that may differ between networks is a list with one for each.

An update also applies the penalty. Either ``part.penalty.add_gradient`` adds the penalty's gradient to the
loss's in ``part.grads``, and so to the norms in the history, or ``part.penalty.shrink`` shrinks the weights.

To add an optimiser, write the two functions and give them a line in ``OPTIMIZERS``, with the names of its
hyperparameters: parameters of the estimator, in the order of ``Step.hyperparameters``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import add_multiples, constant, decay_and_add, multiply_each

Memory: TypeAlias = dict[str, Array]


class PenaltyOfPart(Protocol):
    """The penalty of the parameters of a part."""

    def add_gradient(self, params: Array, grads: Array) -> None:
        """Add the penalty's gradient to the loss's, arrays (n,)."""

    def shrink(self, params: Array, learning_rates: Sequence[float]) -> None:
        """Take a step of gradient descent on the penalty alone."""


class Part(NamedTuple):
    """What an update reads and writes: arrays (n,)."""

    params: Array
    grads: Array  # of the loss
    updates: Array  # a buffer for intermediate results
    memory: Memory
    penalty: PenaltyOfPart


@dataclass(slots=True)
class Step:
    """The numbers of one update."""

    hyperparameters: Sequence[Any]  # the optimiser's, in its order
    number: int = 0  # of the update, counted from 1
    learning_rates: Sequence[float] = ()  # of each network, in this epoch


class Optimizer(NamedTuple):
    """How an optimiser starts, and how it updates parameters by gradients."""

    init: Callable[[Array], Memory]
    update: Callable[[Part, Step], None]
    hyperparameters: tuple[str, ...]  # the names of the estimator's parameters
    of_each_network: frozenset[str] = frozenset()  # those that may differ between the networks of a stack


def init_sgd(params: Array) -> Memory:
    """Start with a velocity of zero."""
    return {"velocity": np.zeros_like(params)}


def update_sgd(part: Part, step: Step) -> None:
    """Gradient descent with momentum, classical (Polyak) or with look-ahead (Nesterov).

    velocity = momentum velocity - learning_rate grads
    params  += velocity                                       (classical)
    params  += momentum velocity - learning_rate grads        (Nesterov)
    """
    params, grads, velocity = part.params, part.grads, part.memory["velocity"]
    part.penalty.add_gradient(params, grads)
    momenta, nesterov = step.hyperparameters
    rates = [-rate for rate in step.learning_rates]
    multiply_each(velocity, momenta)
    add_multiples(velocity, rates, grads)
    if nesterov:
        add_multiples(params, rates, grads)
        add_multiples(params, momenta, velocity)
    else:
        params += velocity


def init_adam(params: Array) -> Memory:
    """Start with moments of zero."""
    return {"first_moment": np.zeros_like(params), "second_moment": np.zeros_like(params)}


def update_adam(part: Part, step: Step) -> None:
    """Adam (Kingma and Ba, 2015), in the form of their section 2 with "epsilon hat"."""
    part.penalty.add_gradient(part.params, part.grads)
    follow_moments(part, step)


def update_adamw(part: Part, step: Step) -> None:
    """Adam on the loss alone; the penalty shrinks the weights separately (Loshchilov and Hutter, 2019)."""
    part.penalty.shrink(part.params, step.learning_rates)
    follow_moments(part, step)


def follow_moments(part: Part, step: Step) -> None:
    """Adam's update.

    m = beta_1 m + (1 - beta_1) grads          v = beta_2 v + (1 - beta_2) grads^2
    params -= learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

    The memory contains m / (1 - beta_1) and v / (1 - beta_2), which saves two passes over the buffer.
    """
    params, grads, updates, memory, _ = part
    beta_1, beta_2, epsilon = step.hyperparameters
    m, v = memory["first_moment"], memory["second_moment"]
    decay_and_add(m, beta_1, grads)
    np.square(grads, out=updates)
    decay_and_add(v, beta_2, updates)

    np.sqrt(v, out=updates)
    updates += constant(epsilon / (1 - beta_2) ** 0.5, params.dtype.char)
    np.divide(m, updates, out=updates)
    correction_1 = (1 - beta_1) / (1 - beta_1**step.number)
    correction_2 = (1 - beta_2) / (1 - beta_2**step.number)
    correction = correction_1 / correction_2**0.5
    add_multiples(params, [-correction * rate for rate in step.learning_rates], updates)


N_PAIRS = 20  # of L-BFGS: twice SciPy's default, for fewer iterations in the same time


def init_lbfgs(params: Array) -> Memory:
    """Start without pairs of steps and changes; see ``lbfgs.Pairs``."""
    pairs = (N_PAIRS, params.size)
    return {
        "steps": np.zeros(pairs, params.dtype),
        "changes": np.zeros(pairs, params.dtype),
        "R_inverse": np.eye(N_PAIRS),
        "YMY": np.zeros((N_PAIRS, N_PAIRS)),
    }


def no_update(part: Part, step: Step) -> None:
    """Do nothing: ``lbfgs.Minimiser`` takes the steps, since a step may need gradients at several points."""


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        "adam": Optimizer(init_adam, update_adam, ("beta_1", "beta_2", "epsilon")),
        "adamw": Optimizer(init_adam, update_adamw, ("beta_1", "beta_2", "epsilon")),
        "sgd": Optimizer(init_sgd, update_sgd, ("momentum", "nesterov"), frozenset({"momentum"})),
    }
)
# With L-BFGS, which needs the objective over all rows.
SOLVERS: Mapping[str, Optimizer] = MappingProxyType(
    {**OPTIMIZERS, "lbfgs": Optimizer(init_lbfgs, no_update, ())}
)
