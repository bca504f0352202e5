"""The graph that a converter makes, and its nodes."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType, guess_tensor_type

Name: TypeAlias = str  # of an array in the graph


class Graph:
    """Adds the nodes of one converter, from what skl2onnx passes to it."""

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
