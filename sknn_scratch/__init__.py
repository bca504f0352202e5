"""Shallow neural networks for scikit-learn, written from scratch on NumPy."""

from sknn_scratch import columns as columns
from sknn_scratch._causes.findings import Finding
from sknn_scratch._core.activations import Activation
from sknn_scratch._diagnosis.diagnose import diagnose
from sknn_scratch._diagnosis.report import Diagnosis
from sknn_scratch._displays.activation import ActivationDisplay
from sknn_scratch._displays.effects import EffectsDisplay
from sknn_scratch._displays.hidden_units import HiddenUnitsDisplay
from sknn_scratch._displays.network import NetworkDisplay
from sknn_scratch._displays.training_curve import TrainingCurveDisplay
from sknn_scratch._estimators.classifier import ShallowNNClassifier, ShallowNNEnsembleClassifier
from sknn_scratch._estimators.regressor import ShallowNNEnsembleRegressor, ShallowNNRegressor
from sknn_scratch._tables.means import MeanEncoder
from sknn_scratch._tables.piecewise_encoder import PiecewiseLinearEncoder
from sknn_scratch._tables.pipeline import TabularPipeline, tabular_pipeline
from sknn_scratch._tables.relevance import RelevantComponents
from sknn_scratch._tables.table_encoder import TableEncoder
from sknn_scratch._tables.text_encoder import TextEncoder
from sknn_scratch._version import __version__ as __version__
from sknn_scratch.exceptions import DivergenceWarning, SymmetryWarning

__all__ = [
    "Activation",
    "ActivationDisplay",
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
    "TabularPipeline",
    "TextEncoder",
    "TrainingCurveDisplay",
    "diagnose",
    "tabular_pipeline",
]

# What pickles and skops files name must not change when a class moves to another module.
for _item in map(globals().get, __all__):
    if isinstance(_item, type):
        _item.__module__ = __name__

# What files of models name, for skops and MLflow: loading it runs only this package and scikit-learn.
TRUSTED_TYPES = [
    "builtins.frozenset",
    *(f"{__name__}.{_name}" for _name in __all__ if hasattr(globals().get(_name), "fit")),
    *(f"{columns.__name__}.{_name}" for _name in columns.__all__),
]
