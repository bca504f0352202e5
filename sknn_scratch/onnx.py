"""Export to ONNX: after ``import sknn_scratch.onnx``, skl2onnx converts the estimators of this package.

::

    import sknn_scratch.onnx
    from skl2onnx import to_onnx

    onnx_model = to_onnx(pipeline, X[:1])

The import registers a converter for each estimator. So a Pipeline, or another meta-estimator, that contains
them is converted too. The graph computes in the precision of the rows that ``to_onnx`` is given, float32 or
float64.

A converter adds nodes to a graph. A node computes one array from others. Here an array of the graph is known
by its name, a str. The networks of an ensemble are the first axis, as in ``_core``.
"""

from collections.abc import Callable, Mapping
from math import log, sqrt
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike
from scipy.special import erfcx
from sklearn.pipeline import Pipeline

from sknn_scratch._core.activations import LEAKY_SLOPE, Activation
from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.ensemble import Ensemble
from sknn_scratch._estimators.ensemble_classifier import ShallowNNEnsembleClassifier
from sknn_scratch._estimators.ensemble_regressor import ShallowNNEnsembleRegressor
from sknn_scratch._estimators.regressor import ShallowNNRegressor
from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch._search.search import VectorizedGridSearchCV, VectorizedRandomizedSearchCV

try:
    from onnx import TensorProto
    from skl2onnx import update_registered_converter
    from skl2onnx._parse import _parse_sklearn_grid_search_cv
    from skl2onnx.common._registration import register_converter
    from skl2onnx.common.data_types import (
        DoubleTensorType,
        Int64TensorType,
        StringTensorType,
        guess_tensor_type,
    )
    from skl2onnx.common.utils_classifier import get_label_classes
    from skl2onnx.operator_converters import grid_search_cv, pipelines
    from skl2onnx.shape_calculators import grid_search_cv as search_shapes
except ImportError as error:
    raise ImportError(
        "sknn_scratch.onnx needs skl2onnx, which is not installed. Install it with\n    pip install skl2onnx"
    ) from error

Name: TypeAlias = str  # of an array in the graph

# ONNX Runtime has no erf in float64. erfcx is a polynomial of this degree in (x - 3.75) / (x + 3.75), for all
# x >= 0, with an error of 2e-15 (Schonfelder, 1978).
ERFCX_DEGREE, ERFCX_MIDDLE = 20, 3.75


class Graph:
    """Adds the nodes of one converter.

    Parameters
    ----------
    scope, operator, container : what skl2onnx passes to a converter
    """

    def __init__(self, scope: Any, operator: Any, container: Any) -> None:
        self.scope, self.container = scope, container
        self.is_double = isinstance(guess_tensor_type(operator.inputs[0].type), DoubleTensorType)
        self.dtype = np.float64 if self.is_double else np.float32

    def add(self, operation: str, *inputs: Name | ArrayLike, **attributes: Any) -> Name:
        """Add a node; numbers and arrays among its inputs become constants."""
        output: Name = self.scope.get_unique_variable_name(operation.lower())
        names = [one if isinstance(one, str) else self.constant(np.asarray(one)) for one in inputs]
        self.container.add_node(
            operation, names, output, name=self.scope.get_unique_operator_name(operation), **attributes
        )
        return output

    def constant(self, values: np.ndarray) -> Name:
        """Add a constant; floats get the precision of the graph."""
        name: Name = self.scope.get_unique_variable_name("constant")
        if values.dtype.kind == "f":
            proto_type, content = self.float_type, values.astype(self.dtype)
        elif values.dtype.kind == "i":
            proto_type, content = TensorProto.INT64, values.astype(np.int64)
        else:
            proto_type, content = TensorProto.STRING, np.array([one.encode() for one in values])
        self.container.add_initializer(name, proto_type, content.shape, content.ravel())
        return name

    @property
    def float_type(self) -> int:
        """The precision of the graph, as ONNX numbers it."""
        return TensorProto.DOUBLE if self.is_double else TensorProto.FLOAT

    def rows(self, operator: Any) -> Name:
        """Join the inputs of an operator as floats (n_samples, n_features)."""
        columns = [self.add("Cast", one.full_name, to=self.float_type) for one in operator.inputs]
        return self.add("Concat", *columns, axis=1)

    def over_networks(self, operation: str, values: Name) -> Name:
        """Reduce over the first axis."""
        if self.container.target_opset < 18:
            return self.add(operation, values, axes=[0], keepdims=0)
        return self.add(operation, values, np.array([0]), keepdims=0)

    def finish(self, values: Name, output: Any) -> None:
        """Declare that values are an output of the operator."""
        self.container.add_node(
            "Identity", [values], output.full_name, name=self.scope.get_unique_operator_name("Identity")
        )


# --- Activations ---


def relu(graph: Graph, z: Name) -> Name:
    """max(z, 0)."""
    return graph.add("Relu", z)


def leaky_relu(graph: Graph, z: Name) -> Name:
    """max(z, 0.01 z)."""
    return graph.add("Max", z, graph.add("Mul", z, LEAKY_SLOPE))


def elu(graph: Graph, z: Name) -> Name:
    """max(z, 0) + exp(min(z, 0)) - 1."""
    negative = graph.add("Exp", graph.add("Min", z, 0.0))
    return graph.add("Add", relu(graph, z), graph.add("Sub", negative, 1.0))


def softplus(graph: Graph, z: Name) -> Name:
    """max(z, 0) + log(1 + exp(-|z|))."""
    small = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    return graph.add("Add", relu(graph, z), graph.add("Log", graph.add("Add", small, 1.0)))


def gelu(graph: Graph, z: Name) -> Name:
    """z Phi(z)."""
    return graph.add("Mul", z, normal_distribution(graph, z))


def normal_distribution(graph: Graph, z: Name) -> Name:
    """Phi(z) = erfc(-z / sqrt(2)) / 2, and erfc(x) = exp(-x^2) erfcx(x)."""
    if not graph.is_double:
        erf = graph.add("Erf", graph.add("Mul", z, sqrt(0.5)))
        return graph.add("Mul", graph.add("Add", erf, 1.0), 0.5)
    x = graph.add("Mul", graph.add("Abs", z), sqrt(0.5))
    gauss = graph.add("Exp", graph.add("Neg", graph.add("Mul", x, x)))
    tail = graph.add("Mul", graph.add("Mul", gauss, scaled_erfc(graph, x)), 0.5)
    return graph.add("Where", graph.add("Greater", z, 0.0), graph.add("Sub", 1.0, tail), tail)


def scaled_erfc(graph: Graph, x: Name) -> Name:
    """Compute erfcx(x) = exp(x^2) erfc(x) for x >= 0, by Horner's rule."""
    c = ERFCX_MIDDLE
    u = graph.add("Div", graph.add("Sub", x, c), graph.add("Add", x, c))
    series = chebyshev.chebinterpolate(lambda u: erfcx(c * (1 + u) / (1 - u)), ERFCX_DEGREE)
    *lower, value = chebyshev.cheb2poly(series)
    for coefficient in lower[::-1]:
        value = graph.add("Add", graph.add("Mul", u, value), coefficient)
    return value


def silu(graph: Graph, z: Name) -> Name:
    """z sigmoid(z)."""
    return graph.add("Mul", z, graph.add("Sigmoid", z))


ACTIVATIONS: Mapping[str, Callable[[Graph, Name], Name]] = MappingProxyType(
    {
        "identity": lambda graph, z: z,
        "sigmoid": lambda graph, z: graph.add("Sigmoid", z),
        "logistic": lambda graph, z: graph.add("Sigmoid", z),
        "tanh": lambda graph, z: graph.add("Tanh", z),
        "relu": relu,
        "leaky_relu": leaky_relu,
        "elu": elu,
        "softplus": softplus,
        "gelu": gelu,
        "silu": silu,
    }
)


# --- Outputs of a network, or of an ensemble ---


def add_outputs(graph: Graph, model: Any, X: Name) -> Name:
    """Add the outputs (n_samples, n_outputs) of a fitted estimator."""
    if not isinstance(model, Ensemble):
        return add_layers(graph, X, model._activation_, [*zip(model.coefs_, model.intercepts_, strict=True)])
    networks = model.estimators_
    layers = [
        (np.stack([one.coefs_[i] for one in networks]), np.stack([one.intercepts_[i] for one in networks]))
        for i in (0, 1)
    ]
    all_outputs = add_layers(graph, X, networks[0]._activation_, layers)
    return AVERAGES[target_kind_of(model).name](graph, all_outputs, len(networks))


def add_layers(graph: Graph, X: Name, activation: Any, layers: Any) -> Name:
    """Add the outputs (..., n_samples, n_outputs) for the (coefs, intercepts) of both layers."""
    if isinstance(activation, Activation):
        raise NotImplementedError(
            f"ONNX cannot contain {activation!r}, which consists of functions of your own. Fit with one of "
            f"the activations {', '.join(map(repr, ACTIVATIONS))}."
        )
    (w_hidden, b_hidden), (w_output, b_output) = layers
    z = graph.add("Add", graph.add("MatMul", X, w_hidden), b_hidden[..., np.newaxis, :])
    hidden = ACTIVATIONS[activation](graph, z)
    return graph.add("Add", graph.add("MatMul", hidden, w_output), b_output[..., np.newaxis, :])


def mean_of_numbers(graph: Graph, all_outputs: Name, n_networks: int) -> Name:
    """Add the mean of outputs (n_networks, n_samples, n_outputs)."""
    return graph.over_networks("ReduceMean", all_outputs)


def log_of_mean(graph: Graph, logarithms: Name, n_networks: int) -> Name:
    """Add the logarithms of the mean of numbers, from their logarithms."""
    return graph.add("Sub", graph.over_networks("ReduceLogSumExp", logarithms), log(n_networks))


def mean_of_classes(graph: Graph, all_outputs: Name, n_networks: int) -> Name:
    """Add the logarithms of the mean of the probabilities of exclusive classes."""
    return log_of_mean(graph, graph.add("LogSoftmax", all_outputs, axis=-1), n_networks)


def mean_of_labels(graph: Graph, all_outputs: Name, n_networks: int) -> Name:
    """Add the log-odds of the mean of the probabilities of labels: log p = -softplus(-z)."""
    opposite = graph.add("Neg", all_outputs)
    log_not_p = graph.add("Neg", softplus(graph, all_outputs))
    log_p = graph.add("Neg", softplus(graph, opposite))
    both = (graph.over_networks("ReduceLogSumExp", one) for one in (log_p, log_not_p))
    return graph.add("Sub", *both)


AVERAGES: Mapping[str, Callable[[Graph, Name, int], Name]] = MappingProxyType(
    {
        "binary": mean_of_labels,
        "multiclass": mean_of_classes,
        "multilabel": mean_of_labels,
        "real": mean_of_numbers,
        "rate": log_of_mean,
    }
)


# --- Classifiers: labels, and probabilities or raw scores ---


def convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Convert a classifier. With the option raw_scores, its scores are logits instead of probabilities."""
    model, graph = operator.raw_operator, Graph(scope, operator, container)
    outputs = add_outputs(graph, model, graph.rows(operator))
    is_raw = container.get_options(model, {"raw_scores": False})["raw_scores"]
    classes = label_constants(get_label_classes(scope, model))
    labels, scores = SCORES[target_kind_of(model).name](graph, outputs, classes, is_raw)
    graph.finish(labels, operator.outputs[0])
    graph.finish(scores, operator.outputs[1])


def scores_of_two_classes(graph: Graph, logits: Name, classes: Any, is_raw: bool) -> tuple[Name, Name]:
    """Add labels (n_samples,) and scores (n_samples, 2); the raw scores are -logit and logit."""
    both = graph.add("Concat", graph.add("Neg", logits), logits, axis=1)
    is_second = graph.add("Reshape", graph.add("Greater", logits, 0.0), np.array([-1]))
    labels = graph.add("Gather", classes, graph.add("Cast", is_second, to=TensorProto.INT64))
    return labels, both if is_raw else graph.add("Sigmoid", both)


def scores_of_classes(graph: Graph, logits: Name, classes: Any, is_raw: bool) -> tuple[Name, Name]:
    """Add labels (n_samples,) and scores (n_samples, n_classes)."""
    labels = graph.add("Gather", classes, graph.add("ArgMax", logits, axis=1, keepdims=0))
    return labels, logits if is_raw else graph.add("Softmax", logits, axis=-1)


def scores_of_labels(graph: Graph, logits: Name, classes: Any, is_raw: bool) -> tuple[Name, Name]:
    """Add an indicator (n_samples, n_labels) and scores (n_samples, n_labels)."""
    labels = graph.add("Cast", graph.add("Greater", logits, 0.0), to=TensorProto.INT64)
    return labels, logits if is_raw else graph.add("Sigmoid", logits)


SCORES: Mapping[str, Callable[[Graph, Name, Any, bool], tuple[Name, Name]]] = MappingProxyType(
    {
        "binary": scores_of_two_classes,
        "multiclass": scores_of_classes,
        "multilabel": scores_of_labels,
    }
)


def label_constants(classes: Any) -> Any:
    """Write classes (n_classes,) as ONNX can hold them: strings, or integers as skl2onnx makes them."""
    if are_strings(classes):
        return classes.astype(str)
    integers = classes.astype(np.int64)
    if (integers != classes).any():
        raise ValueError(
            f"The labels of an ONNX model are strings or integers, but classes_ is {classes.tolist()}."
        )
    return integers


def are_strings(classes: Any) -> bool:
    """Whether classes (n_classes,) are strings."""
    return isinstance(classes[0], str)


def declare_classifier(operator: Any) -> None:
    """Declare the types and shapes of a classifier's outputs."""
    model = operator.raw_operator
    classes = get_label_classes(operator.scope_inst, model)
    n_samples, n_classes = operator.inputs[0].get_first_dimension(), len(classes)
    label_type = StringTensorType if are_strings(classes) else Int64TensorType
    one_label = target_kind_of(model).is_exclusive
    operator.outputs[0].set_type(label_type([n_samples] if one_label else [n_samples, n_classes]))
    operator.outputs[1].type.shape = [n_samples, n_classes]


# --- Regressors ---


def convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    """Convert a regressor: its predictions (n_samples, n_targets), in units of y."""
    model, graph = operator.raw_operator, Graph(scope, operator, container)
    targets = add_outputs(graph, model, graph.rows(operator))
    if target_kind_of(model).name == "rate":
        targets = graph.add("Exp", targets)
    scaled = graph.add("Mul", targets, np.atleast_1d(model.y_scale_))
    graph.finish(graph.add("Add", scaled, np.atleast_1d(model.y_offset_)), operator.outputs[0])


def declare_regressor(operator: Any) -> None:
    """Declare the type and shape of a regressor's predictions."""
    n_samples, n_targets = operator.inputs[0].get_first_dimension(), np.size(operator.raw_operator.y_scale_)
    float_type = type(guess_tensor_type(operator.inputs[0].type))
    operator.outputs[0].set_type(float_type([n_samples, n_targets]))


# --- What contains our estimators ---


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


# --- Registration ---

BOOLEAN = [True, False]
OPTIONS = {  # the options of scikit-learn's linear classifiers
    "zipmap": [*BOOLEAN, "columns"],
    "nocl": BOOLEAN,
    "output_class_labels": BOOLEAN,
    "raw_scores": BOOLEAN,
}


def register() -> None:
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
            parser=_parse_sklearn_grid_search_cv,
            options="passthrough",
        )
    register_converter("SklearnPipeline", convert_pipeline, overwrite=True, options=OPTIONS)


register()
