"""A search on worker processes of Dask, by joblib's backend: as in this process."""

import os

import pytest
from dask.distributed import Client, LocalCluster
from joblib import Parallel, delayed, parallel_config
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV

from sknn_scratch import ShallowNNClassifier
from tests.helpers import make_data

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask and joblib warn of their own code

X, Y = make_data("multiclass", n_samples=120)


def test_a_search_on_other_processes():
    network = ShallowNNClassifier(4, max_iter=5, batch_size=10, random_state=0)
    search = GridSearchCV(network, {"alpha": [0.1, 1.0], "n_hidden": [3, 5]}, cv=3)
    expected = search.fit(X, Y).cv_results_["mean_test_score"]
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        parallel_config(backend="dask"),
    ):
        assert os.getpid() not in Parallel()(delayed(os.getpid)() for _ in range(20))
        assert_array_equal(search.fit(X, Y).cv_results_["mean_test_score"], expected)
