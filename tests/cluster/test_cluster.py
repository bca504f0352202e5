"""Searches, cross-validation and ensembles on worker processes of Dask and Ray: as in this process."""

import os
from contextlib import contextmanager

import dask.array
import numpy as np
import pytest
import ray
from dask.distributed import Client, LocalCluster
from dask_ml.wrappers import Incremental
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from imblearn.under_sampling import RandomUnderSampler
from joblib import Parallel, delayed, parallel_config
from numpy.testing import assert_array_equal
from ray.util.joblib import register_ray
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import (
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    VectorizedGridSearchCV,
    train_together,
)
from tests.helpers import make_data

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask, Ray and joblib warn of their own code

X, Y = make_data("multiclass", n_samples=120)
GRID = {"alpha": [0.1, 1.0], "n_hidden": [3, 5]}


def network(**params):
    return ShallowNNClassifier(**{"n_hidden": 4, "max_iter": 5, "batch_size": 10, "random_state": 0} | params)


@contextmanager
def on_dask():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        parallel_config(backend="dask"),
    ):
        yield


@contextmanager
def on_ray():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    register_ray()
    with parallel_config(backend="ray", n_jobs=2):
        yield
    ray.shutdown()


@pytest.fixture(scope="module", params=[on_dask, on_ray])
def cluster(request):
    with request.param():
        yield


def test_the_workers_are_other_processes(cluster):
    processes = set(Parallel()(delayed(os.getpid)() for _ in range(20)))
    assert os.getpid() not in processes


def scores_of(results):
    return [results[name] for name in sorted(results) if "_score" in name and "score_time" not in name]


def test_a_search(cluster):
    search = VectorizedGridSearchCV(network(), GRID, cv=3).fit(X, Y)
    with parallel_config(backend="sequential"):
        expected = GridSearchCV(network(), GRID, cv=3).fit(X, Y)
    assert_array_equal(scores_of(search.cv_results_), scores_of(expected.cv_results_))
    assert search.best_params_ == expected.best_params_


def test_cross_validation_of_a_pipeline(cluster, capsys):
    pipeline = make_pipeline(StandardScaler(), network())
    with train_together(verbose=1):
        results = cross_validate(pipeline, X, Y, cv=6, scoring=["accuracy", "neg_log_loss"])
    with parallel_config(backend="sequential"):
        expected = cross_validate(pipeline, X, Y, cv=6, scoring=["accuracy", "neg_log_loss"])
    assert_array_equal(scores_of(results), scores_of(expected))
    assert "6 of 6 networks were trained together." in capsys.readouterr().out


def test_an_ensemble(cluster):
    here, there = (
        ShallowNNEnsembleClassifier(4, max_iter=5, n_networks=4, n_jobs=n_jobs, random_state=0).fit(X, Y)
        for n_jobs in (1, 2)
    )
    assert_array_equal(here.predict_proba(X), there.predict_proba(X))


@pytest.mark.parametrize("cluster", [on_dask], indirect=True)
def test_blocks_of_a_dask_array(cluster):
    blocks = dask.array.from_array(X, chunks=(40, 4)), dask.array.from_array(Y, chunks=40)
    model = Incremental(network(), shuffle_blocks=False).fit(*blocks, classes=[0, 1, 2])
    expected = network()
    for rows in (slice(0, 40), slice(40, 80), slice(80, 120)):
        expected.partial_fit(X[rows], Y[rows], classes=[0, 1, 2])
    assert_array_equal(model.estimator_.predict_proba(X), expected.predict_proba(X))


def test_a_pipeline_of_imbalanced_learn(capsys):
    pipeline = make_imblearn_pipeline(RandomUnderSampler(random_state=0), network())
    y = np.where(np.arange(120) % 6, Y > 0, 2)
    grid = {"shallownnclassifier__alpha": [0.1, 1.0]}
    search = VectorizedGridSearchCV(pipeline, grid, cv=2, verbose=1).fit(X, y)
    expected = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert_array_equal(scores_of(search.cv_results_), scores_of(expected.cv_results_))
    assert "4 of 4 networks were trained together." in capsys.readouterr().out
