"""Shallow neural networks for scikit-learn, written from scratch on NumPy."""

from sknn_scratch._classifier import ShallowNNClassifier
from sknn_scratch._core.activations import Activation
from sknn_scratch.exceptions import DivergenceWarning, SymmetryWarning

__all__ = ["Activation", "DivergenceWarning", "ShallowNNClassifier", "SymmetryWarning"]

__version__ = "0.1.0"
