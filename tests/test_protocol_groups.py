"""Rows that belong together: no choice of a fit has a group on both sides, and scikit-learn routes groups."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknn_scratch import (
    MeanEncoder,
    PiecewiseLinearEncoder,
    RelevantComponents,
    ShallowNNClassifier,
    ShallowNNRegressor,
    TableEncoder,
    tabular_pipeline,
)
from sknn_scratch._fitting.few_rows import trials_of
from sknn_scratch._fitting.inputs import FitInput, encode_data
from sknn_scratch._fitting.many_rows import TrialsOfMany
from sknn_scratch._fitting.observations import observations_of
from sknn_scratch._fitting.plan import network_of
from sknn_scratch._tables import ramps
from tests.fitting.cases import observe, parts_of_rows
from tests.helpers import NETWORKS, RecordingScorer

SMALL = {"n_hidden": 8, "random_state": 0}


def persons(n_persons=30, n_each=5, seed=0):
    """Rows of persons, in random order: X, with the number of the person first, y and names of persons."""
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(np.repeat(np.arange(n_persons), n_each))
    features = rng.normal(size=(n_persons, 4))
    X = np.column_stack([numbers, features[numbers] + 0.1 * rng.normal(size=(len(numbers), 4))])
    y = (features[:, 0] + 0.3 * rng.normal(size=n_persons) > 0).astype(int)[numbers]
    return X, y, np.array([f"person {one}" for one in numbers])


X, Y, NAMES = persons()
FEATURES = X[:, 1:]


# --- Parts ---


@pytest.mark.parametrize("n_parts", [2, 3, 5])
def test_each_group_is_in_one_part_and_each_class_in_all(n_parts):
    parts = parts_of_rows(X, Y, NAMES, n_parts)
    of_groups = np.unique(np.column_stack([NAMES, Y, parts]), axis=0)
    assert len(of_groups) == 30
    for label in "01":
        counts = np.unique(of_groups[of_groups[:, 1] == label, 2], return_counts=True)[1]
        assert len(counts) == n_parts
        assert np.ptp(counts) <= 1


def test_equal_rows_are_copies_only_in_one_group():
    twice = np.tile(np.arange(len(X)), 2)
    assert observe(X[twice], Y[twice], groups=NAMES[twice]).data.n_samples == len(X)
    assert observe(X[twice], Y[twice], groups=np.arange(len(twice))).data.n_samples == len(twice)


def test_a_class_that_only_one_group_has_stays_in_training():
    y = np.where(X[:, 0] == 7, 2, Y)
    y[np.flatnonzero(X[:, 0] == 8)[0]] = 3  # one row of a group, whose other rows have a usual class
    parts = parts_of_rows(X, y, NAMES, 3)
    assert_array_equal(parts == 3, np.isin(X[:, 0], [7, 8]))


# --- Rows that are held out ---


def numbers_in(data, rows=slice(None)):
    """Get the first feature, which numbers the persons: of wide, copied or other rows."""
    return set(data.X.source[rows, -X.shape[1]])


@pytest.mark.parametrize(("n_persons", "n_parts"), [(30, 9), (2, 6), (400, 5), (4, 4)])
def test_no_trial_has_a_group_on_both_sides(n_persons, n_parts):
    x, y, names = persons(n_persons, n_each=5 if n_persons in (30, 400) else 800 // n_persons)
    many = n_persons in (400, 4)
    model, encoded = ShallowNNRegressor(), encode_data(ShallowNNRegressor(), FitInput(x, y, groups=names))
    seen = observations_of(encoded.data, encoded)
    network = network_of(model, encoded)
    if many:
        trials = TrialsOfMany(seen, network, "auto", print)
        splits = [trials.split(part) for part in range(trials.n_parts)]
    else:
        trials = trials_of(seen, network, "auto")
        splits = trials.parts
    sides = [(numbers_in(train, train.rows), numbers_in(held_out)) for train, held_out in splits]
    assert len(sides) == n_parts
    for train, held_out in sides:
        assert not train & held_out
        assert len(train | held_out) == n_persons


def test_the_chance_between_two_alphas_is_of_groups():
    x, y, names = persons(n_persons=400)
    seen = observe(x, y, groups=names)
    trials = TrialsOfMany(seen, None, "auto", print)
    differences = np.random.default_rng(0).normal(size=400)[seen.numbers]
    trials.of = lambda alpha, pace: alpha * differences[trials.held_out]
    assert trials.n_held_out == 400
    of_persons = np.bincount(seen.numbers[trials.held_out], differences[trials.held_out])
    assert trials.chance_between(2.0, 1.0, None) == pytest.approx(20 * of_persons.std())


@pytest.mark.filterwarnings("ignore:The maximum number of epochs")
@pytest.mark.parametrize(("fraction", "n_groups"), [(0.1, 3), (5, 5)])
def test_rows_that_stop_early_are_of_other_groups(fraction, n_groups):
    scoring = RecordingScorer()
    params = {"early_stopping": True, "validation_fraction": fraction, "scoring": scoring, "max_iter": 1}
    ShallowNNClassifier(**SMALL, **params).fit(X, Y, groups=NAMES)
    held_out = np.unique(scoring.rows[0][:, 0], return_counts=True)
    assert_array_equal(held_out[1], [5] * n_groups)
    assert set(scoring.labels[0]) == {0, 1}


@pytest.mark.parametrize("encoder", [PiecewiseLinearEncoder("auto"), tabular_pipeline()["columns"]])
def test_the_trial_of_ramps_holds_out_whole_groups(encoder, monkeypatch):
    x, y, names = persons(n_persons=200)
    held_out = []

    def record(rows, targets, out, pieces):
        held_out.append((set(rows[out, 0]), set(rows[~out, 0])))
        return 1.0

    monkeypatch.setattr(ramps, "held_out_loss", record)
    encoder.fit(np.add(x, [0.5, 0, 0, 0, 0]), y, groups=names)  # no codes
    assert [len(out) for out, _ in held_out] == [50, 50]
    assert not any(out & others for out, others in held_out)


# --- Steps that use y ---


def test_no_mean_of_a_category_has_the_y_of_its_group():
    texts = np.column_stack([NAMES, np.where(X[:, 1] > 0, "a", "b")]).astype(object)
    encoded = MeanEncoder("continuous").fit_transform(texts, Y, groups=NAMES)
    assert len(np.unique(encoded[:, 0])) == 1  # nothing is known of a person from others
    persons_by_text = np.column_stack([NAMES, texts[:, 1]]).astype(str)
    with_means = np.column_stack([persons_by_text, encoded[:, 1]])
    assert len(np.unique(with_means, axis=0)) == len(np.unique(persons_by_text, axis=0))
    assert 2 < len(np.unique(encoded[:, 1])) <= 10  # two texts in five folds


def test_what_tells_nothing_of_other_groups_is_neither_code_nor_mean():
    x, y, names = persons(n_persons=60, n_each=20)
    half = np.arange(len(x)) % 4
    streets = [f"{name} {one}" for name, one in zip(names, half, strict=True)]
    table = pd.DataFrame({"number": x[:, 0], "street": streets})
    y = y + 0.1 * x[:, 1]
    encoders = OneHotEncoder(sparse_output=False, min_frequency=9, handle_unknown="infrequent_if_exist")
    encoder = TableEncoder(PiecewiseLinearEncoder(), encoders, MeanEncoder("continuous"))
    encoder.fit(table, y)
    assert (encoder.codes_, encoder.target_encoded_) == (["number"], ["street"])
    encoder.fit(table, y, groups=names)
    assert (encoder.codes_, encoder.target_encoded_) == ([], [])
    encoder.fit(table, y, groups=np.arange(len(x)) // 7)  # other groups, which share streets
    assert encoder.target_encoded_ == ["street"]


def test_more_of_the_relevance_counts_as_chance():
    alone, of_persons = (RelevantComponents().fit(FEATURES, Y, groups=groups) for groups in (None, NAMES))
    assert np.ptp(of_persons.scale_) < 0.9 * np.ptp(alone.scale_)


# --- Fits ---


@pytest.mark.parametrize("network", NETWORKS)
def test_groups_may_be_written_in_any_way(network):
    plain = network(**SMALL).fit(FEATURES, Y)
    expected = network(**SMALL).fit(FEATURES, Y, groups=NAMES)
    assert not np.array_equal(expected.alpha_path_["loss"], plain.alpha_path_["loss"])
    for groups in (pd.Series(NAMES), X[:, :1], (X[:, 0] - 5).tolist(), pd.Categorical(NAMES)):
        predicted = network(**SMALL).fit(FEATURES, Y, groups=groups).predict(FEATURES)
        assert_array_equal(predicted, expected.predict(FEATURES))


STEPS = [RelevantComponents(), PiecewiseLinearEncoder(), MeanEncoder()]
TAKERS = [*(network() for network in NETWORKS), tabular_pipeline("classifier"), *STEPS]


@pytest.mark.parametrize("taker", TAKERS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (NAMES[:-1], r"groups must have one value for each of the 150 rows of X, got the shape \(149,\)"),
        (np.column_stack([NAMES, NAMES]), r"got the shape \(150, 2\)"),
        (np.where(X[:, 0] == 7, np.nan, X[:, 0]), "5 of 150 values of groups are missing"),
        (np.where(X[:, 0] == 7, None, NAMES), "5 of 150 values of groups are missing"),
        (np.ones(150), "groups must have two different values or more.*got 1"),
    ],
)
def test_bad_groups(taker, groups, message):
    x = X.astype(object) if isinstance(taker, MeanEncoder) else X
    with pytest.raises(ValueError, match=message):
        taker.fit(x, Y, groups=groups)


# --- Metadata routing ---

ROUTED = [
    lambda: make_pipeline(StandardScaler(), ShallowNNClassifier(**SMALL)),
    lambda: tabular_pipeline("classifier", n_networks=1, **SMALL),
]


def request(model, groups):
    (model if hasattr(model, "set_fit_request") else model[-1]).set_fit_request(groups=groups)
    return model


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def losses_of(model):
    return model[-1].alpha_path_["loss"]


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("make", ROUTED)
@pytest.mark.parametrize("asks", [True, "default"])
def test_groups_reach_the_steps_of_pipelines_in_searches(make, asks):
    model = make() if asks == "default" else request(make(), asks)
    expected = losses_of(make().fit(FEATURES, Y, groups=NAMES))
    search = GridSearchCV(model, {}, cv=GroupKFold(2)).fit(FEATURES, Y, groups=NAMES)
    assert_array_equal(losses_of(search.best_estimator_), expected)
    params = {"params": {"groups": NAMES}, "cv": GroupKFold(2), "return_estimator": True}
    scores, folds = cross_validate(model, FEATURES, Y, **params), GroupKFold(2).split(FEATURES, Y, NAMES)
    for one, (train, _) in zip(scores["estimator"], folds, strict=True):
        alone = make().fit(FEATURES[train], Y[train], groups=NAMES[train])
        assert_array_equal(losses_of(one), losses_of(alone))


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("make", ROUTED)
def test_groups_reach_only_what_asks_for_them(make):
    search = GridSearchCV(request(make(), False), {}, cv=GroupKFold(2)).fit(FEATURES, Y, groups=NAMES)
    assert_array_equal(losses_of(search.best_estimator_), losses_of(make().fit(FEATURES, Y)))
    with pytest.raises(ValueError, match=r"\[groups\] are passed but are not explicitly set as requested"):
        GridSearchCV(request(make(), None), {}, cv=GroupKFold(2)).fit(FEATURES, Y, groups=NAMES)


def test_without_routing_a_tabular_pipeline_takes_groups_and_others_say_how():
    direct = tabular_pipeline("classifier", **SMALL).fit(FEATURES, Y, groups=NAMES)
    with config_context(enable_metadata_routing=True):
        routed = tabular_pipeline("classifier", **SMALL).fit(FEATURES, Y, groups=NAMES)
    assert_array_equal(losses_of(routed), losses_of(direct))
    to_step = make_pipeline(StandardScaler(), ShallowNNClassifier(**SMALL))
    with pytest.raises(ValueError, match="stepname__parameter"):
        to_step.fit(FEATURES, Y, groups=NAMES)
    to_step.fit(FEATURES, Y, shallownnclassifier__groups=NAMES)
    for model in (ShallowNNClassifier(), tabular_pipeline()):
        with pytest.raises(RuntimeError, match="enable_metadata_routing"):
            model.set_fit_request(groups=True)
