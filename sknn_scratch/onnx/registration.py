"""The registration of the converters with skl2onnx."""

from skl2onnx import _parse, update_registered_converter
from skl2onnx.operator_converters import pipelines
from skl2onnx.shape_calculators import pipelines as pipeline_shapes

from sknn_scratch._estimators.classifier import ShallowNNClassifier, ShallowNNEnsembleClassifier
from sknn_scratch._estimators.regressor import ShallowNNEnsembleRegressor, ShallowNNRegressor
from sknn_scratch._tables.piecewise_encoder import PiecewiseLinearEncoder
from sknn_scratch._tables.pipeline import TabularPipeline
from sknn_scratch._tables.relevance import RelevantComponents
from sknn_scratch._tables.table_encoder import TableEncoder
from sknn_scratch.onnx.predictions import (
    convert_classifier,
    convert_regressor,
    declare_classifier,
    declare_regressor,
)
from sknn_scratch.onnx.tables import convert_encoder, convert_relevance, convert_table, declare_encoded

BOOLEAN = [True, False]
OPTIONS = {  # the options of scikit-learn's linear classifiers
    "zipmap": [*BOOLEAN, "columns"],
    "nocl": BOOLEAN,
    "output_class_labels": BOOLEAN,
    "raw_scores": BOOLEAN,
}


def register_all():
    """Register the converters of our classes with skl2onnx; those of other classes stay as they are."""
    for classifier in (ShallowNNClassifier, ShallowNNEnsembleClassifier):
        update_registered_converter(
            classifier, classifier.__name__, declare_classifier, convert_classifier, options=OPTIONS
        )
    for regressor in (ShallowNNRegressor, ShallowNNEnsembleRegressor):
        update_registered_converter(regressor, regressor.__name__, declare_regressor, convert_regressor)
    update_registered_converter(
        TabularPipeline,
        TabularPipeline.__name__,
        pipeline_shapes.pipeline_shape_calculator,
        pipelines.convert_pipeline,
        parser=_parse._parse_sklearn_pipeline,
        options="passthrough",
    )
    for transformer, convert in (
        (PiecewiseLinearEncoder, convert_encoder),
        (TableEncoder, convert_table),
        (RelevantComponents, convert_relevance),
    ):
        update_registered_converter(transformer, transformer.__name__, declare_encoded, convert)
