"""The driver of SciPy's L-BFGS-B: full-batch minimisation of the objective, and its coordinates."""

from collections.abc import Callable

import numpy as np
import scipy.optimize

from sknn_scratch._core.activations import Activate, Array
from sknn_scratch._core.parameters import NetworkShape, view_parameters

# SciPy's limits are out of the way: the training loop decides when to stop. The relative decrease of the
# objective below which nothing more can be gained is the one that LogisticRegression uses. Twenty pairs of
# steps and gradients, twice SciPy's number, need fewer iterations and as much time.
OPTIONS = {
    "maxiter": 2**31 - 1,
    "maxfun": 2**31 - 1,
    "maxcor": 20,
    "gtol": 0.0,
    "ftol": 64 * np.finfo(float).eps,
}

# SciPy's status of an end that is neither convergence nor a limit: in practice, of a line search that failed.
ABNORMAL = 2


class Centring:
    """Coordinates (n_params,) in which hidden values are counted from g(0).

    The logits are hidden w_output + b_output = (hidden - g(0)) w_output + b_centred, and L-BFGS is given
    b_centred for b_output. Where g(0) is not zero, as with sigmoid and softplus, all units have a large value
    in common; in these coordinates they have not, and L-BFGS takes two thirds of the iterations.

    Parameters
    ----------
    shape : NetworkShape
    activate : callable
        The network's activation.
    """

    def __init__(self, shape: NetworkShape, activate: Activate) -> None:
        self.shape = shape
        resting = np.zeros((1, 1))
        with np.errstate(all="ignore"):
            activate(resting, None)
        self.resting_value = float(resting[0, 0]) if np.isfinite(resting).all() else 0.0

    def coordinates(self, params: Array) -> Array:
        """Write parameters as coordinates, float64."""
        return self._with_moved_bias(params, self.resting_value)

    def params(self, coordinates: Array) -> Array:
        """Write coordinates as parameters."""
        return self._with_moved_bias(coordinates, -self.resting_value)

    def _with_moved_bias(self, flat: Array, factor: float) -> Array:
        moved = flat.astype(np.float64)
        layers = view_parameters(moved, self.shape)
        layers.b_output[...] += factor * layers.w_output.sum(axis=0)
        return moved

    def gradient(self, grads: Array) -> Array:
        """Write a gradient by the parameters as one by the coordinates."""
        gradient = grads.astype(np.float64)
        layers = view_parameters(gradient, self.shape)
        layers.w_output[...] -= self.resting_value * layers.b_output
        return gradient


def minimise_lbfgs(
    objective_and_gradient: Callable[[Array], tuple[float, Array]],
    start: Array,
    on_iteration: Callable[[Array, float], bool],
) -> bool:
    """Minimise from ``start`` (n_params,) until nothing more can be gained or ``on_iteration`` says so.

    ``on_iteration(x, objective)`` is called after every iteration with the accepted point, float64; a true
    value ends the minimisation. Returns whether it ended in one of these ways: a line search may also fail.
    """

    def callback(intermediate_result: scipy.optimize.OptimizeResult) -> None:
        if on_iteration(intermediate_result.x, float(intermediate_result.fun)):
            raise StopIteration

    outcome = scipy.optimize.minimize(
        objective_and_gradient,
        start.astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        callback=callback,
        options=OPTIONS,
    )
    return bool(outcome.status != ABNORMAL)
