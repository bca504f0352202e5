"""The lines that a verbose search prints of its jobs, as scikit-learn does, and the names of its networks."""

from joblib.logger import short_format_time


def progress_line(options, result=None):
    """Write the line that scikit-learn's search prints when a job starts or, with its result, ends."""
    verbose, (split, n_splits) = options["verbose"], options["split_progress"]
    candidate, n_candidates = options["candidate_progress"]
    place = f" {split + 1}/{n_splits}" if verbose > 2 else ""
    place += f"; {candidate + 1}/{n_candidates}" if verbose > 9 else ""
    parameters = ", ".join(f"{name}={value}" for name, value in sorted(options["parameters"].items()))
    if result is None:
        return f"[CV{place}] START {parameters}".ljust(80, ".")
    scores = score_message(result["test_scores"], result.get("train_scores")) if verbose > 2 else ""
    total_time = short_format_time(result["fit_time"] + result["score_time"])
    message = f"{parameters}{';' if parameters else ''}{scores} total time={total_time}"
    start = f"[CV{place}] END "
    return start + message.rjust(80 - len(start), ".")


def place_of(options):
    """Tell a job from the others: networks that are trained together print their epochs in turn."""
    return f"candidate {options['candidate_progress'][0] + 1}, fold {options['split_progress'][0] + 1}"


def score_message(test, train):
    """Write the scores of a job, each a number or a dict; those of the training rows may be None."""
    if isinstance(test, dict):
        numbers = {name: "" if train is None else f"train={train[name]:.3f}, " for name in sorted(test)}
        return "".join(f" {name}: ({of_train}test={test[name]:.3f})" for name, of_train in numbers.items())
    return f", score={test:.3f}" if train is None else f", score=(train={train:.3f}, test={test:.3f})"
