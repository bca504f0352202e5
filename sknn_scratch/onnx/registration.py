"""The registration of the converters with skl2onnx."""

from typing import Any

from skl2onnx import _parse, update_registered_converter
from skl2onnx.common._registration import register_converter, register_shape_calculator
from skl2onnx.operator_converters import grid_search_cv, pipelines
from skl2onnx.shape_calculators import grid_search_cv as search_shapes
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.ensemble_classifier import ShallowNNEnsembleClassifier
from sknn_scratch._estimators.ensemble_regressor import ShallowNNEnsembleRegressor
from sknn_scratch._estimators.regressor import ShallowNNRegressor
from sknn_scratch._search.search import VectorizedGridSearchCV, VectorizedRandomizedSearchCV
from sknn_scratch._tables.encoder import PiecewiseLinearEncoder
from sknn_scratch.onnx.predictions import (
    convert_classifier,
    convert_regressor,
    declare_classifier,
    declare_regressor,
)
from sknn_scratch.onnx.tables import (
    convert_encoder,
    convert_function,
    convert_onehot,
    declare_encoder,
    declare_function,
)

BOOLEAN = [True, False]
OPTIONS = {  # the options of scikit-learn's linear classifiers
    "zipmap": [*BOOLEAN, "columns"],
    "nocl": BOOLEAN,
    "output_class_labels": BOOLEAN,
    "raw_scores": BOOLEAN,
}


def register_all() -> None:
    """Register all converters with skl2onnx."""
    for classifier in (ShallowNNClassifier, ShallowNNEnsembleClassifier):
        update_registered_converter(
            classifier, classifier.__name__, declare_classifier, convert_classifier, options=OPTIONS
        )
    for regressor in (ShallowNNRegressor, ShallowNNEnsembleRegressor):
        update_registered_converter(regressor, regressor.__name__, declare_regressor, convert_regressor)
    for search in (VectorizedGridSearchCV, VectorizedRandomizedSearchCV):
        update_registered_converter(
            search,
            "SklearnGridSearchCV",
            search_shapes.convert_sklearn_grid_search_cv,
            grid_search_cv.convert_sklearn_grid_search_cv,
            parser=_parse._parse_sklearn_grid_search_cv,
            options="passthrough",
        )
    update_registered_converter(
        PiecewiseLinearEncoder, PiecewiseLinearEncoder.__name__, declare_encoder, convert_encoder
    )
    # Else a ColumnTransformer joins the columns of a FunctionTransformer, and their types are lost.
    _parse.do_not_merge_columns = (*_parse.do_not_merge_columns, FunctionTransformer)
    register_converter("SklearnFunctionTransformer", convert_function, overwrite=True)
    register_shape_calculator("SklearnFunctionTransformer", declare_function, overwrite=True)
    register_converter("SklearnOneHotEncoder", convert_onehot, overwrite=True)
    register_converter("SklearnPipeline", convert_pipeline, overwrite=True, options=OPTIONS)


def convert_pipeline(scope: Any, operator: Any, container: Any) -> None:
    """Convert a Pipeline, and hand the option raw_scores down to its last step.

    skl2onnx 1.20 forgets this. So a CalibratedClassifierCV of a Pipeline, which needs raw scores, would get
    probabilities.
    """
    last = pipeline = operator.raw_operator
    while isinstance(last, Pipeline):
        last = last[-1]
    is_raw = container.get_options(pipeline, {"raw_scores": False})["raw_scores"]
    if is_raw and container.has_options(last, "raw_scores"):
        for options in (scope, container):
            options.add_options(id(last), {"raw_scores": True, "zipmap": False})
    pipelines.convert_pipeline(scope, operator, container)
