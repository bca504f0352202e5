"""The small network that tells something of a table, before the networks that predict."""

from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.regressor import ShallowNNRegressor
from sknn_scratch._fitting.callbacks import Training
from sknn_scratch._fitting.passes import train_in_one_pass
from sknn_scratch._fitting.plan import plan_fit

SMALL = {"n_hidden": 32, "alpha": 10, "max_iter": 20, "early_stopping": False, "random_state": 0}


def small_network(is_regression):
    return (ShallowNNRegressor if is_regression else ShallowNNClassifier)(**SMALL)


def train(network, inputs, encoded=None):
    """Train a network on what a user passes, encoded or not, and return the fit.

    It gives none of the warnings of a fit: the network that follows has the same y, and warns.
    """
    fit = plan_fit(network, inputs, encoded)
    train_in_one_pass([Training(fit)])
    if fit.run.is_interrupted:
        raise KeyboardInterrupt
    return fit
