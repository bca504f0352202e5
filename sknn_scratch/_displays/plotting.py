"""What displays share: ``plot``, axes, colours safe for the colour-blind."""

import math
from typing import Any, Self

import numpy as np

# The colours of Okabe and Ito (2008).
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"  # the lightest grey that is still easy to read on white
# What a colour means, in every figure. docs/_static/palette.css says the same for the pages.
CLASS_COLORS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION)
SIGNS = "PRGn"  # a colour map of weights, biases and hidden values
NEGATIVE, POSITIVE = "#752982", "#1A7736"  # of it, a tenth from the ends
TRAINING, VALIDATION = BLACK, VERMILION
HIDDEN_LAYER, OUTPUT_LAYER = "#8C510A", GREY


class Display:
    """A picture, as scikit-learn's displays; ``_draw(ax)`` of a subclass draws it, and sets ``ax_``."""

    ax_: Any

    @property
    def figure_(self) -> Any:
        return self.ax_.figure

    def plot(self, ax: Any = None) -> Self:
        """Plot the display.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw. A single Axes is divided if there are several panels; None makes a new figure.

        Returns
        -------
        self : object
            The display.
        """
        self._draw(ax)
        return self

    def _axes(self, ax, shape, figsize, **ratios):
        """Find the Axes of a grid of some shape, row by row; a new figure has a size in inches."""
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            name = type(self).__name__
            raise ImportError(f"{name}.plot needs matplotlib: pip install matplotlib") from error
        n_axes = math.prod(shape)
        if ax is None:
            ax = plt.figure(figsize=figsize, layout="constrained").add_subplot()
        if np.size(ax) not in (1, n_axes):
            raise ValueError(f"ax must be one Axes or {n_axes} of them, got {np.size(ax)}.")
        if np.size(ax) == n_axes:
            return np.ravel(ax)
        whole = np.ravel(ax)[0]
        whole.set_axis_off()
        place = whole.get_subplotspec()
        if place is None:  # the user chose it, as in add_axes
            left, bottom, right, top = whole.get_position().extents
            place = whole.figure.add_gridspec(left=left, bottom=bottom, right=right, top=top)[0]
        grid = place.subgridspec(*shape, **ratios)
        # Not subplots(), since a GridSpec need not know its figure.
        return np.array([whole.figure.add_subplot(grid[number]) for number in range(n_axes)])


def class_colors(n_classes):
    """Choose a colour for each class: distinct colours, or steps of viridis if there are many classes."""
    import matplotlib

    if n_classes <= len(CLASS_COLORS):
        return CLASS_COLORS[:n_classes]
    return matplotlib.colormaps["viridis"].resampled(n_classes).colors


def shorten_all(names, n_characters):
    """Shorten names to so many characters, or to as many more as they need to differ."""
    names = list(map(str, names))
    while len({shorten(one, n_characters) for one in names}) < len(set(names)):
        n_characters += 1
    return [shorten(one, n_characters) for one in names]


def shorten(text, n_characters):
    """Cut the middle out of a long text, and escape dollar signs, which start a formula in matplotlib."""
    text = str(text)
    if len(text) > n_characters:
        n_start = n_characters // 2
        text = f"{text[:n_start]}…{text[n_start + 1 - n_characters :]}"
    return text.replace("$", r"\$")
