"""docs/guide/works_with.md: its code runs, with the packages that it is about."""

import re
from pathlib import Path
from types import SimpleNamespace

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


def adds_up(explanation, predictions):
    return np.allclose(explanation.base_values + explanation.values.sum(axis=1), predictions, atol=1e-6)


def blocks_are_predicted_alike(page):
    rows = da.from_array(page.X_test, chunks=(50, 30))
    return (page.anywhere.predict(rows).compute() == page.clf.predict(page.X_test)).all()


def share_of_right_sets(page):
    return np.mean([label in labels for labels, label in zip(page.sets, page.y_test, strict=True)])


# What is true after the code of a section.
CHECKS = {
    "MAPIE": lambda page: 0.7 < page.coverage < 0.95,
    "DoubleML": lambda page: abs(page.strong.coef - 0.5) < 0.4 and 4 * page.strong.se < page.weak.se,
    "SHAP": lambda page: (
        adds_up(page.explanation, page.clf.predict_proba(page.X_test[:3])[:, 1])
        and adds_up(page.of_penguins, page.predict(page.codes[:3]))
    ),
    "fairlearn": lambda page: page.fairer.difference() < page.rates.difference(),
    "cleanlab": lambda page: len({*page.suspects} & {*page.flipped}) >= 15 and len(page.suspects) < 60,
    "skrub": lambda page: page.tables.score(page.table, page.over) > 0.9,
    "imbalanced-learn": lambda page: page.balanced.predict(page.X_test)[page.y_test == 0].mean() < 0.3,
    "Optuna": lambda page: (
        {trial.state.name for trial in page.study.trials} == {"COMPLETE", "PRUNED"}
        and page.study.best_value > 0.95
    ),
    "MLflow": lambda page: (
        {f"shallownnclassifier__{name}" for name in page.ShallowNNClassifier().get_params()}
        <= page.mlflow.get_run(page.run.info.run_id).data.params.keys()
    ),
    "dask-ml": lambda page: (
        page.stream.score(page.rows, page.labels) > 0.95 and blocks_are_predicted_alike(page)
    ),
    "river": lambda page: page.accuracy.get() > 0.85,
    "category_encoders, feature-engine": lambda page: page.r2.mean() > 0.7,
    "mlxtend": lambda page: page.selector.k_feature_idx_ == (2, 8),  # the body mass index, a blood value
    "scikit-lego": lambda page: page.surer.predict(page.X_test).sum() < page.clf.predict(page.X_test).sum(),
    "crepes, venn-abers": lambda page: (
        0.8 < share_of_right_sets(page) <= 1 and log_loss(page.y_test, page.probabilities) < 0.2
    ),
    "scikit-optimize": lambda page: page.search.score(page.X_test, page.y_test) > 0.95,
    "interpret": lambda page: all(
        np.ptp(page.dependence.data(i)["scores"]) > 0 for i in range(page.X_train.shape[1])
    ),
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
    assert CHECKS[name](SimpleNamespace(**page))
