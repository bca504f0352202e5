"""docs/guide/works_with.md: its code runs, with the packages that it is about."""

import re
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from dask_ml.model_selection import HyperbandSearchCV, IncrementalSearchCV
from distributed import Client
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guide" / "works_with.md").read_text(encoding="utf-8")
INTRODUCTION, *SECTIONS = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)
SECTIONS = dict(zip(SECTIONS[::2], SECTIONS[1::2], strict=True))

pytestmark = pytest.mark.filterwarnings("ignore")  # the packages warn of themselves and of each other


def code_of(text):
    return re.findall(r"```\{code-block\} python\n(.*?)```", text, flags=re.DOTALL)


def run(text, namespace):
    for code in code_of(text):
        exec(compile(code, "works_with.md", "exec"), namespace)


@pytest.fixture(scope="module")
def introduction():
    namespace = {"__name__": "__main__"}
    run(INTRODUCTION, namespace)
    return namespace


def coverage_is_about_what_was_promised(page):
    assert 0.7 < page["coverage"] < 0.95


def the_effect_is_near_the_truth(page):
    weak, strong = page["weak"], page["strong"]
    assert abs(strong.coef.item() - 0.5) < 0.4
    assert 4 * strong.se.item() < weak.se.item()


def contributions_add_up_to_the_prediction(page):
    explanation = page["explanation"]
    total = explanation.base_values + explanation.values.sum(axis=1)
    np.testing.assert_allclose(total, page["clf"].predict_proba(page["X_test"][:3])[:, 1], atol=1e-6)
    of_classes = page["of_penguins"]
    totals = of_classes.base_values + of_classes.values.sum(axis=1)
    np.testing.assert_allclose(totals, page["predict"](page["codes"][:3]), atol=1e-6)


def groups_are_selected_more_alike(page):
    assert page["fairer"].difference() < page["rates"].difference()


def most_flipped_labels_are_found(page):
    found = set(page["suspects"]) & set(page["flipped"])
    assert len(found) >= 15
    assert len(page["suspects"]) < 60


def a_raw_table_is_learnt(page):
    assert page["tables"].score(page["table"], page["over"]) > 0.9


def both_classes_are_predicted(page):
    recall = page["balanced"].predict(page["X_test"])[page["y_test"] == 0].mean()
    assert 1 - recall > 0.7


def bad_trials_are_given_up(page):
    states = {trial.state.name for trial in page["study"].trials}
    assert states == {"COMPLETE", "PRUNED"}
    assert page["study"].best_value > 0.95


def all_parameters_are_logged(page):
    logged = page["mlflow"].get_run(page["run"].info.run_id).data
    names = page["ShallowNNClassifier"]().get_params()
    assert {f"shallownnclassifier__{name}" for name in names} <= logged.params.keys()


def blocks_are_learnt_and_predicted(page):
    assert page["stream"].score(page["rows"], page["labels"]) > 0.95
    rows = page["da"].from_array(page["X_test"], chunks=(50, 30))
    predicted = page["anywhere"].predict(rows).compute()
    np.testing.assert_array_equal(predicted, page["clf"].predict(page["X_test"]))


def row_by_row_is_learnt(page):
    assert page["accuracy"].get() > 0.85


def encoded_text_is_learnt(page):
    assert page["r2"].mean() > 0.7


def the_best_columns_are_selected(page):
    assert page["selector"].k_feature_idx_ == (2, 8)  # the body mass index, and a blood value


def fewer_rows_are_positive(page):
    assert page["surer"].predict(page["X_test"]).sum() < page["clf"].predict(page["X_test"]).sum()


def most_sets_are_right_and_probabilities_calibrated(page):
    y_test = page["y_test"]
    is_in_set = [label in labels for labels, label in zip(page["sets"], y_test, strict=True)]
    assert 0.8 < np.mean(is_in_set) <= 1
    assert log_loss(y_test, page["probabilities"]) < 0.2


def a_good_candidate_is_found(page):
    assert page["search"].score(page["X_test"], page["y_test"]) > 0.95


def every_column_has_a_curve(page):
    explanation = page["dependence"]
    curves = [explanation.data(i)["scores"] for i in range(page["X_train"].shape[1])]
    assert all(np.ptp(curve) > 0 for curve in curves)


CHECKS = {
    "MAPIE": coverage_is_about_what_was_promised,
    "DoubleML": the_effect_is_near_the_truth,
    "SHAP": contributions_add_up_to_the_prediction,
    "fairlearn": groups_are_selected_more_alike,
    "cleanlab": most_flipped_labels_are_found,
    "skrub": a_raw_table_is_learnt,
    "imbalanced-learn": both_classes_are_predicted,
    "Optuna": bad_trials_are_given_up,
    "MLflow": all_parameters_are_logged,
    "dask-ml": blocks_are_learnt_and_predicted,
    "river": row_by_row_is_learnt,
    "category_encoders, feature-engine": encoded_text_is_learnt,
    "mlxtend": the_best_columns_are_selected,
    "scikit-lego": fewer_rows_are_positive,
    "crepes, venn-abers": most_sets_are_right_and_probabilities_calibrated,
    "scikit-optimize": a_good_candidate_is_found,
    "interpret": every_column_has_a_curve,
}


def test_what_is_broken_elsewhere():
    """Should this fail, the page can say less."""
    with Client(processes=False, dashboard_address=None):
        for search in (
            HyperbandSearchCV(SGDClassifier(), {}, max_iter=3),
            IncrementalSearchCV(SGDClassifier(), {}),
        ):
            with pytest.raises(RuntimeError, match="asynchronous Client"):
                search.fit(da.ones((20, 2), chunks=(10, 2)), da.arange(20, chunks=10) % 2, classes=[0, 1])


def test_every_section_is_checked():
    assert CHECKS.keys() == {name for name in SECTIONS if code_of(SECTIONS[name])}


@pytest.mark.parametrize("name", CHECKS)
def test_the_code_of_the_page_does_what_it_says(name, introduction, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MLflow writes its runs there
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    page = dict(introduction)
    run(SECTIONS[name], page)
    CHECKS[name](page)
