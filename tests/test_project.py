"""The project's own files: the README, the pinned tools, the maps of the modules."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

import sknn_scratch
from sknn_scratch import _core, _estimators, _fitting, _targets
from sknn_scratch._fitting.sklearn_versions import SUPPORTED

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PYPROJECT["dependency-groups"]


def test_links_of_the_readme_lead_to_files_and_are_absolute_on_pypi():
    assert all((ROOT / target).exists() for target in re.findall(r"\]\((?!https?:)(.*?)\)", README))
    repository, on_pypi = PYPROJECT["project"]["urls"]["Repository"], README
    for one in PYPROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        on_pypi = re.sub(one["pattern"], one["replacement"], on_pypi)
    targets = re.findall(r"\]\((.*?)\)", on_pypi)
    raw = repository.replace("github.com", "raw.githubusercontent.com")
    assert f"{repository}/blob/main/LICENSE" in targets
    assert f"{raw}/main/docs/_static/penguins.png" in targets
    assert all(target.startswith("https://") for target in targets)


def test_links_of_the_readme_to_the_site_have_a_source():
    site = PYPROJECT["project"]["urls"]["Documentation"]
    pages = re.findall(rf"\]\({site}(.*?)\)", README)
    assert len(pages) > 5
    assert all((ROOT / "docs" / (page or "index.html")).with_suffix(".md").is_file() for page in pages)


def test_tables_and_pictures_that_stand_in_pages_show_the_results():
    quote = runpy.run_path(ROOT / "benchmarks" / "quote.py")
    pages = [page.read_text(encoding="utf-8") for page in quote["PAGES"]]
    assert all(quote["quoted"](page) == page for page in pages), "run python benchmarks/quote.py"
    assert all(any(f"<!-- end of {name} -->" in page for page in pages) for name in quote["QUOTES"])
    for name in quote["PICTURES"]:
        picture = (ROOT / "docs" / "_static" / f"{name}.png").read_bytes()
        assert quote["fingerprint"](name).encode() in picture, "run python benchmarks/picture.py"


def test_the_citation_has_the_version_of_the_package():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {sknn_scratch.__version__}\n" in citation


@pytest.mark.parametrize("group", sorted(GROUPS.keys() - {"dev"}))
def test_tools_are_pinned(group):
    assert all("==" in requirement for requirement in GROUPS[group])


def test_the_previous_scikit_learn_is_the_one_before_the_newest():
    assert f'PREVIOUS = "scikit-learn=={SUPPORTED[-2]}.*"' in NOXFILE


def test_pre_commit_has_the_version_of_ruff_that_ci_has():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (version,) = re.findall(r"ruff-pre-commit\n    rev: v(\S+)", hooks)
    assert f"ruff=={version}" in GROUPS["lint"]


def test_the_conda_recipe_agrees_with_the_project():
    recipe = (ROOT / "conda" / "meta.yaml").read_text(encoding="utf-8")
    project = PYPROJECT["project"]
    listed = re.findall(r"^    - (\S+ >=\S+)$", recipe, re.MULTILINE)
    needed = [*PYPROJECT["build-system"]["requires"], *project["dependencies"]]
    assert listed == [requirement.replace(">=", " >=") for requirement in needed]
    assert f'version = "{sknn_scratch.__version__}"' in recipe
    assert f'python_min = "{project["requires-python"].removeprefix(">=")}"' in recipe
    assert f"summary: {project['description']}" in recipe
    assert f"name: {project['name']}\n" in recipe


def test_the_workflows_run_tasks_that_exist():
    workflows = [path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    tasks = {task for text in workflows for task in re.findall(r"bash \.ci/run -s (\w+)", text)}
    for listed in re.findall(r"task: \[(.+)\]", "".join(workflows)):
        tasks |= set(listed.split(", "))
    sessions = set(re.findall(r"^def (\w+)\(session", NOXFILE, re.MULTILINE))
    assert {"lint", "tests", "lowest", "nightly", "package"} <= tasks <= sessions


def modules_on(docstring):
    """List the modules that have a line on a map in a docstring, or are named in the line of another."""
    the_map = docstring[re.search("^The .*path", docstring, re.MULTILINE).start() :]
    lines = re.findall(r"^    (\w+) +(.*)", the_map, re.MULTILINE)
    return [name for first, rest in lines for name in (first, *re.findall(r"``(\w+)``", rest))]


@pytest.mark.parametrize("folder", [_core, _targets, _fitting, _estimators])
def test_each_module_is_on_the_map_of_its_folder(folder):
    modules = [path.stem for path in Path(folder.__file__).parent.glob("*.py") if path.stem != "__init__"]
    assert sorted(modules_on(folder.__doc__)) == sorted(modules)
