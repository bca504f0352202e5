"""The warnings of this package."""

from sklearn.exceptions import ConvergenceWarning

__all__ = ["DivergenceWarning", "SymmetryWarning"]


class DivergenceWarning(ConvergenceWarning):
    """The loss became infinite, exploded, or ended far above its first value; the last good weights stay."""


class SymmetryWarning(UserWarning):
    """All weights start at zero, so the hidden units stay identical."""
