"""Fits of several networks at once: what is cut into which groups, and the memory these take."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_array_equal

from sknn_scratch import ShallowNNClassifier
from sknn_scratch._core import lazy
from sknn_scratch._core.batches import GATHERED_BYTES
from sknn_scratch._fitting import stacks as _together
from sknn_scratch._fitting.inputs import FitInput
from tests.helpers import make_data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FIXED_BYTES = 2**20 + GATHERED_BYTES  # what a group takes whatever its networks are: Python objects, rows


def make_inputs(n_samples=40, n_features=4, n_classes=2, seed=0, sparse=False):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features))
    if sparse:
        X = scipy.sparse.random_array((n_samples, n_features), density=0.1, format="csr", random_state=rng)
    return FitInput(X, np.arange(n_samples) % n_classes)


def make_fits(n, inputs, **params):
    params = {"solver": "adam", "n_hidden": 4, "max_iter": 4, "batch_size": 10} | params
    return [
        _together.Fit(ShallowNNClassifier(**params, random_state=i), inputs[i % len(inputs)], number=i)
        for i in range(n)
    ]


def sizes_of_groups(fits):
    return [len(group) for group in _together.cut_into_groups(fits)]


def planned_bytes(fits):
    draft = _together._Draft()
    for fit in fits:
        draft.add(fit)
    return draft.n_bytes


@pytest.mark.parametrize("n_folds", [1, 9])
@pytest.mark.parametrize(
    ("shape", "params"),
    [
        ({"n_samples": 200, "n_features": 30}, {"n_hidden": 16}),
        ({"n_samples": 2000, "n_features": 100, "n_classes": 3}, {"n_hidden": 64, "batch_size": 100}),
        ({"n_samples": 3000, "n_features": 5}, {"n_hidden": 3, "batch_size": 1000}),
        ({"n_samples": 1000, "n_features": 50}, {"n_hidden": 32, "batch_size": None, "dropout": 0.5}),
        (
            {"n_samples": 1000, "n_features": 50},
            {"n_hidden": 32, "early_stopping": True, "validation_fraction": 0.5},
        ),
        (
            {"n_samples": 1000, "n_features": 20, "n_classes": 10},
            {"activation": "softplus", "early_stopping": True},
        ),
        (
            {"n_samples": 1000, "n_features": 300, "sparse": True},
            {"n_hidden": 10, "early_stopping": True, "batch_size": 100},
        ),
        ({"n_samples": 500, "n_features": 200}, {"n_hidden": 50, "solver": "sgd"}),
        ({"n_samples": 4000, "n_features": 100}, {"early_stopping": True, "validation_fraction": 0.5}),
        (
            {"n_samples": 1400, "n_features": 100},
            {"early_stopping": True, "validation_fraction": 200, "batch_size": 1},
        ),
    ],
)
def test_buffers_of_a_group_stay_within_what_was_planned(shape, params, n_folds):
    inputs = [make_inputs(**shape, seed=seed) for seed in range(n_folds)]
    make_fits(1, inputs, **params)  # validates and encodes the rows
    tracemalloc.start()
    fits = make_fits(9, inputs, tol=0.01, n_iter_no_change=2, **params)
    _together.fit_group(fits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.1 * planned_bytes(fits) < peak < planned_bytes(fits) + FIXED_BYTES


def test_networks_that_have_stopped_let_go_of_the_group():
    """Were the arrays of every group on the way kept, memory would grow with the square of their number."""
    fits = make_fits(1, [make_inputs(n_features=500)], n_hidden=20)
    fits += [
        fit
        for i in range(1, 30)
        for fit in make_fits(1, [make_inputs(n_features=500)], n_hidden=20, max_iter=i)
    ]
    tracemalloc.start()
    _together.fit_group(fits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < planned_bytes(fits)
    assert len({fit.network.n_iter_ for fit in fits}) == 29


@pytest.mark.parametrize("limit", ["STEP_BYTES", "GROUP_BYTES"])
def test_groups_are_cut_where_memory_ends(limit, monkeypatch):
    fits = make_fits(10, [make_inputs()])
    assert sizes_of_groups(fits) == [10]
    one = _together.step_bytes(fits[0].plan.run)
    if limit == "GROUP_BYTES":
        one += _together.other_bytes(fits[0].plan.run)
    monkeypatch.setattr(_together, limit, 4 * one)
    assert sizes_of_groups(fits) == [4, 4, 2]


def test_rows_that_must_be_copied_count(monkeypatch):
    inputs = [make_inputs(n_samples=4000, seed=seed) for seed in range(4)]
    source_bytes = inputs[0].X.nbytes + 4000 * 8
    fits = make_fits(8, inputs, batch_size=2000)
    fits.sort(key=lambda fit: fit.number % 4)
    monkeypatch.setattr(_together, "GROUP_BYTES", planned_bytes(fits[:6]))
    assert sizes_of_groups(fits) == [6, 2]
    monkeypatch.setattr(_together, "GROUP_BYTES", planned_bytes(fits[:2]) + source_bytes)
    assert sizes_of_groups(fits) == [2, 2, 2, 2]
    monkeypatch.setattr(_together, "GROUP_BYTES", planned_bytes(fits[:2]))
    assert sizes_of_groups([fits[0], fits[2]]) == [1, 1]


def test_a_network_that_is_too_large_is_trained_alone(monkeypatch):
    monkeypatch.setattr(_together, "GROUP_BYTES", 1)
    assert sizes_of_groups(make_fits(3, [make_inputs()])) == [1, 1, 1]


def test_different_kinds_are_gathered_at_the_same_time():
    inputs = [make_inputs()]
    narrow, wide = make_fits(6, inputs), make_fits(6, inputs, n_hidden=8)
    mixed = [fit for pair in zip(narrow, wide, strict=True) for fit in pair]
    assert sizes_of_groups(mixed) == [6, 6]


def test_networks_that_train_alone_are_not_gathered(monkeypatch):
    monkeypatch.setattr(lazy, "FIXED_COST", 0)
    fits = iter(make_fits(3, [make_inputs(n_features=40, sparse=True)], batch_size=2))
    groups = _together.cut_into_groups(fits)
    assert len(next(groups)) == 1
    assert len(list(fits)) == 2  # these have not been asked for yet


@pytest.mark.parametrize("cut", [1, 3, 10])
def test_networks_do_not_depend_on_how_they_are_cut(cut, monkeypatch):
    X, y = make_data("multiclass")
    inputs = [FitInput(X, y)]
    fits = make_fits(10, inputs, early_stopping=True)
    monkeypatch.setattr(_together, "STEP_BYTES", cut * _together.step_bytes(fits[0].plan.run))
    for group in _together.cut_into_groups(fits):
        _together.fit_group(group)
    for fit in fits:
        solo = ShallowNNClassifier(
            n_hidden=4, max_iter=4, batch_size=10, early_stopping=True, random_state=fit.number
        )
        solo.fit(X, y)
        assert fit.network.n_iter_ == solo.n_iter_
        np.testing.assert_allclose(fit.network.coefs_[0], solo.coefs_[0], rtol=1e-9, atol=1e-12)


def test_fits_to_the_same_input_share_its_rows():
    fits = make_fits(3, [make_inputs()])
    first = fits[0].plan.run.data
    for fit in fits:
        data = fit.plan.run.data
        assert data.X.source is first.X.source
        assert data.targets is first.targets
        assert data.source == first.source
    assert_array_equal(first.targets[:, 0] > 0, np.arange(40) % 2)


def test_networks_that_wait_for_others_like_them_are_bounded_too(monkeypatch):
    inputs = make_inputs(n_samples=400, n_features=20)
    params = {"early_stopping": True, "validation_fraction": 0.5}
    fits = [make_fits(1, [inputs], beta_1=0.5 + i / 100, **params)[0] for i in range(20)]
    assert sizes_of_groups(fits) == [1] * 20
    n_bytes = _together.waiting_bytes(fits[0].plan.run)
    monkeypatch.setattr(_together, "GROUP_BYTES", 12 * n_bytes)
    assert 2 * planned_bytes(fits[:1]) < 12 * n_bytes
    seen = []
    groups = _together.cut_into_groups(seen.append(fit) or fit for fit in fits)
    n_ended = 0
    for group in groups:
        n_ended += len(group)
        assert len(seen) - n_ended <= 12
    assert n_ended == 20
