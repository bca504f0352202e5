"""What a fit reports after every epoch: verbose lines, scikit-learn's callbacks, checkpoints.

scikit-learn's callback framework is new in 1.9 and experimental, so only this module uses it. Without
callbacks, nothing of it is called.
"""

import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, NamedTuple, Self

import sklearn

from sknn_scratch._core.training import Hooks
from sknn_scratch._fitting.checkpoint import contents_of, regular_file, write_contents
from sknn_scratch._fitting.fitted import attributes_of, fitted_attributes
from sknn_scratch._fitting.sklearn_versions import (
    HAS_CALLBACKS,
    AutoPropagatedCallback,
    CallbackSupportMixin,
    callback_management_context,
)


class CallbackSupport(CallbackSupportMixin):
    """scikit-learn's support for callbacks, with a flag: whether they were set on this estimator itself.

    ``clone`` copies the callbacks, but not the flag.
    """

    def set_callbacks(self, *callbacks: Any) -> Self:
        """Set the callbacks for the fits of this estimator.

        Parameters
        ----------
        *callbacks : callback instances
            They replace the callbacks that were set before.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        TypeError
            If a callback lacks a method of scikit-learn's protocol, or if scikit-learn is older than 1.9.
        """
        if HAS_CALLBACKS:
            super().set_callbacks(*callbacks)
        elif callbacks:
            raise TypeError(
                f"set_callbacks({', '.join(map(repr, callbacks))}) needs scikit-learn 1.9 or newer, and "
                f'{sklearn.__version__} is installed: pip install "scikit-learn>=1.9"'
            )
        if hasattr(self, "_parent_callback_ctx"):  # a meta-estimator adds its own for a fit, or removes them
            return self
        vars(self).pop("_has_own_callbacks", None)
        if callbacks:
            self._has_own_callbacks = True
        return self


@dataclass(frozen=True)
class Checkpoint:
    """A callback that saves the training state to a file, to continue after a crash.

    The file is written before the first epoch, after every n epochs and after the last epoch. It is always
    replaced as a whole: after a crash at any moment, a complete file is there.
    :meth:`ShallowNNClassifier.resume` continues from it, and ends with the same weights, bit for bit, as a
    fit without a crash. An existing file is replaced, and the new one has its permissions.

    Parameters
    ----------
    path : str or path-like
        The file. Its directory must exist. If it is a symbolic link, the file that it names is written. Only
        one fit at a time may write to it. So set the callback on the network that you fit (also if it is the
        last step of a Pipeline), not on a network that a search or cross-validation clones.
    every : int, default=1
        Number of epochs between two writes. A crash loses at most this number of epochs.

    Raises
    ------
    ValueError
        In ``fit``, if the network is a clone, as in a search, or if the solver is "lbfgs", which "auto"
        chooses for few rows. In ``partial_fit``: save the estimator itself between two calls.
    OSError
        In ``fit``, if the path is a directory, a device or a pipe, if its directory does not exist, or if the
        disk is full.

    See Also
    --------
    ShallowNNClassifier.resume : Continue from the file.

    Notes
    -----
    The file contains the parameters, the optimiser's memory, the history and the states of the random
    generators. It is about five times as large as the weights. It contains no training data, only a hash of
    them. Nothing in it is pickled.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import Checkpoint, ShallowNNClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> directory = tempfile.TemporaryDirectory()
    >>> path = Path(directory.name) / "iris.checkpoint"
    >>> clf = ShallowNNClassifier(solver="adam", max_iter=1000, random_state=0)
    >>> clf = clf.set_callbacks(Checkpoint(path, every=10)).fit(X, y)
    >>> bool((ShallowNNClassifier.resume(path, X, y).coefs_[0] == clf.coefs_[0]).all())
    True
    >>> directory.cleanup()
    """

    path: str | os.PathLike
    every: int = 1

    def __post_init__(self):
        if not isinstance(self.path, str | os.PathLike):
            raise TypeError(f"path must be a str or path-like, got {self.path!r}.")
        if not isinstance(self.every, Integral) or isinstance(self.every, bool):
            raise TypeError(f"every must be an int, got {self.every!r}.")
        if self.every < 1:
            raise ValueError(f"every must be at least 1, got {self.every}.")

    def setup(self, estimator, context):
        """Check that there is one fit of the right kind, and a directory to write to."""
        name = type(estimator).__name__
        if not hasattr(estimator, "resume"):
            raise ValueError(
                f"Checkpoint cannot be set on {name}; set it on the ShallowNNClassifier or "
                "ShallowNNRegressor, also if that is a step of a Pipeline."
            )
        if is_one_of_many(context):
            raise ValueError(
                f"Checkpoint cannot be set on the {name} of a search, since all candidates would write to "
                f"the same file, {self.path}; fit the best candidate separately, with a Checkpoint."
            )
        if not hasattr(estimator, "_has_own_callbacks"):
            raise ValueError(
                f"Checkpoint cannot be set on a {name} that is cloned, as by cross-validation, since all "
                f"clones would write to the same file, {self.path}; call set_callbacks(Checkpoint(...)) on "
                "the estimator that is fitted itself."
            )
        if not (directory := regular_file(self.path).parent).is_dir():
            raise FileNotFoundError(
                f"Checkpoint cannot write {self.path}, since there is no directory {directory}; make it "
                "first."
            )

    def teardown(self, estimator, context):
        """Do nothing: no file stays open."""

    def on_fit_task_begin(self, estimator, context):
        """Do nothing."""

    def on_fit_task_end(self, estimator, context):
        """Do nothing: this hook does not get the training state, so ``FitReporter`` calls ``save``."""

    def save(self, contents):
        """Write the file if ``every`` epochs have passed, or the training has ended."""
        state = contents.state
        if len(state.history) % self.every == 0 or state.stop_reason is not None:
            write_contents(self.path, replace(contents, every=int(self.every)))


def is_one_of_many(context):
    """Whether a task has an ancestor whose subtasks need not run one after another, as in a search."""
    if context.parent is None:
        return False
    return not context.parent.sequential_subtasks or is_one_of_many(context.parent)


def reported_data(inputs):
    """Get the training data as the hooks of callbacks take them."""
    weight = inputs.sample_weight
    return {"X": inputs.X, "y": inputs.y, "metadata": None if weight is None else {"sample_weight": weight}}


class FitReporter(Hooks):
    """Reports the epochs of one fit to the callbacks and checkpoints of its estimator.

    The method of the estimator that is called must be decorated with ``validates_parameters``.
    """

    def __init__(self, fit, *labels):
        """Start each line with the labels, to tell the fit from others, or with the name of the class."""
        self.fit, self.estimator = fit, fit.estimator
        self.label = ", ".join(labels) or type(self.estimator).__name__
        self.data = reported_data(fit.inputs)
        self.context = None
        self.checkpoints = [one for one in callbacks_of(self.estimator) if isinstance(one, Checkpoint)]
        self.contents = contents_of(fit) if self.checkpoints else None

    @contextmanager
    def fit_task(self):
        """Tell the callbacks that the fit begins and ends."""
        if not callbacks_of(self.estimator):
            yield
            return
        run = self.fit.run
        self.context = self.estimator._init_callback_context(max_subtasks=run.config.max_iter)
        self.context.call_on_fit_task_begin(estimator=self.estimator, **self.data)
        if not run.state.history:
            self.on_epoch_settled(run)
        yield
        self.context.call_on_fit_task_end(estimator=self.estimator, **self.data, reconstruction_attributes={})

    def on_epoch_end(self, run):
        """Report an epoch; return whether a callback stops the training."""
        if self.estimator.verbose:
            if self.fit.choice is not None and len(run.state.history) == 1:
                self.print_line(self.fit.choice.in_words)
            self.print_line(f"epoch {run.state.epoch}: {watched_numbers(run.state.history[-1])}")
        return self.context is not None and self.call_epoch_hooks(run.state)

    def on_epoch_settled(self, run):
        """Pass the training state, which scikit-learn's hooks do not get, to the checkpoints."""
        for checkpoint in self.checkpoints:
            checkpoint.save(self.contents.after(run.state, self.fit.choice))

    def report_end(self, state):
        """Print why training stopped, and which epoch was kept; a call of ``partial_fit`` is one epoch."""
        if not self.estimator.verbose or self.fit.partial:
            return
        kept = state.kept_epoch
        place = kept - state.epochs_before - 1  # the history does not contain the epochs of earlier calls
        numbers = f" ({watched_numbers(state.history[place])})" if 0 <= place < len(state.history) else ""
        what = f"epoch {kept}{numbers}" if kept else "the initial weights"
        self.print_line(f"end after epoch {state.epoch}: {state.stop_reason.value} Kept: {what}.")

    def print_line(self, text):
        """Print a line that starts with the label of the fit."""
        print(f"[{self.label}] {text}")  # noqa: T201 - that is what verbose asks for

    def call_epoch_hooks(self, state):
        """Run the callbacks' hooks of an epoch; return whether one of them stops the training."""
        epoch = self.context.subcontext(task_name="epoch")
        epoch.call_on_fit_task_begin(estimator=self.estimator, **self.data)

        def attributes():  # None replaces the other attributes of an earlier fit
            return dict.fromkeys(attributes_of(self.estimator)) | fitted_attributes(self.fit, state)

        return epoch.call_on_fit_task_end(
            estimator=self.estimator, **self.data, reconstruction_attributes=attributes
        )


def watched_numbers(record):
    """Format the loss and the validation of an epoch."""
    shown = {name: record[name] for name in ("loss", "val_loss", "val_score") if name in record}
    return ", ".join(f"{name} = {value:.6f}" for name, value in shown.items())


def callbacks_of(estimator):
    """List the callbacks that are set on an estimator."""
    return getattr(estimator, "_skl_callbacks", [])


class ParentTask(NamedTuple):
    """A meta-estimator's task for the fit of one of its estimators."""

    estimator: object
    context: object  # CallbackContext
    shared: Sequence = ()  # callbacks of the meta-estimator that are called as if set on the estimator


@contextmanager
def fit_of_many(estimator, inputs, n_fits):
    """Report the fit of a meta-estimator; yield its estimators' tasks, or Nones if it has no callbacks."""
    if not callbacks_of(estimator):
        yield [None] * n_fits
        return
    data = reported_data(inputs)
    context = estimator._init_callback_context(max_subtasks=n_fits, sequential_subtasks=False)
    context.call_on_fit_task_begin(estimator=estimator, **data)
    shared = [one for one in callbacks_of(estimator) if not isinstance(one, AutoPropagatedCallback)]
    contexts = [context.subcontext(task_name="fit-network", task_id=i) for i in range(n_fits)]
    yield [ParentTask(estimator, of_fit, shared) for of_fit in contexts]
    context.call_on_fit_task_end(estimator=estimator, **data, reconstruction_attributes={})


@contextmanager
def fit_inside(parent, reporter):
    """Report one of several simultaneous fits, as if the estimator's own ``fit`` ran."""
    if parent is None:  # then the estimator has no callbacks either
        yield
        return
    with (
        task_of(parent, reporter),
        callback_management_context(reporter.estimator),
        reporter.fit_task(),
    ):
        yield


@contextmanager
def task_of(parent, reporter):
    """Report the task of a meta-estimator, and set the callbacks that it shares on the estimator meanwhile.

    scikit-learn itself propagates only callbacks with a ``max_propagation_depth``.
    """
    estimator, context = reporter.estimator, parent.context
    with context.propagate_callback_context(estimator):
        own = callbacks_of(estimator)
        estimator.set_callbacks(*own, *parent.shared)
        context.call_on_fit_task_begin(estimator=parent.estimator, **reporter.data)
        yield
        estimator.set_callbacks(*own)
    context.call_on_fit_task_end(estimator=parent.estimator, **reporter.data)
