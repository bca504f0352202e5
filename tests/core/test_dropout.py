import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.losses import Logistic
from sknn_scratch._core.network import Network
from sknn_scratch._core.parameters import NetworkShape, view_parameters
from tests.helpers import BINARY, both_precisions, make_run, train_alone


def recorded_factors(dropout, dtype=np.float64):
    """Dropout's factors (4, 250, 4) of two epochs of two batches of four units.

    The hidden values are all one and the output weights the unit matrix, so they are the outputs.
    """
    factors = []

    class Recorder(Logistic):
        def gradient(self, outputs, targets, out):
            factors.append(outputs.mT.copy())
            super().gradient(outputs, targets, out)

    shape = NetworkShape(n_features=1, n_hidden=4, n_outputs=4)
    network = Network(shape, ACTIVATIONS["identity"], Recorder())
    problem = BINARY._replace(X=np.zeros((500, 1), dtype), targets=np.full((500, 4), -1, dtype))
    config = {"solver": "sgd", "learning_rate": 0.0, "batch_size": 250, "max_iter": 2}
    run = make_run(problem, network=network, dropout=dropout, **config)
    params = view_parameters(run.state.params, shape)
    params.w_output[...] = np.eye(4)
    params.b_hidden[...] = 1
    train_alone(run)
    return np.array(factors[:4])  # a last evaluation, without dropout, checks the last update


@both_precisions
@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.9])
def test_units_are_dropped_at_the_rate_asked_for_and_the_others_made_up_for_it(dropout, dtype):
    factors = recorded_factors(dropout, dtype)
    assert factors.shape == (4, 250, 4)
    assert_allclose(np.unique(factors), [0, 1 / (1 - dropout)], rtol=1e-6)
    standard_error = math.sqrt(dropout * (1 - dropout) / 1000)
    assert_allclose((factors == 0).mean(axis=(0, 1)), dropout, atol=4 * standard_error)  # of every unit
    assert_allclose((factors == 0).mean(axis=(1, 2)), dropout, atol=4 * standard_error)  # in every batch


def test_units_samples_and_batches_are_dropped_independently():
    dropped = (recorded_factors(0.5) == 0).astype(float)
    of_units = np.corrcoef(dropped.reshape(-1, 4).T)
    of_batches = np.corrcoef(dropped.reshape(4, -1))
    of_neighbours = np.corrcoef(dropped[:, 1:].ravel(), dropped[:, :-1].ravel())
    for correlations in (of_units, of_batches, of_neighbours):
        assert_allclose(correlations, np.eye(len(correlations)), atol=4 / math.sqrt(1000))
