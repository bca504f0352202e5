"""A model of a raw table in a file of skops; test_onnx.py has ONNX, and test_mlflow.py MLflow."""

import re

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


def test_a_model_of_a_raw_table_predicts_the_same_from_its_file(model, tmp_path):
    skops.io.dump(model, tmp_path / "model.skops")
    again = skops.io.load(tmp_path / "model.skops", trusted=TRUSTED_TYPES)
    assert_array_equal(again.predict(TABLE), model.predict(TABLE))


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
