import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sknn_scratch import NetworkDisplay
from tests.displays.drawing import draw, fit, show, texts
from tests.helpers import make_rows, small_network, small_regressor


@pytest.mark.parametrize(
    ("n_hidden", "of_units", "n_features", "of_features"),
    [(1, "1 relu unit", 30, "16 of 30 features"), (17, "16 of 17 relu units", 2, "2 features")],
)
def test_the_strongest_nodes_are_drawn_and_all_counted(n_hidden, of_units, n_features, of_features):
    clf, X, _ = fit("multiclass", n_hidden, n_features)
    shown = show(NetworkDisplay, clf, X)
    features, units, outputs = shown.shown_
    w_hidden, w_output = clf.coefs_
    strength = np.linalg.norm(w_hidden, axis=0) * np.linalg.norm(w_output, axis=1)
    assert set(units) == set(np.argsort(-strength)[:16])
    assert list(units) == sorted(units)
    assert len(features) == min(16, n_features)
    assert len(outputs) == 3
    words = texts(shown.figure_)
    assert {"hidden layer", of_units, "input", of_features} <= set(words)


def test_nothing_in_the_diagram_overlaps():
    clf, X, _ = fit("multiclass", 64, 30)
    shown = draw(NetworkDisplay, clf, X)
    for nodes in shown.ax_.collections[2:5]:
        places = shown.ax_.transData.transform(nodes.get_offsets())
        diameter = np.sqrt(nodes.get_sizes()[0]) * shown.figure_.dpi / 72
        assert np.all(-np.diff(places[:, 1]) > diameter)
    words = [*shown.ax_.texts, *shown.ax_.get_legend().get_texts()]
    boxes = [word.get_window_extent() for word in words]
    inside = shown.figure_.bbox
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 for box in boxes)
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i]), words[i].get_text()


def test_edges_tell_sign_and_size_of_the_weights():
    coefs = [np.array([[1.0, -2.0]]), np.array([[0.0], [4.0]])]
    intercepts = [np.array([0.0, -1.0]), np.array([0.0])]
    shown = NetworkDisplay(coefs, intercepts, ["x"], ["no", "yes"], "relu").plot()
    shown.figure_.draw_without_rendering()
    hidden, output = shown.ax_.collections[:2]
    weak, strong = hidden.get_colors()  # the strongest is drawn last
    assert weak[1] > weak[0]  # green: positive
    assert strong[1] < strong[0]  # purple: negative
    assert strong[:3].sum() < weak[:3].sum()  # darker
    assert np.all(np.diff(hidden.get_linewidths()) > 0)
    np.testing.assert_array_equal(hidden.get_segments()[1], [[0, 0], [1, -0.5]])
    np.testing.assert_allclose(output.get_linewidths(), [0.3, 2.8])
    biases = shown.ax_.collections[3].get_facecolors()
    assert biases[0, :3].min() > 0.95  # no bias: white
    assert biases[1, 1] < biases[1, 0]
    assert {"largest |w|: 2", "largest |w|: 4"} <= set(texts(shown.figure_))


def test_names_come_from_the_frame_through_the_pipeline():
    X, y = load_iris(return_X_y=True, as_frame=True)
    clf = small_network()
    assert {"sepal length (cm)", "class 2"} <= set(texts(show(NetworkDisplay, clf.fit(X, y), X).figure_))
    letters = clf.fit(X, np.array(["a", "b", "c"])[y])
    assert {"a", "b", "c"} <= set(texts(show(NetworkDisplay, letters, X).figure_))
    pipe = make_pipeline(StandardScaler(), clf).fit(X, y)
    assert "petal width (cm)" in texts(show(NetworkDisplay, pipe, X).figure_)
    pipe = make_pipeline(FunctionTransformer(np.asarray), clf).fit(X, y)
    assert "x3" in texts(show(NetworkDisplay, pipe, X).figure_)


def test_outputs_have_names():
    X, y = make_rows(40)
    two = np.column_stack([y, y**2])
    quantiles = small_regressor(loss="quantile", quantile=[0.9, 0.2])
    for estimator, targets, names in (
        (small_network(), y > 1, {"P(class True)"}),
        (small_network(), two > 1, {"label 0", "label 1"}),
        (small_regressor(), y, {"y"}),
        (small_regressor(), two, {"y0", "y1"}),
        (quantiles, y, {"quantile 0.2", "0.2 to 0.9"}),
    ):
        assert names <= set(texts(show(NetworkDisplay, estimator.fit(X, targets), X).figure_))


def test_names_can_be_given():
    clf, X, _ = fit(n_features=2)
    shown = show(NetworkDisplay, clf, X, feature_names=["a", "b" * 30], class_names=["no", "yes"])
    assert {"a", "bbbbbbbbbb…bbbbbbbbb", "P(yes)"} <= set(texts(shown.figure_))
    with pytest.raises(ValueError, match="feature_names must have 2 names, got 1"):
        show(NetworkDisplay, clf, X, feature_names=["a"])
    with pytest.raises(ValueError, match="class_names must have 2 names, got 3"):
        show(NetworkDisplay, clf, X, class_names=["a", "b", "c"])


def test_a_crowded_diagram_has_no_numbers_in_its_units():
    clf, X, _ = fit(n_hidden=40)
    small = plt.figure(figsize=(4, 3)).add_subplot()
    roomy, crowded = show(NetworkDisplay, clf, X), show(NetworkDisplay, clf, X, ax=small)
    assert str(roomy.shown_[1][0]) in texts(roomy.figure_)
    assert not {str(unit) for unit in crowded.shown_[1]} & set(texts(crowded.figure_))
