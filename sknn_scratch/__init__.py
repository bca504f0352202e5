"""Shallow neural networks for scikit-learn, written from scratch on NumPy."""

from sknn_scratch._core.activations import Activation
from sknn_scratch._diagnosis.diagnose import diagnose
from sknn_scratch._diagnosis.report import Diagnosis, Finding
from sknn_scratch._displays.activation import ActivationDisplay
from sknn_scratch._displays.effects import EffectsDisplay
from sknn_scratch._displays.hidden_units import HiddenUnitsDisplay
from sknn_scratch._displays.network import NetworkDisplay
from sknn_scratch._displays.training_curve import TrainingCurveDisplay
from sknn_scratch._estimators.checkpoint import Checkpoint, CheckpointError
from sknn_scratch._estimators.classifier import ShallowNNClassifier, ShallowNNEnsembleClassifier
from sknn_scratch._estimators.regressor import ShallowNNEnsembleRegressor, ShallowNNRegressor
from sknn_scratch._search.search import VectorizedGridSearchCV, VectorizedRandomizedSearchCV
from sknn_scratch._search.together import train_together
from sknn_scratch._tables.means import MeanEncoder
from sknn_scratch._tables.piecewise_encoder import PiecewiseLinearEncoder
from sknn_scratch._tables.pipeline import tabular_pipeline
from sknn_scratch._tables.relevance import RelevantComponents
from sknn_scratch._tables.table_encoder import TableEncoder
from sknn_scratch.exceptions import DivergenceWarning, SymmetryWarning

__all__ = [
    "Activation",
    "ActivationDisplay",
    "Checkpoint",
    "CheckpointError",
    "Diagnosis",
    "DivergenceWarning",
    "EffectsDisplay",
    "Finding",
    "HiddenUnitsDisplay",
    "MeanEncoder",
    "NetworkDisplay",
    "PiecewiseLinearEncoder",
    "RelevantComponents",
    "ShallowNNClassifier",
    "ShallowNNEnsembleClassifier",
    "ShallowNNEnsembleRegressor",
    "ShallowNNRegressor",
    "SymmetryWarning",
    "TableEncoder",
    "TrainingCurveDisplay",
    "VectorizedGridSearchCV",
    "VectorizedRandomizedSearchCV",
    "diagnose",
    "tabular_pipeline",
    "train_together",
]

__version__ = "0.1.0"

# What pickles and skops files name must not change when a class moves to another module.
for _item in map(globals().get, __all__):
    if isinstance(_item, type):
        _item.__module__ = __name__
