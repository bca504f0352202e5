"""
A network in MLflow
===================

`MLflow <https://mlflow.org>`_ keeps the parameters, metrics and models of your runs.

Needs ``pip install . mlflow skops``.
"""

# %%
# Parameters and scores
# ---------------------
# ``mlflow.sklearn.autolog`` wraps only the ``fit`` of scikit-learn's own classes. So a
# Pipeline or a search that contains a network logs all parameters and the scores on the
# training rows. A search also logs its best score, and a run for each candidate. A
# network alone logs nothing: put it in a Pipeline, even as the only step.
#
# ``log_models=False`` is there because autolog would log a pickle.

import mlflow
from mlflow.entities import Metric
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import TRUSTED_TYPES, ShallowNNClassifier


def fit_and_log(model, X, y):
    """Fit a Pipeline or a search in a run of its own; return the run."""
    mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    with mlflow.start_run() as run:
        model.fit(X, y)
    return run


# %%
# The history
# -----------
# ``history_`` has a number for each epoch, so MLflow can draw the curves. The numbers
# are logged after the fit, many at once, so the training does not become slower.

NUMBERS_PER_CALL = 1000  # the most that MLflow accepts


def log_history(network, run):
    """Log the loss and all other columns of the history of a fitted network."""
    metrics = [
        Metric(name, float(value), timestamp=0, step=epoch)
        for name, values in network.history_.items()
        for epoch, value in enumerate(values, start=1)
    ]
    client = mlflow.MlflowClient()
    for start in range(0, len(metrics), NUMBERS_PER_CALL):
        part = metrics[start : start + NUMBERS_PER_CALL]
        client.log_batch(run.info.run_id, metrics=part)
    client.set_tag(run.info.run_id, "stop_reason", network.stop_reason_)


# %%
# The model
# ---------
# By default, MLflow 3 stores the model in the format of skops, so loading it runs no
# code from the file. skops trusts scikit-learn's classes, and ``TRUSTED_TYPES`` lists
# ours, also those of a ``tabular_pipeline``. Of a search, log the ``best_estimator_``.


def log_model(model, run, name="model"):
    """Log a fitted model to a finished run; return its address for loading."""
    with mlflow.start_run(run.info.run_id):
        info = mlflow.sklearn.log_model(
            model,
            name=name,
            skops_trusted_types=TRUSTED_TYPES,
            pip_requirements=["sknn-scratch", "skops"],
        )
    return info.model_uri


# %%
# All of it
# ---------
# In a browser, ``mlflow ui`` shows the run.


def main():
    """Fit, log, load again and compare."""
    X, y = load_breast_cancer(return_X_y=True)
    network = ShallowNNClassifier(
        early_stopping=True, max_iter=1000, random_state=0
    )
    model = make_pipeline(StandardScaler(), network)
    run = fit_and_log(model, X, y)
    log_history(model[-1], run)
    address = log_model(model, run)

    logged = mlflow.get_run(run.info.run_id).data
    print(f"{len(logged.params)} parameters")
    print(f"training_score {logged.metrics['training_score']:.3f}")
    print(f"last loss {logged.metrics['loss']:.4f}, {logged.tags['stop_reason']}")
    again = mlflow.sklearn.load_model(address)
    print("same predictions:", (again.predict(X) == model.predict(X)).all())


if __name__ == "__main__":
    main()

# sphinx_gallery_thumbnail_path = "_static/thumbnails/mlflow.svg"
