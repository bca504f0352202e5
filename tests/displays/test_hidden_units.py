import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.colors import to_rgba_array
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from sknn_scratch import Activation, ActivationDisplay, HiddenUnitsDisplay, NetworkDisplay
from sknn_scratch._displays.slices import feature_slice
from tests.displays.drawing import contours, draw, drawn, fit, points, show, texts
from tests.helpers import make_data, make_rows, small_network, small_regressor
from tests.versions import needs_names_of_polars

ROWS, NUMBERS = make_rows(40)


def test_the_maps_are_the_hidden_values_on_a_grid():
    clf, X, y = fit("multiclass", n_features=2, max_iter=50)
    shown = HiddenUnitsDisplay.from_estimator(clf, X, y, resolution=7)
    grid = np.array([[x, y] for y in shown.y for x in shown.x])
    assert_allclose(shown.hidden.reshape(49, 4), clf.transform(grid)[:, shown.units])
    assert_allclose(shown.outputs.reshape(49, 3), clf.decision_function(grid))
    assert_array_equal(shown.output_weights, clf.coefs_[1][shown.units])
    directions = [f"unit {unit} → class {clf.coefs_[1][unit].argmax()}" for unit in shown.units]
    assert [ax.get_title() for ax in shown.axes_] == directions
    assert shown.x[0] < X[:, 0].min() < X[:, 0].max() < shown.x[-1]
    assert shown.y[0] < X[:, 1].min() < X[:, 1].max() < shown.y[-1]
    assert len(contours(shown.ax_)) == 3  # of each class
    assert [len(contours(ax)) for ax in shown.axes_] == [6] * 4  # a light line below each
    assert_array_equal(points(shown.ax_), X)
    assert_array_equal(shown.points[1], y)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_a_class_has_one_colour_in_its_region_its_rows_and_the_legend(kind):
    clf, X, y = fit(kind, n_features=2, max_iter=50)
    ax = HiddenUnitsDisplay.from_estimator(clf, X, y, resolution=9).ax_
    colors = to_rgba_array([line.get_color() for line in ax.get_legend().get_lines()])
    regions, rows = ax.findobj(QuadMesh)[0], ax.findobj(PathCollection)[0]
    places = regions.get_coordinates()
    centres = (places[1:, 1:] + places[:-1, :-1]).reshape(-1, 2) / 2
    predicted = clf.predict(centres)
    assert set(predicted) == set(clf.classes_)
    assert_allclose(regions.to_rgba(regions.get_array().ravel(), alpha=1), colors[predicted])
    assert_allclose(rows.get_facecolors(), colors[y])


def test_far_values_do_not_squeeze_the_others():
    clf, X, y = fit(n_features=2)
    X[:2] = [[1e3, 0], [0, -1e5]]
    shown = HiddenUnitsDisplay.from_estimator(clf, X, y, resolution=5)
    rows, codes = shown.points
    assert_array_equal(rows, X[2:])
    assert_array_equal(codes, y[2:])
    assert_allclose(shown.ax_.get_xlim(), shown.x[[0, -1]], rtol=0.3)
    assert_allclose(shown.ax_.get_ylim(), shown.y[[0, -1]], rtol=0.3)
    assert max(np.ptp(shown.x), np.ptp(shown.y)) < 15


@pytest.mark.parametrize(("n_hidden", "n_units", "n_shown"), [(3, 8, 3), (64, 12, 12)])
def test_the_most_important_units_come_first(n_hidden, n_units, n_shown):
    clf, X, _ = fit(n_hidden=n_hidden, activation="tanh")
    shown = show(HiddenUnitsDisplay, clf, X, n_units=n_units)
    effect = clf.transform(X).std(axis=0) * np.abs(clf.coefs_[1][:, 0])
    assert_array_equal(shown.units, np.argsort(-effect)[:n_units])
    assert len(shown.axes_) == n_shown
    directions = [f"unit {unit} → class {int(clf.coefs_[1][unit, 0] > 0)}" for unit in shown.units]
    assert [ax.get_title() for ax in shown.axes_] == directions


@pytest.mark.parametrize(
    ("network", "y", "label", "n_curves"),
    [
        (small_network(), np.arange(40) % 2, "log-odds of class 1", 1),
        (small_network(), np.arange(40) % 3, "logit", 3),
        (small_regressor(), NUMBERS, "predicted y", 1),
    ],
)
def test_of_one_feature_outputs_and_units_are_curves(network, y, label, n_curves):
    for x, features in ((ROWS[:, :1], None), (ROWS, ["x0"])):
        shown = HiddenUnitsDisplay.from_estimator(network.fit(x, y), x, y, features=features)
        assert shown.ax_.get_ylabel() == label
        units = [heights for ax in shown.axes_ for _, _, heights in drawn(ax)[1:]]
        assert_allclose(np.transpose(units), shown.hidden[0])
        curves = [heights for _, across, heights in drawn(shown.ax_) if len(across) == len(shown.x)]
        assert_allclose(np.transpose(curves), shown.outputs[0])
        assert len(curves) == n_curves
        assert len(points(shown.ax_)) == 40
    assert HiddenUnitsDisplay.from_estimator(network, ROWS, features=[-1]).points is None


@pytest.mark.parametrize(
    ("table", "features", "names"),
    [
        (lambda columns: np.column_stack([*columns.values()]), (-1, 0), ("x2", "x0")),
        (pd.DataFrame, ("weight", 0), ("weight", "age")),
        pytest.param(pl.DataFrame, ("weight", 0), ("weight", "age"), marks=needs_names_of_polars),
    ],
)
def test_all_but_the_chosen_features_are_held_at_their_median(table, features, names):
    X = table(dict(zip(("age", "height", "weight"), ROWS.T, strict=True)))
    pipe = make_pipeline(StandardScaler(), small_network()).fit(X, NUMBERS > 1)
    shown = show(HiddenUnitsDisplay, pipe, X, features=features)
    assert (shown.ax_.get_xlabel(), shown.ax_.get_ylabel()) == names
    row = table({"age": [shown.y[1]], "height": [np.median(ROWS[:, 1])], "weight": [shown.x[3]]})
    assert_allclose(shown.outputs[1, 3, 0], pipe.decision_function(row)[0])


def test_what_is_no_number_is_held_at_its_most_frequent_value():
    X = pd.DataFrame(
        {"a": [1.0, 2.0, 3.0], "b": [1, 5, 9], "c": ["red", "blue", "red"], "d": [True, False, True]}
    )
    day = pd.Timestamp("2020-01-31").as_unit("ns")
    plane = feature_slice(X.assign(e=day), ("a", "b"), 4)
    assert set(plane.rows["c"]) == {"red"}
    assert set(plane.rows["d"]) == {True}
    assert set(plane.rows["e"]) == {day}
    table = pl.DataFrame({"a": [1, 2, 3], "c": ["red", "blue", "red"], "e": [day.to_pydatetime()] * 3})
    as_polars = feature_slice(table, ["a"], 4).rows
    assert set(as_polars.select("c", "e").rows()) == {("red", day.to_pydatetime())}
    with pytest.raises(ValueError, match="must be numbers, but f has values such as"):
        feature_slice(X.assign(f=day - day), ("a", "f"), 4)
    pipe = make_pipeline(OrdinalEncoder(), small_network()).fit(X, [0, 1, 0])
    with pytest.raises(ValueError, match=r"must be numbers, but c has values such as 'red'.*EffectsDisplay"):
        show(HiddenUnitsDisplay, pipe, X, features=("a", "c"))


def test_missing_values_and_a_constant_feature_do_not_spoil_the_grid():
    X = np.array([[1.0, np.nan, 7.0], [3.0, 4.0, 7.0], [5.0, 8.0, 7.0]])
    plane = feature_slice(X.tolist(), (1, 2), 3)
    assert_allclose(plane.x, [3.8, 6.0, 8.2])
    assert_allclose(plane.y, [6.5, 7.0, 7.5])
    assert_array_equal(plane.rows[:, 0], 3.0)


@pytest.mark.parametrize(
    ("n_features", "options", "message"),
    [
        (4, {"features": (0, 1, 2)}, r"features must be one or two positions or names, got \(0, 1, 2\)"),
        (4, {"features": (0.5, 1)}, r"features must be positions .* or names \(strings\), got 0.5"),
        (4, {"features": (0, -4)}, "must be different features"),
        (4, {"features": (0, 4)}, "only 4 features"),
        (4, {"features": ("a", 0)}, "features has 'a', but the columns of X are"),
        (1, {"features": (0, 1)}, "features has 1, but X has only 1 feature"),
        (2, {"n_units": 0}, "n_units == 0, must be >= 1"),
        (2, {"resolution": 1}, "resolution == 1, must be >= 2"),
        (2, {"target": -1}, "target == -1, must be >= 0"),
        (2, {"target": 1}, "target == 1, must be <= 0"),
    ],
)
def test_bad_options(n_features, options, message):
    clf, X, _ = fit(n_features=n_features)
    with pytest.raises(ValueError, match=message):
        show(HiddenUnitsDisplay, clf, X, **options)


def test_rows_that_cannot_be_shown():
    clf, X, y = fit()
    with pytest.raises(ValueError, match="X has 60 rows, but y has 59"):
        HiddenUnitsDisplay.from_estimator(clf, X, y[:-1])
    with pytest.raises(TypeError, match=r"sparse matrix.*Pass X.toarray\(\)"):
        HiddenUnitsDisplay.from_estimator(clf, scipy.sparse.csr_array(X))


def test_names_with_dollars_are_no_formulas():
    X, y = make_data("multiclass", n_features=2)
    X = pd.DataFrame(X, columns=["$a_$", "100 $"])
    clf = small_network().fit(X, np.array(["$b_$", "$^$", "$"])[y])
    for display in (HiddenUnitsDisplay, NetworkDisplay):
        assert {r"\$a_\$", r"\$b_\$"} <= set(texts(draw(display, clf, X).figure_))


def test_long_names_are_shortened_so_that_they_differ():
    X, y = make_data("multiclass", n_features=2)
    names = np.array([f"between {one} and {one + 1} thousand euros" for one in range(3)])
    assert (
        len(set(texts(draw(HiddenUnitsDisplay, small_network().fit(X, names[y]), X).ax_.get_legend()))) == 3
    )


def test_frames_as_the_output_of_a_network_draw_the_same():
    X, y = make_data("multiclass", n_features=2)
    network = small_network().fit(X, y)
    expected = show(HiddenUnitsDisplay, network, X).hidden
    assert_array_equal(show(HiddenUnitsDisplay, network.set_output(transform="pandas"), X).hidden, expected)


def test_one_of_several_labels_is_shown_as_two_classes():
    clf, X, y = fit("multilabel", n_features=2)
    shown = show(HiddenUnitsDisplay, clf, X, y=y.astype(bool), target=1)
    grid = np.array([[x, y] for y in shown.y for x in shown.x])
    assert_allclose(shown.outputs.ravel(), clf.decision_function(grid)[:, 1])
    assert_array_equal(shown.points[1], y[:, 1])
    assert shown.class_names == ["not label 1", "label 1"]
    weight = clf.coefs_[1][shown.units[0], 1]
    assert shown.axes_[0].get_title().endswith(f"→ {'' if weight > 0 else 'not '}label 1")


def test_the_lines_between_classes_are_where_two_of_them_are_equally_likely():
    clf, X, _ = fit("multiclass", n_features=2, max_iter=50, activation="tanh")
    lines = contours(show(HiddenUnitsDisplay, clf, X, resolution=60).ax_)
    places = np.vstack([path.vertices for one in lines for path in one.get_paths()])
    third, second, best = np.sort(clf.decision_function(places)).T
    assert np.median(best - second) < 0.01 * np.median(best - third)


@pytest.mark.parametrize(("name", "activation"), [("gelu", "gelu"), ("sin", Activation(np.sin, np.cos))])
def test_hidden_units_and_activation_show_any_activation(name, activation):
    clf, X, _ = fit(activation=activation, max_iter=2)
    units = show(HiddenUnitsDisplay, clf, X)
    assert f"hidden value a = {name}(z)" in texts(units.figure_)
    assert show(ActivationDisplay, clf, X).ax_.get_title() == f"g = {name}"


def test_many_classes_have_different_colours():
    shown = show(HiddenUnitsDisplay, small_network().fit(ROWS, np.arange(40) % 10), ROWS)
    colors = [tuple(line.get_color()) for line in shown.ax_.get_legend().get_lines()]
    assert len(set(colors)) == 10


def test_the_surface_of_a_regressor():
    pipeline = make_pipeline(StandardScaler(), small_regressor()).fit(ROWS, NUMBERS)
    display = HiddenUnitsDisplay.from_estimator(pipeline, ROWS, NUMBERS, n_units=3, resolution=5)
    assert display.outputs.shape == (5, 5, 1)
    assert len(contours(display.ax_)) == 1
    assert_array_equal(points(display.ax_), ROWS[:, :2])
    assert_array_equal(display.points[1], NUMBERS)
    assert display.ax_.get_title() == "Surface"
    raises = pipeline[-1].coefs_[1][display.units, 0] > 0
    assert set(raises) == {True, False}
    expected = np.where(raises, "higher", "lower")
    assert_array_equal([ax.get_title().split(" → ")[1] for ax in display.axes_], expected)
    assert "predicted y" in [axes.get_ylabel() for axes in display.figure_.axes]


@pytest.mark.parametrize(
    ("params", "y", "names"),
    [
        ({}, np.column_stack([NUMBERS, 10 - 3 * ROWS[:, 0]]), ["y0", "y1"]),
        ({"loss": "quantile", "quantile": [0.9, 0.2]}, NUMBERS, ["quantile 0.9", "quantile 0.2"]),
    ],
)
def test_the_surface_of_one_of_several_outputs(params, y, names):
    plane = ROWS[:, :2]
    fitted = small_regressor(**params).fit(plane, y)
    for k in (0, 1):
        display = HiddenUnitsDisplay.from_estimator(fitted, plane, y, target=k, n_units=2, resolution=5)
        grid = np.column_stack([values.ravel() for values in np.meshgrid(display.x, display.y)])
        assert_allclose(display.outputs.ravel(), fitted.predict(grid)[:, k])
        assert_array_equal(display.points[1], y[:, k] if y.ndim == 2 else y)
        assert display.class_names == [names[k]]
        output = k if y.ndim == 2 else 0  # the first moves all quantiles
        influence = fitted.transform(plane).std(axis=0) * np.abs(fitted.coefs_[1][:, output])
        assert_array_equal(display.units, np.argsort(-influence)[:2])


def test_the_surface_of_a_constant_has_no_lines():
    flat = small_regressor(max_iter=1).fit(ROWS, NUMBERS)
    flat.coefs_[1][...] = 0
    display = show(HiddenUnitsDisplay, flat, ROWS)
    assert np.ptp(display.outputs) == 0
    assert not contours(display.ax_)
