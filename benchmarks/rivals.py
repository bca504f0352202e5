"""The rivals: our classifier, the libraries that people use instead, and the lower bound.

All train the same network on the same rows, in the same batches and for the same number of epochs, with relu
and with Adam at the same learning rate. No rule stops the training earlier.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from floors import call_bare_steps
from harness import is_installed
from sknn_scratch import ShallowNNClassifier
from work import LEARNING_RATE, Work

OURS = "sknn_scratch"
MLP = "MLPClassifier"
NEVER = 10**9


def our_classifier(work: Work, **parameters) -> ShallowNNClassifier:
    """Make our classifier for this work."""
    fixed = {
        "n_hidden": work.n_hidden,
        "batch_size": work.batch_size,
        "max_iter": work.epochs,
        "solver": work.solver,
        "learning_rate": LEARNING_RATE,
        "alpha": 1.0,  # with "auto", several networks would be trained
        "tol": 0,
        "n_iter_no_change": NEVER,
        "early_stopping": False,
        "random_state": 0,
    }
    return ShallowNNClassifier(**(fixed | parameters))


def mlp_classifier(work: Work, **parameters) -> MLPClassifier:
    """Make scikit-learn's classifier for this work."""
    fixed = {
        "hidden_layer_sizes": (work.n_hidden,),
        "batch_size": work.batch_size,
        "max_iter": work.epochs,
        "solver": work.solver,
        "learning_rate_init": LEARNING_RATE,
        "tol": 0,
        "n_iter_no_change": NEVER,
        "early_stopping": False,
        "random_state": 0,
    }
    return MLPClassifier(**(fixed | parameters))


def train_classifier(make: Callable[[Work], Any], work: Work, X: Any, y: Any) -> Any:
    """Train a scikit-learn classifier, and check that it did all of its work."""
    classifier = make(work).fit(X, y)
    if classifier.n_iter_ != work.epochs:
        raise RuntimeError(f"{classifier} stopped after {classifier.n_iter_} of {work.epochs} epochs.")
    return classifier


class TorchLoop:
    """The training loop that a PyTorch user would write: tensors, batches by index, fused Adam.

    Parameters
    ----------
    work : Work
    n_threads : int
        For all that PyTorch computes.
    """

    def __init__(self, work: Work, n_threads: int) -> None:
        self.work = work
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any) -> "TorchLoop":
        """Train the network."""
        import torch

        torch.set_num_threads(self.n_threads)
        binary = y.max() == 1
        self.net = torch_network(X.shape[1], self.work.n_hidden, 1 if binary else int(y.max()) + 1, X.dtype)
        loss_function = torch.nn.BCEWithLogitsLoss() if binary else torch.nn.CrossEntropyLoss()
        targets = torch.from_numpy(y[:, np.newaxis].astype(X.dtype) if binary else y)
        X = torch.from_numpy(X)
        optimizer = torch.optim.Adam(self.net.parameters(), lr=LEARNING_RATE, fused=True)
        for _ in range(self.work.epochs):
            for rows in self._batches(len(X)):
                optimizer.zero_grad()
                loss_function(self.net(X[rows]), targets[rows]).backward()
                optimizer.step()
        return self

    def _batches(self, n_samples: int) -> Any:
        import torch

        if self.work.batch_size >= n_samples:
            return [slice(None)]
        return torch.randperm(n_samples).split(self.work.batch_size)

    def predict_proba(self, X: Any) -> Any:
        """Predict the probabilities of the classes, or only of the second class if there are two."""
        import torch

        torch.set_num_threads(self.n_threads)
        with torch.inference_mode():
            logits = self.net(torch.from_numpy(X))
            return (logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(1)).numpy()


def torch_network(n_features: int, n_hidden: int, n_outputs: int, dtype: np.dtype) -> Any:
    """Make the network for PyTorch."""
    import torch
    from torch import nn

    net = nn.Sequential(nn.Linear(n_features, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_outputs))
    return net.to(getattr(torch, np.dtype(dtype).name))


def train_torch(work: Work, X: Any, y: Any, *, n_threads: int) -> TorchLoop:
    """Train with PyTorch's CPU loop."""
    return TorchLoop(work, n_threads).fit(X, y)


def train_skorch(work: Work, X: Any, y: Any) -> Any:
    """Train with skorch, one thread, no validation split and nothing printed."""
    import torch
    from skorch import NeuralNetClassifier

    torch.set_num_threads(1)
    classifier = NeuralNetClassifier(
        torch_network(X.shape[1], work.n_hidden, int(y.max()) + 1, X.dtype),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__fused=True,
        lr=LEARNING_RATE,
        batch_size=work.batch_size,
        max_epochs=work.epochs,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    return classifier.fit(X, y)


@dataclass(frozen=True)
class Rival:
    """One way to train a network.

    Attributes
    ----------
    name : str
        For the table.
    train : callable
        ``train(work, X, y)`` returns the fitted model.
    takes_sparse : bool
        Whether X may be sparse.
    solvers : tuple of str
        The solvers it has.
    package : str
        Must be installed.
    """

    name: str
    train: Callable[[Work, Any, Any], Any]
    takes_sparse: bool = False
    solvers: tuple[str, ...] = ("adam",)
    package: str = "numpy"

    def can_train(self, work: Work, X: Any) -> bool:
        """Whether this rival takes part."""
        dense = isinstance(X, np.ndarray)
        return work.solver in self.solvers and (dense or self.takes_sparse) and is_installed(self.package)


def rivals_for(work: Work, X: Any, *names: str) -> list[Rival]:
    """Find the rivals that can do this work: the given ones, or all."""
    return [rival for rival in RIVALS if rival.can_train(work, X) and (not names or rival.name in names)]


TORCH_1, TORCH_2, SKORCH = "PyTorch, 1 thread", "PyTorch, 2 threads", "skorch"
BARE = "bare calls"
BOTH_SOLVERS = ("adam", "lbfgs")
RIVALS = (
    Rival(OURS, partial(train_classifier, our_classifier), takes_sparse=True, solvers=BOTH_SOLVERS),
    Rival(MLP, partial(train_classifier, mlp_classifier), takes_sparse=True, solvers=BOTH_SOLVERS),
    Rival(TORCH_1, partial(train_torch, n_threads=1), package="torch"),
    Rival(TORCH_2, partial(train_torch, n_threads=2), package="torch"),
    Rival(SKORCH, train_skorch, package="skorch"),
    Rival(BARE, call_bare_steps, takes_sparse=True),
)
