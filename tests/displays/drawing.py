"""What the tests of displays share: a quick fit, and what was drawn."""

import matplotlib
import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.contour import ContourSet

from sknn_scratch import ActivationDisplay, HiddenUnitsDisplay, NetworkDisplay, TrainingCurveDisplay
from tests.helpers import make_data, small_network

DISPLAYS = (TrainingCurveDisplay, HiddenUnitsDisplay, NetworkDisplay, ActivationDisplay)


def fit(kind="binary", n_hidden=4, n_features=4, **parameters):
    X, y = make_data(kind, n_features=n_features)
    clf = small_network(n_hidden=n_hidden, **{"max_iter": 5, "learning_rate": 0.05} | parameters)
    return clf.fit(X, y), X, y


def undrawn(display):
    """Make a class that computes the same and draws nothing, which takes most of the time."""
    return type(f"Undrawn{display.__name__}", (display,), {"_draw": lambda self, ax: None})


def show(display, estimator, X, **options):
    """Make a display of any class; its maps are few, with few points."""
    data = (X,) if issubclass(display, HiddenUnitsDisplay | ActivationDisplay) else ()
    if issubclass(display, HiddenUnitsDisplay):
        options = {"resolution": 5, "n_units": 2} | options
    return display.from_estimator(estimator, *data, **options)


def draw(display, estimator, X, **options):
    """Do what ``show`` does, and all that matplotlib only does when the picture is written."""
    shown = show(display, estimator, X, **options)
    shown.figure_.draw_without_rendering()
    return shown


def texts(artist):
    """All the words in a figure or a part of it."""
    return [text.get_text() for text in artist.findobj(matplotlib.text.Text) if text.get_text()]


def drawn(ax):
    """The lines of an Axes, as (label, x, y)."""
    return [(line.get_label(), *np.asarray(line.get_data(), float)) for line in ax.get_lines()]


def contours(ax):
    return [one for one in ax.collections if isinstance(one, ContourSet)]


def points(ax):
    """The points (n_points, 2) of a scatter plot in an Axes."""
    (one,) = [one for one in ax.collections if isinstance(one, PathCollection)]
    return one.get_offsets()
