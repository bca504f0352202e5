"""The predictions of our estimators: labels and scores of a classifier, numbers of a regressor."""

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import Int64TensorType, StringTensorType
from skl2onnx.common.utils_classifier import get_label_classes
from sklearn.pipeline import Pipeline

from sknn_scratch._fitting.fitted import target_kind_of
from sknn_scratch.onnx.activations import sigmoid
from sknn_scratch.onnx.graph import Graph, declare_floats
from sknn_scratch.onnx.networks import outputs_of


def convert_classifier(scope, operator, container):
    """Convert a classifier. With the option raw_scores, its scores are logits instead of probabilities."""
    model, graph = operator.raw_operator, Graph(scope, operator, container)
    kind, scores = target_kind_of(model).name, outputs_of(model, graph.rows(operator.inputs))
    if kind == "binary":  # the one logit is that of the second class
        scores = (-scores).apply("Concat", scores, axis=1)
    if kind == "multilabel":
        labels = scores.apply("Greater", 0.0).cast(TensorProto.INT64)
    else:
        classes = label_constants(get_label_classes(scope, model))
        labels = graph.add("Gather", classes, scores.apply("ArgMax", axis=1, keepdims=0))
    if not wants_logits(model, scope, container):
        scores = scores.apply("Softmax", axis=-1) if kind == "multiclass" else sigmoid(scores)
    graph.finish(labels, operator.outputs[0])
    graph.finish(scores, operator.outputs[1])


def wants_logits(model, scope, container):
    """Whether the option raw_scores is set for the model, or for a Pipeline that ends in it.

    A CalibratedClassifierCV of a Pipeline sets it so, but skl2onnx 1.20 does not hand it down.
    """
    pipelines = [one.raw_operator for one in scope.operators.values() if ends_in(one.raw_operator, model)]
    options = (container.get_options(one, {"raw_scores": False}) for one in (model, *pipelines))
    return any(one["raw_scores"] for one in options)


def ends_in(pipeline, model):
    return isinstance(pipeline, Pipeline) and (pipeline[-1] is model or ends_in(pipeline[-1], model))


def label_constants(classes):
    """Write classes (n_classes,) as ONNX can hold them: strings, or integers as skl2onnx makes them."""
    if isinstance(classes[0], str):
        return classes.astype(str)
    integers = classes.astype(np.int64)
    if (integers != classes).any():
        raise ValueError(
            f"The labels of an ONNX model are strings or integers, but classes_ is {classes.tolist()}."
        )
    return integers


def declare_classifier(operator):
    model = operator.raw_operator
    classes = get_label_classes(operator.scope_inst, model)
    n_samples, n_classes = operator.inputs[0].get_first_dimension(), len(classes)
    label_type = StringTensorType if isinstance(classes[0], str) else Int64TensorType
    is_multilabel = target_kind_of(model).name == "multilabel"
    operator.outputs[0].set_type(label_type([n_samples, n_classes] if is_multilabel else [n_samples]))
    operator.outputs[1].type.shape = [n_samples, n_classes]


def convert_regressor(scope, operator, container):
    """Convert a regressor: its predictions (n_samples, n_outputs), in units of y."""
    model, graph = operator.raw_operator, Graph(scope, operator, container)
    targets = outputs_of(model, graph.rows(operator.inputs))
    if target_kind_of(model).name == "rate":
        targets = targets.apply("Exp")
    predicted = targets * np.atleast_1d(model.y_scale_) + np.atleast_1d(model.y_offset_)
    graph.finish(predicted, operator.outputs[0])


def declare_regressor(operator):
    declare_floats(operator, len(target_kind_of(operator.raw_operator).column_names()))
