"""Print what to install for the lowest or the newest versions that pyproject.toml allows.

python .ci/requirements.py lowest
"""

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
BOUNDS = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["project"]["optional-dependencies"]["plot"]]
TOOLS = PYPROJECT["dependency-groups"]["test"]
OF_THEIR_TIME = ["pyparsing==3.2.0"]  # Matplotlib 3.9 calls what later ones deprecate; warnings are errors


def name_of(requirement):
    """Cut off the version."""
    return re.split("[=>]", requirement)[0]


def lowest():
    """Each bound as a pin; the test tools as pinned, but for those that the package bounds itself."""
    bounded = {name_of(bound) for bound in BOUNDS}
    return [
        *(bound.replace(">=", "==") for bound in BOUNDS),
        *(tool for tool in TOOLS if name_of(tool) not in bounded),
        *OF_THEIR_TIME,
    ]


def newest():
    """No versions, so that pip takes the newest."""
    return sorted({name_of(requirement) for requirement in [*BOUNDS, *TOOLS]})


if __name__ == "__main__":
    print(*{"lowest": lowest, "newest": newest}[sys.argv[1]](), sep="\n")
