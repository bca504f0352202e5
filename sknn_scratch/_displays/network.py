"""NetworkDisplay: the textbook's diagram of the network, drawn from the fitted weights."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sknn_scratch._causes.words import quantity
from sknn_scratch._displays.plotting import GREY, NEGATIVE, POSITIVE, SIGNS, Display, shorten
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._inspection import FittedNetwork, Inspected

MAX_NODES = 16  # of a layer; those with the strongest weights are drawn
# Ends of the colour map, for weights and biases relative to the largest: an edge gets its dark colours, and a
# unit only light ones, on which its number can be read.
EDGE_LIMIT, NODE_LIMIT = 1.25, 2.0
THINNEST, WIDEST = 0.3, 2.8  # width of an edge, in points: for a weight of zero, and for the largest weight
DARK = "#333333"
LEAST_FOR_NUMBERS = 12.0  # smallest diameter of a unit, in points, that has room for its number
SPREAD = 1.6  # largest distance between nodes of a small layer, in rows


@dataclass(eq=False, repr=False)
class NetworkDisplay(Display):
    """The fitted network as a textbook draws it: input, hidden and output layer, and an edge for each weight.

    Green is positive and purple negative. A wider edge of a stronger colour has a larger weight, and a unit
    of a stronger colour a larger bias, relative to the largest of its layer. Of each layer, at most 16 nodes
    are drawn: those with the strongest weights. Long names need ``layout="constrained"`` of the figure.

    Parameters
    ----------
    coefs, intercepts : list of ndarray
        As of the fitted network.
    feature_names, class_names : array-like of shape (n_features,) and (n_classes,)
        Names of the features, and of the classes, labels or targets.
    activation, name : str
        Names of the activation and, for the title, of the estimator.

    Attributes
    ----------
    shown_ : list of ndarray
        For each layer, the numbers of the nodes that are drawn, in ascending order.
    ax_ : matplotlib Axes
        The Axes with the diagram.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_scratch import NetworkDisplay, ShallowNNClassifier
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> clf = ShallowNNClassifier(32, solver="lbfgs", random_state=0)
    >>> pipe = make_pipeline(StandardScaler(), clf).fit(X, y)
    >>> display = NetworkDisplay.from_estimator(pipe)
    >>> [len(shown) for shown in display.shown_]
    [4, 16, 3]
    """

    coefs: list[Any]
    intercepts: list[Any]
    feature_names: Any
    class_names: Any
    activation: str
    name: str | None = None

    def __post_init__(self):
        n_features, _, n_outputs = self._sizes()
        # Of two classes, or of one number.
        allowed = {"feature_names": {n_features}, "class_names": {n_outputs, max(2, n_outputs)}}
        for parameter, n in allowed.items():
            if (given := len(getattr(self, parameter))) not in n:
                raise ValueError(f"{parameter} must have {max(n)} names, got {given}.")

    @classmethod
    def from_estimator(
        cls,
        estimator: FittedNetwork,
        *,
        feature_names: Any = None,
        class_names: Any = None,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Plot the network of a fitted estimator.

        Parameters
        ----------
        estimator : ShallowNNClassifier, ShallowNNRegressor, their ensembles, or Pipeline
            Fitted; a Pipeline must end in one of these. Of an ensemble, the first network is shown.
        feature_names : array-like of shape (n_features,), default=None
            Names of the features as the network sees them; None takes the names that it knows.
        class_names : array-like of shape (n_classes,), default=None
            Names of the classes, labels or targets; None takes the labels, or y.
        name : str, default=None
            Name of the estimator, for the title.
        ax : Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : NetworkDisplay
        """
        inspected = Inspected(estimator, name)
        fitted = inspected.network
        return cls(
            fitted.coefs_,
            fitted.intercepts_,
            inspected.feature_names if feature_names is None else feature_names,
            target_kind_of(fitted).output_names() if class_names is None else class_names,
            inspected.activation,
            inspected.name,
        ).plot(ax)

    def _draw(self, ax):
        self.shown_ = [np.sort(np.argsort(-one, kind="stable")[:MAX_NODES]) for one in self._strengths()]
        n_nodes = list(map(len, self.shown_))
        n_rows = max(n_nodes)
        (self.ax_,) = self._axes(ax, (1, 1), (7.0, 1.9 + 0.3 * max(n_rows, 6)))
        self.ax_.set(xlim=(-0.1, 2.1), ylim=(-n_rows / 2, n_rows / 2))
        self.ax_.set_axis_off()
        heights = [min(SPREAD, n_rows / n) * ((n - 1) / 2 - np.arange(n)) for n in n_nodes]
        spacing = 72 * self.ax_.get_position().height * self.figure_.get_figheight() / n_rows  # in points
        self._draw_edges(heights)
        diameter, size = min(17.0, 0.75 * spacing), min(10.0, max(5.0, 0.75 * spacing))
        self._draw_nodes(heights, diameter)
        self._draw_names(heights, diameter, size)
        self._draw_headers(10 if ax is None else 8.5)
        self._draw_legend()

    def _sizes(self):
        return (*self.coefs[0].shape, self.coefs[1].shape[1])

    @np.errstate(over="ignore")  # weights of a network that has failed may be huge
    def _strengths(self):
        """Measure how strong each node is: the norm of the products of weights on the paths through it."""
        w_hidden, w_output = self.coefs
        of_output = np.linalg.norm(w_output, axis=1)
        return (
            np.linalg.norm(w_hidden * of_output, axis=1),
            np.linalg.norm(w_hidden, axis=0) * of_output,
            np.linalg.norm(w_output, axis=0),
        )

    def _draw_edges(self, heights):
        from matplotlib.collections import LineCollection

        for layer, weights in enumerate(self.coefs):
            sources, targets = self.shown_[layer : layer + 2]
            values = relative(weights)[np.ix_(sources, targets)].ravel()
            ends = [[(layer, y), (layer + 1, z)] for y in heights[layer] for z in heights[layer + 1]]
            order = np.argsort(np.abs(values))  # the strongest on top
            widths = THINNEST + (WIDEST - THINNEST) * np.abs(values[order])
            style = {"array": values[order], "cmap": SIGNS, "clim": (-EDGE_LIMIT, EDGE_LIMIT)}
            edges = LineCollection(np.array(ends)[order], linewidths=widths, zorder=1, **style)
            self.ax_.add_collection(edges, autolim=False)

    def _draw_nodes(self, heights, diameter):
        for layer, (shown, y) in enumerate(zip(self.shown_, heights, strict=True)):
            biases = np.zeros(len(shown)) if layer == 0 else relative(self.intercepts[layer - 1])[shown]
            colors = {"c": biases, "cmap": SIGNS, "vmin": -NODE_LIMIT, "vmax": NODE_LIMIT, "edgecolors": DARK}
            self.ax_.scatter([layer] * len(y), y, s=diameter**2, zorder=2, clip_on=False, **colors)
        if diameter > LEAST_FOR_NUMBERS:
            for unit, y in zip(self.shown_[1], heights[1], strict=True):
                self.ax_.text(1, y, unit, fontsize=0.42 * diameter, ha="center", va="center_baseline")

    def _draw_names(self, heights, diameter, size):
        is_binary = len(self.class_names) > self._sizes()[2]  # then the output is for the second class
        output_names = [f"P({self.class_names[1]})"] if is_binary else self.class_names
        sides = ((0, self.feature_names, "right", -1), (2, output_names, "left", 1))
        for layer, names, align, side in sides:
            offset = (side * (diameter / 2 + 4), 0)
            for node, y in zip(self.shown_[layer], heights[layer], strict=True):
                self._write(shorten(names[node], 20), (layer, y), offset, size, ha=align)

    def _write(self, text, place, offset, size, **style):
        style = {"va": "center", "annotation_clip": False} | style
        self.ax_.annotate(text, place, offset, textcoords="offset points", fontsize=size, **style)

    def _draw_headers(self, size):
        nouns = {"input": "feature", "hidden layer": f"{self.activation} unit", "output layer": "output"}
        for layer, (title, noun) in enumerate(nouns.items()):
            n_shown, n_nodes = len(self.shown_[layer]), self._sizes()[layer]
            lines = title, f"{n_shown} of " * (n_shown < n_nodes) + quantity(n_nodes, noun)
            place = {"xycoords": ("data", "axes fraction"), "ha": "center"}
            # Two texts: in an SVG, the lines of one text are centred in matplotlib's own font only.
            for line, height in zip(lines, (6 + 1.2 * size, 6), strict=True):
                self._write(line, (layer, 1), (0, height), size, va="bottom", **place)
            if layer < 2:
                largest = f"largest |w|: {np.abs(self.coefs[layer]).max():.3g}"
                self._write(largest, (layer + 0.5, 0), (0, -5), 0.85 * size, va="top", color=GREY, **place)
        if self.name is not None:
            self.ax_.set_title(self.name, pad=3.6 * size)

    def _draw_legend(self):
        for word, color in (("positive", POSITIVE), ("negative", NEGATIVE)):
            self.ax_.plot([], [], color=color, lw=2, label=f"{word} weight")
            self.ax_.plot([], [], "o", ms=8, mfc=(color, 0.6), mec=DARK, label=f"{word} bias")
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "borderaxespad": 2.6}
        self.ax_.legend(ncols=2, frameon=False, fontsize="small", **place)


def relative(values):
    largest = np.abs(values).max()
    return values / largest if largest > 0 else values
