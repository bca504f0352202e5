"""tabular_pipeline: tables of all kinds, and the tools of scikit-learn around it."""

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.cluster import KMeans
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    TRUSTED_TYPES,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
    TabularPipeline,
    diagnose,
    tabular_pipeline,
)

N = 120
rng = np.random.default_rng(0)
COLOURS = rng.choice(["red", "green", "blue", None], N, p=[0.4, 0.3, 0.2, 0.1])
SIZES = np.where(rng.random(N) < 0.1, np.nan, rng.lognormal(size=N))
IS_NEW = rng.random(N) < 0.5
Y = np.where((COLOURS == "red") ^ (np.nan_to_num(SIZES) > 1), "dear", "cheap")
STREETS = [f"{'first' if y == 'cheap' else 'second'} street {i // 6}" for i, y in enumerate(Y)]
PRICES = np.nan_to_num(SIZES) + 2 * (COLOURS == "red") + rng.normal(scale=0.1, size=N)


def small(kind=ShallowNNClassifier, **parameters):
    return kind(8, "tanh", solver="lbfgs", alpha=1.0, max_iter=500, random_state=0, **parameters)


def pandas_frame():
    return pd.DataFrame({"colour": COLOURS, "size": SIZES, "new": IS_NEW})


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [("classifier", ShallowNNEnsembleClassifier), ("regressor", ShallowNNEnsembleRegressor)],
)
def test_the_estimators_of_the_two_names(estimator, expected):
    model = tabular_pipeline(estimator, random_state=0, n_networks=3)
    assert type(model[-1]) is expected
    assert (model[-1].random_state, model[-1].n_networks, model[-1].dtype) == (0, 3, "float32")
    assert is_classifier(model) == (estimator == "classifier")
    assert is_regressor(model) == (estimator == "regressor")
    y = Y if estimator == "classifier" else PRICES
    assert model.fit(pandas_frame(), y).score(pandas_frame(), y) > 0.8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("weight", "of_class", "n_networks", "solver"),
    [(1.0, 1.0, 3, "adam"), (0.0, 1.0, 4, "lbfgs"), (1.0, 0.0, 4, "lbfgs")],
)
def test_many_rows_have_three_networks(weight, of_class, n_networks, solver):
    x, y = np.random.default_rng(0).normal(size=(1500, 1)), np.append(2, np.arange(1499) % 2)
    params = {"class_weight": {2: of_class}, "n_hidden": 2, "max_iter": 4, "alpha": 1.0}
    model = tabular_pipeline("classifier", random_state=0, **params)
    model.fit(x, y, network__sample_weight=np.append(weight, np.ones(1499)))
    assert (len(model[-1].estimators_), model[-1].solver_) == (n_networks, solver)


@pytest.mark.parametrize("estimator", ["clasifier", 3, ShallowNNClassifier])
def test_other_estimators_are_an_error(estimator):
    with pytest.raises(ValueError, match="estimator must be 'classifier', 'regressor' or an estimator"):
        tabular_pipeline(estimator)


def test_wrong_parameters_of_the_network_are_errors():
    with pytest.raises(TypeError, match=r"random_stat.*Did you mean 'random_state'"):
        tabular_pipeline("classifier", random_stat=0)
    with pytest.raises(
        ValueError, match=r"^random_state, alpha can be given only if .* of ShallowNNClassifier"
    ):
        tabular_pipeline(small(), random_state=0, alpha=1.0)


def test_categories_that_are_merged_are_counted():
    X = pd.DataFrame({"name": [f"name {i // 6}" for i in range(2400)], "few": ["a", "b"] * 1200})
    columns = tabular_pipeline()[0].fit(X)
    assert columns.transform(X).shape == (2400, 302)
    assert columns.merged_categories_ == {"name": 101}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_rows", [200, 1600])
def test_the_order_of_the_rows_changes_nothing_before_the_network(n_rows, dtype):
    rng = np.random.default_rng(0)
    size, depth = rng.lognormal(size=n_rows), rng.normal(size=n_rows)
    X = pd.DataFrame({"size": size, "depth": depth, "colour": rng.choice(list("uvw"), n_rows)})
    y, rows = size + np.sin(3 * depth), rng.permutation(n_rows)
    network = ShallowNNRegressor(4, dtype=dtype, random_state=0)
    model, other = tabular_pipeline(network), tabular_pipeline(clone(network))
    model.fit(X, y)
    other.fit(X.iloc[rows], y[rows])
    assert_array_equal(model[:-1].transform(X), other[:-1].transform(X))
    assert_array_equal(model[-1].alpha_path_["loss"], other[-1].alpha_path_["loss"])


def test_parameters_have_plain_names():
    model = tabular_pipeline("classifier", n_bins=5)
    names = model.get_params()
    assert names["columns__numbers__n_bins"] == 5
    deep = {"network__alpha", "columns__categories__min_frequency", "relevance__network__n_hidden"}
    assert deep <= names.keys()
    assert "PiecewiseLinearEncoder" in model._repr_html_()
    model.set_params(columns__numbers__n_bins=3, network=small()).fit(pandas_frame(), Y)
    assert list(model[0].get_feature_names_out())[:5] == [
        "size",
        *(f"size_ramp{i}" for i in (1, 2, 3)),
        "size_missing",
    ]


@pytest.mark.filterwarnings("ignore:Columns of X that need a look")
@pytest.mark.filterwarnings("ignore:X has feature names, but")  # of a model that was fitted on arrays
@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("names", [["size"], ["colour"], ["street"], ["street", "colour", "size"]])
def test_frames_as_the_output_of_all_transformers_change_no_number(library, names):
    X = pandas_frame().assign(street=STREETS)
    X = X[names].set_index(np.arange(5, N + 5))
    model = tabular_pipeline(small()).fit(X, Y)
    columns = model["columns"]
    expected, predicted = columns.fit_transform(X, Y), model.predict_proba(X)
    with config_context(transform_output=library):
        frames = [clone(columns).fit_transform(X, Y), columns.transform(X)]
        assert_array_equal(clone(model).fit(X, Y).predict_proba(X), predicted)
        assert_array_equal(model.predict_proba(X), predicted)
    assert_array_equal(frames[0].to_numpy(), expected)
    for frame in frames:
        assert list(frame.columns) == list(columns.get_feature_names_out())
        assert library == "polars" or frame.index.equals(X.index)


def test_the_first_network_of_the_default_ensemble_is_diagnosed():
    X = pandas_frame()
    model = tabular_pipeline(random_state=0).fit(X, Y)
    features, first = model[:-1].transform(X), model[-1].estimators_[0]
    diagnoses = diagnose(model, X, Y), diagnose(first, features, Y)
    of_pipeline, of_network = ({one.name: one.value for one in found.checks} for found in diagnoses)
    of_table = {one.pop("one column gives y away") for one in (of_pipeline, of_network)}
    assert len(of_table) == 2  # the columns are not the features
    assert of_pipeline.items() <= of_network.items()
    of_features = {"unscaled features", "outliers", "tiny features"}
    assert of_network.keys() - of_pipeline.keys() == of_features
    reasons = {diagnoses[0].not_checked[name] for name in of_features}
    assert reasons == {"a TableEncoder scales the features"}


@pytest.mark.parametrize("table", [pandas_frame(), pd.DataFrame({"same": np.ones(N)})])
@pytest.mark.filterwarnings("ignore:Columns of X that need a look")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_it_is_shown_with_its_steps_whether_there_are_components_or_not(table):
    model = tabular_pipeline(n_networks=2, max_iter=5, random_state=0, alpha=1.0)
    for is_fitted in (False, True):
        inside = [model["network"].estimators_[0], model["relevance"].network_] if is_fitted else []
        for one in (model, model[:-1], *model, *inside):
            assert type(one).__name__ in one._repr_html_()
            assert type(one).__name__ in repr(one)
            assert {name for name, _ in inspect.getmembers(one)} <= set(dir(one))
        model.fit(table, Y)


# --- A fit changes the whole pipeline or nothing ---


def other_frame():
    """Rows of which encoders make other features."""
    return pandas_frame().assign(size=7 * SIZES + 3, colour=COLOURS[::-1])


def interrupting(fit):
    """Press Ctrl-C at the end of a fit."""

    def interrupted(self, *args, **kwargs):
        fit(self, *args, **kwargs)
        raise KeyboardInterrupt

    return interrupted


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
@pytest.mark.parametrize("step", ["columns", "relevance", "network"])
def test_an_interrupted_refit_leaves_all_steps_as_they_were(monkeypatch, method, step):
    rng = np.random.RandomState(0)
    model = tabular_pipeline(small().set_params(random_state=rng)).fit(pandas_frame(), Y)
    before, steps, state = model.predict_proba(pandas_frame()), list(model), rng.get_state()[1]
    cls = type(model[step])
    of_step = method if step == "network" else "fit_transform"
    monkeypatch.setattr(cls, of_step, interrupting(getattr(cls, of_step)))
    with pytest.raises(KeyboardInterrupt):
        getattr(model, method)(other_frame(), Y[::-1])
    monkeypatch.undo()
    assert_array_equal(model.predict_proba(pandas_frame()), before)
    assert_array_equal(model["network"].random_state.get_state()[1], state)
    assert all(one is other for one, other in zip(model, steps, strict=True))
    model.fit(other_frame(), Y[::-1])
    assert not np.array_equal(model.predict_proba(pandas_frame()), before)


def test_a_refit_that_fails_leaves_a_pipeline_inside_a_pipeline_too():
    inner = make_pipeline(StandardScaler(), small())
    model = tabular_pipeline(inner).fit(pandas_frame(), Y)
    before = model.predict_proba(pandas_frame())
    with pytest.raises(ValueError, match="alpha"):
        model.set_params(network__shallownnclassifier__alpha=-1).fit(other_frame(), Y)
    assert_array_equal(model.predict_proba(pandas_frame()), before)
    assert model["network"] is inner


def test_a_first_fit_that_fails_leaves_nothing_fitted():
    clusters = tabular_pipeline(KMeans(500, n_init=1, random_state=0))
    with pytest.raises(ValueError, match="n_clusters"):
        clusters.fit(pandas_frame())
    assert not hasattr(clusters["columns"], "kinds_")
    assert not hasattr(tabular_pipeline(), "fit_transform")


def test_it_is_a_pipeline_for_all_who_take_one():
    import skops.io  # it imports all of scikit-learn, which the other tests do not need

    model = tabular_pipeline(small()).fit(pandas_frame(), Y)
    features, expected = model[:-1].transform(pandas_frame()), model.predict_proba(pandas_frame())
    assert isinstance(model, Pipeline)
    assert {type(model), type(clone(model)), type(model[:-1])} == {TabularPipeline}
    assert_array_equal(model["network"].predict_proba(features), expected)
    assert model.get_params().keys() >= {"steps", "memory", "verbose", "network__alpha"}
    assert "TableEncoder" in model._repr_html_()
    assert b"sknn_scratch\x94\x8c\x0fTabularPipeline" in pickle.dumps(model)
    written = skops.io.dumps(model)
    for again in (pickle.loads(pickle.dumps(model)), skops.io.loads(written, trusted=TRUSTED_TYPES)):
        assert_array_equal(again.predict_proba(pandas_frame()), expected)
