"""What a fit reports before and after every epoch: verbose lines, and scikit-learn's callbacks.

scikit-learn's callback framework is new in 1.9 and experimental, so only this module uses it. Without
callbacks, nothing of it is called.
"""

from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._core.training import Hooks
from sknn_scratch._fitting.fitted import attributes_of, fitted_model
from sknn_scratch._fitting.sklearn_versions import AutoPropagatedCallback, callback_management_context


def reported_data(inputs):
    weight = inputs.sample_weight
    return {"X": inputs.X, "y": inputs.y, "metadata": None if weight is None else {"sample_weight": weight}}


def print_line(estimator, text, name=""):
    """Print a text after a name, that of the class by default, if the estimator is verbose."""
    if estimator.verbose:
        print(f"[{name or type(estimator).__name__}] {text}")  # noqa: T201


class Training(Hooks):
    """The training of a planned fit. It reports the epochs in verbose lines and to the estimator's callbacks.

    The method of the estimator that is called must be decorated with ``validates_parameters``.
    """

    def __init__(self, fit, name="", parent=None):
        """Take a name that tells the fit from others, and the task of an ensemble to which it belongs."""
        self.fit, self.run, self.estimator, self.name, self.parent = fit, fit.run, fit.estimator, name, parent
        self.context = self.epoch = None  # of the fit and of its present epoch, if there are callbacks
        self.start = None  # of the first epoch

    @contextmanager
    def fit_task(self):
        """Tell the callbacks that the fit begins and ends."""
        if self.parent is None and not callbacks_of(self.estimator):
            yield
            return
        self.data = reported_data(self.fit.inputs)
        with inside(self.parent, self.estimator, self.data):
            n_epochs, now = self.run.config.max_iter, {"estimator": self.estimator, **self.data}
            self.context = self.estimator._init_callback_context(max_subtasks=n_epochs)
            self.context.call_on_fit_task_begin(**now)
            yield
            self.context.call_on_fit_task_end(**now, reconstruction_attributes={})

    def on_epoch_begin(self, run):
        self.start = self.start or perf_counter()
        if self.context is not None:
            self.epoch = self.context.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def on_epoch_end(self, run):
        """Report an epoch; return whether a callback stops the training."""
        if self.estimator.verbose:
            if self.fit.choice.tried.losses and len(run.state.history) == 1:
                self.print_line(self.fit.choice.in_words)
            numbers = watched_numbers(run.state.history[-1])
            self.print_line(f"epoch {run.state.epoch}{self.outlook(run)}: {numbers}")
        if self.context is None:
            return False

        def attributes():
            earlier = dict.fromkeys(attributes_of(self.estimator))  # None replaces those that are no more
            return earlier | attributes_of(fitted_model(self.fit, run.state))

        return self.epoch.call_on_fit_task_end(
            estimator=self.estimator, **self.data, reconstruction_attributes=attributes
        )

    def outlook(self, run):
        """Say how many epochs there will be, and how long they will take, if a schedule ends with them."""
        if not SCHEDULES[run.config.schedule].ends:
            return ""
        n_done, n_epochs = run.epochs_done, run.config.max_iter
        left = (perf_counter() - self.start) / n_done * (n_epochs - n_done)
        return f" of {run.state.epochs_before + n_epochs} ({left:.1f} s left)"

    def report_end(self):
        """Print why training stopped, and which epoch was kept; a call of ``partial_fit`` is one epoch."""
        if self.fit.encoded.is_part:
            return
        state = self.run.state
        kept = state.kept_epoch
        place = kept - state.epochs_before - 1  # the history does not contain the epochs of earlier calls
        numbers = f" ({watched_numbers(state.history[place])})" if 0 <= place < len(state.history) else ""
        what = f"epoch {kept}{numbers}" if kept else "the initial weights"
        self.print_line(f"end after epoch {state.epoch}: {state.stop_reason.value} Kept: {what}.")

    def print_line(self, text):
        print_line(self.estimator, text, self.name)


def watched_numbers(record):
    shown = {name: record[name] for name in ("loss", "val_loss", "val_score") if name in record}
    return ", ".join(f"{name} = {value:.6f}" for name, value in shown.items())


def callbacks_of(estimator):
    return getattr(estimator, "_skl_callbacks", [])


class ParentTask(NamedTuple):
    """A meta-estimator's task for the fit of one of its estimators."""

    estimator: object
    context: object  # CallbackContext


@contextmanager
def fit_of_many(estimator, inputs, n_fits):
    """Report the fit of a meta-estimator; yield its estimators' tasks, or Nones if it has no callbacks."""
    if not callbacks_of(estimator):
        yield [None] * n_fits
        return
    data = reported_data(inputs)
    context = estimator._init_callback_context(max_subtasks=n_fits, sequential_subtasks=False)
    context.call_on_fit_task_begin(estimator=estimator, **data)
    contexts = [context.subcontext(task_name="fit-network", task_id=i) for i in range(n_fits)]
    yield [ParentTask(estimator, of_fit) for of_fit in contexts]
    context.call_on_fit_task_end(estimator=estimator, **data, reconstruction_attributes={})


@contextmanager
def inside(parent, estimator, data):
    """Report one of several simultaneous fits to the parent's callbacks, as if the estimator's ``fit`` ran.

    scikit-learn itself hands only callbacks with a ``max_propagation_depth`` down to the estimator.
    """
    if parent is None:
        yield
        return
    context, others = parent.context, callbacks_of(parent.estimator)
    with context.propagate_callback_context(estimator):
        own = callbacks_of(estimator)
        handed_down = [one for one in others if not isinstance(one, AutoPropagatedCallback)]
        estimator.set_callbacks(*own, *handed_down)
        context.call_on_fit_task_begin(estimator=parent.estimator, **data)
        with callback_management_context(estimator):
            yield
        estimator.set_callbacks(*own)
    context.call_on_fit_task_end(estimator=parent.estimator, **data)
