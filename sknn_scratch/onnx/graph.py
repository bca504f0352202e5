"""The graph that a converter makes: its nodes, and the arrays that they compute."""

from functools import partialmethod

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType, guess_tensor_type


def declare_floats(operator, n_columns):
    """Declare that the output of an operator has this shape, and the precision of its input."""
    float_type = type(guess_tensor_type(operator.inputs[0].type))
    operator.outputs[0].set_type(float_type([operator.inputs[0].get_first_dimension(), n_columns]))


class Graph:
    """Adds the nodes of one converter, from what skl2onnx passes to it."""

    def __init__(self, scope, operator, container):
        self.scope, self.container = scope, container
        self.is_double = isinstance(guess_tensor_type(operator.inputs[0].type), DoubleTensorType)

    def add(self, operation, *inputs, **attributes):
        """Add a node; what is no array of the graph among its inputs becomes a constant."""
        output = Array(self, self.scope.get_unique_variable_name(operation.lower()))
        arrays = [one if isinstance(one, Array) else self.constant(np.asarray(one)) for one in inputs]
        self.add_node(operation, arrays, output.name, **attributes)
        return output

    def add_node(self, operation, inputs, output, **attributes):
        name = self.scope.get_unique_operator_name(operation)
        self.container.add_node(operation, [one.name for one in inputs], output, name=name, **attributes)

    def constant(self, values):
        """Add a constant; floats get the precision of the graph."""
        constant = Array(self, self.scope.get_unique_variable_name("constant"))
        if values.dtype.kind == "f":
            proto_type, content = self.float_type, values.astype(np.float64 if self.is_double else np.float32)
        elif values.dtype.kind == "i":
            proto_type, content = TensorProto.INT64, values.astype(np.int64)
        else:
            proto_type, content = TensorProto.STRING, np.array([one.encode() for one in values])
        self.container.add_initializer(constant.name, proto_type, content.shape, content.ravel())
        return constant

    @property
    def float_type(self):
        return TensorProto.DOUBLE if self.is_double else TensorProto.FLOAT

    def rows(self, inputs):
        """Join inputs as floats (n_samples, n_features)."""
        columns = [Array(self, one.full_name).cast(self.float_type) for one in inputs]
        return self.add("Concat", *columns, axis=1)

    def finish(self, values, output):
        self.add_node("Identity", [values], output.full_name)


class Array:
    """An array of a graph. What is computed from it is another one, by a new node."""

    def __init__(self, graph, name):
        self.graph, self.name = graph, name

    def apply(self, operation, *others, **attributes):
        """Add a node of which this array is the first input."""
        return self.graph.add(operation, self, *others, **attributes)

    __add__ = partialmethod(apply, "Add")
    __sub__ = partialmethod(apply, "Sub")
    __mul__ = partialmethod(apply, "Mul")
    __truediv__ = partialmethod(apply, "Div")
    __matmul__ = partialmethod(apply, "MatMul")
    __neg__ = partialmethod(apply, "Neg")
    __abs__ = partialmethod(apply, "Abs")

    def __floordiv__(self, other):
        return (self / other).apply("Floor")

    def clip(self, least, most):
        return self.apply("Max", least).apply("Min", most)

    def take(self, positions):
        """Take some columns, by their positions."""
        return self.apply("Gather", positions, axis=-1)

    def cast(self, proto_type):
        return self.apply("Cast", to=proto_type)

    def over_networks(self, operation):
        """Reduce over the first axis."""
        if self.graph.container.target_opset < 18:
            return self.apply(operation, axes=[0], keepdims=0)
        return self.apply(operation, [0], keepdims=0)
