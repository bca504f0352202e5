"""Ensembles: several networks are trained, if possible in one pass, and their predictions are averaged."""

from inspect import signature
from itertools import chain
from typing import ClassVar

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.utils import check_random_state, gen_even_slices
from sklearn.utils.parallel import Parallel, delayed

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blocks import predict_outputs
from sknn_scratch._estimators.base import BaseShallowNN
from sknn_scratch._estimators.single import SingleNetwork, train_and_adopt
from sknn_scratch._fitting.callbacks import Training, fit_of_many
from sknn_scratch._fitting.decide import usual_n_networks
from sknn_scratch._fitting.fitted import (
    DATA_ATTRIBUTES,
    adopt,
    attributes_of,
    copied,
    is_fitted,
    target_kind_of,
)
from sknn_scratch._fitting.inputs import encode_data
from sknn_scratch._fitting.plan import copy_to_fit, draw_seed, plan_fit
from sknn_scratch._fitting.troubles import troubles_of_ensemble, warn

SHARED_ATTRIBUTES = (*DATA_ATTRIBUTES, "solver_", "learning_rate_", "tol_", "alpha_path_")


class Ensemble(BaseShallowNN):
    """Training of several networks, and the average of their outputs.

    A subclass names the class of its networks, ``_network``. The entries below go into its docstring.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed for the seeds of the networks. It does not vary what the data choose: the alphas and the length
        of the cycle.
    verbose : int, default=0
        If not 0, print the choice of ``alpha``, and a line for each network after every epoch and at its end.
    n_jobs : int, default=None
        Number of workers for the networks. Except with lbfgs, one is usually best: it trains all in one pass.

    Attributes
    ----------
    n_iter_ : ndarray of shape (n_networks,)
        Number of epochs of each network.
    alpha_ : ndarray of shape (n_networks,)
        The strength of the penalty of each network.
    history_ : list of dict
        The ``history_`` of each network.
    """

    n_iter_: NDArray[np.integer]
    solver_: str
    learning_rate_: float
    tol_: float
    alpha_: Array
    alpha_path_: dict[str, Array]
    history_: list[dict[str, Array]]

    _network: ClassVar[type[SingleNetwork]]

    def _fit(self, inputs):
        model = copy_to_fit(self, inputs.partial)
        encoded = encode_data(model, inputs)  # for all networks, so that errors name the ensemble's class
        networks = self._networks(encoded, goes_on=is_fitted(model))
        n_networks = len(networks)
        with fit_of_many(self, inputs, n_networks) as tasks:
            places = (np.arange(n_networks) + 0.5) / n_networks
            members = list(zip(range(n_networks), places, networks, tasks, strict=True))
            n_parts = min(effective_n_jobs(self.n_jobs), n_networks)
            if n_parts == 1:
                parts = [fit_networks(members, inputs, encoded)]
            else:
                choice = plan_fit(networks[0], inputs, encoded).choice
                slices = gen_even_slices(n_networks, n_parts)
                parts = Parallel(n_jobs=n_parts)(
                    delayed(fit_networks)(members[part], inputs, encoded, choice) for part in slices
                )
            networks, all_troubles = map(list, zip(*chain.from_iterable(parts), strict=True))
            for trouble in troubles_of_ensemble(networks, all_troubles):
                warn(*trouble)
            of_networks = {
                "estimators_": networks,
                "n_iter_": np.array([one.n_iter_ for one in networks]),
                "alpha_": np.array([one.alpha_ for one in networks]),
                "history_": [one.history_ for one in networks],
            }
            adopt(self, attributes_of(networks[0], SHARED_ATTRIBUTES) | of_networks)
        return self

    def _networks(self, encoded, goes_on):
        """Make new networks, or copies of the fitted networks if the fit goes on with them."""
        own = {name: getattr(self, name) for name in signature(self._network).parameters}
        del own["random_state"]
        if not goes_on:
            rng, n_networks = check_random_state(self.random_state), self.n_networks
            if n_networks == "auto":
                n_networks = usual_n_networks(encoded.data.n_samples)
            return [self._network(**own, random_state=draw_seed(rng)) for _ in range(n_networks)]
        if self.n_networks not in ("auto", len(self.estimators_)):
            raise ValueError(
                f"n_networks={self.n_networks}, but there are {len(self.estimators_)} fitted networks to "
                "train further; set n_networks back, or start anew with fit and warm_start=False."
            )
        return [copied(network).set_params(**own) for network in self.estimators_]

    @np.errstate(under="ignore")
    def _outputs(self, X):
        all_outputs = self._all_outputs(X)
        return target_kind_of(self).average(all_outputs)

    def _all_outputs(self, X):
        """Yield the outputs (n_samples, n_outputs) of each network."""
        X = self._rows(X)
        return (one._compute(predict_outputs, X) for one in self.estimators_)

    @property
    def _dtype(self):
        return self.estimators_[0]._dtype


def fit_networks(members, inputs, encoded, choice=None):
    """Fit members to the same encoded rows, with one choice; list each fitted network with its troubles.

    A member has a number, a place between 0 and 1, a network and the ensemble's task for its fit.
    """
    trainings = []
    for number, place, network, parent in members:
        fit = plan_fit(network, inputs, encoded, choice)
        choice = fit.choice
        fit.take_place(place)
        trainings.append(Training(fit, f"network {number}", parent))
    return train_and_adopt(trainings)
