"""What a type checker knows of the public API; mypy itself runs over ``typed_script.py`` in CI."""

import inspect
import re
from importlib.resources import files
from typing import Literal, get_args, get_origin, get_type_hints

import matplotlib.pyplot as plt
import pytest

import sknn_scratch
from sknn_scratch import ShallowNNClassifier, ShallowNNEnsembleClassifier, ShallowNNRegressor
from sknn_scratch._core.activations import ACTIVATIONS
from sknn_scratch._core.optimizers import SOLVERS
from sknn_scratch._core.parameters import INIT_SCALES
from sknn_scratch._core.schedules import SCHEDULES
from sknn_scratch._targets.numbers import NUMBER_LOSSES
from tests import typed_script


def own_functions(item):
    """Yield the functions of ours that a public class or function consists of, by their names."""
    if not inspect.isclass(item):
        yield item.__name__, item
        return
    for cls in item.__mro__:
        if cls.__module__.startswith("sknn_scratch"):
            for name, value in vars(cls).items():
                function = getattr(value, "fget", None) or inspect.unwrap(getattr(cls, name))
                is_ours = str(getattr(function, "__module__", "")).startswith("sknn_scratch")
                if is_ours and inspect.isroutine(function) and (name[0] != "_" or name == "__init__"):
                    yield f"{cls.__name__}.{name}", getattr(function, "__func__", function)


NAMES = {
    "activation": ACTIVATIONS,
    "init_scale": INIT_SCALES,
    "solver": ["auto", *SOLVERS],
    "learning_rate_schedule": ["auto", *SCHEDULES],
    "loss": NUMBER_LOSSES,
}


def test_everything_public_is_annotated():
    for item in sknn_scratch.__all__:
        for name, function in own_functions(getattr(sknn_scratch, item)):
            parameters = inspect.signature(function).parameters.keys() - {"self", "cls"}
            assert get_type_hints(function).keys() == parameters | {"return"}, name


@pytest.mark.parametrize("cls", [ShallowNNClassifier, ShallowNNEnsembleClassifier])
def test_fitted_attributes_have_types(cls):
    attributes = inspect.getdoc(cls).split("Attributes\n----------\n")[1].partition("\n\n")[0]
    documented = re.findall(r"^(\w+) : ", attributes, flags=re.MULTILINE)
    properties = {name for name in documented if isinstance(getattr(cls, name, None), property)}
    assert set(documented) - properties <= get_type_hints(cls).keys()


@pytest.mark.parametrize("name", NAMES)
def test_the_names_in_types_are_those_of_the_registries(name):
    annotation = get_type_hints(ShallowNNRegressor.__init__)[name]
    literals = [one for one in (annotation, *get_args(annotation)) if get_origin(one) is Literal]
    assert [get_args(one) for one in literals] == [tuple(NAMES[name])]


def test_type_checkers_are_told_that_there_are_types():
    assert files(sknn_scratch).joinpath("py.typed").is_file()


def class_of(annotation):
    """Give the class behind a generic, or behind an alias, which NDArray is from NumPy 2.5."""
    origin = get_origin(annotation)
    return annotation if origin is None else class_of(getattr(origin, "__value__", origin))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_typed_script_runs_and_its_types_are_right(monkeypatch, capsys):
    claims = []
    monkeypatch.setattr(typed_script, "assert_type", lambda value, claimed: claims.append((value, claimed)))
    typed_script.main()
    plt.close("all")
    assert "not converged: " in capsys.readouterr().out
    assert len(claims) > 20
    for value, claimed in claims:
        assert isinstance(value, class_of(claimed))
