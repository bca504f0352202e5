"""HiddenUnitsDisplay: what each hidden unit responds to, beside the decision boundary or the surface."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils import check_scalar

from sknn_scratch._displays.plotting import (
    BLACK,
    GREY,
    HIDDEN_LAYER,
    SIGNS,
    Display,
    class_colors,
    shorten,
    shorten_all,
)
from sknn_scratch._displays.slices import feature_slice, frame_of
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.sklearn_versions import _num_samples
from sknn_scratch._inspection import FittedNetwork, Inspected, checked_targets, some_rows
from sknn_scratch._targets.labels import Multilabel

MAX_POINTS = 1000  # more would hide the regions
MAX_ROWS = 10_000  # for the standard deviation of a unit
LONGEST_NAME = 11  # characters of a class name in the title of a map
N_LEVELS = 8  # lines of equal predictions
OPACITY = 0.38  # of a class's region


@dataclass(eq=False, repr=False)
class HiddenUnitsDisplay(Display):
    """What each hidden unit responds to, over two features, beside the decision boundary.

    For a regressor, the surface of its predictions takes the place of the decision boundary. Over one
    feature, outputs and units are curves. If there are several labels or targets, one is shown.

    Parameters
    ----------
    x, y : ndarray of shape (n_x,) and (n_y,)
        Values of the horizontal and the vertical feature; of one feature, y is a zero without a meaning.
    hidden : ndarray of shape (n_y, n_x, n_units)
        Values of the hidden units to show, the most important first.
    outputs : ndarray of shape (n_y, n_x, n_outputs)
        One for two classes or a label, else one for each class; or a regressor's predictions of a target.
    output_weights, units : ndarray of shape (n_units, n_outputs) and (n_units,)
        Weights of the units in the output layer, and their numbers.
    feature_names, class_names, activation : tuple of one or two str, array-like of shape (n_classes,), str
        Names of the features, of the classes or the target, and of the activation.
    regression : bool, default=False
        Whether the output is a predicted number.
    points : tuple of ndarray, default=None
        Features of rows to draw (n_points, 2) or (n_points, 1), and their class numbers or y (n_points,).
    name : str, default=None
        Name of the estimator, for the title.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The Axes with the decision boundary or the surface.
    axes_ : ndarray of Axes
        One Axes for each unit.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from sknn_scratch import HiddenUnitsDisplay, ShallowNNClassifier
    >>> X, y = make_moons(200, noise=0.2, random_state=0)
    >>> clf = ShallowNNClassifier(8, "tanh", solver="lbfgs", alpha=0.1, random_state=0)
    >>> display = HiddenUnitsDisplay.from_estimator(clf.fit(X, y), X, y)
    >>> display.hidden.shape
    (100, 100, 8)
    """

    x: np.ndarray
    y: np.ndarray
    hidden: np.ndarray
    outputs: np.ndarray
    output_weights: np.ndarray
    units: Any
    feature_names: tuple[str, ...]
    class_names: Any
    activation: str
    regression: bool = False
    points: tuple[np.ndarray, np.ndarray] | None = None
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedNetwork,
        X: ArrayLike,
        y: ArrayLike = None,
        *,
        features: Sequence[int | str] | None = None,
        target: int = 0,
        n_units: int = 8,
        resolution: int = 100,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Plot the hidden units of a fitted estimator.

        Parameters
        ----------
        estimator : ShallowNNClassifier, ShallowNNRegressor, their ensembles, or Pipeline
            Fitted; a Pipeline must end in one of these. Of an ensemble, the first network is shown.
        X : {array-like, dataframe} of shape (n_samples, n_features)
            Rows as the estimator takes them; of a sparse matrix, pass ``X.toarray()``. The axes have the
            units of X, also if a Pipeline scales X, and leave out rows that are far from most.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Labels or numbers, which colour the rows in the plot.
        features : sequence of int or str, default=None
            The horizontal and the vertical feature, or one alone, by position or name; None means the first
            two. All others have their median, or their most frequent value if they are not numbers.
        target : int, default=0
            Which of several labels, or of several targets of a regressor, to show, by position.
        n_units : int, default=8
            How many units to show at most: those with the most influence, which is the norm of their output
            weights times the standard deviation of their values on X.
        resolution : int, default=100
            Number of points along each axis.
        name : str, default=None
            Name of the estimator, for the title.
        ax : Axes or array of 2 Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : HiddenUnitsDisplay
        """
        inspected = Inspected(estimator, name)
        fitted = inspected.network
        check_scalar(n_units, "n_units", Integral, min_val=1)
        check_scalar(resolution, "resolution", Integral, min_val=2)
        regression, target_kind = is_regressor(fitted), target_kind_of(fitted)
        multilabel = isinstance(target_kind, Multilabel)
        X = frame_of(X)
        plane = feature_slice(X, features, resolution)
        rows = inspected.rows(plane.rows)
        outputs = fitted.predict(rows) if regression else fitted.decision_function(rows)
        outputs = outputs.reshape(len(outputs), -1)
        n_targets = outputs.shape[1] if regression or multilabel else 1
        check_scalar(target, "target", Integral, min_val=0, max_val=n_targets - 1)
        shown = slice(target, target + 1) if regression or multilabel else slice(None)
        names = target_kind.column_names()[shown]
        weights = fitted.coefs_[1][:, target_kind.outputs_of(shown)]
        spread = np.std(fitted.transform(inspected.rows(some_rows(X, MAX_ROWS))), axis=0)
        influence = spread * np.linalg.norm(weights, axis=1)
        units = np.argsort(-influence, kind="stable")[:n_units]
        return cls(
            plane.x,
            plane.y,
            hidden=plane.as_image(np.asarray(fitted.transform(rows))[:, units]),
            outputs=plane.as_image(outputs[:, shown]),
            output_weights=weights[units],
            units=units,
            feature_names=plane.names,
            class_names=[f"not {names[0]}", *names] if multilabel else names,
            activation=inspected.activation,
            regression=regression,
            points=None if y is None else plane.points(colour_values(fitted, X, y, target), MAX_POINTS),
            name=inspected.name,
        ).plot(ax)

    def _draw(self, ax):
        n_units = len(self.units)
        n_rows = min(n_units, max(2, math.isqrt(n_units)))
        n_columns = math.ceil(n_units / n_rows)
        height, width = max(2, n_rows), max(2, n_columns)
        size = (0.9 + 1.6 * (height + width), 0.9 + 1.6 * height)
        self.ax_, area = self._axes(ax, (1, 2), size, width_ratios=[height, width])
        panels = self._axes(area, (n_rows, n_columns), None)
        self.axes_ = panels[:n_units]
        for unused in panels[n_units:]:
            unused.set_axis_off()
        for panel, unit, weights in zip(self.axes_, self.units, self.output_weights, strict=True):
            toward = self._toward(weights)
            end = "\n" if len(toward) > LONGEST_NAME else " "
            panel.set_title(f"unit {unit} →{end}{toward}", fontsize="small")
            panel.set(xticks=[], yticks=[])
        xlabel, *ylabel = (shorten(name, 30) for name in self.feature_names)
        if not ylabel:
            title = "Predictions" if self.regression else "Outputs"
            self._draw_curves()
        else:
            title = "Surface" if self.regression else "Decision boundary"
            draw = self._draw_surface if self.regression else self._draw_boundary
            draw()
            self._draw_maps()
            self.ax_.set_ylabel(*ylabel)
        self.ax_.set(title=title if self.name is None else self.name, xlabel=xlabel)

    def _draw_curves(self):
        ax, outputs, hidden = self.ax_, self.outputs[0], self.hidden[0]
        colors = class_colors(len(self.class_names))
        of_outputs = colors if outputs.shape[1] > 1 else [BLACK]
        for output, color in zip(outputs.T, of_outputs, strict=True):
            ax.plot(self.x, output, color=color, lw=2)
        if self.points is not None:
            x, values = self.points[0][:, 0], self.points[1]
            if self.regression:
                ax.scatter(x, values, c=GREY, s=10, alpha=0.6, zorder=0)
            else:
                at_bottom = np.full(len(x), 0.03)
                ax.scatter(x, at_bottom, c=np.array(colors)[values], s=10, transform=ax.get_xaxis_transform())
        if self.regression:
            ax.set_ylabel(f"predicted {shorten(self.class_names[0], 20)}")
        else:
            ax.axhline(0, color=GREY, lw=0.6, zorder=0)
            is_binary = len(of_outputs) == 1
            ax.set_ylabel(f"log-odds of {shorten(self.class_names[1], 20)}" if is_binary else "logit")
            self._draw_legend(ax, colors)
        for unit, values in zip(self.axes_, hidden.T, strict=True):
            unit.sharey(self.axes_[0])
            unit.axhline(0, color=GREY, lw=0.6, zorder=0)
            unit.plot(self.x, values, color=HIDDEN_LAYER)

    def _draw_surface(self):
        surface = self.outputs[..., 0]
        values = surface if self.points is None else np.append(surface, self.points[1])
        scale = {"cmap": "cividis", "vmin": values.min(), "vmax": values.max()}
        image = self.ax_.pcolormesh(self.x, self.y, surface, rasterized=True, **scale)
        if np.ptp(surface) > 0:
            self.ax_.contour(self.x, self.y, surface, levels=N_LEVELS, colors="white", linewidths=0.7)
        if self.points is not None:
            rows, of_rows = self.points
            self.ax_.scatter(*rows.T, c=of_rows, s=18, edgecolors="white", linewidths=0.5, zorder=3, **scale)
        bar = self.figure_.colorbar(image, ax=self.ax_, aspect=30)
        bar.set_label(f"predicted {shorten(self.class_names[0], 20)}")

    def _draw_boundary(self):
        from matplotlib.colors import ListedColormap

        ax, colors = self.ax_, class_colors(len(self.class_names))
        is_binary = self.outputs.shape[-1] == 1
        regions = self.outputs[..., 0] > 0 if is_binary else self.outputs.argmax(axis=-1)
        style = {"cmap": ListedColormap(colors), "vmin": -0.5, "vmax": len(colors) - 0.5}
        ax.pcolormesh(self.x, self.y, regions, rasterized=True, alpha=OPACITY, **style)
        self._draw_lines(ax, "black", 1.5)
        if self.points is not None:
            rows, codes = self.points
            ax.scatter(*rows.T, c=np.array(colors)[codes], s=14, edgecolors="white", linewidths=0.5, zorder=3)
        self._draw_legend(ax, colors)

    def _draw_legend(self, ax, colors):
        for color, name in zip(colors, shorten_all(self.class_names, 14), strict=True):
            ax.plot([], [], "o", color=color, label=name)
        size = {"fontsize": "small", "handlelength": 1, "ncols": 1 + (len(colors) > 6)}
        # A frame is readable on the boundary, also if the user's style has none.
        ax.legend(loc="best", frameon=True, framealpha=0.9, **size)

    def _draw_maps(self):
        largest = float(np.abs(self.hidden).max()) or 1.0
        for i, ax in enumerate(self.axes_):
            scale = {"cmap": SIGNS, "vmin": -largest / 0.8, "vmax": largest / 0.8}  # not its darkest colours
            image = ax.pcolormesh(self.x, self.y, self.hidden[..., i], rasterized=True, **scale)
            self._draw_lines(ax, "white", 2.2)
            self._draw_lines(ax, "black", 0.9)
        bar = self.figure_.colorbar(image, ax=list(self.axes_), aspect=30)
        bar.ax.set_ylim(-largest if self.hidden.min() < 0 else 0, largest)
        bar.set_label(f"hidden value a = {self.activation}(z)")

    def _draw_lines(self, ax, color, width):
        if self.regression:  # no class ends anywhere
            return
        for margin in np.moveaxis(margins(self.outputs), -1, 0):
            if margin.min() < 0 < margin.max():
                ax.contour(self.x, self.y, margin, levels=[0], colors=[color], linewidths=width)

    def _toward(self, weights):
        """Name the class that a high value of a unit speaks for; a regressor has "higher" or "lower"."""
        names = shorten_all(self.class_names, LONGEST_NAME)
        if len(weights) == 1:
            names, weights = ["lower", "higher"] if self.regression else names, np.append(-weights, weights)
        return names[weights.argmax()]


def colour_values(fitted, X, y, target):
    """Get the numbers (n_samples,) for the colours of rows: of their classes, or the values of a target."""
    y = checked_targets(fitted, y, _num_samples(X))
    columns = y.reshape(len(y), -1)
    values = columns[:, target if columns.shape[1] > 1 else 0]  # quantiles have one y
    if is_regressor(fitted):
        return values
    return np.searchsorted(fitted.classes_ if y.ndim == 1 else (0, 1), values)


def margins(outputs):
    """By how much each output wins (..., n_outputs): positive where it is the prediction."""
    if outputs.shape[-1] == 1:
        return outputs
    second, best = np.split(np.sort(outputs, axis=-1)[..., -2:], 2, axis=-1)
    return outputs - np.where(outputs == best, second, best)
