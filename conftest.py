"""Options of pytest, and how it finds doctests."""

import inspect
import re
from doctest import DocTestFinder
from importlib.util import find_spec

collect_ignore = [] if find_spec("skl2onnx") else ["sknn_scratch/onnx"]

is_from_module = DocTestFinder._from_module


def is_from_its_own_module(finder, module, item):
    """Whether a module defines an item: of a public class, only the source can say so."""
    if inspect.isclass(item) and item.__module__ == "sknn_scratch":
        return re.search(rf"^class {item.__name__}\b", inspect.getsource(module), re.MULTILINE) is not None
    return is_from_module(finder, module, item)


DocTestFinder._from_module = is_from_its_own_module


def pytest_addoption(parser, pluginmanager):
    """Let the suite run without pytest-xdist: then its options in pyproject.toml have no effect."""
    if not pluginmanager.hasplugin("xdist"):
        for option in ("--numprocesses", "--maxprocesses", "--dist"):
            parser.addoption(option)
