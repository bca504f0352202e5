"""sknn_scratch.onnx: what ONNX Runtime predicts is what the estimator predicts."""

import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier, VotingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknn_scratch
from sknn_scratch import (
    Activation,
    PiecewiseLinearEncoder,
    RelevantComponents,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNEnsembleRegressor,
    ShallowNNRegressor,
    tabular_pipeline,
)
from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._tables import piecewise_encoder, relevance
from sknn_scratch._targets import labels
from sknn_scratch._targets.numbers import KINDS as NUMBERS
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from sknn_scratch.onnx import activations, networks
from tests.helpers import KINDS, both_precisions, every_kind, make_data
from tests.recipes import load_example

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:skl2onnx"),
]

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-12}
NETWORK = ShallowNNClassifier(6, "silu", max_iter=20, random_state=0)
CLASSIFIERS = {
    "network": NETWORK,
    "ensemble": ShallowNNEnsembleClassifier(6, "elu", n_networks=3, max_iter=20, random_state=0),
}
every_classifier = pytest.mark.parametrize("name", CLASSIFIERS)

# --- Estimators of all kinds, and their files ---

ENSEMBLE = {"n_networks": 3}
CLOSE = {"quantile": [0.6, 0.4, 0.5]}  # they cross
ONE = {"loss": "quantile", "quantile": [0.6]}
ESTIMATORS = {
    **{
        f"{kind} {cls.__name__}": (cls, {"kind": kind}, more)
        for cls, more in ((ShallowNNClassifier, {}), (ShallowNNEnsembleClassifier, ENSEMBLE))
        for kind in KINDS
    },
    **{
        f"{loss} {cls.__name__}": (cls, {"n_targets": n_targets}, {"loss": loss, **more})
        for cls, more in ((ShallowNNRegressor, {}), (ShallowNNEnsembleRegressor, ENSEMBLE))
        for n_targets, loss in enumerate(NUMBER_LOSSES, start=1)
    },
    "one quantile ShallowNNRegressor": (ShallowNNRegressor, {"n_targets": 1}, ONE),
    **{
        f"quantiles {cls.__name__}": (cls, {"n_targets": 1}, {"loss": "quantile", **CLOSE, **more})
        for cls, more in ((ShallowNNRegressor, {}), (ShallowNNEnsembleRegressor, ENSEMBLE))
    },
}


def fitted(name, activation, dtype):
    """Fit an estimator of ``ESTIMATORS``; return it with its rows."""
    cls, data, params = ESTIMATORS[name]
    X, y = numbers(**data) if "n_targets" in data else make_data(n_samples=90, **data)
    X = X.astype(dtype)
    return cls(20, activation, max_iter=20, random_state=0, **params).fit(X, y), X


def numbers(n_targets):
    """Make positive numbers of several sizes, one column or several."""
    X, _ = make_data("binary", n_samples=90)
    columns = np.exp(X[:, :1] + X[:, 1:2] * np.arange(n_targets)) * 10.0 ** np.arange(n_targets)
    return X, columns[:, 0] if n_targets == 1 else columns


def predict_by_onnx(model, X, **options):
    """Export a model, and predict with ONNX Runtime: labels and scores, or numbers alone."""
    options = {"zipmap": False, **options} if hasattr(model, "classes_") else None
    session = onnxruntime.InferenceSession(to_onnx(model, X[:1], options=options).SerializeToString())
    return session.run(None, {"X": X})


def difference(name, activation, dtype):
    """Compute the largest difference of a probability, or of a prediction in standard deviations of y."""
    model, X = fitted(name, activation, dtype)
    *labels, found = predict_by_onnx(model, X)
    assert found.dtype == dtype
    if not labels:
        expected = model.predict(X).reshape(found.shape)
        return float((np.abs(found - expected) / expected.std(axis=0)).max())
    assert (labels[0] == model.predict(X)).all()
    return float(np.abs(found - model.predict_proba(X)).max())


# Every estimator, and every activation of two of them: a node of the graph does not depend on the others.
EXPORTS = [(name, "tanh") for name in ESTIMATORS]
EXPORTS += [
    (name, one)
    for name in ("binary ShallowNNClassifier", "squared_error ShallowNNEnsembleRegressor")
    for one in ACTIVATIONS
    if one != "tanh"
]


@both_precisions
@pytest.mark.parametrize(("name", "activation"), EXPORTS)
def test_the_file_predicts_as_the_model(name, activation, dtype):
    if activation == "gelu" and dtype == np.float64:
        with pytest.raises(NotImplementedError, match=r"no erf in float64.*Export in float32"):
            difference(name, activation, dtype)
        return
    assert difference(name, activation, dtype) < TOLERANCE[dtype]


def test_every_registry_is_covered():
    assert activations.ACTIVATIONS.keys() == ACTIVATIONS.keys()
    assert networks.AVERAGES.keys() == labels.KINDS.keys() | {kind.name for kind in NUMBERS.values()}
    estimators = {name for name in sknn_scratch.__all__ if name.startswith("ShallowNN")}
    assert {cls.__name__ for cls, *_ in ESTIMATORS.values()} == estimators


@both_precisions
@pytest.mark.parametrize("name", [name for name in ESTIMATORS if "Classifier" in name])
def test_raw_scores_are_logits(name, dtype):
    model, X = fitted(name, "tanh", dtype)
    found, scores = predict_by_onnx(model, X, raw_scores=True)
    logits = model.decision_function(X)
    expected = np.column_stack([-logits, logits]) if "binary" in name else logits
    assert_allclose(scores, expected, rtol=0, atol=TOLERANCE[dtype] * np.abs(expected).max())
    assert_array_equal(found, model.predict(X))


@every_kind
@every_classifier
def test_nothing_overflows_far_from_the_data(name, kind):
    X, y = make_data(kind, n_samples=90)
    X = X.astype(np.float32)
    model = CLASSIFIERS[name].fit(X, y)
    far = X * 1000
    _, probabilities = predict_by_onnx(model, far)
    _, scores = predict_by_onnx(model, far, raw_scores=True)
    assert_allclose(probabilities, model.predict_proba(far), rtol=0, atol=1e-5)
    assert np.isfinite(scores).all()


# --- Labels, options and inputs ---

LABELS = {
    "strings": (np.array(["a", "b"]), ["a", "b"]),
    "objects": (np.array(["a", "b"], dtype=object), ["a", "b"]),
    "integers": (np.array([-3, 70]), [-3, 70]),
    "small integers": (np.array([0, 200], dtype=np.uint8), [0, 200]),
    "booleans": (np.array([False, True]), [0, 1]),
    "whole floats": (np.array([-1.0, 1.0]), [-1, 1]),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_strings_or_integers(name):
    X, y = make_data("binary", n_samples=90)
    X = X.astype(np.float32)  # ONNX has no map to float64
    given, expected = LABELS[name]
    model = NETWORK.fit(X, given[y])
    found, _ = predict_by_onnx(model, X)
    assert_array_equal(found, np.array(expected)[(model.decision_function(X) > 0).astype(int)])
    (mapped,) = predict_by_onnx(model, X[:1], zipmap=True)[1]
    assert list(mapped) == expected
    model.classes_ = np.array([0.5, 1.5])
    with pytest.raises(ValueError, match=r"strings or integers, but classes_ is \[0\.5, 1\.5\]"):
        predict_by_onnx(model, X)


def test_options_of_scikit_learns_classifiers():
    X, y = make_data("multiclass", n_samples=90)
    model = NETWORK.fit(X, np.array(["a", "b", "c"])[y])
    probabilities = model.predict_proba(X)
    _, *columns = predict_by_onnx(model, X, zipmap="columns")
    assert_allclose(np.column_stack(columns), probabilities, rtol=0, atol=1e-12)
    numbers, _ = predict_by_onnx(model, X, nocl=True)
    assert_array_equal(numbers, probabilities.argmax(axis=1))
    *_, classes = predict_by_onnx(model, X, output_class_labels=True)
    assert_array_equal(classes, ["a", "b", "c"])


def predict_table(model, table, new):
    """Export a model with the columns of a table as inputs; predict by them of another: the last output."""
    options = {"zipmap": False} if hasattr(model, "classes_") else None
    onnx_model = to_onnx(model, table[:1], options=options)
    columns = {name: new[[name]].to_numpy() for name in new}  # categories are objects for ONNX Runtime
    inputs = {name: one.astype(object) if one.dtype.kind in "OTU" else one for name, one in columns.items()}
    return onnxruntime.InferenceSession(onnx_model.SerializeToString()).run(None, inputs)[-1]


def assert_table_predicted(model, table, new, expected=None):
    """Assert that the file predicts of new rows what the model does, or what is expected."""
    expected = model.predict_proba(new) if expected is None else expected
    assert_allclose(predict_table(model, table, new), expected, rtol=0, atol=1e-5)


@every_classifier
def test_columns_of_a_frame_are_inputs(name):
    X, y = make_data("binary", n_samples=90)
    frame = pd.DataFrame(X.astype(np.float32), columns=list("abcd")).assign(e=np.arange(90))
    assert_table_predicted(CLASSIFIERS[name].fit(frame, y), frame, frame)


@pytest.mark.parametrize("target_opset", [15, 18, 22])
@every_classifier
def test_older_versions_of_onnx(name, target_opset):
    X, y = make_data("multiclass", n_samples=90)
    model = CLASSIFIERS[name].fit(X, y)
    onnx_model = to_onnx(model, X[:1], options={"zipmap": False}, target_opset=target_opset)
    onnx.checker.check_model(onnx_model)
    _, probabilities = onnxruntime.InferenceSession(onnx_model.SerializeToString()).run(None, {"X": X})
    assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=1e-12)


def test_an_activation_of_ones_own_is_refused():
    X, y = make_data("binary")
    model = NETWORK.set_params(activation=Activation(np.sin, np.cos)).fit(X, y)
    NETWORK.set_params(activation="silu")
    with pytest.raises(NotImplementedError, match=r"functions of your own.*'relu'"):
        predict_by_onnx(model, X)


# --- What contains our estimators ---


def scaled(estimator):
    return make_pipeline(StandardScaler(), estimator)


def vote(estimator, **params):
    both = [("ours", estimator), ("linear", LogisticRegression())]
    return VotingClassifier(both, flatten_transform=False, **params)


WRAPS = {
    "pipeline": scaled,
    "components": lambda one: make_pipeline(RelevantComponents(), one),
    "calibrated": lambda one: CalibratedClassifierCV(one, cv=2),
    "calibrated as a whole": lambda one: CalibratedClassifierCV(one, cv=2, ensemble=False),
    "calibrated pipeline in a pipeline": lambda one: CalibratedClassifierCV(scaled(scaled(one)), cv=2),
    "weighted vote": lambda one: vote(one, voting="soft", weights=np.array([3, 1])),
    "hard vote": lambda one: vote(one, voting="hard"),
    "vote of pipelines": lambda one: vote(scaled(one), voting="soft"),
    "stacked": lambda one: StackingClassifier([("ours", one)], LogisticRegression(), cv=2),
    "bagged": lambda one: BaggingClassifier(one, n_estimators=2, random_state=0),
    "one versus rest": OneVsRestClassifier,
    "search": lambda one: GridSearchCV(one, {"alpha": [1.0]}, cv=2),
    "search over a pipeline": lambda one: GridSearchCV(scaled(one), {}, cv=2),
}


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@every_classifier
@pytest.mark.parametrize("wrap", WRAPS)
def test_meta_estimators(wrap, name, kind):
    X, y = make_data(kind, n_samples=90)
    X, y = X.astype(np.float32), np.array([f"class {label}" for label in y])
    model = WRAPS[wrap](CLASSIFIERS[name]).fit(X, y)
    found, scores = predict_by_onnx(model, X)
    if hasattr(model, "predict_proba"):
        assert_allclose(scores, model.predict_proba(X), rtol=0, atol=1e-5)
    assert_array_equal(found, model.predict(X))


def test_meta_estimators_of_regressors():
    X, _ = make_data("binary", n_samples=90)
    X = X.astype(np.float32)
    y = 3 * X[:, 0] + 5
    network = ShallowNNRegressor(6, max_iter=20, random_state=0)
    ensemble = ShallowNNEnsembleRegressor(6, n_networks=2, max_iter=20, random_state=0)
    for model, targets in (
        (VotingRegressor([("network", network), ("ensemble", ensemble)]), y),
        (MultiOutputRegressor(network), np.column_stack([y, X[:, 1]])),
        (scaled(ensemble), y),
    ):
        (found,) = predict_by_onnx(model.fit(X, targets), X)
        assert_allclose(found, model.predict(X).reshape(found.shape), rtol=0, atol=1e-5 * np.abs(y).max())


def test_a_network_that_transforms_is_refused():
    X, y = make_data("binary", n_samples=90)
    model = make_pipeline(NETWORK, LogisticRegression()).fit(X, y)
    with pytest.raises(RuntimeError, match=r"at most 1 input"):
        predict_by_onnx(model, X)


# --- Tables ---


def make_table(n_rows=300):
    rng, cities = np.random.default_rng(0), ["Oslo", "Rome", "missing", "rare", "once"]
    columns = {
        "gap": np.where(rng.random(n_rows) < 0.1, np.nan, rng.lognormal(size=n_rows)),
        "city": rng.choice(cities, n_rows, p=[0.4, 0.3, 0.28, 0.01, 0.01]),
        "flag": rng.random(n_rows) < 0.5,
        "street": [f"street {i}" for i in rng.integers(90, size=n_rows)],
        "large": 1e4 * rng.lognormal(size=n_rows),
        "few": rng.integers(0, 3, n_rows),
        "kind": rng.choice(["u", "v"], n_rows),
    }
    return pd.DataFrame(columns)


@both_precisions
@pytest.mark.parametrize(("n_rows", "best"), [(300, "coarse"), (1500, "fine"), (1500, "without")])
def test_the_encoder(monkeypatch, n_rows, best, dtype):
    def best_pieces(X, y, coarse, fine, groups):
        return {"coarse": coarse, "fine": fine}.get(best) or [piece.without_ramps() for piece in coarse]

    monkeypatch.setattr(piecewise_encoder, "best_pieces", best_pieces)
    X = make_table(n_rows)[["gap", "large", "few"]].to_numpy().astype(dtype)
    encoder = PiecewiseLinearEncoder("auto").fit(X, X[:, 1])
    assert [len(knots) > 0 for knots in encoder.knots_] == [best != "without"] * 3
    assert (len(encoder.fine_knots_[0]) > 0) == (best == "fine")
    rows = np.vstack([X, 1000 * X, -1000 * X])
    (found,) = predict_by_onnx(encoder, rows)
    assert found.dtype == dtype
    assert_allclose(found, encoder.transform(rows), rtol=0, atol=TOLERANCE[dtype])


@both_precisions
@pytest.mark.parametrize("most_features", [1, 1500])
def test_relevant_components(monkeypatch, most_features, dtype):
    monkeypatch.setattr(relevance, "MOST_FEATURES", most_features)
    X = make_data("binary", n_samples=90)[0].astype(dtype)
    relevant = RelevantComponents().fit(X, X[:, 0] > 0)
    assert (relevant.components_ is None) == (most_features == 1)
    (found,) = predict_by_onnx(relevant, X)
    assert found.dtype == dtype
    assert_allclose(found, relevant.transform(X), rtol=0, atol=TOLERANCE[dtype])


TABLE = make_table()
IS_ROME = TABLE["city"] == "Rome"
NEVER_SEEN = TABLE.assign(city=TABLE["city"].where(np.arange(300) > 9, "never seen"))


@pytest.mark.parametrize(
    "estimator",
    [
        "classifier",
        ShallowNNClassifier(random_state=0, dtype="float64"),
        CalibratedClassifierCV(ShallowNNClassifier(random_state=0), cv=2),
    ],
    ids=["classifier", "network", "calibrated"],
)
def test_a_tabular_pipeline_is_exported_as_a_whole(estimator):
    assert_table_predicted(tabular_pipeline(estimator).fit(TABLE, IS_ROME ^ TABLE["flag"]), TABLE, NEVER_SEEN)


@pytest.mark.filterwarnings("ignore:Columns of X that need a look")
@pytest.mark.parametrize("text", ["", " ", "missing"])
def test_a_missing_category_is_text_in_the_file(text):
    table = TABLE[["kind"]].where(TABLE["few"] > 0, None)
    model = tabular_pipeline(NETWORK).fit(table, TABLE["few"] > 0)
    assert_table_predicted(model, TABLE[["kind"]], table.fillna(text), model.predict_proba(table))


@pytest.mark.filterwarnings("ignore:Columns of X that need a look")
@pytest.mark.parametrize(
    "params",
    [{"handle_unknown": "ignore"}, {"max_categories": None}, {"min_frequency": None, "max_categories": None}],
)
def test_categories_are_grouped_as_the_parameters_say(params):
    table, new = (one[["city", "flag", "kind"]] for one in (TABLE, NEVER_SEEN))
    model = tabular_pipeline(NETWORK, kinds={"flag": "categories"})
    model.set_params(**{f"columns__categories__{name}": value for name, value in params.items()})
    assert_table_predicted(model.fit(table, table["city"] == "rare"), table, new)


def test_columns_of_the_file_are_found_by_their_names():
    table = TABLE[["city", "flag", "gap", "few"]]
    model = tabular_pipeline(NETWORK).fit(table, IS_ROME)
    assert_table_predicted(model, table[["few", "gap", "flag", "city"]], table)


@pytest.mark.parametrize("n_codes", [30, 120], ids=["zeros and ones", "means of y, too"])
@pytest.mark.parametrize("y_of", [lambda levels: levels, lambda levels: np.digitize(levels, [-1, 1])])
def test_codes_are_looked_up_in_the_file(n_codes, y_of):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"shop": 1000.0 + rng.integers(n_codes, size=600), "gap": rng.normal(size=600)})
    table.loc[:99, "shop"] = np.nan
    y = y_of(rng.normal(size=n_codes + 1)[np.nan_to_num(table["shop"] - 1000, nan=n_codes).astype(int)])
    model = tabular_pipeline("regressor" if y.dtype == float else "classifier", random_state=0).fit(table, y)
    assert model["columns"].codes_ == ["shop"]
    assert model["columns"].target_encoded_ == ["shop"] * (n_codes == 120)
    assert (model["columns"].merged_categories_.keys() >= {"shop"}) == (n_codes == 120)  # others stay beside
    new = table.assign(shop=table["shop"] + rng.choice([0, 0.5, 1e6], size=600))
    expected = model.predict(new)[:, np.newaxis] if y.dtype == float else model.predict_proba(new)
    assert_table_predicted(model, table, new, expected)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("1890-02-27 23:59:59", "2101-03-02"),
        ("2024-02-28", "2024-03-02"),
        ("2020-01-31 12:00", "2020-01-31 18:00"),
        ("2020-01-01", "2020-10-26"),  # whole days
    ],
)
def test_dates_and_durations_are_seconds_in_the_file(first, last):
    first, last = pd.Timestamp(first), pd.Timestamp(last)
    when = pd.Series(pd.date_range(first, last, periods=300).round("s"))
    long = when.diff()[::-1].cumsum()[::-1]
    table = pd.DataFrame({"when": when.where(TABLE["few"] > 0), "long": long, "city": TABLE["city"]})
    model = tabular_pipeline("regressor", random_state=0, max_iter=30).fit(table, np.sin(np.arange(300) / 9))
    new = pd.concat([table, table.assign(when=table["when"] + 0.37 * (last - first))], ignore_index=True)
    seconds = map(load_example("export_to_onnx").in_seconds, (table, new))
    assert_table_predicted(model, *seconds, model.predict(new)[:, np.newaxis])


@both_precisions
def test_a_table_of_numbers_is_one_input(dtype):
    X = TABLE[["gap", "large"]].to_numpy(dtype)
    model = tabular_pipeline().fit(X, X[:, 1] > 1e4)
    assert_allclose(predict_by_onnx(model, X)[1], model.predict_proba(X), rtol=0, atol=1e-5)


DAYS = pd.Series(pd.date_range("2026-01-01", periods=300))
REFUSED = {
    "drop='first'": (TABLE[["city"]], {"categories__drop": "first"}),
    "numbers=StandardScaler": (TABLE[["few"]], {"numbers": StandardScaler()}),
    "'flag' had numbers or booleans": (TABLE[["flag"]].astype(str), {}),
    "categories of the column 'x' are floats": (
        pd.DataFrame({"x": [1.0, None, 2.0] * 100}),
        {"kinds": {"x": "categories"}},
    ),
    "Free text cannot be exported, .* X has it in 'x'": (
        pd.DataFrame({"x": [f"a note of row {row}" for row in range(300)]}),
        {},
    ),
    'the text "missing" and missing values': (pd.DataFrame({"x": ["missing", None, "a"] * 100}), {}),
    "'when' had numbers or booleans in fit, dates": (TABLE[["few"]].assign(when=DAYS.astype(str)), {}),
    "dates of the column 'when' are seconds since 1970, which float32 rounds": (
        TABLE[["few"]].assign(when=DAYS),
        {},
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_tables_that_the_file_cannot_hold_are_refused(message):
    table, params = REFUSED[message]
    model = tabular_pipeline(NETWORK)
    model[0].set_params(**params)
    model.fit(table, np.arange(300) % 2)
    numbers = {name: np.float32(0) for name in table.select_dtypes("datetime")}
    with pytest.raises(NotImplementedError, match=message):
        to_onnx(model, table[:1].assign(**numbers).fillna("a"))


OTHERS = """
from skl2onnx import _parse, _supported_operators
from skl2onnx.common import _registration

def registered():
    return {
        *_registration._converter_pool.items(),
        *_registration._shape_calculator_pool.items(),
        *_supported_operators.sklearn_operator_name_map.items(),
        *_parse.sklearn_parsers_map.items(),
    }

before = registered()
import sknn_scratch.onnx
assert before < registered()
"""


def test_the_import_changes_nothing_for_other_classes():
    subprocess.run([sys.executable, "-c", OTHERS], check=True)


def test_without_skl2onnx_the_import_says_what_to_install():
    code = "import sys; sys.modules['skl2onnx'] = None; import sknn_scratch.onnx"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "sknn_scratch.onnx needs skl2onnx" in finished.stderr
    assert "pip install" in finished.stderr


def test_script(capfd):
    load_example("export_to_onnx").main()
    printed = capfd.readouterr().out
    assert printed.count("same labels: True") == 4
    assert printed.count("sknn_scratch was imported: False") == 4
