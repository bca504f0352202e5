"""TrainingCurveDisplay: how the loss fell, where training stopped, and why."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sknn_scratch._displays.plotting import BLACK, HIDDEN_LAYER, OUTPUT_LAYER, TRAINING, VALIDATION, axes_for
from sknn_scratch._inspection import FittedNetwork, Inspected

FEW_EPOCHS = 15  # up to this number, each epoch has a dot
WIDE_RANGE = 20.0  # a loss that falls by this factor is easier to read on a logarithmic axis


@dataclass(eq=False, repr=False)
class TrainingCurveDisplay:
    """Training and validation loss, epoch by epoch, with the best epoch and why training stopped.

    Use :meth:`from_estimator` to make a display from a fitted estimator.

    Parameters
    ----------
    history : dict of array-like of shape (n_epochs,)
        The ``history_`` of a network, see :class:`ShallowNNClassifier`. Only ``loss`` is required.
    best_iter : int, default=None
        The epoch whose weights were kept; 0 means the initial ones. It is drawn if there was a validation, or
        if it is not the last epoch.
    stop_reason : str, default=None
        One of the values of ``stop_reason_``.
    score_name : str, default="score"
        Name of ``val_score``.
    name : str, default=None
        Name of the estimator, for the title and the legend.
    first_epoch : int, default=1
        Number of the first epoch in ``history``, which may have only the latest ones.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The Axes with the losses.
    axes_ : ndarray of Axes
        All panels, from the top.
    figure_ : matplotlib Figure
        The figure of these Axes.

    See Also
    --------
    diagnose : Says in words what is wrong with a training.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn_scratch import ShallowNNClassifier, TrainingCurveDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = ShallowNNClassifier(32, random_state=0).fit(X / 16, y)
    >>> display = TrainingCurveDisplay.from_estimator(clf, details=True)
    >>> display.n_epochs == clf.n_iter_
    True
    """

    history: dict[str, Any]
    best_iter: int | None = None
    stop_reason: str | None = None
    score_name: str = "score"
    name: str | None = None
    first_epoch: int = 1

    @property
    def n_epochs(self) -> int:
        """Number of epochs in the history."""
        return len(self.history["loss"])

    @property
    def last_epoch(self) -> int:
        """Number of the last epoch."""
        return self.first_epoch + self.n_epochs - 1

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedNetwork,
        *,
        details: bool = False,
        color: Any = None,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Plot the training curve of a fitted estimator.

        Parameters
        ----------
        estimator : ShallowNNClassifier, ShallowNNRegressor, their ensembles, or Pipeline
            Fitted; a Pipeline must end in one of these. Of an ensemble, the first network is shown.
        details : bool, default=False
            Whether to add panels with the gradient norms of both layers and the share of saturated and
            dead hidden units.
        color : matplotlib color, default=None
            One colour for all curves, to draw several estimators in one plot: the validation is dashed, and
            an estimator has one line in the legend. None gives each curve its own colour and line.
        name : str, default=None
            Name of the estimator, for the title and the legend.
        ax : Axes or array of Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        ValueError
            If the estimator has no history.
        """
        inspected = Inspected(estimator)
        fitted = inspected.network
        if not len(fitted.loss_curve_):
            raise ValueError("The estimator has no history: it has not been trained for a single epoch.")
        score_name = fitted.scoring if isinstance(fitted.scoring, str) else "score"
        display = cls(
            fitted.history_,
            fitted.best_iter_,
            fitted.stop_reason_,
            score_name.replace("_", " "),
            inspected.place if name is None else name,
            first_epoch=fitted.n_iter_ - len(fitted.loss_curve_) + 1,
        )
        return display.plot(ax, details=details, color=color)

    def plot(self, ax: Any = None, *, details: bool = False, color: Any = None) -> Self:
        """Plot the curves.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw; None makes a new figure. If there is more than one panel, a single Axes is
            divided. To add the curves of a second estimator, pass the ``axes_`` of the first display.
        details, color : as in from_estimator
            Whether to draw the details, and the colour of all curves.

        Returns
        -------
        self : TrainingCurveDisplay
        """
        if isinstance(color, np.ndarray):  # as a colour map gives it
            color = tuple(color)
        epochs = np.arange(self.first_epoch, self.last_epoch + 1)
        panels = [self._draw_loss]
        if "val_score" in self.history:
            panels.append(self._draw_score)
        if details:
            if "gradient_norm_hidden" not in self.history:
                raise ValueError(
                    f"details=True needs the gradient norms in history, which has {[*self.history]}."
                )
            panels += [self._draw_gradients, self._draw_units]
        figsize, ratios = (6.4, 2.9 + 1.7 * len(panels)), [2] + [1] * (len(panels) - 1)
        self.axes_ = axes_for(self, ax, (len(panels), 1), figsize, height_ratios=ratios)[:, 0]
        for draw, panel in zip(panels, self.axes_, strict=True):
            draw(panel, epochs, color)
            if self.first_epoch == 1:
                panel.set_xlim(left=0, auto=None)  # curves that are added later may be longer
            panel.grid(alpha=0.25)
            panel.tick_params(labelbottom=panel is self.axes_[-1])
            if draw != self._draw_score:  # the legend above explains its marks
                panel.legend(fontsize="small", handlelength=1.6, loc="best")
        self.axes_[-1].xaxis.get_major_locator().set_params(integer=True)
        self.axes_[-1].set_xlabel("epoch")
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        return self

    def _draw_loss(self, ax, epochs, color):
        loss = np.asarray(self.history["loss"], float)
        watched = np.asarray(self.history.get("val_loss", loss), float)
        title = "Training curve" if self.name is None or color else self.name
        ax.set(title=title, ylabel="mean loss")
        # With one colour, this is the only line in the legend, so it names the estimator.
        words = filter(None, [self.name, self._stop]) if color else []
        self._draw_line(ax, epochs, loss, color or TRAINING, ", ".join(words) or "training: loss + penalty")
        if "val_loss" in self.history:
            self._draw_line(
                ax, epochs, watched, color or VALIDATION, None if color else "validation: loss", "--"
            )
        self._draw_marks(ax, epochs, watched, color)
        shown = np.concatenate([loss, watched])
        shown = shown[np.isfinite(shown)]
        if shown.size and shown.min() > 0 and shown.max() > WIDE_RANGE * shown.min():
            use_log_scale(ax)

    def _draw_score(self, ax, epochs, color):
        score = np.asarray(self.history["val_score"], float)
        self._draw_line(ax, epochs, score, color or VALIDATION, None, "--")
        self._draw_marks(ax, epochs, score, color)
        ax.set_ylabel(f"validation\n{self.score_name}")

    def _draw_marks(self, ax, epochs, watched, color):
        """Mark the best epoch and the last one."""
        validated = self.history.keys() & {"val_loss", "val_score"}
        is_shown = self.best_iter is not None and self.first_epoch <= self.best_iter
        if is_shown and (validated or self.best_iter < self.last_epoch):
            i = self.best_iter - self.first_epoch
            label = None if color else f"best epoch: {self.best_iter}"
            own = VALIDATION if validated else TRAINING
            ax.plot(epochs[i], watched[i], "o", ms=8, mfc="none", mew=2, color=color or own, label=label)
        if self.stop_reason is not None:
            i = np.flatnonzero(np.isfinite(watched))[-1:]
            marker = "X" if self.stop_reason == "diverged" else "s"
            style = {"ms": 6, "color": color or BLACK, "label": None if color else self._stop, "zorder": 3}
            ax.plot(epochs[i], watched[i], marker, **style)

    def _draw_gradients(self, ax, epochs, color):
        for layer, own, dashes in (("hidden", HIDDEN_LAYER, "-"), ("output", OUTPUT_LAYER, "--")):
            norms = self.history[f"gradient_norm_{layer}"]
            self._draw_line(ax, epochs, norms, color or own, f"{layer} layer", dashes)
        ax.set_ylabel("gradient norm")
        use_log_scale(ax)

    def _draw_units(self, ax, epochs, color):
        for kind, dashes in (("saturated", "-"), ("dead", ":")):
            share = 100 * np.asarray(self.history[f"{kind}_fraction"], float)
            self._draw_line(ax, epochs, share, color or HIDDEN_LAYER, kind, dashes)
        ax.set(ylabel="hidden units (%)", ylim=(-4, 104))

    def _draw_line(self, ax, epochs, values, color, label, dashes="-"):
        """Draw a value for each epoch."""
        marker = "." if self.n_epochs <= FEW_EPOCHS else None
        ax.plot(epochs, values, color=color, label=label, linestyle=dashes, marker=marker)

    @property
    def _stop(self):
        return self.stop_reason and f"stop at {self.last_epoch}: {self.stop_reason}"


def use_log_scale(ax):
    """Use a logarithmic axis with plain numbers on it."""
    from matplotlib.ticker import LogLocator

    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")
