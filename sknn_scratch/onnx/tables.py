"""The steps of ``tabular_pipeline``: numbers in pieces, and categories one-hot."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import BooleanTensorType, FloatTensorType, guess_tensor_type

from sknn_scratch._tables.encoder import BOUND
from sknn_scratch.onnx.graph import Graph, Name

# --- Numbers ---


def convert_encoder(scope: Any, operator: Any, container: Any) -> None:
    """Convert a PiecewiseLinearEncoder. It computes in float64, as ``transform`` does."""
    graph = Graph(scope, operator, container)
    float_type = graph.float_type
    graph.is_double = True
    X = graph.rows(operator)
    pieces = enumerate(operator.raw_operator._pieces())
    columns = [encoded for position, piece in pieces for encoded in add_pieces(graph, X, position, piece)]
    encoded = graph.add("Cast", graph.add("Concat", *columns, axis=1), to=float_type)
    graph.finish(encoded, operator.outputs[0])


def add_pieces(graph: Graph, X: Name, position: int, piece: Any) -> Iterator[Name]:
    """Add the encodings of a column: the bounded value, the ramps, the indicator of missing values."""
    column = graph.add("Gather", X, np.array([position]), axis=1)
    is_missing = graph.add("IsNaN", column)
    z = graph.add("Div", graph.add("Sub", column, piece.mean), piece.scale)
    z = graph.add("Min", graph.add("Max", z, -1e9), 1e9)
    square = graph.add("Mul", graph.add("Mul", z, z), BOUND**-2)
    bounded = graph.add("Div", z, graph.add("Sqrt", graph.add("Add", square, 1.0)))
    yield graph.add("Where", is_missing, 0.0, bounded)
    if len(piece.ramp_means):
        position_in_bin = graph.add("Div", graph.add("Sub", column, piece.knots[:-1]), np.diff(piece.knots))
        ramps = graph.add("Min", graph.add("Max", position_in_bin, 0.0), 1.0)
        yield graph.add("Where", is_missing, 0.0, graph.add("Sub", ramps, piece.ramp_means))
    if piece.has_missing:
        yield graph.add("Cast", is_missing, to=graph.float_type)


def declare_encoder(operator: Any) -> None:
    """Declare the type and shape of the encoded columns."""
    width = sum(piece.width for piece in operator.raw_operator._pieces())
    float_type = type(guess_tensor_type(operator.inputs[0].type))
    operator.outputs[0].set_type(float_type([operator.inputs[0].get_first_dimension(), width]))


# --- Categories ---


def convert_categories(scope: Any, operator: Any, container: Any) -> None:
    """Convert a CategoryEncoder: its columns may have several types, and become text first."""
    encoder, graph = operator.raw_operator, Graph(scope, operator, container)
    if encoder.drop is not None:
        raise NotImplementedError(f"drop={encoder.drop!r} cannot be exported; fit with drop=None.")
    X = graph.add("Concat", *(add_text(graph, column) for column in operator.inputs), axis=1)
    groups = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    onehot = [
        add_onehot(graph, X, position, encoder, categories, () if rare is None else rare)
        for position, (categories, rare) in enumerate(zip(encoder.categories_, groups, strict=True))
    ]
    graph.finish(graph.add("Concat", *onehot, axis=1), operator.outputs[0])


def add_text(graph: Graph, column: Any) -> Name:
    """Add categories (n_samples, n_columns) as text."""
    if isinstance(column.type, BooleanTensorType):
        return graph.add("Where", column.full_name, np.array(["True"]), np.array(["False"]))
    return graph.add("Cast", column.full_name, to=TensorProto.STRING)


def add_onehot(graph: Graph, X: Name, position: int, encoder: Any, categories: Any, rare: Any) -> Name:
    """Add the ones and zeros (n_samples, n_encoded) of a column of strings; the last is of the rare ones."""
    kept = [one for one in categories if one not in rare]
    numbers = graph.add(
        "LabelEncoder",
        graph.add("Gather", X, np.array([position]), axis=1),
        op_domain="ai.onnx.ml",
        op_version=2,
        keys_strings=[*kept, *rare],
        values_int64s=[*range(len(kept)), *[len(kept)] * len(rare)],
        default_int64=-1 if encoder.handle_unknown in ("ignore", "error") else len(kept),
    )
    is_category = graph.add("Equal", numbers, np.arange(len(kept) + (len(rare) > 0)))
    return graph.add("Cast", is_category, to=TensorProto.FLOAT)


def declare_categories(operator: Any) -> None:
    """Declare the type and shape of the ones and zeros."""
    width = len(operator.raw_operator.get_feature_names_out())
    operator.outputs[0].set_type(FloatTensorType([operator.inputs[0].get_first_dimension(), width]))
