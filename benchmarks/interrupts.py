"""Press Ctrl-C at random moments, and check what a fit promises: ``python benchmarks/interrupts.py``.

After an interrupt of a fit, of a search, ..., the number of BLAS threads and the settings of NumPy,
scikit-learn and joblib must be as before. If KeyboardInterrupt was raised, the estimator must be so too.
Else it must have an epoch. At the end, a fit must give the same weights as at the start, bit for bit.
"""

import signal
import sys
import time
import warnings
from collections import Counter

import joblib
import numpy as np
from joblib.parallel import get_active_backend
from sklearn import get_config
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, cross_val_score
from threadpoolctl import threadpool_info

from sknn_scratch import (
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNRegressor,
    VectorizedGridSearchCV,
    train_together,
)

N_INTERRUPTS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
X, Y = make_classification(60, 5, random_state=0)
PARAMS = {"n_hidden": 8, "max_iter": 10, "random_state": 0}
NETWORK = ShallowNNClassifier(solver="adam", **PARAMS)
GRID = {"alpha": [0.1, 1.0]}


def fit(estimator):
    """Fit an estimator."""
    estimator.fit(X, Y)


def fit_part(estimator):
    """Train for another epoch."""
    estimator.partial_fit(X, Y)


def cross_validate(estimator):
    """Score clones, one after the other."""
    cross_val_score(estimator, X, Y, cv=3)


def cross_validate_together(estimator):
    """Score clones that are trained together."""
    with train_together():
        cross_val_score(estimator, X, Y, cv=3)


CASES = {
    "fit, adam": (NETWORK, fit),
    "fit, lbfgs": (ShallowNNRegressor(solver="lbfgs", **PARAMS), fit),
    "partial_fit": (NETWORK, fit_part),
    "ensemble": (ShallowNNEnsembleClassifier(n_networks=3, **PARAMS), fit),
    "GridSearchCV": (GridSearchCV(NETWORK, GRID, cv=2), fit),
    "VectorizedGridSearchCV": (VectorizedGridSearchCV(NETWORK, GRID, cv=2), fit),
    "cross_val_score": (NETWORK, cross_validate),
    "train_together": (NETWORK, cross_validate_together),
}


def settings():
    """Get the settings that must stay as they are."""
    threads = [library["num_threads"] for library in threadpool_info()]
    filters = [one[:3] for one in warnings.filters]
    return np.geterr(), get_config(), type(get_active_backend()[0]), threads, sys.getrecursionlimit(), filters


def interrupt_soon(call, estimator, seconds):
    """Call a function, and press Ctrl-C after some time; say how the call ended."""
    outcome = "raised"
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        call(estimator)
        outcome = "returned"
        while signal.getitimer(signal.ITIMER_REAL)[0]:
            time.sleep(1e-4)
        time.sleep(1e-4)
    except KeyboardInterrupt:
        return outcome if outcome == "raised" else "pressed too late"
    return outcome


def broken_promise(estimator, model, is_raised):
    """Say what an interrupted call of an estimator should not have done; None if all is well."""
    now = vars(estimator)
    if is_raised and now.keys() == model.keys() and all(now[name] is model[name] for name in model):
        return None
    if is_raised:
        return "KeyboardInterrupt, but the estimator has changed"
    network = getattr(estimator, "best_estimator_", estimator)
    return None if np.min(getattr(network, "n_iter_", 1)) > 0 else "an untrained network"


def main():
    """Press Ctrl-C, and print what happened."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    rng, before, weights = np.random.default_rng(0), settings(), joblib.hash(NETWORK.fit(X, Y).coefs_)
    for name, (estimator, call) in CASES.items():
        fit(estimator)
        start = time.perf_counter()
        call(estimator)
        seconds, results = 0.8 * (time.perf_counter() - start), Counter()
        for _ in range(N_INTERRUPTS // len(CASES)):
            model = dict(vars(estimator))
            outcome = interrupt_soon(call, estimator, rng.uniform(1e-5, seconds))
            results[outcome] += 1
            keeps_its_model = type(estimator) is not GridSearchCV  # scikit-learn's own search does not
            if keeps_its_model and (broken := broken_promise(estimator, model, outcome == "raised")):
                results[broken] += 1
            if (now := settings()) != before:
                results["settings have changed"] += 1
                print(
                    name, [pair for pair in zip(before, now, strict=True) if pair[0] != pair[1]], flush=True
                )
                before = now
            estimator.__dict__ = model
        print(f"{name:22} {dict(results)}", flush=True)
    print("the same weights:", joblib.hash(NETWORK.fit(X, Y).coefs_) == weights)


if __name__ == "__main__":
    main()
