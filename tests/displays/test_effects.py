"""EffectsDisplay: effects and importances of models whose truth is known, and what is drawn."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sknn_scratch import EffectsDisplay, tabular_pipeline
from sknn_scratch._displays.mixed_rows import Components, MixedRows, sources_of
from tests.displays.drawing import fit, texts, undrawn

COLOURS = {"red": 1.0, "blue": -1.0, "green": 3.0, None: 2.0}
OF_PIPELINE = {"n_networks": 2, "max_iter": 3, "random_state": 0}


class Formula(RegressorMixin, BaseEstimator):
    """A regressor whose predictions are a function of the columns of X."""

    def __init__(self, function, loss="squared_error", quantile=0.5):
        self.function, self.loss, self.quantile = function, loss, quantile

    def predict(self, X):
        return np.asarray(self.function(X), float)


class Sign(ClassifierMixin, BaseEstimator):
    """A classifier without probabilities."""

    classes_ = np.array(["minus", "plus"])

    def predict(self, X):
        return self.classes_[(X[:, 0] > 0).astype(int)]


def table(n_rows=300, seed=0):
    """Make a table with a column of each kind, missing values, and two columns that are worth nothing."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "number": rng.normal(size=n_rows),
            "count": rng.integers(0, 5, n_rows),
            "colour": rng.choice(["red", "red", "blue", "green"], n_rows),
            "is_new": rng.random(n_rows) < 0.3,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(4 * rng.permutation(n_rows), unit="D"),
            "noise": rng.normal(size=n_rows),
            "useless": rng.choice(list("abcdefghijklmno"), n_rows),
        }
    )
    X.loc[rng.random(n_rows) < 0.1, "number"] = np.nan
    X["colour"] = X["colour"].astype(object).where(rng.random(n_rows) > 0.1, None)
    return X


def additive(X):
    return (
        X["number"].pow(2).fillna(1.5)
        + X["count"]
        + X["colour"].map(lambda one: COLOURS[None if pd.isna(one) else one])
        + 2 * X["is_new"]
        + (X["day"] - pd.Timestamp("2020-01-01")).dt.days / 400
    )


def draw(model, X, y=None, display=EffectsDisplay, **options):
    return display.from_estimator(model, X, y, **{"random_state": 0} | options)


def compute(*data, **options):
    return draw(*data, display=undrawn(EffectsDisplay), **options)


def test_the_effects_of_a_sum_are_its_terms():
    X = table()
    found = compute(Formula(additive), X)
    terms = {
        "number": lambda x: np.where(np.isnan(x), 1.5, x**2),
        "count": lambda x: x,
        "colour": np.vectorize(COLOURS.get, otypes=[float]),
        "is_new": lambda x: 2 * (x == "True"),
        "useless": lambda x: np.zeros(len(x)),
    }
    for name, term in terms.items():
        effect = found.effects_[name]
        truth = term(effect["places"])
        assert_allclose(np.diff(effect["values"][0]), np.diff(truth), atol=1e-9, err_msg=name)
    effect = found.effects_["day"]  # a place is the mean of the dates near it
    truth = (effect["places"] - np.datetime64("2020-01-01")) / np.timedelta64(400, "D")
    assert_allclose(np.diff(effect["values"][0])[1:-1], np.diff(truth)[1:-1], rtol=0.2)
    effect = found.effects_["colour"]
    assert_allclose(effect["values"][0][effect["rows"]].mean(), 0, atol=1e-8)
    assert effect["places"][[0, -1]].tolist() == ["red", None]
    assert found.effects_["useless"]["places"][-1] == "7 others"
    assert list(found.importances_)[-2:] in (["noise", "useless"], ["useless", "noise"])
    assert found.additive_share_ > 0.98  # a curve is straight between two quantiles


def test_the_rest_of_the_variance_is_interactions():
    X = np.random.default_rng(0).uniform(-1, 1, (800, 4))
    found = compute(Formula(lambda X: 2 * X[:, 0] * X[:, 2] + X[:, 1]), X)
    # Of the variance 4/9 + 1/3, the product has 4/9.
    assert found.additive_share_ == pytest.approx(3 / 7, abs=0.05)


def test_copies_of_a_column_invent_no_effect():
    """The model is zero where there are rows. Its average over all rows would be a parabola, up to 9 high."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    X = np.column_stack([x, x + 0.01 * rng.normal(size=500), rng.normal(size=500)])
    model = Formula(lambda X: (X[:, 0] - X[:, 1]) ** 2 + 0.1 * X[:, 2])
    assert np.ptp(compute(model, X).effects_["x0"]["values"]) < 0.5


def test_importances_by_the_loss_and_by_the_change_of_predictions():
    X = np.random.default_rng(0).normal(size=(1000, 3))
    model, y = Formula(lambda X: 2 * X[:, 0] + X[:, 1]), 2 * X[:, 0] + X[:, 1]
    with_y, without = compute(model, X, y), compute(model, X)
    assert list(with_y.importances_) == list(without.importances_) == ["x0", "x1", "x2"]
    # Shuffling doubles the variance of a term: 4 and 1 of 5.
    assert_allclose(list(with_y.importances_.values()), [1.6, 0.4, 0], atol=0.1)
    assert_allclose(list(without.importances_.values()), np.sqrt([8, 2, 0]), atol=0.1)
    assert 0 < with_y.importances_std_["x0"] < 0.1
    assert "increase of 1 − R²" in with_y.importance_label
    assert "change of the predictions" in without.importance_label


def test_quantiles_are_judged_by_their_loss():
    X = np.random.default_rng(0).uniform(1, 2, (100, 2))
    found = compute(Formula(lambda X: X[:, 0], "quantile", 0.9), X, X[:, 0])
    assert "pinball loss" in found.importance_label
    assert found.importances_["x0"] > 10 * abs(found.importances_["x1"])


def test_several_targets_and_quantiles_are_lines_of_a_panel():
    X = np.random.default_rng(0).normal(size=(100, 2))
    two = Formula(lambda X: X * [1, 10])
    found = compute(two, X, pd.DataFrame(X * [1, 10], columns=["small", "large"]))
    assert found.output_names == ["small", "large"]
    assert found.effects_["x1"]["values"].shape[0] == 2
    assert np.ptp(found.effects_["x1"]["values"][0]) < 1e-9
    assert compute(two, X, target=1).effects_["x0"]["values"].shape[0] == 1
    levels = Formula(lambda X: X[:, :1] + [-1, 1], "quantile", [0.1, 0.9])
    assert compute(levels, X, X[:, 0]).output_names == ["quantile 0.1", "quantile 0.9"]
    other_loss = Formula(lambda X: X, quantile=[0.1, 0.9])
    assert compute(other_loss, X, X).output_names == ["y0", "y1"]


def test_a_classifier_is_explained_on_the_log_odds_of_its_classes():
    X, _ = fit("multiclass")[1:]
    y = np.array(["cat", "cow", "dog"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0)]
    model = LogisticRegression().fit(X, y)
    found = draw(model, X, y)
    assert found.output_names == ["cat", "cow", "dog"]
    assert "increase of the log-loss" in found.importance_label
    assert {"cat", "cow", "dog"} <= set(texts(found.figure_))
    one = compute(model, X, target="dog")
    assert one.effect_label == "effect on log-odds of dog"
    assert compute(model, X, target="dog", log_odds=False).effect_label == "effect on probability of dog"
    two = LogisticRegression(C=0.1).fit(X, X[:, 0] > 0)
    effect = compute(two, X).effects_["x0"]
    assert_allclose(np.diff(effect["values"][0]), np.diff(effect["places"]) * two.coef_[0, 0])


def test_classes_without_probabilities_and_labels():
    X = np.random.default_rng(0).normal(size=(100, 2))
    y = np.where(X[:, 0] > 0, "plus", "minus")
    found = compute(Sign(), X, y)
    assert "share of wrong rows" in found.importance_label
    assert 0.3 < found.importances_["x0"] < 0.7
    assert found.importances_["x1"] == 0
    clf, X, y = fit("multilabel")
    found = compute(clf, X, y)
    assert found.output_names == ["label 0", "label 1"]
    assert "log-loss" in found.importance_label
    assert compute(clf, X, scipy.sparse.csr_array(y)).importances_ == found.importances_
    assert compute(clf, X, pd.DataFrame(y, columns=["wet", "cold"])).output_names == ["wet", "cold"]


def test_labels_may_be_a_column():
    clf, X, y = fit("multiclass")
    expected = compute(clf, X, y)
    for column in (y[:, np.newaxis], pd.DataFrame({"kind": y}), pl.DataFrame({"kind": y})):
        found = compute(clf, X, column)
        assert found.importances_ == expected.importances_
        assert found.output_names == expected.output_names


def test_a_pipeline_is_explained_by_the_columns_of_its_table():
    X = table(600)
    y, model = additive(X), tabular_pipeline("regressor", n_networks=2, max_iter=60, random_state=0)
    with warnings.catch_warnings(action="ignore"):
        model.fit(X, y)
    found = draw(model, X, y.rename("price"), max_columns=5)
    assert {"noise", "useless"}.isdisjoint(list(found.importances_)[:5])
    places = {name: effect["places"] for name, effect in found.effects_.items()}
    truths = {
        "number": places["number"][:-1] ** 2,  # the last is missing
        "count": places["count"],
        "colour": [COLOURS[one] for one in places["colour"]],
        "day: trend": places["day: trend"].astype(int),
    }
    for name, truth in truths.items():
        values = found.effects_[name]["values"][0][: len(truth)]
        assert np.corrcoef(values, truth)[0, 1] > 0.95
    networks = found.effects_["number"]["networks"]
    assert networks.shape == (2, 1, len(places["number"]))
    assert_allclose(networks.mean(axis=0), found.effects_["number"]["values"], atol=1e-4)
    assert found.effect_label == "effect on price"


def to_polars(X):
    return pl.DataFrame(X.to_dict("list"))


def with_encoder(**encoders):
    model = tabular_pipeline("classifier", **OF_PIPELINE)
    model["columns"].set_params(**encoders)
    return model


PIPELINES = {
    "its own encoders": with_encoder(),
    "an encoder of the user": with_encoder(numbers=make_pipeline(SimpleImputer(), SplineTransformer())),
    "numbers depend on others": with_encoder(numbers=KNNImputer()),
    "another estimator": tabular_pipeline(LogisticRegression()),
}
NO_COMPONENTS = ("numbers depend on others", "another estimator")


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("library", [pd.DataFrame, to_polars, np.asarray])
def test_a_mixture_has_one_column_of_other_rows(library, name):
    rng = np.random.default_rng(0)
    numbers = rng.integers(100, size=300)
    X = table().assign(code=1000.0 + numbers % 12, street=[f"street {one}" for one in numbers])
    rows, donors = np.arange(300), rng.permutation(300)
    with warnings.catch_warnings(action="ignore"):  # an array has no names
        y = (X["code"] % 3 == 0) ^ (X["street"].str.len() > 8)
        model = PIPELINES[name].fit(X, y)
        assert model["columns"].target_encoded_ == ["street"]
        assert model["columns"].codes_ == ["code"]
        mixed = MixedRows(model, library(X))
        assert isinstance(mixed._table, Components) == (name not in NO_COMPONENTS)
        for name in X:
            expected = model.predict_proba(
                library(X.assign(**{name: X[name].iloc[donors].set_axis(X.index)}))
            )
            moved = [mixed.columns[one].moved for one in mixed.names[name]]
            found = mixed.predict(rows, [key for keys in moved for key in keys], donors)[0]
            assert_allclose(found, expected, atol=1e-6, err_msg=name)


def test_frames_between_the_steps_of_a_pipeline_change_nothing():
    X, found = table(60), []
    for container in ("default", "pandas"):
        model = tabular_pipeline("regressor", **OF_PIPELINE).set_output(transform=container)
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            model.fit(X, additive(X))
        found.append(compute(model, X).importances_)
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_a_step_is_known_to_take_each_column_by_itself_by_what_it_makes():
    rng = np.random.default_rng(0)
    X = np.column_stack([1.7e9 + rng.uniform(size=60), np.eye(60)[7], np.ones(60), rng.normal(size=60)])
    steps = {
        "alone": (lambda X: np.hstack([X[:, [3, 0]], X[:, 1:3], X[:, :1] - 1.7e9]), [4, 1, 2, 0, 1]),
        "a product": (lambda X: X[:, 1:2] * X[:, 3:], None),
        "whole rows": (lambda X: X[:, 1:] / np.linalg.norm(X[:, 1:], axis=1, keepdims=True), None),
    }
    for name, (transform, expected) in steps.items():
        found = sources_of(transform(X), transform, X, [[0], [1], [2], [3]])
        assert (found if found is None else found.tolist()) == expected, name


@pytest.mark.parametrize("library", [pd.DataFrame, to_polars, np.asarray])
def test_a_model_of_another_package_gets_tables_of_its_kind(library):
    X, rows, donors = library(pd.DataFrame({"a": [1.0, 2, 3], "b": [10.0, 20, 30]})), [0, 1, 1], [2, 0, 1]

    def total(table):
        assert type(table) is type(X)
        return np.asarray(table).sum(axis=1)

    mixed = MixedRows(Formula(total), X)
    second = list(mixed.columns.values())[1]
    assert_allclose(mixed.predict(rows, second.moved, donors)[0, :, 0], [31, 12, 22])


HOURS = pd.date_range("2023-01-01", periods=90 * 24, freq="h")
OF_DATES = {
    "trend": np.arange(90 * 24) / 300,
    "weekday": 8.0 * (HOURS.day_of_week >= 5),
    "hour": 5 * np.sin(2 * np.pi * HOURS.hour / 24),
}


def test_each_aspect_of_dates_has_an_effect():
    """Joined, the hours and weekdays of single dates would be a line that goes up and down."""
    X, y = pd.DataFrame({"when": HOURS.where(np.arange(len(HOURS)) % 50 > 0)}), sum(OF_DATES.values())
    model = tabular_pipeline("regressor", random_state=0, n_networks=2).fit(X, y)
    found = draw(model, X, y, columns=["when"])
    assert found.columns == [f"when: {one}" for one in ("trend", "season", "day", "weekday", "hour")]
    assert set(list(found.importances_)[:2]) == {"when: weekday", "when: hour"}
    assert found.additive_share_ > 0.95
    weekday, hour = found.effects_["when: weekday"], found.effects_["when: hour"]
    assert weekday["places"].tolist() == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", None]
    assert_allclose(np.diff(weekday["values"][0][:7]), [0, 0, 0, 0, 8, 0], atol=1)
    assert_allclose(
        np.diff(hour["values"][0][:-1]), np.diff(5 * np.sin(hour["places"][:-1] * np.pi / 12)), atol=1
    )
    assert compute(model, X, columns=["when: hour"]).columns == ["when: hour"]


def test_the_aspects_of_dates_in_a_time_zone_are_those_of_utc():
    X = pd.DataFrame({"when": HOURS.tz_localize("America/New_York", ambiguous=True, nonexistent="NaT")})
    model = tabular_pipeline("regressor", **OF_PIPELINE).fit(X, OF_DATES["hour"])
    assert compute(model, X, columns="when: hour (UTC)").columns == ["when: hour (UTC)"]


@pytest.mark.filterwarnings("ignore:X or the table of fit has no column names")
def test_columns_are_found_by_their_names_and_those_of_an_array_by_their_order():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 2)), columns=[1, 0])
    model = tabular_pipeline("regressor", random_state=0, max_iter=20).fit(X, X[1])
    for table in (X, X[[0, 1]], X.to_numpy()):
        assert next(iter(compute(model, table, X[1]).importances_)) == "x1"


def test_a_column_that_is_constant_or_empty_has_no_effect():
    X = pd.DataFrame({"x": np.arange(30.0), "same": 1.0, "list": [[1]] * 30})
    empty = {"none": None, "nan": np.nan, "nat": pd.NaT}
    effects = draw(Formula(lambda X: X["x"]), X.assign(**empty), columns=[*range(6)]).effects_
    assert not any(np.ptp(effects[name]["values"]) for name in effects.keys() - {"x"})
    assert all(effects[name]["places"].tolist() == [None] for name in empty)
    assert compute(Formula(lambda X: np.zeros(len(X))), X).additive_share_ == 1


def test_a_column_that_a_pipeline_leaves_out_may_hold_anything_and_another_may_lose_its_values():
    X = table(60)[["number", "is_new"]].assign(of=[["a list"]] * 60)
    model = tabular_pipeline("regressor", kinds={"of": "nothing"}, **OF_PIPELINE)
    with warnings.catch_warnings(action="ignore"):
        effects = compute(model.fit(X, X["is_new"] + 0.0), X.assign(number=np.nan)).effects_
    assert effects["number"]["places"].tolist() == [None]
    assert not any(effects[name]["values"].any() for name in ("number", "of"))


def test_texts_that_begin_alike_are_different_places():
    X = pd.DataFrame({"text": ["an old flat near the station", "an old flat near the station, no lift"] * 20})
    model = tabular_pipeline("regressor", kinds={"text": "text"}, **OF_PIPELINE).fit(X, X.index % 2)
    assert set(compute(model, X).effects_["text"]["places"]) == set(X["text"])


def test_options():
    X = np.random.default_rng(0).normal(size=(200, 3))
    model = Formula(lambda X: X[:, 0] + 2 * X[:, 1])
    found = draw(model, X, columns=["x0", 2], row=-1, max_rows=50)
    assert found.columns == ["x0", "x2"]
    assert set(found.importances_) == {"x0", "x2"}
    assert found.effects_["x0"]["rows"][found.row] == X[-1, 0]
    assert len(found.effects_["x0"]["rows"]) in (50, 51)
    assert f"x0 = {X[-1, 0]:.4g}" in texts(found.figure_)
    again = compute(model, X, columns=["x0", 2], row=-1, max_rows=50)
    assert found.importances_ == again.importances_
    assert compute(model, X, columns="x1").columns == compute(model, X, columns=1).columns == ["x1"]
    figure, ax = plt.subplots(layout="constrained")
    assert draw(model, X, ax=ax).figure_ is figure


def test_columns_without_importance_have_no_panel_and_progress_is_printed(capsys):
    X = np.random.default_rng(0).normal(size=(50, 20))
    found = compute(Formula(lambda X: X[:, 0] + X[:, 7]), X, max_columns=5, verbose=True)
    assert set(found.columns) == {"x0", "x7"}
    assert len(found.effects_) == 20
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "importances: 2 of 20 columns"
    assert lines[-1] == "effects: 20 of 20 columns"
    assert len(lines) == 20
    assert len(compute(Formula(lambda X: np.zeros(len(X))), X).columns) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_columns": 0}, "max_columns == 0, must be >= 1"),
        ({"columns": ["x9"]}, "columns has 'x9', but the columns of X are"),
        ({"row": 60}, "row == 60, must be <= 59"),
        ({"target": 5}, r"target must be one of \[0, 1\], got 5"),
        ({"y": np.full(60, 7)}, r"y has \{7\}, but the classes of the model are \[0, 1\]"),
        ({"y": [0, 1]}, "inconsistent numbers"),
    ],
)
def test_bad_options(options, message):
    clf, X, _ = fit()
    with pytest.raises(ValueError, match=message):
        compute(clf, X, **options)


def test_what_is_no_fitted_model_of_one_column():
    with pytest.raises(NotFittedError):
        compute(LogisticRegression(), np.zeros((5, 2)))
    for model in (None, StandardScaler().fit(np.eye(2))):
        with pytest.raises(TypeError, match=f"model must be .* that can predict, .* got {model}"):
            compute(model, np.zeros((5, 2)))
    X = fit()[1]
    labels = np.column_stack([X[:, 0] > 0, X[:, 1] > 0])
    with pytest.raises(TypeError, match="DecisionTreeClassifier predicts several columns of labels"):
        compute(DecisionTreeClassifier(random_state=0).fit(X, labels), X)


@pytest.mark.parametrize("n_columns", [1, 4])
@pytest.mark.parametrize(
    "name", ["x", "the price in $, $ " * 5, "median_house_value_of_districts_in_dollars"]
)
def test_a_long_label_of_the_effects_is_not_cut_off(n_columns, name):
    X = np.random.default_rng(0).normal(size=(50, n_columns))
    y = pd.Series(X.sum(axis=1), name=name)
    found = draw(Formula(lambda X: X.sum(axis=1)), X, y, columns=range(n_columns))
    found.figure_.draw_without_rendering()
    label, figure = found.axes_[1].yaxis.label.get_window_extent(), found.figure_.bbox
    assert label.y0 >= figure.y0
    assert label.y1 <= figure.y1
    assert found.axes_[0].get_window_extent().x1 < label.x0


def test_every_kind_of_panel_is_drawn():
    X = table()
    X["x" * 60] = np.append(np.random.default_rng(0).normal(size=299), 1e6)  # an outlier is left out
    X.loc[3, ["colour", "number"]] = None
    model = Formula(lambda X: np.column_stack([additive(X), X["noise"]]))
    with plt.style.context("dark_background"):
        found = draw(model, X, columns=list(X), row=3)
        found.figure_.draw_without_rendering()
    words = texts(found.figure_)
    assert {"number = missing", "colour = missing", "missing", "7 others"} <= set(words)
    outlier = found.axes_[1 + found.columns.index("x" * 60)]
    assert outlier.get_xlim()[1] < 10
