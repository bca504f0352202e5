"""The computations of the core as in a textbook: slow, in new arrays, step by step."""

import numpy as np


def penalty_strength(alpha, row_weights):
    """The factor of |w|^2 / 2 in the objective."""
    return alpha / max(sum(row_weights), 100)


# --- Probabilities, of Decimals: as exact as their precision ---

EXTREMES = [-1e4, -745, -40, -1, 0, 1e-9, 1, 40, 745, 1e4]


def log_sigmoid(z):
    return -(1 + (-z).exp()).ln()


def log_softmax(z):
    log_sum = sum(value.exp() for value in z).ln()
    return [value - log_sum for value in z]


# --- Optimisers: yield the parameters after each of n steps; a penalty is its rate for each of them ---


def classical_momentum(x, gradient, n_steps, learning_rate, mu):
    velocity = 0
    for _ in range(n_steps):
        velocity = mu * velocity - learning_rate * gradient(x)
        x = x + velocity
        yield x


def nesterov_momentum(x, gradient, n_steps, learning_rate, mu):
    """Nesterov's method as Sutskever et al. (2013) write it, with the gradient taken ahead of ``y``.

    The optimiser's parameters are these points ahead, x = y + momentum velocity.
    """
    y, velocity = x, 0
    for _ in range(n_steps):
        velocity = mu * velocity - learning_rate * gradient(y + mu * velocity)
        y = y + velocity
        yield y + mu * velocity


def sgd(x, gradient, n_steps, learning_rate, momentum, nesterov, penalty=0.0):
    method = nesterov_momentum if nesterov else classical_momentum
    return method(x, lambda x: gradient(x) + penalty * x, n_steps, learning_rate, momentum)


def adam(x, gradient, n_steps, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, penalty=0.0):
    return adamw(
        x, lambda x: gradient(x) + penalty * x, n_steps, learning_rate, beta_1, beta_2, epsilon, penalty=0.0
    )


def adamw(x, gradient, n_steps, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, penalty=0.0):
    """Loshchilov and Hutter (2019), algorithm 2; without a penalty that is Adam of Kingma and Ba (2015).

    In the more efficient order of computation at the end of the latter's section 2.
    """
    m, v = 0, 0
    for t in range(1, n_steps + 1):
        g = gradient(x)
        x = x - learning_rate * penalty * x
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        x = x - rate * m / (np.sqrt(v) + epsilon)
        yield x


# The optimisers of the package. A new optimiser needs a line.
OPTIMIZERS = {"adam": adam, "adamw": adamw, "sgd": sgd}
