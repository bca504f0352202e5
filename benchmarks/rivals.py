"""The rivals: our classifier, the libraries that people use instead, and the lower bound.

All train the same network on the same rows, in the same batches and for the same number of epochs, with relu
and with Adam at the same learning rate. No rule stops the training earlier.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from floors import call_bare_steps
from sknn_scratch import ShallowNNClassifier
from work import LEARNING_RATE, Work

OURS = "sknn_scratch"
MLP = "MLPClassifier"
TORCH = "PyTorch, 1 thread"


def our_classifier(work: Work, alpha: float = 1.0) -> ShallowNNClassifier:
    """Make our classifier for this work; with "auto", its alpha would be chosen by more networks."""
    own = {"n_hidden": work.n_hidden, "learning_rate": LEARNING_RATE, "alpha": alpha}
    return ShallowNNClassifier(**own, **shared(work))


def mlp_classifier(work: Work, alpha: float = 0.0001) -> MLPClassifier:
    own = {"hidden_layer_sizes": (work.n_hidden,), "learning_rate_init": LEARNING_RATE, "alpha": alpha}
    return MLPClassifier(**own, **shared(work))


def shared(work: Work) -> dict[str, Any]:
    never = {"tol": 0, "n_iter_no_change": 10**9, "early_stopping": False}
    of_work = {"batch_size": work.batch_size, "max_iter": work.epochs, "solver": work.solver}
    return {**of_work, **never, "random_state": 0}


def train_classifier(make: Callable[[Work], Any], work: Work, X: Any, y: Any) -> Any:
    """Train a scikit-learn classifier, and check that it did all of its work."""
    classifier = make(work).fit(X, y)
    if classifier.n_iter_ != work.epochs:
        raise RuntimeError(f"{classifier} stopped after {classifier.n_iter_} of {work.epochs} epochs.")
    return classifier


class TorchLoop:
    """The training loop that a PyTorch user would write: tensors, batches by index, fused Adam."""

    def __init__(self, work: Work, n_threads: int) -> None:
        self.work = work
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any) -> "TorchLoop":
        import torch

        torch.set_num_threads(self.n_threads)
        binary = y.max() == 1
        self.net = torch_network(X.shape[1], self.work.n_hidden, 1 if binary else int(y.max()) + 1, X.dtype)
        loss_function = torch.nn.BCEWithLogitsLoss() if binary else torch.nn.CrossEntropyLoss()
        targets = torch.from_numpy(y[:, np.newaxis].astype(X.dtype) if binary else y)
        X = torch.from_numpy(X)
        optimizer = torch.optim.Adam(self.net.parameters(), lr=LEARNING_RATE, fused=True)
        for _ in range(self.work.epochs):
            for rows in self.batches(len(X)):
                optimizer.zero_grad()
                loss_function(self.net(X[rows]), targets[rows]).backward()
                optimizer.step()
        return self

    def batches(self, n_samples: int) -> Any:
        """Draw the rows of each batch, unless one has all."""
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
    import torch
    from torch import nn

    net = nn.Sequential(nn.Linear(n_features, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_outputs))
    return net.to(getattr(torch, np.dtype(dtype).name))


def train_skorch(work: Work, X: Any, y: Any) -> Any:
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
    """One way to train a network: ``train(work, X, y)`` returns the fitted model."""

    name: str
    train: Callable[[Work, Any, Any], Any]
    package: str  # that must be installed
    is_general: bool = False  # takes sparse X too, and has lbfgs

    def can_train(self, work: Work, X: Any) -> bool:
        is_plain = isinstance(X, np.ndarray) and work.solver == "adam"
        return (is_plain or self.is_general) and find_spec(self.package) is not None


def rivals_for(work: Work, X: Any, *names: str) -> list[Rival]:
    """Find the rivals that can do this work: the given ones, or all."""
    return [rival for rival in RIVALS if rival.can_train(work, X) and (not names or rival.name in names)]


RIVALS = (
    Rival(OURS, partial(train_classifier, our_classifier), "numpy", is_general=True),
    Rival(MLP, partial(train_classifier, mlp_classifier), "numpy", is_general=True),
    Rival(TORCH, lambda work, X, y: TorchLoop(work, 1).fit(X, y), "torch"),
    Rival("PyTorch, 2 threads", lambda work, X, y: TorchLoop(work, 2).fit(X, y), "torch"),
    Rival("skorch", train_skorch, "skorch"),
    Rival("bare calls", call_bare_steps, "numpy"),
)
