"""examples/track_with_mlflow.py: what is logged of a fit, and what is loaded again."""

import mlflow
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sknn_scratch import ShallowNNClassifier, tabular_pipeline
from tests.helpers import make_data
from tests.recipes import load_example

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow warns of its own code, and of what it imports

recipe = load_example("track_with_mlflow")

X, Y = make_data("binary", n_samples=90)
NETWORK = ShallowNNClassifier(4, max_iter=20, random_state=0)


@pytest.fixture(autouse=True, scope="module")
def store(tmp_path_factory):
    """Keep the runs in a database that no other test sees."""
    directory = tmp_path_factory.mktemp("mlflow")
    address = f"sqlite:///{directory}/mlflow.db"
    mlflow.set_tracking_uri(address)
    mlflow.set_registry_uri(address)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("recipes", directory.as_uri()))
    yield
    mlflow.sklearn.autolog(disable=True)


def logged(run):
    return mlflow.get_run(run.info.run_id).data


def test_a_network_alone_logs_nothing_and_a_pipeline_all():
    """Should the first half fail, MLflow has learned to log us, and the recipe can be shorter."""
    assert not logged(recipe.fit_and_log(NETWORK, X, Y)).params
    pipeline = make_pipeline(NETWORK)
    data = logged(recipe.fit_and_log(pipeline, X, Y))
    assert data.params.keys() >= {f"shallownnclassifier__{name}" for name in NETWORK.get_params()}
    assert data.metrics["training_score"] == pipeline.score(X, Y)


def test_a_search_logs_its_candidates():
    search = GridSearchCV(NETWORK, {"alpha": [0.1, 1.0]}, cv=2)
    run = recipe.fit_and_log(search, X, Y)
    assert logged(run).metrics["best_cv_score"] == search.best_score_
    children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert set(children["params.alpha"]) == {"0.1", "1.0"}


def test_history(monkeypatch):
    monkeypatch.setattr(recipe, "NUMBERS_PER_CALL", 7)  # several calls, the last of which is not full
    network = ShallowNNClassifier(4, max_iter=20, early_stopping=True, random_state=0)
    run = recipe.fit_and_log(network, X, Y)
    recipe.log_history(network, run)
    client = mlflow.MlflowClient()
    for name, values in network.history_.items():
        curve = client.get_metric_history(run.info.run_id, name)
        assert [point.step for point in curve] == list(range(1, network.n_iter_ + 1))
        assert_array_equal([point.value for point in curve], values)
    assert logged(run).tags["stop_reason"] == network.stop_reason_


@pytest.mark.parametrize("model", [NETWORK, tabular_pipeline(NETWORK)])
def test_a_logged_model_is_loaded_without_pickle(model):
    run = recipe.fit_and_log(model, X, Y)
    address = recipe.log_model(model, run)
    assert mlflow.models.get_model_info(address).flavors["sklearn"]["serialization_format"] == "skops"
    again = mlflow.sklearn.load_model(address)
    assert type(again) is type(model)
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert_array_equal(mlflow.pyfunc.load_model(address).predict(X), model.predict(X))


def test_script(capsys):
    recipe.main()
    n_parameters, *_, same = capsys.readouterr().out.splitlines()
    assert int(n_parameters.removesuffix(" parameters")) >= len(ShallowNNClassifier().get_params())
    assert same == "same predictions: True"
