"""
From a search to a cluster
==========================

The same search runs first in this process, then on a Dask cluster. Only the block
around it changes. Here the cluster is two worker processes on this machine. To use your
own cluster, give ``Client`` the address of its scheduler.

Needs ``pip install ".[dask]"``.
"""

# %%
# The search
# ----------
# There are 24 candidates and 5 folds. A worker that has finished a fit takes the next.
# The results do not depend on the workers.

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import ShallowNNClassifier

grid = {
    "shallownnclassifier__activation": ["tanh", "relu"],
    "shallownnclassifier__n_hidden": [16, 32],
    "shallownnclassifier__learning_rate": [0.003, 0.01, 0.03],
    "shallownnclassifier__alpha": [1.0, 10.0],
}


def make_search():
    """Make the search; a tenth of the rows decides when the training stops."""
    network = ShallowNNClassifier(max_iter=200, early_stopping=True, random_state=0)
    return GridSearchCV(
        make_pipeline(StandardScaler(), network), grid, scoring="neg_log_loss"
    )


# %%
# Here and there
# --------------
# A cluster starts new processes, which import this file. So the code that must run only
# once is under ``if __name__ == "__main__"``.

import time

import numpy as np
from dask.distributed import Client, LocalCluster
from joblib import parallel_config


def main():
    """Run the search here and on the cluster, and compare."""
    X, y = load_digits(return_X_y=True)
    print(f"{5 * len(ParameterGrid(grid))} fits")

    start = time.perf_counter()
    here = make_search().fit(X, y)
    print(f"In this process: {time.perf_counter() - start:.1f} s")

    workers = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**workers) as cluster, Client(cluster):
        with parallel_config(backend="dask"):
            # A first search, so that the workers have imported everything.
            make_search().set_params(param_grid={}).fit(X, y)
            start = time.perf_counter()
            there = make_search().fit(X, y)
        print(f"On two workers:  {time.perf_counter() - start:.1f} s")

    scores = [search.cv_results_["mean_test_score"] for search in (here, there)]
    difference = np.abs(scores[0] - scores[1]).max()
    print(f"Largest difference between the scores: {difference:.0e}")
    print(f"The same best candidate: {here.best_params_ == there.best_params_}")
    for name, value in there.best_params_.items():
        print(f"  {name.removeprefix('shallownnclassifier__')} = {value}")


if __name__ == "__main__":
    main()

# %%
# Two processes on one machine gain at most half of the time, and sending the fits takes
# a part of it. A cluster is useful if a search takes minutes.

# sphinx_gallery_thumbnail_path = "_static/thumbnails/cluster.svg"
