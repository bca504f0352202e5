"""The project's tasks. ``nox -l`` lists them, and ``nox -s lint`` runs one.

A task makes the environment that it needs, with the Python that runs nox, and needs no other task.
"""

import os
import re
import shutil
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv"  # installs in a tenth of pip's time
nox.options.reuse_venv = "yes"
os.environ["MPLBACKEND"] = "Agg"
os.environ["UV_SYSTEM_CERTS"] = "1"  # trust what the system trusts, as pip does
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # uv leaves it to the first import to compile a module

PROJECT = nox.project.load_toml("pyproject.toml")
BOUNDS = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["plot"]]
TOOLS = nox.project.dependency_groups(PROJECT, "test")
PREVIOUS = "scikit-learn==1.8.*"
PYPARSING = "pyparsing==3.2.0"  # Matplotlib 3.9 calls what later ones deprecate; warnings are errors
# OpenBLAS 0.3.34 crashes with an older kernel where the machine has AVX-512: its issue 6026.
SAFE_KERNELS = "numpy<2.5.2"
NIGHTLY = "https://pypi.anaconda.org/scientific-python-nightly-wheels/simple"
EXAMPLES = {
    path.as_posix(): path.read_text(encoding="utf-8") for path in sorted(Path("examples").glob("*.py"))
}
NEEDS = {name: re.search(r"^Needs ``pip install (.*)``", code, re.M)[1] for name, code in EXAMPLES.items()}


@nox.session(venv_backend="none")
def try_it(session):
    """Run the README's two commands, which are written there and nowhere else."""
    readme = Path("README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*", readme, re.M)
    if len(commands) != 2:
        session.error(f"README.md must have two lines that start with 'python3 -m venv', not {commands}.")
    quick_start, suite = commands
    printed = session.run("bash", "-c", quick_start, silent=True)
    session.log(printed)
    shown = re.search(r"^The quick start ends with\n\n```text\n(.*?)```", readme, re.M | re.S)[1]
    last = "".join(printed.splitlines(keepends=True)[-shown.count("\n") :])
    if not alike(last, shown):
        session.error(f"README.md says that the quick start ends with\n{shown}")
    session.run("bash", "-c", suite)


@nox.session
def lint(session):
    """Check format, style, types, the rules of imports, and the workflows."""
    session.install("-e.", "--group", "lint")
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")
    session.run(
        "pyright", "--pythonpath", shutil.which("python", path=session.bin), "tests/typed_mistakes.py"
    )
    session.run("actionlint", *map(str, Path(".github/workflows").glob("*.yml")))


@nox.session
def package(session):
    """Build what is published, into dist/. The wheel alone must be enough to import it."""
    session.install("--group", "package")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    built = list(map(str, Path("dist").iterdir()))
    session.run("twine", "check", "--strict", *built)
    session.install("--force-reinstall", *(name for name in built if name.endswith(".whl")))
    session.run("python", "-P", "-c", "import sknn_scratch; print(sknn_scratch.__file__)")


@nox.session
def docs(session):
    """Build the site, check its links, and open every page in headless Chromium."""
    session.install("-e.", "--group", "docs")
    fonts = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")  # of docs/zh/conf.py
    if not (shutil.which("chromium") and shutil.which("chromedriver") and fonts.is_file()):
        # Only root can install them.
        session.run("apt-get", "update", "-qq", external=True)
        packages = ["chromium", "chromium-driver", "fonts-noto-cjk"]
        session.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, external=True)
    # In one process: a fork after the threads of BLAS and OpenMP have started may hang.
    sphinx = ["python", "-m", "sphinx", "-W", "--keep-going"]
    for source, site in (("docs", "docs/_build/html"), ("docs/zh", "docs/_build/html/zh")):
        session.run(*sphinx, "-E", "-b", "html", source, site)
        # The slides are made of what has been read.
        chapters = map(str, sorted(Path(source, "tutorial").glob("[0-9]*.md")))
        read = ["-d", f"{site}/.doctrees"]
        session.run(*sphinx, "-b", "revealjs", *read, source, f"{site}/slides", *chapters)
    session.run("python", "docs/check_site.py", "docs/_build/html")
    session.run("pytest", "tests/site")


@nox.session
@nox.parametrize("needs", sorted(set(NEEDS.values())))
def examples(session, needs):
    """Run every example, with only what it says that it needs."""
    session.install(*needs.replace('"', "").split())
    for name in EXAMPLES:
        if NEEDS[name] == needs:
            printed = session.run("python", name, silent=True)
            session.log(printed)
            figures = re.findall(r"^Figure saved to (.*)", printed, re.M)
            draws = re.search("Display|matplotlib", EXAMPLES[name])
            if (draws and not figures) or not all(Path(figure).is_file() for figure in figures):
                session.error(f"{name} draws, but did not save the figures that it names: {figures}.")


@nox.session
def recipes(session):
    """Test what works with other packages (ONNX, MLflow, SHAP, ...), with these packages."""
    session.install("-e.[onnx]", "--group", "recipes")
    session.run("pytest", "tests/recipes", "sknn_scratch/onnx")


@nox.session
def kernels(session):
    """Run the numerically sensitive tests with every BLAS kernel that the machine can run."""
    session.install("-e.", "--group", "test", SAFE_KERNELS)
    session.run("python", ".ci/kernels.py")


@nox.session(default=False)
def tests(session):
    """Run the suite with the pinned tools, on any system: nox -s tests -- tests/core -n 0."""
    session.install("-e.", "--group", "test")
    session.run("pytest", *session.posargs)


@nox.session
def lowest(session):
    """Run the suite with the lowest versions that pyproject.toml allows."""
    if sys.version_info >= (3, 13):
        session.skip("Python 3.13 and later have no wheels of the lowest versions.")
    suite_with(session, *(bound.replace(">=", "==") for bound in BOUNDS), PYPARSING)


@nox.session(default=False)
def previous(session):
    """Run the suite with the scikit-learn before the newest."""
    suite_with(session, PREVIOUS, SAFE_KERNELS)


@nox.session(default=False)
def newest(session):
    """Run the suite with the newest versions of everything."""
    suite_with(session, *map(name_of, [*BOUNDS, *TOOLS]))


@nox.session(default=False)
def nightly(session):
    """Run the suite with nightly builds of NumPy, SciPy and scikit-learn."""
    suite_with(session, *map(name_of, [*BOUNDS, *TOOLS]), "--pre", "--extra-index-url", NIGHTLY)


def suite_with(session, *pins):
    """Run the suite with some versions, and for the rest with the pinned tools."""
    pinned = {name_of(pin) for pin in pins}
    session.install("-e.[plot]", *pins, *(tool for tool in TOOLS if name_of(tool) not in pinned))
    session.run("uv", "pip", "list", external=True)
    session.run("pytest")


def alike(printed, shown):
    """Compare the words, and the accuracy to 0.01: a processor may round another row over the edge."""
    words, expected = (re.split(r"[\d.]+", text) for text in (printed, shown))
    accuracy, other = (float(re.search(r"\d\.\d+", text)[0]) for text in (printed, shown))
    return words == expected and abs(accuracy - other) < 0.01


def name_of(requirement):
    """Cut off the version."""
    return re.split("[=>]", requirement)[0]
