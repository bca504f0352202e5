"""The driver of SciPy's L-BFGS-B: full-batch minimisation of the objective on the flat buffer."""

from collections.abc import Callable

import numpy as np
import scipy.optimize

from sknn_scratch._core.activations import Array

# SciPy's limits are out of the way: the training loop decides when to stop. The relative decrease of the
# objective below which nothing more can be gained is the one that LogisticRegression uses. Twenty pairs of
# steps and gradients, twice SciPy's number, need fewer iterations and as much time; and the fewer there are,
# the less does rounding grow on the way: with ten, integer weights and repeated rows came to differ by 1e-7.
OPTIONS = {
    "maxiter": 2**31 - 1,
    "maxfun": 2**31 - 1,
    "maxcor": 20,
    "gtol": 0.0,
    "ftol": 64 * np.finfo(float).eps,
}


def minimise_lbfgs(
    objective_and_gradient: Callable[[Array], tuple[float, Array]],
    params: Array,
    on_iteration: Callable[[Array, float], bool],
) -> None:
    """Minimise from ``params`` (n_params,) until nothing more can be gained or ``on_iteration`` says so.

    ``on_iteration(params, objective)`` is called after every iteration with the accepted point, float64;
    a true value ends the minimisation.
    """

    def callback(intermediate_result: scipy.optimize.OptimizeResult) -> None:
        if on_iteration(intermediate_result.x, float(intermediate_result.fun)):
            raise StopIteration

    scipy.optimize.minimize(
        objective_and_gradient,
        params.astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        callback=callback,
        options=OPTIONS,
    )
