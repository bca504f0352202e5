"""The steps of ``tabular_pipeline`` before the network: encoders of numbers and tables, and scales."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    StringTensorType,
    guess_tensor_type,
)
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from sknn_scratch._tables.columns import CATEGORIES, NUMBERS, listed
from sknn_scratch._tables.encoders import MANY
from sknn_scratch._tables.piecewise_encoder import PiecewiseLinearEncoder
from sknn_scratch.onnx.graph import Graph, Name

# --- Numbers ---


def convert_encoder(scope: Any, operator: Any, container: Any) -> None:
    """Convert a PiecewiseLinearEncoder. It computes in float64, as ``transform`` does."""
    graph = Graph(scope, operator, container)
    float_type = graph.float_type
    graph.is_double = True
    encoder = operator.raw_operator
    columns = cut_columns(graph, graph.rows(operator), encoder.n_features_in_)
    encoded = graph.add("Concat", *add_encodings(graph, columns, encoder), axis=1)
    graph.finish(graph.add("Cast", encoded, to=float_type), operator.outputs[0])


def cut_columns(graph: Graph, X: Name, n_columns: int) -> list[Name]:
    """Cut X (n_samples, n_columns) into columns (n_samples, 1)."""
    return [graph.add("Gather", X, np.array([position]), axis=1) for position in range(n_columns)]


def add_encodings(graph: Graph, columns: list[Name], encoder: PiecewiseLinearEncoder) -> list[Name]:
    """Add the encodings of columns (n_samples, 1)."""
    pieces = zip(columns, encoder._pieces(), strict=True)
    return [encoded for column, piece in pieces for encoded in add_pieces(graph, column, piece)]


def add_pieces(graph: Graph, column: Name, piece: Any) -> Iterator[Name]:
    """Add the encodings of a column, as ``encoder.encode`` makes them."""
    is_missing = graph.add("IsNaN", column)
    z = graph.add("Div", graph.add("Sub", column, piece.mean), piece.scale)
    z = graph.add("Min", graph.add("Max", z, -1e9), 1e9)
    square = graph.add("Mul", graph.add("Mul", z, z), piece.bound**-2)
    bounded = graph.add("Div", z, graph.add("Sqrt", graph.add("Add", square, 1.0)))
    yield graph.add("Where", is_missing, 0.0, bounded)
    bends = [add_ramps(graph, column, ramps) for ramps in piece.ramps]
    if piece.components is not None:
        bends = [graph.add("MatMul", graph.add("Concat", *bends, axis=1), piece.components)]
    for encoded in bends:
        yield graph.add("Where", is_missing, 0.0, encoded)
    if piece.has_missing:
        yield graph.add("Cast", is_missing, to=graph.float_type)


def add_ramps(graph: Graph, column: Name, ramps: Any) -> Name:
    """Add the ramps (n_samples, n_ramps) of a column."""
    position_in_bin = graph.add("Div", graph.add("Sub", column, ramps.knots[:-1]), np.diff(ramps.knots))
    way = graph.add("Min", graph.add("Max", position_in_bin, 0.0), 1.0)
    return graph.add("Sub", graph.add("Mul", way, ramps.size), ramps.means)


def declare_encoded(operator: Any) -> None:
    """Declare the type and shape of what an encoder or a scaler makes."""
    width = len(operator.raw_operator.get_feature_names_out())
    float_type = type(guess_tensor_type(operator.inputs[0].type))
    operator.outputs[0].set_type(float_type([operator.inputs[0].get_first_dimension(), width]))


def convert_relevance(scope: Any, operator: Any, container: Any) -> None:
    """Convert a RelevanceScaler."""
    graph = Graph(scope, operator, container)
    scaled = graph.add("Mul", graph.rows(operator), operator.raw_operator.scale_)
    graph.finish(scaled, operator.outputs[0])


# --- Tables ---

EXPORTED = {NUMBERS: PiecewiseLinearEncoder, CATEGORIES: OneHotEncoder, MANY: TargetEncoder}


def convert_table(scope: Any, operator: Any, container: Any) -> None:
    """Convert a TableEncoder with the encoders of ``tabular_pipeline``."""
    table, graph = operator.raw_operator, Graph(scope, operator, container)
    check_table(table)
    columns = add_columns(graph, operator.inputs, table)
    float_type, encoded = graph.float_type, []
    if NUMBERS in table.encoders_:
        graph.is_double = True
        means = add_means(graph, columns, table) if MANY in table.encoders_ else {}
        numbers = [
            means.get((name, part)) or add_number(graph, name, *columns[name])
            for name, part in table._encoders.inputs[NUMBERS]
        ]
        encoded += add_encodings(graph, numbers, table.encoders_[NUMBERS])
    for position, (name, _) in enumerate(table._encoders.inputs.get(CATEGORIES, ())):
        encoder = table.encoders_[CATEGORIES]
        texts = add_text(graph, name, *columns[name])
        encoded.append(add_onehot(graph, texts, encoder, position))
    casts = [graph.add("Cast", one, to=float_type) for one in encoded]
    graph.finish(graph.add("Concat", *casts, axis=1), operator.outputs[0])


def check_table(table: Any) -> None:
    """Raise NotImplementedError if a fitted TableEncoder cannot be exported."""
    if table.date_parts_:
        raise NotImplementedError(
            f"Dates cannot be exported, and X has them in {listed(table.date_parts_)}. Make numbers of them "
            "before the pipeline."
        )
    for kind, encoder in table.encoders_.items():
        if type(encoder) is not EXPORTED[kind]:
            raise NotImplementedError(
                f"With {kind}={encoder!r}, a table cannot be exported; leave the encoder of tabular_pipeline."
            )
    if getattr(table.encoders_.get(CATEGORIES), "drop", None) is not None:
        raise NotImplementedError(
            f"drop={table.encoders_[CATEGORIES].drop!r} cannot be exported; fit with drop=None."
        )


def add_columns(graph: Graph, inputs: Any, table: Any) -> dict[Any, tuple[Name, Any]]:
    """Find or cut out each column of the fit, and its type: by name if each is an input, else by place."""
    by_name = {one.raw_name: (one.full_name, one.type) for one in inputs}
    if by_name.keys() >= {str(name) for name in table.kinds_}:
        return {name: by_name[str(name)] for name in table.kinds_}
    by_place = [
        (column, one.type)
        for one in inputs
        for column in cut_columns(graph, one.full_name, one.type.shape[1])
    ]
    return dict(zip(table.kinds_, by_place, strict=True))


def add_number(graph: Graph, name: Any, column: Name, column_type: Any) -> Name:
    """Add numbers or booleans (n_samples, 1) as float64."""
    if isinstance(column_type, StringTensorType):
        raise NotImplementedError(
            f"The column {name!r} had numbers or booleans in fit, and text cannot be exported as such. "
            "Export with a table that has numbers or booleans there: they are predicted alike."
        )
    return graph.add("Cast", column, to=TensorProto.DOUBLE)


def add_text(graph: Graph, name: Any, column: Name, column_type: Any) -> Name:
    """Add categories (n_samples, 1) as text, as ``text_of`` writes those of the fit."""
    if isinstance(column_type, FloatTensorType | DoubleTensorType):
        raise NotImplementedError(
            f"The categories of the column {name!r} are floats, which the file would write in another way. "
            "Make strings of them, in fit and in the table for the export."
        )
    if isinstance(column_type, BooleanTensorType):
        return graph.add("Where", column, np.array(["True"]), np.array(["False"]))
    return graph.add("Cast", column, to=TensorProto.STRING)


def add_means(graph: Graph, columns: Any, table: Any) -> dict[tuple[Any, str], Name]:
    """Add the means of the columns of many categories (n_samples, 1), by the column and its part."""
    encoder, numbers = table.encoders_[MANY], {}
    for name, categories in zip(table.target_encoded_, encoder.categories_, strict=True):
        texts = add_text(graph, name, *columns[name])
        numbers[name] = add_numbers(graph, texts, list(categories), range(len(categories)), len(categories))
    means = [one for one in table._encoders.inputs[NUMBERS] if one[0] in numbers]
    of_unknown = np.atleast_1d(encoder.target_mean_)  # one, or one for each class
    all_encodings = zip(means, encoder.encodings_, cycle(of_unknown), strict=False)
    return {
        (name, part): graph.add("Gather", np.append(known, unknown), numbers[name])
        for (name, part), known, unknown in all_encodings
    }


def add_numbers(graph: Graph, texts: Name, categories: list[Any], numbers: Any, default: int) -> Name:
    """Add the numbers (n_samples, 1) of texts."""
    if {None, "missing"} <= set(categories):
        raise NotImplementedError(
            'A table with the text "missing" and missing values in one column cannot be exported, since '
            "the file has this text for a missing value. Rename the category."
        )
    keys = {
        "missing" if one is None else one: number for one, number in zip(categories, numbers, strict=True)
    }
    if None in categories:
        keys[""] = keys["missing"]
    return graph.add(
        "LabelEncoder",
        texts,
        op_domain="ai.onnx.ml",
        op_version=2,
        keys_strings=list(keys),
        values_int64s=list(keys.values()),
        default_int64=default,
    )


def add_onehot(graph: Graph, column: Name, encoder: Any, position: int) -> Name:
    """Add the ones and zeros (n_samples, n_encoded) of a column of strings; the last is of the rare ones."""
    groups = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    rare = [] if groups[position] is None else list(groups[position])
    kept = [one for one in encoder.categories_[position] if one not in rare]
    unknown = -1 if encoder.handle_unknown in ("ignore", "error") else len(kept)
    numbers = [*range(len(kept)), *[len(kept)] * len(rare)]
    numbers = add_numbers(graph, column, [*kept, *rare], numbers, unknown)
    return graph.add("Equal", numbers, np.arange(len(kept) + (len(rare) > 0)))
