"""Tables of pyarrow, which mlflow brings along."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.model_selection import cross_val_score

from sknn_scratch import ShallowNNClassifier, tabular_pipeline
from sknn_scratch._tables.columns import categories_as_text, kinds_of

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
    assert cross_val_score(tabular_pipeline(network()), table(), Y, cv=3).min() > 0.9


def test_gaps_of_a_dictionary_stay_gaps():
    """np.asarray fills them with another value."""
    X = pa.table({"x": pa.array(["a", "b", None]).dictionary_encode()})
    assert categories_as_text(X).ravel().tolist() == ["a", "b", "missing"]


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        (pa.int8(), "numbers"),
        (pa.uint64(), "numbers"),
        (pa.float16(), "numbers"),
        (pa.float64(), "numbers"),
        (pa.decimal128(5, 2), "numbers"),
        (pa.bool_(), "categories"),
        (pa.string(), "categories"),
        (pa.large_string(), "categories"),
        (pa.string_view(), "categories"),
        (pa.dictionary(pa.int32(), pa.string()), "categories"),
        (pa.null(), "categories"),
    ],
)
def test_kinds_of_columns(dtype, kind):
    column = pa.array([None, None], dtype)
    assert kinds_of(pa.table({"x": column})) == [kind]
    assert kinds_of(pd.DataFrame({"x": pd.Series([None, None], dtype=pd.ArrowDtype(dtype))})) == [kind]


@pytest.mark.parametrize("dtype", [pa.date32(), pa.timestamp("us"), pa.list_(pa.int64()), pa.duration("s")])
def test_other_columns_are_named(dtype):
    column = pa.array([None, None], dtype)
    for X in (
        pa.table({"when": column}),
        pd.DataFrame({"when": pd.Series([None] * 2, dtype=pd.ArrowDtype(dtype))}),
    ):
        with pytest.raises(ValueError, match="neither numbers nor categories: 'when'"):
            kinds_of(X)
