"""TrainingCurveDisplay: how the loss fell, where training stopped, and why."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sknn_scratch._displays.plotting import BLACK, HIDDEN_LAYER, OUTPUT_LAYER, TRAINING, VALIDATION, Display
from sknn_scratch._inspection import FittedNetwork, Inspected

FEW_EPOCHS = 15  # up to this number, each epoch has a dot
WIDE_RANGE = 20.0  # a loss that falls by this factor is easier to read on a logarithmic axis


@dataclass(eq=False, repr=False)
class TrainingCurveDisplay(Display):
    """Training and validation loss, epoch by epoch, with the best epoch and why training stopped.

    Parameters
    ----------
    history : dict of array-like of shape (n_epochs,)
        The ``history_`` of a network, see :class:`ShallowNNClassifier`. Only ``loss`` is required.
    best_iter : int, default=None
        The epoch whose weights were kept; 0 means the initial ones. It is drawn if there was a validation, or
        if it is not the last epoch.
    stop_reason, score_name, name : str, default=None, "score" and None
        A value of ``stop_reason_``, the name of ``val_score``, and that of the estimator.
    first_epoch : int, default=1
        Number of the first epoch in ``history``, which may have only the latest ones.
    details, color : as in from_estimator
        Whether to draw the details, and the colour of all curves.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The Axes with the losses.
    axes_ : ndarray of Axes
        All panels, from the top. To add the curves of a second estimator, pass them as its ``ax``.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn_scratch import ShallowNNClassifier, TrainingCurveDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = ShallowNNClassifier(32, random_state=0).fit(X / 16, y)
    >>> display = TrainingCurveDisplay.from_estimator(clf, details=True)
    >>> len(display.epochs) == clf.n_iter_
    True
    """

    history: dict[str, Any]
    best_iter: int | None = None
    stop_reason: str | None = None
    score_name: str = "score"
    name: str | None = None
    first_epoch: int = 1
    details: bool = False
    color: Any = None

    @property
    def epochs(self) -> np.ndarray:
        """Numbers (n_epochs,) of the epochs in the history."""
        return self.first_epoch + np.arange(len(self.history["loss"]))

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
        """
        inspected = Inspected(estimator, name)
        fitted = inspected.network
        score_name = fitted.scoring if isinstance(fitted.scoring, str) else "score"
        return cls(
            fitted.history_,
            fitted.best_iter_,
            fitted.stop_reason_,
            score_name.replace("_", " "),
            inspected.name,
            fitted.n_iter_ - len(fitted.loss_curve_) + 1,
            details,
            color,
        ).plot(ax)

    def _draw(self, ax):
        panels = [self._draw_losses]
        if "val_score" in self.history:
            panels.append(self._draw_score)
        if self.details:
            panels += [self._draw_gradients, self._draw_units]
        figsize, ratios = (6.4, 2.9 + 1.7 * len(panels)), [2] + [1] * (len(panels) - 1)
        self.axes_ = self._axes(ax, (len(panels), 1), figsize, height_ratios=ratios)
        self.ax_ = self.axes_[0]
        for draw, panel in zip(panels, self.axes_, strict=True):
            draw(panel)
            if self.first_epoch == 1:
                panel.set_xlim(left=0, auto=None)  # curves that are added later may be longer
            panel.grid(alpha=0.25)
            panel.tick_params(labelbottom=panel is self.axes_[-1])
            if draw != self._draw_score:  # the legend above explains its marks
                panel.legend(fontsize="small", handlelength=1.6, loc="best")
        self.axes_[-1].xaxis.get_major_locator().set_params(integer=True)
        self.axes_[-1].set_xlabel("epoch")

    def _draw_losses(self, ax):
        title, label, of_validation = self.name, "training: loss + penalty", "validation: loss"
        if self.color is not None:  # the legend has one line for each estimator, with its name
            title, of_validation = None, None
            label = ", ".join(filter(None, [self.name, self._stop])) or label
        self._draw_line(ax, "loss", TRAINING, label)
        watched = "val_loss" if "val_loss" in self.history else "loss"
        if watched == "val_loss":
            self._draw_line(ax, watched, VALIDATION, of_validation, "--")
        shown = np.concatenate([line.get_ydata() for line in ax.get_lines()])
        shown = shown[np.isfinite(shown)]
        if shown.size and 0 < WIDE_RANGE * shown.min() < shown.max():
            use_log_scale(ax)
        self._draw_marks(ax, watched)
        ax.set(title="Training curve" if title is None else title, ylabel="mean loss")

    def _draw_score(self, ax):
        self._draw_line(ax, "val_score", VALIDATION, None, "--")
        self._draw_marks(ax, "val_score")
        ax.set_ylabel(f"validation\n{self.score_name}")

    def _draw_gradients(self, ax):
        self._draw_line(ax, "gradient_norm_hidden", HIDDEN_LAYER, "hidden layer")
        self._draw_line(ax, "gradient_norm_output", OUTPUT_LAYER, "output layer", "--")
        ax.set_ylabel("gradient norm")
        use_log_scale(ax)

    def _draw_units(self, ax):
        self._draw_line(ax, "saturated_fraction", HIDDEN_LAYER, "saturated")
        self._draw_line(ax, "dead_fraction", HIDDEN_LAYER, "dead", ":")
        ax.set(ylabel="hidden units (%)", ylim=(-0.04, 1.04))
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g}")

    def _draw_line(self, ax, column, color, label, dashes="-"):
        marker = "." if len(self.epochs) <= FEW_EPOCHS else ""
        values = np.asarray(self.history[column], float)
        self._plot(ax, self.epochs, values, color, marker + dashes, label=label)

    def _draw_marks(self, ax, column):
        """Mark the best epoch and the last one in a column of the history."""
        watched = np.asarray(self.history[column], float)
        best, stop = (f"best epoch: {self.best_iter}", self._stop) if self.color is None else (None, None)
        validated = self.history.keys() & {"val_loss", "val_score"}
        is_known = self.best_iter is not None and self.best_iter >= self.first_epoch
        if is_known and (validated or self.best_iter < self.epochs[-1]):
            height, color = watched[self.best_iter - self.first_epoch], VALIDATION if validated else TRAINING
            self._plot(ax, self.best_iter, height, color, "o", label=best, ms=8, mfc="none", mew=2)
        if self.stop_reason is not None:
            last = np.flatnonzero(np.isfinite(watched))[-1:]
            marker = "X" if self.stop_reason == "diverged" else "s"
            self._plot(ax, self.epochs[last], watched[last], BLACK, marker, label=stop, ms=6, zorder=3)

    def _plot(self, ax, x, y, own_color, line, **style):
        ax.plot(x, y, line, color=own_color if self.color is None else self.color, **style)

    @property
    def _stop(self):
        return self.stop_reason and f"stopped after epoch {self.epochs[-1]}: {self.stop_reason}"


def use_log_scale(ax):
    """Use a logarithmic axis with plain numbers on it."""
    from matplotlib.ticker import LogLocator

    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")
