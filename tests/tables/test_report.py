"""What a fit says of the columns: one warning, which a search does not repeat, and a report."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

from sknn_scratch import tabular_pipeline
from sknn_scratch._tables.remarks import HEARD, MOST_LINES
from tests.helpers import warnings_of

N = 120
X = pd.DataFrame(
    {
        "price": ["?" if i % 50 == 1 else f"{i % 60},5 €" for i in range(N)],
        "name": [f"name {i}" for i in range(N)],
        "same": 1,
        "day": pd.Series(pd.date_range("2024-01-01", periods=N)).dt.strftime("%d/%m/%Y"),
        "size": np.arange(N) % 7 / 2,
        "wait": ["1h 20m", "45m", "2h"] * 40,
        "lost": [None] * N,
        "truth": ["yes", "no"] * 60,
    }
)
Y = np.arange(N) % 2
NEED_A_LOOK = ["price", "name", "same", "lost"]


def table_model():
    return tabular_pipeline(LogisticRegression())


def texts_of(call):
    return [str(one.message) for one in warnings_of(call)]


def test_a_later_table_gives_one_warning_too():
    few = X[["price", "size", "truth"]]
    encoder = tabular_pipeline()[0].fit(few[2:50])
    later = few.assign(price="7 €", size=None, truth="maybe")
    (text,) = texts_of(lambda: encoder.transform(later))
    assert [line.split(":")[0] for line in text.split("\n")] == [
        "Columns of X that are not as in fit (2 of 3)", "- 'size'", "- 'truth'",
    ]  # fmt: skip


def test_a_warning_of_a_wide_table_is_short():
    (text,) = texts_of(lambda: tabular_pipeline()[0].fit(pd.DataFrame(np.ones((9, MOST_LINES + 30)))))
    assert text.count("\n") == MOST_LINES + 1
    assert text.endswith("\n- and 30 more")


def test_what_is_said_of_a_column_is_heard_once_in_searches():
    HEARD.clear()
    search = GridSearchCV(table_model(), {"network__C": [1]}, cv=3)
    lines = "\n".join(texts_of(lambda: search.fit(X, Y).predict(X))).split("\n")
    said = sorted(line.split(":")[0] for line in lines if line.startswith("-"))
    assert said == sorted(f"- {name!r}" for name in NEED_A_LOOK)
    assert not texts_of(lambda: cross_val_score(table_model(), X, Y, cv=2))
    assert len(texts_of(lambda: table_model().fit(X, Y))) == 1  # of another call of its user, it is news
    assert texts_of(lambda: cross_val_score(table_model(), X.assign(more=1), Y, cv=2))


def test_a_fitted_search_warns_of_each_table_like_its_best_estimator():
    search = GridSearchCV(table_model(), {"network__C": [1]}, cv=3)
    texts_of(lambda: search.fit(X, Y))
    later = X.assign(price=["n. n.", *X["price"][1:]])
    for method in ("predict", "predict_proba", "decision_function", "predict"):
        (text,) = texts_of(lambda method=method: getattr(search, method)(later))
        assert "'price': counts as missing" in text
    assert len(texts_of(lambda: search.score(later, Y))) == 1
    best = search.best_estimator_
    assert len(texts_of(lambda: permutation_importance(best, later, Y, n_repeats=2))) <= 1


@pytest.mark.filterwarnings("ignore:Columns of X that need a look")
def test_the_report_describes_all_columns():
    encoder = tabular_pipeline(kinds={"truth": "nothing"})[0].fit(X, Y)
    report = pickle.loads(pickle.dumps(encoder)).report_
    table = pd.DataFrame(report).set_index("column")
    assert table["kind"].to_dict() == encoder.kinds_
    assert table["n_features"].sum() == len(encoder.get_feature_names_out())
    assert table["read_from"][["price", "day", "size", "wait"]].tolist() == [
        "text: in €, decimal comma", "text: day first", "numbers", "text",
    ]  # fmt: skip
    assert table["became"]["day"].startswith("numbers: time, month, day")
    assert table["became"][["size", "name", "lost"]].tolist() == ["numbers", "categories", ""]
    assert table["lost"][["price", "name", "truth"]].tolist() == [
        "missing: '?'", f"{N} rare categories are one", "",
    ]  # fmt: skip
    assert [name for name, remark in table["remark"].items() if remark] == NEED_A_LOOK
    assert "- 'price': counts as missing: '?'" in str(report)
    assert str(report).split("\n")[0].split() == [*table.reset_index().columns[:-1]]
    assert report._repr_html_().count("<tr>") == 1 + X.shape[1]


def test_the_report_says_what_codes_and_many_categories_became():
    group = np.arange(600) % 200
    table = pd.DataFrame(
        {"zip": [f"{one:05}" for one in group % 40], "name": [f"name {one}" for one in group]}
    )
    y = np.random.default_rng(0).normal(size=600) + group
    encoder = tabular_pipeline("regressor")[0].fit(table, y)
    assert encoder.target_encoded_ == ["name"]
    assert [one["became"] for one in encoder.report_] == ["numbers; categories: code", "numbers: mean"]
    assert sum(one["n_features"] for one in encoder.report_) == len(encoder.get_feature_names_out())
