"""Who is compared: our classifier, what people would use instead, and the floor under them all.

All train the same network on the same rows in the same batches for the same number of epochs, with Adam
at the same learning rate, relu, and every rule that could stop them earlier switched off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.linalg.blas import daxpy, dscal, saxpy, sscal
from sklearn.neural_network import MLPClassifier

from harness import is_installed
from sknn_scratch import ShallowNNClassifier
from work import Work

OURS = "sknn_scratch"
MLP = "MLPClassifier"
LEARNING_RATE = 0.001
NEVER = 10**9


def our_classifier(work: Work, **parameters) -> ShallowNNClassifier:
    """Make our classifier for this work."""
    fixed = {
        "n_hidden": work.n_hidden,
        "batch_size": work.batch_size,
        "max_iter": work.epochs,
        "solver": work.solver,
        "learning_rate": LEARNING_RATE,
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
    """Train a scikit-learn classifier, and see that it did all of its work."""
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
        """Predict the probabilities of the classes, of the second alone if there are two."""
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


class BareStep:
    """The calls that a step cannot do without, on buffers that stand ready: the floors.

    Parameters
    ----------
    work : Work
    X, y
        The data; the numbers in the other buffers mean nothing.
    """

    def __init__(self, work: Work, X: Any, y: Any) -> None:
        rng = np.random.default_rng(0)
        n, h, o = min(work.batch_size, len(X)), work.n_hidden, 1 if y.max() == 1 else int(y.max()) + 1

        def buffer(*shape: int) -> Any:
            return rng.uniform(-0.1, 0.1, shape).astype(X.dtype)

        self.X, self.rows = X, rng.permutation(len(X))[:n]
        self.batch, self.w_hidden, self.w_output = buffer(n, X.shape[1]), buffer(X.shape[1], h), buffer(h, o)
        self.hidden, self.slope, self.delta_hidden = buffer(n, h), buffer(n, h), buffer(n, h)
        self.logits, self.delta = buffer(n, o), buffer(n, o)
        self.grad_hidden, self.grad_output = buffer(X.shape[1], h), buffer(h, o)
        n_params = (X.shape[1] + 1) * h + (h + 1) * o
        self.params, self.grads, self.m, self.v, self.updates = abs(buffer(5, n_params))
        self.one, self.epsilon = np.ones((), X.dtype), np.full((), 1e-8, X.dtype)

    def multiply(self) -> None:
        """Compute the five matrix products."""
        self.forward()
        self.backward()

    def forward(self) -> None:
        """Multiply forward: X w_hidden, hidden w_output."""
        np.dot(self.batch, self.w_hidden, out=self.hidden)
        np.dot(self.hidden, self.w_output, out=self.logits)

    def backward(self) -> None:
        """Multiply backward: hidden' delta, delta w_output', X' delta_hidden."""
        np.dot(self.hidden.T, self.delta, out=self.grad_output)
        np.dot(self.delta, self.w_output.T, out=self.delta_hidden)
        np.dot(self.batch.T, self.delta_hidden, out=self.grad_hidden)

    def everything(self) -> None:
        """Do the rest too: rows, relu, p = exp(z) / (1 + exp(z)), Adam; no biases, no penalty, no history."""
        full_batch = len(self.rows) == len(self.X)
        if not full_batch:
            self.X.take(self.rows, axis=0, out=self.batch, mode="clip")
        self.forward()
        self.slope[...] = self.hidden > 0
        np.multiply(self.hidden, self.slope, out=self.hidden)
        np.exp(self.logits, out=self.delta)
        np.add(self.delta, self.one, out=self.logits)
        np.divide(self.delta, self.logits, out=self.delta)
        self.backward()
        np.multiply(self.delta_hidden, self.slope, out=self.delta_hidden)
        axpy, scal = (saxpy, sscal) if self.X.dtype == np.float32 else (daxpy, dscal)
        axpy(self.grads, scal(0.9, self.m))
        np.square(self.grads, out=self.updates)
        axpy(self.updates, scal(0.999, self.v))
        np.sqrt(self.v, out=self.updates)
        np.add(self.updates, self.epsilon, out=self.updates)
        np.divide(self.m, self.updates, out=self.updates)
        axpy(self.updates, self.params, a=-LEARNING_RATE)


def make_calls(method: Callable[[BareStep], None], work: Work, X: Any, y: Any) -> None:
    """Call a method of a ``BareStep`` for every step of the work."""
    step = BareStep(work, X, y)
    for _ in range(work.epochs * work.steps_per_epoch):
        method(step)


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


def rival_named(name: str) -> Rival:
    """Look a rival up."""
    (rival,) = [rival for rival in RIVALS if rival.name == name]
    return rival


def rivals_for(work: Work, X: Any, *names: str) -> list[Rival]:
    """Find who can do this work; those with the names given, or all."""
    return [rival for rival in RIVALS if rival.can_train(work, X) and (not names or rival.name in names)]


TORCH_1, TORCH_2, SKORCH = "PyTorch, 1 thread", "PyTorch, 2 threads", "skorch"
BARE, FLOOR = "bare calls", "matrix products alone"
BOTH_SOLVERS = ("adam", "lbfgs")
RIVALS = (
    Rival(OURS, partial(train_classifier, our_classifier), takes_sparse=True, solvers=BOTH_SOLVERS),
    Rival(MLP, partial(train_classifier, mlp_classifier), takes_sparse=True, solvers=BOTH_SOLVERS),
    Rival(TORCH_1, partial(train_torch, n_threads=1), package="torch"),
    Rival(TORCH_2, partial(train_torch, n_threads=2), package="torch"),
    Rival(SKORCH, train_skorch, package="skorch"),
    Rival(BARE, partial(make_calls, BareStep.everything)),
    Rival(FLOOR, partial(make_calls, BareStep.multiply)),
)
