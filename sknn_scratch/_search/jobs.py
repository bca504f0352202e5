"""The jobs of a search: which of them can be trained together, and how these are prepared and scored.

A job is one call of scikit-learn's ``_fit_and_score``: one candidate on one fold. If a job fails here, for
example by a wrong parameter or an error of the user's scorer, it gets no result. Then ``_fit_and_score``
itself runs it, fails in the same way and reports it as scikit-learn does.
"""

import copy
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sknn_scratch._estimators.classifier import ShallowNNClassifier
from sknn_scratch._estimators.regressor import ShallowNNRegressor
from sknn_scratch._estimators.single import SingleNetwork
from sknn_scratch._fitting.callbacks import ParentTask, callbacks_of, has_callbacks
from sknn_scratch._fitting.inputs import FitInput
from sknn_scratch._fitting.sklearn_private import (
    InvalidParameterError,
    _BaseScorer,
    _check_method_params,
    _MultimetricScorer,
    _num_samples,
    _PassthroughScorer,
    _safe_split,
    _score,
)
from sknn_scratch._fitting.stacks import Fit, bytes_of, cut_into_groups, fit_group
from sknn_scratch._search.progress import place_of, progress_line

# The keyword arguments of ``_fit_and_score`` that are read here.
OPTIONS = {
    *("callback_ctx", "caller", "candidate_progress", "error_score", "fit_params", "parameters"),
    *("return_train_score", "score_params", "scorer", "split_progress", "test", "train", "verbose"),
}
OURS = (ShallowNNClassifier, ShallowNNRegressor)
# What the network's fit takes beside X and y.
FIT_PARAMS = signature(SingleNetwork.fit).parameters.keys() - {"self", "X", "y"}


@dataclass(frozen=True)
class Candidate:
    """A candidate whose network can be trained together with others."""

    estimator: object  # the network, or a Pipeline that ends in it, with the candidate's parameters
    network: SingleNetwork
    earlier_setting: Any  # of the steps before the network; hashable


@dataclass(frozen=True)
class Job:
    """A candidate on a fold."""

    number: int
    candidate: Candidate
    options: dict  # the keyword arguments of _fit_and_score


@dataclass(frozen=True)
class PreparedFold:
    """The rows of a fold as the networks of several candidates see them."""

    inputs: FitInput
    test: tuple  # X, y and the parameters of the scorer
    train: tuple | None  # the same for the training score
    steps: Pipeline | None  # fitted, but for the last; None if the network is scored alone
    seconds: float  # that each network's share of the preparation took

    @property
    def n_bytes(self):
        """About how much memory the rows take."""
        parts = (self.inputs.X, self.test[0], None if self.train is None else self.train[0])
        return sum(bytes_of(X) for X in parts if X is not None)


def families_of(calls):
    """Find the jobs whose networks can be trained together.

    Parameters
    ----------
    calls : list of (function, args, kwargs)
        Of ``_fit_and_score``.

    Returns
    -------
    list of lists of Job
        In each, the jobs on one fold with one setting of the earlier steps. Other jobs are missing.
    """
    candidates, families = {}, {}
    for number, (_, (estimator, *_), options) in enumerate(calls):
        index = options["candidate_progress"][0]
        if index not in candidates:
            candidates[index] = candidate_of(estimator, options)
        if (candidate := candidates[index]) is not None:
            family = (options["split_progress"][0], candidate.earlier_setting)
            families.setdefault(family, []).append(Job(number, candidate, options))
    return list(families.values())


def candidate_of(estimator, options):
    """Set a candidate's parameters, and return it if its network can be trained together with others."""
    parameters = options["parameters"]
    if network_of(estimator) is None and not replaces_last_step(estimator, parameters):
        return None
    try:
        estimator.set_params(**clone(parameters, safe=False))
    except Exception:  # of a step of the user's
        return None
    network = network_of(estimator)
    if network is None or needs_own_fit(estimator, options):
        return None
    try:
        network._validate_params()
    except InvalidParameterError:
        return None
    return Candidate(estimator, network, earlier_setting(estimator, parameters))


def network_of(estimator):
    """Get the network that an estimator is or ends in, or None if it is not ours or overrides how it fits."""
    network = estimator.steps[-1][1] if type(estimator) is Pipeline else estimator
    ours = isinstance(network, SingleNetwork) and all(
        getattr(type(network), name) is getattr(SingleNetwork, name) for name in ("fit", "_fit")
    )
    return network if ours else None


def replaces_last_step(estimator, parameters):
    """Whether the last step of a Pipeline is one of the parameters."""
    return type(estimator) is Pipeline and estimator.steps[-1][0] in parameters


def needs_own_fit(estimator, options):
    """Whether a Pipeline tells its steps things that only its own ``fit`` knows to tell."""
    if not isinstance(estimator, Pipeline):
        return False
    routes = get_config()["enable_metadata_routing"] and (options["fit_params"] or options["score_params"])
    reports = any(map(has_callbacks, (options["callback_ctx"], estimator, *estimator.named_steps.values())))
    return routes or reports or estimator.transform_input is not None


def earlier_setting(estimator, parameters):
    """Get the parameters that are not the network's, in a hashable form; equal ones give equal rows."""
    if not isinstance(estimator, Pipeline):
        return ()
    last = estimator.steps[-1][0]
    names = [name for name in sorted(parameters) if name.split("__")[0] != last]
    return tuple((name, _hashable(parameters[name])) for name in names)


def _hashable(value):
    if value is None or isinstance(value, bool | int | float | str | np.generic):
        return type(value), repr(value)
    return id(value)  # whatever it says it is equal to


def prepare_rows(jobs, X, y):
    """Split a fold off, and pass it through the earlier steps of a Pipeline, which are fitted.

    Parameters
    ----------
    jobs : list of Job
        On one fold, with one setting of the earlier steps.
    X, y
        As the user passed them to the search.

    Returns
    -------
    PreparedFold, None if the network takes more than rows, or Fault
    """
    start = time.perf_counter()
    estimator, options = jobs[0].candidate.estimator, jobs[0].options
    wants_train = options["return_train_score"]
    try:
        train, test = np.asarray(options["train"]), np.asarray(options["test"])
        X_train, y_train = _safe_split(estimator, X, y, train)
        X_test, y_test = _safe_split(estimator, X, y, test, train)
        fit_params = _check_method_params(X, params=options["fit_params"], indices=train)
        steps, X_fit = None, X_train
        if isinstance(estimator, Pipeline):
            steps, X_fit, fit_params = fit_earlier_steps(estimator, X_train, y_train, fit_params)
            # The steps may have worked in place (copy=False), so whatever else is transformed is sliced anew.
            X_train = _safe_split(estimator, X, y, train)[0] if wants_train else None
            if sees_predictions_only(options["scorer"]):
                X_test = steps.transform(X_test)
                X_train = steps.transform(X_train) if wants_train else None
                steps = None
        if not fit_params.keys() <= FIT_PARAMS:
            return None
        test_params, train_params = (
            _check_method_params(X, params=options["score_params"], indices=rows) for rows in (test, train)
        )
    except Exception:  # of a step of the user's
        return Fault(traceback.format_exc())
    return PreparedFold(
        inputs=FitInput(X_fit, y_train, **fit_params),
        test=(X_test, y_test, test_params),
        train=(X_train, y_train, train_params) if wants_train else None,
        steps=steps,
        seconds=(time.perf_counter() - start) / len(jobs),
    )


@dataclass(frozen=True)
class Fault:
    """Why a job got no result."""

    trace: str  # of the exception


class Unchanged(BaseEstimator):
    """Stands for the network at the end of a Pipeline, and says that it is fitted.

    With "passthrough", a Pipeline counts as fitted only if an earlier step has fitted attributes.
    """

    def fit(self, X, y=None):
        """Do nothing."""
        return self

    def transform(self, X):
        """Give X back."""
        return X

    def __sklearn_is_fitted__(self):
        return True


def fit_earlier_steps(pipeline, X, y, fit_params):
    """Fit all steps but the last; return them, the transformed rows, and what the last step's fit takes."""
    last = pipeline.steps[-1][0]
    steps = clone(pipeline).set_params(**{last: Unchanged()})
    prefix = f"{last}__"
    earlier = {name: value for name, value in fit_params.items() if not name.startswith(prefix)}
    own = {name.removeprefix(prefix): fit_params[name] for name in fit_params.keys() - earlier.keys()}
    return steps, steps.fit_transform(X, y, **earlier), own


def sees_predictions_only(scorer):
    """Whether a scorer is one of scikit-learn's, for which a fitted Pipeline is no more than its network."""
    if isinstance(scorer, _MultimetricScorer):
        return all(map(sees_predictions_only, scorer._scorers.values()))
    return isinstance(scorer, _BaseScorer | _PassthroughScorer)


def fit_and_score_together(jobs):
    """Train the networks of jobs in as few groups as possible, and score each.

    Parameters
    ----------
    jobs : list of (Job, PreparedFold)

    Returns
    -------
    results : dict
        By the number of the job, what ``_fit_and_score`` would return, and what the fit has to warn of. Jobs
        that fail are missing.
    faults : dict
        By the number of the job, the Fault of those that failed.
    n_together : int
        How many networks were not trained alone.
    """
    of_number = {job.number: (job, rows) for job, rows in jobs}
    results, faults, n_together = {}, {}, 0
    start = time.perf_counter()
    for group in cut_into_groups(plan_fits(jobs, faults)):
        with noting(faults, group):
            try:
                fit_group(group)
            finally:
                if any(fit.is_interrupted for fit in group):
                    raise KeyboardInterrupt  # else the search would choose among networks that are cut short
            seconds = (time.perf_counter() - start) / len(group)
            n_together += len(group) if len(group) > 1 else 0
            for fit in group:
                with noting(faults, [fit]):
                    result = score_job(*of_number[fit.number], fit.fitted, seconds)
                    results[fit.number] = (result, fit.troubles)
        start = time.perf_counter()
    return results, faults, n_together


@contextmanager
def noting(faults, jobs):
    """Note an exception as the fault of some jobs, or fits.

    They are run again by scikit-learn. If it was the user's code that failed, it fails there again.
    """
    try:
        yield
    except Exception:
        faults |= dict.fromkeys((job.number for job in jobs), Fault(traceback.format_exc()))


def plan_fits(jobs, faults):
    """Plan the fits one by one, leaving out those that cannot be planned."""
    for job, rows in jobs:
        network = copy.copy(job.candidate.network)
        network.random_state = clone(network.random_state, safe=False)  # every fold starts from the same
        fit = None
        with noting(faults, [job]):
            fit = Fit(job.number, network, rows.inputs, parent_task(job))
        if fit is None:
            continue
        fit.reporter.label = place_of(job.options)
        if job.options["verbose"] > 9:
            print(progress_line(job.options))  # noqa: T201 - as below
        yield fit


def parent_task(job):
    """Get the task of the search that a job is, if anyone wants to hear of it."""
    context = job.options["callback_ctx"]
    is_heard = has_callbacks(context) or has_callbacks(job.candidate.network)
    return ParentTask(job.options["caller"], context) if is_heard and context is not None else None


def score_job(job, rows, network, fit_seconds):
    """Score a fitted network on a fold; return what ``_fit_and_score`` would."""
    options = job.options
    estimator = network
    if rows.steps is not None:
        estimator = copy.copy(rows.steps)
        estimator.steps = [*rows.steps.steps[:-1], (rows.steps.steps[-1][0], network)]

    # Other candidates are scored on the same objects. A metric may write to y; another scorer, or a subclass
    # of the network, to all that it is given.
    shares_X = sees_predictions_only(options["scorer"]) and type(network) in OURS
    if not shares_X:
        estimator = copy.deepcopy(estimator, {id(callback): callback for callback in callbacks_of(network)})

    def scores(data):
        X, *labels = data
        X = X if shares_X else copy.deepcopy(X)
        y, score_params = copy.deepcopy(labels)
        return _score(estimator, X, y, options["scorer"], score_params, options["error_score"])

    start = time.perf_counter()
    result = {"fit_error": None, "test_scores": scores(rows.test)}
    result["score_time"] = time.perf_counter() - start
    if rows.train is not None:
        result["train_scores"] = scores(rows.train)
    result["fit_time"] = fit_seconds + rows.seconds
    result["n_test_samples"] = _num_samples(rows.test[0])
    if options["verbose"] > 1:
        print(progress_line(options, result))  # noqa: T201 - that is what verbose asks for
    return result
