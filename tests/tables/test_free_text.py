"""Free text: which columns it is, its components, and what works with them."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from sknn_scratch import EffectsDisplay, ShallowNNClassifier, TextEncoder, diagnose, tabular_pipeline
from sknn_scratch._tables import text_encoder
from tests.helpers import peak_memory, warnings_of

N = 300
RNG = np.random.default_rng(0)
LEAVES = RNG.random(N) < 0.4
STAYS = ["happy with the service", "wants an upgrade", "asked for an invoice"]
GOES = ["want to cancel", "asked to cancel", "thinks about leaving"]
NOTES = [f"{RNG.choice(GOES if one else STAYS)}; called {RNG.integers(1, 99)} times" for one in LEAVES]
X = pd.DataFrame({"notes": [*NOTES[:-6], *[None, ""] * 3], "age": RNG.integers(18, 80, N)})
Y = np.where(LEAVES, "goes", "stays")


def short_model():
    return tabular_pipeline(ShallowNNClassifier(8, alpha=0.1, random_state=0))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_as_the_output_of_all_transformers(library):
    expected = short_model().fit(X, Y).predict_proba(X)
    with config_context(transform_output=library):  # scikit-learn reads polars as float64
        assert_allclose(short_model().fit(X, Y).predict_proba(X), expected, atol=1e-4)


TITLES = [f"{one} of the {other}" for one in "ABCDEFGH" for other in range(20)]
COLUMNS = {
    "notes": (NOTES, "text"),
    "mostly missing": ([*NOTES[:60], *[None] * 240], "text"),
    "names of two words": ([f"name {number}" for number in range(N)], "categories"),
    "titles in several rows": (TITLES * 2, "categories"),
    "few titles": (TITLES[:40], "categories"),
    "long categories": (STAYS * 100, "categories"),
    "dates": ([f"January {1 + i % 28}, {1900 + i % 99}" for i in range(N)], "dates"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_free_text_has_several_words_and_is_different_in_most_rows(name):
    values, kind = COLUMNS[name]
    table = pd.DataFrame({"x": values, "i": range(len(values))})
    encoder = tabular_pipeline()["columns"]
    warnings_of(lambda: encoder.fit(table))
    assert encoder.kinds_["x"] == kind
    assert encoder.set_params(kinds={"x": "text"}).fit(table).kinds_["x"] == "text"


def test_the_components_are_those_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(text_encoder, "TEXTS_AT_ONCE", 7)
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), dtype=np.float32)
    expected = TruncatedSVD(5, random_state=0).fit_transform(vectorizer.fit_transform(NOTES))
    encoder = TextEncoder(5).fit([*NOTES, None])
    encoded = encoder.transform([None, *NOTES])
    assert encoded.dtype == np.float32
    assert_allclose(encoded[1:] * encoder.scale_ + encoder.mean_, expected, atol=1e-3)
    assert_array_equal(encoded[0], 0)
    assert_allclose(encoded[1:].var(axis=0).mean(), 1, rtol=1e-4)
    assert list(encoder.get_feature_names_out(["note"])[:2]) == ["note1", "note2"]
    assert_array_equal(encoder.transform([None]), np.zeros((1, 5)))  # one row alone, without text


def test_few_texts_have_fewer_components_and_a_vectorizer_may_be_given():
    words = TfidfVectorizer(dtype=np.float32)
    encoder = TextEncoder(vectorizer=words).fit(["a good film", "a bad film", None])
    assert encoder.transform(["good"]).shape == (1, 2)
    assert set(encoder.vectorizer_.vocabulary_) == {"good", "bad", "film"}
    assert not hasattr(words, "vocabulary_")
    assert_allclose(TextEncoder().fit(["the same"] * 3).transform(["the same"]), 0, atol=1e-6)
    one_run = pd.DataFrame({"x": ["a", None] * 9})
    assert tabular_pipeline(kinds={"x": "text"})["columns"].fit_transform(one_run).shape == (18, 2)


def test_missing_texts_may_be_nan():
    notes = pd.Series([None if text == "" else text for text in X["notes"]])
    encoded = TextEncoder(5).fit_transform(notes.tolist())
    for same in (notes, notes.fillna(np.nan), notes.astype("category"), notes.to_numpy()):
        assert_array_equal(TextEncoder(5).fit_transform(same), encoded)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (X[["notes"]], "X has 2 dimensions, but TextEncoder takes one column"),
        ("a text", "X has 0 dimensions"),
        (["a text", 3], "X must have strings, and None where there is no text, got 3"),
    ],
)
def test_what_is_no_column_of_text_is_an_error(texts, message):
    for call in (TextEncoder().fit, TextEncoder().fit(NOTES).transform):
        with pytest.raises(ValueError, match=message):
            call(texts)


def test_the_order_of_texts_does_not_change_the_components(monkeypatch):
    monkeypatch.setattr(text_encoder, "MOST_TEXTS", 200)
    in_order, shuffled = (TextEncoder(20).fit(texts) for texts in (NOTES, RNG.permutation(NOTES)))
    assert_array_equal(in_order.components_, shuffled.components_)
    assert_array_equal(in_order.transform(NOTES), shuffled.transform(NOTES))


def test_the_memory_of_many_texts_is_bounded(monkeypatch):
    monkeypatch.setattr(text_encoder, "MOST_TEXTS", 100)
    monkeypatch.setattr(text_encoder, "TEXTS_AT_ONCE", 100)
    few, many = NOTES, NOTES * 4
    encoder = TextEncoder(4).fit(NOTES)
    for work in (encoder.fit, encoder.transform):
        assert peak_memory(lambda texts=many, work=work: work(texts)) < 2 * peak_memory(
            lambda texts=few, work=work: work(texts)
        )


def test_what_a_pipeline_does_works_with_text():
    model = short_model().fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    columns = model["columns"]
    names = columns.get_feature_names_out()
    assert list(names[-30:]) == [f"notes_text{number}" for number in range(1, 31)]
    assert "notes_missing" in names
    report = columns.report_[0]
    assert (report["kind"], report["became"]) == ("text", "numbers: missing; components: text1 to text30")
    assert sum(one["n_features"] for one in columns.report_) == len(names)
    assert columns.transform(X).shape == (N, len(names))
    assert columns.transform(X.assign(notes=3.0)).shape == (N, len(names))
    assert diagnose(model, X, Y).checks
    display = EffectsDisplay.from_estimator(model, X, Y, random_state=0)
    assert display.importances_["notes"] > 0.3 > display.importances_["age"]
    panel = display.axes_[1 + display.columns.index("notes")]
    assert max(len(label.get_text()) for label in panel.get_xticklabels()) < 30
    model.set_params(columns__text__n_components=3).fit(X, Y)
    few = model["columns"].get_feature_names_out()
    assert list(few[-3:]) == [f"notes_text{number}" for number in range(1, 4)]


def test_a_table_of_text_alone_has_components_alone():
    encoder = tabular_pipeline()["columns"]
    encoded = encoder.fit_transform(pd.DataFrame({"notes": NOTES}))
    assert_array_equal(encoded, encoder.transform(pd.DataFrame({"notes": NOTES})))
    assert encoded.shape == (N, 30)
    assert encoded.dtype == np.float32
