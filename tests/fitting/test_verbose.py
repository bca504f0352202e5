import itertools
import re
from functools import partial

import pytest

from sknn_scratch._core.state import StopReason
from tests.helpers import make_data, small_network

pytestmark = pytest.mark.filterwarnings("ignore:The maximum number of epochs")

X, Y = make_data("multiclass")

make_classifier = partial(small_network, n_hidden=5, learning_rate=0.02, max_iter=4, early_stopping=False)


@pytest.mark.parametrize("verbose", [0, 1, True])
def test_verbose_prints_a_line_an_epoch_with_what_is_watched(verbose, capsys):
    watched = {"early_stopping": True, "scoring": "accuracy", "solver": "lbfgs"}
    classifier = make_classifier(verbose=verbose, **watched).fit(X, Y)
    columns = [classifier.history_[name] for name in ("loss", "val_loss", "val_score")]
    told = "[ShallowNNClassifier] epoch {}: loss = {:.6f}, val_loss = {:.6f}, val_score = {:.6f}"
    expected = [told.format(*row) for row in zip(itertools.count(1), *columns)]
    assert capsys.readouterr().out.splitlines()[:-1] == (expected if verbose else [])


def test_verbose_counts_on_and_says_nothing_at_the_end_of_a_part(capsys):
    classifier = make_classifier(verbose=1, max_iter=2, warm_start=True)
    for _ in range(2):
        classifier.fit(X, Y)
    classifier.partial_fit(X, Y)
    output = capsys.readouterr().out
    assert re.findall(r"\] epoch (\d+):", output) == ["1", "2", "3", "4", "5"]
    assert output.count("end after") == 2


def test_verbose_ends_with_the_reason_to_stop_and_the_epoch_that_was_kept(capsys):
    patient = {"early_stopping": True, "tol": 10, "n_iter_no_change": 3, "max_iter": 50}
    classifier = make_classifier(verbose=1, warm_start=True, **patient).fit(X, Y)
    *_, line = capsys.readouterr().out.splitlines()
    kept, history = classifier.best_iter_, classifier.history_
    losses = (history[name][kept - 1] for name in ("loss", "val_loss"))
    told = "[ShallowNNClassifier] end after epoch {}: {} Kept: epoch {} (loss = {:.6f}, val_loss = {:.6f})."
    assert line == told.format(classifier.n_iter_, StopReason.NO_IMPROVEMENT.value, kept, *losses)
    classifier.set_params(learning_rate=10.0).fit(X, Y)  # which gains nothing
    assert classifier.best_iter_ == kept
    assert capsys.readouterr().out.endswith(f" Kept: epoch {kept}.\n")


@pytest.mark.filterwarnings("ignore::sknn_scratch.DivergenceWarning")
def test_verbose_tells_of_a_divergence_in_the_first_epoch(capsys):
    make_classifier(verbose=1, solver="sgd", activation="identity", learning_rate=1e8).fit(X, Y)
    assert capsys.readouterr().out.endswith(f"{StopReason.DIVERGED.value} Kept: the initial weights.\n")


def test_verbose_says_how_long_a_schedule_will_last(capsys):
    make_classifier(verbose=1, learning_rate_schedule="one_cycle").fit(X, Y)
    *epochs, end = capsys.readouterr().out.splitlines()
    pattern = re.compile(r"\[\w+\] epoch (\d) of 4 \((\d+\.\d) s left\): loss = ")
    found = [pattern.match(line).groups() for line in epochs if "epoch" in line]
    assert [number for number, _ in found] == ["1", "2", "3", "4"]
    assert found[-1][1] == "0.0"
    assert StopReason.END_OF_SCHEDULE.value in end
