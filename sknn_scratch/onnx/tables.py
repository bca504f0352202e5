"""The steps of ``tabular_pipeline`` before the network: encoders of numbers and tables, and components."""

from itertools import chain

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import BooleanTensorType, DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.preprocessing import OneHotEncoder

from sknn_scratch._tables.columns import CATEGORIES, NUMBERS, TEXT, listed
from sknn_scratch._tables.encoders import FREQUENT, MANY
from sknn_scratch._tables.kind_of_dates import Dates
from sknn_scratch._tables.kind_of_numbers import CODE
from sknn_scratch._tables.means import MeanEncoder
from sknn_scratch._tables.piecewise_encoder import PiecewiseLinearEncoder
from sknn_scratch._tables.relevance import step_of
from sknn_scratch.onnx.dates import parts_of_dates
from sknn_scratch.onnx.graph import Array, Graph, declare_floats

# --- Numbers ---


def declare_encoded(operator):
    declare_floats(operator, len(operator.raw_operator.get_feature_names_out()))


def converter_of(encode):
    """Make the converter of a transformer, which computes in float64 as its ``transform`` does."""

    def convert(scope, operator, container):
        graph = Graph(scope, operator, container)
        float_type, graph.is_double = graph.float_type, True
        encoded = encode(operator.raw_operator, graph, operator.inputs)
        graph.finish(encoded.cast(float_type), operator.outputs[0])

    return convert


def encode_components(relevant, graph, inputs):
    if relevant.components_ is None:
        return graph.rows(inputs) * relevant.scale_
    scaled = (graph.rows(inputs) - relevant.mean_) * relevant.scale_
    step = step_of(relevant.explained_variance_)
    return ((scaled @ relevant.components_.T) / step).apply("Round") * step


def encode_numbers(encoder, graph, inputs):
    columns = cut_columns(graph.rows(inputs), encoder.n_features_in_)
    return graph.add("Concat", *encodings_of(columns, encoder), axis=1)


def cut_columns(X, n_columns):
    return [X.take([position]) for position in range(n_columns)]


def encodings_of(columns, encoder):
    pieces = zip(columns, encoder._pieces(), strict=True)
    return [encoded for column, piece in pieces for encoded in encodings_of_column(column, piece)]


def encodings_of_column(column, piece):
    """Yield the encodings of a column, as ``pieces.encode`` makes them."""
    is_missing = column.apply("IsNaN")
    z = ((column - piece.mean) / piece.scale).clip(-1e9, 1e9)
    bounded = z / (z * z * piece.bound**-2 + 1.0).apply("Sqrt")
    yield is_missing.apply("Where", 0.0, bounded)
    of_sizes = [((column - knots[:-1]) / np.diff(knots)).clip(0.0, 1.0) * size for knots, size in piece.ramps]
    if of_sizes:
        ramps = column.graph.add("Concat", *of_sizes, axis=1) - piece.ramp_means
        yield is_missing.apply("Where", 0.0, ramps)
    if piece.has_missing:
        yield is_missing.cast(TensorProto.DOUBLE)


# --- Tables ---

EXPORTED = {
    NUMBERS: PiecewiseLinearEncoder,
    CATEGORIES: OneHotEncoder,
    FREQUENT: OneHotEncoder,
    MANY: MeanEncoder,
}


def encode_table(table, graph, inputs):
    """Compute the features of a TableEncoder with the encoders of ``tabular_pipeline``."""
    check_table(table)
    columns, taken, encoded = columns_of(graph, inputs, table), table._encoders.inputs, []
    if NUMBERS in taken:
        made = parts_of_columns(columns, table) | (means_of(columns, table) if table.target_encoded_ else {})
        numbers = [
            made[name, part] if part else number_of(name, *columns[name]) for name, part in taken[NUMBERS]
        ]
        encoded += encodings_of(numbers, table.encoders_[NUMBERS])
    for kind in (CATEGORIES, FREQUENT):
        for position, (name, part) in enumerate(taken.get(kind, ())):
            texts = text_of(name, part, *columns[name])
            encoded.append(onehot_of(texts, table.encoders_[kind], position))
    return graph.add("Concat", *(one.cast(graph.float_type) for one in encoded), axis=1)


def check_table(table):
    if texts := [name for name, kind in table.kinds_.items() if kind == TEXT]:
        raise NotImplementedError(
            "Free text cannot be exported, since skl2onnx cannot convert runs of characters, and X has it in "
            f"{listed(texts)}. Leave these columns out with kinds={{{texts[0]!r}: 'nothing'}}, or make "
            "numbers of them before the pipeline."
        )
    for kind, encoder in table.encoders_.items():
        if type(encoder) is not EXPORTED[kind]:
            raise NotImplementedError(
                f"With {kind}={encoder!r}, a table cannot be exported; leave the encoder of tabular_pipeline."
            )
        if getattr(encoder, "drop", None) is not None:
            raise NotImplementedError(f"drop={encoder.drop!r} cannot be exported; fit with drop=None.")


def columns_of(graph, inputs, table):
    """Find or cut out each column of the fit, and its type: by name if each is an input, else by place."""
    by_name = {one.raw_name: (Array(graph, one.full_name), one.type) for one in inputs}
    if by_name.keys() >= {str(name) for name in table.kinds_}:
        return {name: by_name[str(name)] for name in table.kinds_}
    by_place = [
        (column, one.type)
        for one in inputs
        for column in cut_columns(Array(graph, one.full_name), one.type.shape[1])
    ]
    return dict(zip(table.kinds_, by_place, strict=True))


def number_of(name, column, column_type):
    """Convert numbers, booleans or seconds (n_samples, 1) to float64."""
    if isinstance(column_type, StringTensorType):
        raise NotImplementedError(
            f"The column {name!r} had numbers or booleans in fit, dates or durations, and text cannot be "
            "exported as such. Export with a table that has numbers or booleans there, seconds for a "
            "duration, and seconds since 1970 in UTC for a date: they are predicted alike."
        )
    return column.cast(TensorProto.DOUBLE)


def parts_of_columns(columns, table):
    """Compute the parts (n_samples, 1) of all columns of dates, by the column and the part."""
    parts = {}
    for name, kind in table._kinds.items():
        if isinstance(kind, Dates):
            column, column_type = columns[name]
            if isinstance(column_type, FloatTensorType):
                raise NotImplementedError(
                    f"The dates of the column {name!r} are seconds since 1970, which float32 rounds to two "
                    "minutes. Export with a table that has float64 or int64 there."
                )
            parts |= parts_of_dates(name, number_of(name, column, column_type), kind)
    return parts


def text_of(name, part, column, column_type):
    """Convert categories or codes (n_samples, 1) to text, as ``columns.text_of`` writes those of the fit."""
    if part == CODE:
        return text_of_codes(number_of(name, column, column_type))
    if isinstance(column_type, FloatTensorType | DoubleTensorType):
        raise NotImplementedError(
            f"The categories of the column {name!r} are floats, which the file would write in another way. "
            "Make strings of them, in fit and in the table for the export."
        )
    if isinstance(column_type, BooleanTensorType):
        return column.apply("Where", ["True"], ["False"])
    return column.cast(TensorProto.STRING)


def text_of_codes(numbers):
    """Convert whole numbers (n_samples, 1) to text; all others are no codes."""
    whole = numbers.cast(TensorProto.INT64)
    others = numbers.apply("IsNaN").apply("Where", ["missing"], ["no code"])
    is_whole = whole.cast(TensorProto.DOUBLE).apply("Equal", numbers)
    return is_whole.apply("Where", whole.cast(TensorProto.STRING), others)


def means_of(columns, table):
    """Compute the means (n_samples, 1) of the columns of many categories, by the column and its part."""
    encoder, places = table.encoders_[MANY], {}
    for (name, part), categories in zip(table._encoders.many, encoder.categories_, strict=True):
        numbers = {category: number for number, category in enumerate(categories)}
        places[name] = look_up(text_of(name, part, *columns[name]), numbers, len(categories))
    inputs = [(name, part) for name, part in table._encoders.inputs[NUMBERS] if name in places and part]
    all_means = chain.from_iterable(np.vstack([one, encoder.target_mean_]).T for one in encoder.encodings_)
    return {
        (name, part): places[name].graph.add("Gather", means, places[name])
        for (name, part), means in zip(inputs, all_means, strict=True)
    }


def onehot_of(texts, encoder, position):
    """Compute the ones and zeros (n_samples, n_encoded) of texts; the last is of the rare ones."""
    groups = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    rare = [] if groups[position] is None else list(groups[position])
    kept = [one for one in encoder.categories_[position] if one not in rare]
    numbers = {category: number for number, category in enumerate(kept)} | dict.fromkeys(rare, len(kept))
    unknown = -1 if encoder.handle_unknown in ("ignore", "error") else len(kept)
    return look_up(texts, numbers, unknown).apply("Equal", np.arange(len(kept) + (len(rare) > 0)))


def look_up(texts, numbers, default):
    """Look up the numbers (n_samples, 1) of texts in a dict; None is a missing value."""
    if None in numbers:
        if "missing" in numbers:
            raise NotImplementedError(
                'A table with the text "missing" and missing values in one column cannot be exported, since '
                "the file has this text for a missing value. Rename the category."
            )
        numbers = {text or "missing": number for text, number in numbers.items()}
        numbers |= {"": numbers["missing"], " ": numbers["missing"]}
    return texts.apply(
        "LabelEncoder",
        op_domain="ai.onnx.ml",
        op_version=2,
        keys_strings=list(numbers),
        values_int64s=list(numbers.values()),
        default_int64=default,
    )
