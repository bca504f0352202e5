"""A model of a raw table in files of joblib and skops; test_onnx.py has ONNX, and test_mlflow.py MLflow."""

import re

import joblib
import pytest
import skops.io
from numpy.testing import assert_array_equal
from sklearn.exceptions import InconsistentVersionWarning

from sknn_scratch import TRUSTED_TYPES, tabular_pipeline
from tests.helpers import table_of_all_kinds

pytestmark = pytest.mark.filterwarnings("ignore")  # skops warns of its own code

TABLE, Y = table_of_all_kinds()


@pytest.fixture(scope="module")
def model():
    return tabular_pipeline("regressor", n_networks=2, random_state=0).fit(TABLE, Y)


def by_joblib(model, directory):
    joblib.dump(model, directory / "model.joblib")
    return joblib.load(directory / "model.joblib")


def by_skops(model, directory):
    skops.io.dump(model, directory / "model.skops")
    return skops.io.load(directory / "model.skops", trusted=TRUSTED_TYPES)


@pytest.mark.parametrize("through", [by_joblib, by_skops])
def test_a_model_of_a_raw_table_predicts_the_same_from_its_file(through, model, tmp_path):
    assert_array_equal(through(model, tmp_path).predict(TABLE), model.predict(TABLE))


def test_the_names_to_trust_are_those_of_the_file_and_no_others_of_ours(model):
    in_file = set(skops.io.get_untrusted_types(data=skops.io.dumps(model)))
    assert in_file <= set(TRUSTED_TYPES)
    assert all(
        re.fullmatch(r"builtins\.frozenset|sknn_scratch\.(columns\.)?[A-Z]\w+", one) for one in TRUSTED_TYPES
    )


def test_a_skops_file_of_another_version_warns(model, monkeypatch):
    monkeypatch.setattr("sknn_scratch._estimators.pickles.__version__", "0.0.1")
    written = skops.io.dumps(model)
    monkeypatch.undo()
    with pytest.warns(InconsistentVersionWarning, match="TableEncoder from version 0.0.1 when using version"):
        skops.io.loads(written, trusted=TRUSTED_TYPES)
