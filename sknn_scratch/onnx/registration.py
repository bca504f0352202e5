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
from sknn_scratch.onnx import predictions, tables

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
        functions = predictions.declare_classifier, predictions.convert_classifier
        update_registered_converter(classifier, classifier.__name__, *functions, options=OPTIONS)
    for regressor in (ShallowNNRegressor, ShallowNNEnsembleRegressor):
        functions = predictions.declare_regressor, predictions.convert_regressor
        update_registered_converter(regressor, regressor.__name__, *functions)
    for transformer, encode in (
        (PiecewiseLinearEncoder, tables.encode_numbers),
        (TableEncoder, tables.encode_table),
        (RelevantComponents, tables.encode_components),
    ):
        functions = tables.declare_encoded, tables.converter_of(encode)
        update_registered_converter(transformer, transformer.__name__, *functions)
    update_registered_converter(
        TabularPipeline,
        TabularPipeline.__name__,
        pipeline_shapes.pipeline_shape_calculator,
        pipelines.convert_pipeline,
        parser=_parse._parse_sklearn_pipeline,
        options="passthrough",
    )
