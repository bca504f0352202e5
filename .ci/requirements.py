"""Print what to install for the versions of a test run.

python .ci/requirements.py lowest    # the lowest versions that pyproject.toml allows
python .ci/requirements.py previous  # the scikit-learn before the newest, and otherwise what pip takes
python .ci/requirements.py newest    # the newest versions of everything
"""

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
BOUNDS = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["project"]["optional-dependencies"]["plot"]]
TOOLS = PYPROJECT["dependency-groups"]["test"]
PREVIOUS = "scikit-learn==1.8.*"
PYPARSING = "pyparsing==3.2.0"  # Matplotlib 3.9 calls what later ones deprecate; warnings are errors


def name_of(requirement):
    """Cut off the version."""
    return re.split("[=>]", requirement)[0]


def lowest():
    """Each bound as a pin; the test tools as pinned, but for those that the package bounds itself."""
    return with_tools([*(bound.replace(">=", "==") for bound in BOUNDS), PYPARSING])


def previous():
    """Pin scikit-learn, and the test tools as they are pinned."""
    return with_tools([PREVIOUS])


def with_tools(pins):
    """Add the test tools, but for those that have a pin of their own."""
    return [*pins, *(tool for tool in TOOLS if name_of(tool) not in {name_of(pin) for pin in pins})]


def newest():
    """No versions, so that pip takes the newest."""
    return sorted({name_of(requirement) for requirement in [*BOUNDS, *TOOLS]})


if __name__ == "__main__":
    print(*{"lowest": lowest, "previous": previous, "newest": newest}[sys.argv[1]](), sep="\n")
