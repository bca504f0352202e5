"""What a fit reports after every epoch: verbose lines, and scikit-learn's callbacks.

scikit-learn's callback framework is experimental, so all that this package knows of it is here.
"""

from contextlib import contextmanager

from sklearn.callback import CallbackSupportMixin

from sknn_scratch._fitting import snapshot

__all__ = ["CallbackSupportMixin", "FitReporter"]


class FitReporter:
    """Calls ``on_epoch_end`` for one fit of an estimator.

    Parameters
    ----------
    estimator : estimator with CallbackSupportMixin
        The one whose ``fit`` runs; its method must be decorated by ``with_callbacks`` or ``_fit_context``.
    plan : FitPlan
        What is going to be trained.
    inputs : FitInput
        The training data, as the user passed them.
    """

    def __init__(self, estimator, plan, inputs):
        self.estimator = estimator
        self.plan = plan
        metadata = {"sample_weight": inputs.sample_weight}
        self.data = {
            "X": inputs.X,
            "y": inputs.y,
            "metadata": None if inputs.sample_weight is None else metadata,
        }
        self.context = None

    @contextmanager
    def fit_task(self):
        """Tell the callbacks that the fit begins, and that it ends."""
        max_iter = self.plan.task.config.max_iter
        self.context = self.estimator._init_callback_context(max_subtasks=max_iter)
        self.context.call_on_fit_task_begin(estimator=self.estimator, **self.data)
        yield
        self.context.call_on_fit_task_end(estimator=self.estimator, **self.data, reconstruction_attributes={})

    @property
    def on_epoch_end(self):
        """The function for the training loop, or None if there is nothing to report."""
        has_callbacks = bool(getattr(self.estimator, "_skl_callbacks", []))
        if not (has_callbacks or self.estimator.verbose):
            return None

        def on_epoch_end(_, state):
            if self.estimator.verbose:
                self.print_epoch(state)
            return has_callbacks and self.call_epoch_hooks(state)

        return on_epoch_end

    def print_epoch(self, state):
        """Print a line for the epoch."""
        record = state.history[-1]
        shown = {name: record[name] for name in ("loss", "val_loss", "val_score") if name in record}
        numbers = ", ".join(f"{name} = {value:.6f}" for name, value in shown.items())
        print(f"[{type(self.estimator).__name__}] epoch {state.epoch}: {numbers}")  # noqa: T201 - that is what verbose asks for

    def call_epoch_hooks(self, state):
        """Run the callbacks' hooks of an epoch; a true value asks for the end."""
        epoch = self.context.subcontext(task_name="epoch")
        epoch.call_on_fit_task_begin(estimator=self.estimator, **self.data)
        return epoch.call_on_fit_task_end(
            estimator=self.estimator,
            **self.data,
            reconstruction_attributes=lambda: snapshot(self.plan, state),
        )
