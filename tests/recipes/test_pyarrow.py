"""Tables of pyarrow, which mlflow brings along."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.model_selection import cross_val_score

from sknn_scratch import EffectsDisplay, HiddenUnitsDisplay, ShallowNNClassifier, tabular_pipeline
from tests.tables.spellings import LIBRARIES, outcomes_of

N = 60
rng = np.random.default_rng(0)
COLOURS = rng.choice(["red", "green", None], N).tolist()
SIZES = [
    None if missing else size for missing, size in zip(rng.random(N) < 0.2, rng.normal(size=N), strict=True)
]
Y = np.array([colour == "red" for colour in COLOURS])


def network():
    return ShallowNNClassifier(8, "tanh", solver="lbfgs", alpha=1.0, max_iter=500, random_state=0)


def table():
    return pa.table({"colour": pa.array(COLOURS).dictionary_encode(), "size": SIZES, "new": Y.tolist()})


def test_a_table_gives_the_predictions_of_a_frame():
    frame = pd.DataFrame({"colour": COLOURS, "size": np.array(SIZES, float), "new": Y})
    expected = tabular_pipeline(network()).fit(frame, Y).predict_proba(frame)
    model = tabular_pipeline(network()).fit(table(), Y)
    np.testing.assert_array_equal(model.predict_proba(table()), expected)
    batch = table().combine_chunks().to_batches()[0]
    np.testing.assert_array_equal(model.predict_proba(batch), expected)
    assert cross_val_score(tabular_pipeline(network()), table(), Y, cv=3).min() > 0.9


def arrow_in_pandas(columns):
    return pd.DataFrame({name: pd.arrays.ArrowExtensionArray(pa.array(one)) for name, one in columns.items()})


def test_random_tables_give_the_same_or_a_warning_or_an_error():
    outcomes = outcomes_of(600, [pa.table, arrow_in_pandas, *LIBRARIES])
    assert outcomes["same"] > 120


def kind_of(table):
    return tabular_pipeline()[0].fit(table).kinds_["x"]


@pytest.mark.parametrize(
    ("dtype", "values", "kind"),
    [
        (pa.int8(), [2, None], "numbers"),
        (pa.uint64(), [2, None], "numbers"),
        (pa.float16(), [np.float16(2), None], "numbers"),
        (pa.decimal128(5, 2), [2, None], "numbers"),
        (pa.bool_(), [True, None], "booleans"),
        (pa.string(), ["a", None], "categories"),
        (pa.large_string(), ["a", None], "categories"),
        (pa.dictionary(pa.int32(), pa.string()), ["a", None], "categories"),
        (pa.dictionary(pa.int32(), pa.int64()), [2, None], "categories"),
        (pa.date32(), [1, None], "dates"),
        (pa.timestamp("us"), [1, None], "dates"),
        (pa.timestamp("us", "Europe/Berlin"), [1, None], "dates with a time zone"),
        (pa.time64("us"), [1, None], "dates"),
        (pa.duration("s"), [1, None], "durations"),
    ],
)
def test_kinds_of_columns(dtype, values, kind):
    column = pa.array(values * 5, dtype)
    assert kind_of(pa.table({"x": column})) == kind
    assert kind_of(pd.DataFrame({"x": pd.arrays.ArrowExtensionArray(column)})) == kind


def test_displays_take_columns_by_name():
    model, reordered = tabular_pipeline(network()).fit(table(), Y), table().select(["size", "new", "colour"])
    expected = EffectsDisplay.from_estimator(model, table()).effects_["new"]
    for one in (reordered, reordered.combine_chunks().to_batches()[0]):
        found = EffectsDisplay.from_estimator(model, one).effects_["new"]
        np.testing.assert_array_equal(found["values"], expected["values"])
    numbers = pa.table({"a": [0.0, 1.0, 2.0] * 20, "b": [1.0, 0.0] * 30})
    fitted = network().fit(numbers.to_pandas(), numbers["b"].to_pylist())
    display = HiddenUnitsDisplay.from_estimator(fitted, numbers)
    assert display.feature_names == ("a", "b")


def test_displays_take_a_table_that_was_a_frame_with_an_index():
    frame = pd.DataFrame(
        {0: Y.astype(float), 1: np.arange(N) % 7}, index=pd.RangeIndex(1, 2 * N, 2, name="key")
    )
    table = pa.Table.from_pandas(frame, preserve_index=True)
    model = tabular_pipeline(network()).fit(table, Y)
    display = EffectsDisplay.from_estimator(model, table, random_state=0)
    assert list(display.effects_) == ["0", "1", "key"]


def test_effects_take_labels_that_are_an_array_of_pyarrow():
    labels = np.where(Y, "red", "other")
    model = tabular_pipeline(network()).fit(table(), labels)
    of_pyarrow = pd.array(labels.tolist(), dtype=pd.StringDtype("pyarrow"))
    found, expected = (
        EffectsDisplay.from_estimator(model, table(), one, random_state=0) for one in (of_pyarrow, labels)
    )
    assert found.importances_ == expected.importances_
