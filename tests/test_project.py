"""What the project's own files promise: the README's commands, the pinned tools, the source map."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]


def readme_commands(project):
    return subprocess.run(["bash", ".ci/run", "readme_commands"], cwd=project, capture_output=True, text=True)


def test_ci_runs_the_commands_of_the_readme():
    quickstart, tests = readme_commands(ROOT).stdout.splitlines()
    assert f"```bash\n{quickstart}\n```" in README  # each is a block of its own, to copy whole
    assert f"```bash\n{tests}\n```" in README
    assert quickstart.endswith("examples/plot_quickstart.py")
    assert tests.endswith("pytest")


@pytest.mark.parametrize("n_commands", [0, 1, 3])
def test_ci_refuses_a_readme_without_exactly_two_commands(tmp_path, n_commands):
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "README.md").write_text("# A readme\n" + "python3 -m venv .venv\n" * n_commands)
    finished = readme_commands(tmp_path)
    assert finished.returncode != 0
    assert "exactly two" in finished.stderr
    assert not finished.stdout


def test_each_command_of_the_readme_stands_alone():
    for command in readme_commands(ROOT).stdout.splitlines():
        make_environment, install, run = command.split(" && ")
        assert make_environment == "python3 -m venv .venv"
        (extras,) = re.fullmatch(r'\.venv/bin/pip install -q -e "\.\[(.+)\]"', install).groups()
        assert set(extras.split(",")) <= EXTRAS.keys()
        assert run.startswith(".venv/bin/python ")


@pytest.mark.parametrize("extra", ["test", "lint", "docs"])
def test_tools_are_pinned(extra):
    assert all("==" in requirement for requirement in EXTRAS[extra])


def test_every_module_is_on_the_source_map():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    package = ROOT / "sknn_scratch"
    modules = {path.relative_to(package).as_posix() for path in package.rglob("*.py")}
    assert modules <= set(re.findall(r"^\| `(.+?\.py)` \|", contributing, re.MULTILINE))
