"""ActivationDisplay: where the hidden inputs are on the curves of the activation and its derivative."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sknn_scratch._causes.evidence import hidden_layer
from sknn_scratch._core.activations import SATURATED_SLOPE, values_and_slopes
from sknn_scratch._displays.plotting import BLACK, GREY, HIDDEN_LAYER, Display
from sknn_scratch._fitting.fitted import fitted_layers, fitted_network
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._inspection import FittedNetwork, Inspected

LEAST_RANGE = 4.0  # from -4 to 4, every activation shows its shape
N_BINS = 60


@dataclass(eq=False, repr=False)
class ActivationDisplay(Display):
    """Histogram of the hidden inputs z under the activation g(z) and its derivative g'(z).

    Where the derivative is between -0.05 and 0.05, the activation is flat: gradient descent hardly changes
    the weights of a unit there. For sigmoid and tanh, this is saturation. relu is flat where it is off, as it
    often is for half of all hidden inputs.

    Parameters
    ----------
    hidden_input, slope : ndarray of shape (n_samples, n_hidden)
        The hidden inputs z, and the derivatives g'(z).
    curve : tuple of three ndarray of shape (n_points,)
        The curves to draw: ascending z, g(z) and g'(z). They also set the range of the axes.
    activation, name : str
        Names of the activation, and of the estimator, for the title.

    Attributes
    ----------
    axes_ : ndarray of 2 Axes
        The curves and the histogram.
    ax_ : matplotlib Axes
        The Axes with the curves.

    See Also
    --------
    diagnose : Says in words whether the share of saturated units is a problem.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn_scratch import ActivationDisplay, ShallowNNClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = ShallowNNClassifier(8, "tanh", solver="lbfgs", random_state=0).fit(X, y)
    >>> display = ActivationDisplay.from_estimator(clf, X)
    >>> display.hidden_input.shape
    (150, 8)
    """

    hidden_input: np.ndarray
    slope: np.ndarray
    curve: tuple[np.ndarray, np.ndarray, np.ndarray]
    activation: str
    name: str | None = None

    @classmethod
    def from_estimator(
        cls, estimator: FittedNetwork, X: ArrayLike, *, name: str | None = None, ax: Any = None
    ) -> Self:
        """Plot the hidden inputs of a fitted estimator.

        Parameters
        ----------
        estimator : ShallowNNClassifier, ShallowNNRegressor, their ensembles, or Pipeline
            Fitted; a Pipeline must end in one of these. Of an ensemble, the first network is shown.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows as the estimator takes them. If there are more than a million hidden inputs, evenly spaced
            rows are used.
        name : str, default=None
            Name of the estimator, for the title.
        ax : Axes or array of 2 Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : ActivationDisplay
        """
        inspected = Inspected(estimator, name)
        fitted = inspected.network
        network = fitted_network(fitted)
        z, slope = hidden_layer(network, fitted_layers(fitted), fitted._rows(inspected.rows(X)))
        limit = max(LEAST_RANGE, *np.abs(np.quantile(z, [0.005, 0.995])))
        curve_z = np.linspace(-limit, limit, 400, dtype=z.dtype)
        curve = (curve_z, *values_and_slopes(network.activate, curve_z))
        return cls(z, slope, curve, inspected.activation, inspected.name).plot(ax)

    def _draw(self, ax):
        self.axes_ = self._axes(ax, (2, 1), (6.4, 5.4), height_ratios=[1.2, 1])
        self.ax_, histogram = self.axes_
        z, _, slope = self.curve
        for panel in self.axes_:
            shade = {"transform": panel.get_xaxis_transform(), "color": "0.9", "linewidth": 0, "zorder": 0}
            panel.fill_between(z, 0, 1, np.abs(slope) < SATURATED_SLOPE, **shade)
            panel.set_xlim(z[0], z[-1])
            panel.grid(alpha=0.25)
            panel.set_axisbelow(True)
        self._draw_curves(self.ax_)
        self._draw_histogram(histogram)

    def _draw_curves(self, ax):
        z, function, slope = self.curve
        ax.plot(z, function, color=BLACK, lw=2, label="g(z)")
        ax.plot(z, slope, color=GREY, lw=2, linestyle="--", label="g'(z)")
        height = max(1.5, np.abs(slope).max())
        shown = np.append(slope, np.clip(function, -height, 2 * height))
        margin = 0.08 * np.ptp(shown)
        ax.set_ylim(shown.min() - margin, shown.max() + margin)
        ax.tick_params(labelbottom=False)
        ax.set(title=f"g = {self.activation}" if self.name is None else self.name, ylabel="value")
        ax.legend(fontsize="small", loc="upper left")

    def _draw_histogram(self, ax):
        edges = np.linspace(self.curve[0][0], self.curve[0][-1], N_BINS + 1)
        is_flat = np.abs(self.slope) < SATURATED_SLOPE
        groups = (self.hidden_input[~is_flat], self.hidden_input[is_flat])
        weights = [np.full(len(group), 100 / self.hidden_input.size) for group in groups]
        share, always = is_flat.mean(), is_flat.all(axis=0)
        labels = (
            f"{1 - share:.0%}: slope at least {SATURATED_SLOPE}",
            f"{share:.0%}: flat ({always.sum()} of {len(always)} units for all rows)",
        )
        ax.hist(groups, edges, weights=weights, stacked=True, color=(HIDDEN_LAYER, GREY), label=labels)
        ax.set(xlabel="hidden input z", ylabel="share of all z (%)")
        ax.legend(fontsize="small", loc="best")
        ax.set_ylim(top=1.45 * ax.get_ylim()[1])  # room for the legend
