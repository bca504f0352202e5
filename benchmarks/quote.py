"""Quote results: python benchmarks/quote.py updates the tables of the README, and the page of comparisons.

These two are read in the repository too, so they have the numbers themselves. The other pages call
``measured`` while the site is built. So every quoted number is a number in ``results/``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parents[1] / "README.md"
COMPARISON = Path(__file__).parents[1] / "docs" / "comparison.md"
# A number, between a comment with the arguments of ``measured`` and one that ends it.
NUMBER = re.compile(r"(<!-- ([^;>]*); ([^;>]*); ([^;>]*); ([^;>]*) -->)[^<]*(?=<!-- end -->)")
TASKS = (
    "digits, same settings",
    "digits, defaults",
    "breast cancer, same settings",
    "breast cancer, defaults",
)
CLASSIFIERS = (
    "MLPClassifier",
    "LogisticRegression",
    "RandomForestClassifier",
    "HistGradientBoostingClassifier",
)


def measured(question: str, table: str, row: str, column: str) -> str:
    """Quote a cell of a table: the first number in it, and its sign.

    Parameters
    ----------
    question : str
        The file is ``results/<question>.md``.
    table, row, column : str
        How the title of the table, the row and the head of the column begin. The cells of a row are one text,
        with commas between them.

    Returns
    -------
    text : str
        Such as "8.45×"; without the best time and the standard deviation that may follow.
    """
    for title, (head, *rows) in tables_of(question):
        if title.startswith(table):
            for cells in rows:
                if ", ".join(cells).startswith(row):
                    position = next(i for i, name in enumerate(head) if name and name.startswith(column))
                    return re.split(r" \(| ± ", cells[position])[0]
    raise LookupError(f"results/{question}.md has no row {row!r} in a table {table!r}.")


def tables_of(question: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield the title and the rows of each table, the head first."""
    markdown = (RESULTS / f"{question}.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", markdown, flags=re.MULTILINE)[1:]:
        lines = [line for line in section.splitlines() if line.startswith("|") and "---" not in line]
        yield section.splitlines()[0], [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def tables() -> Iterator[str]:
    """Yield the lines of the README's table of public tables."""
    ((_, (head, *rows)), *_) = tables_of("tabular")
    columns = ("log-loss", "accuracy", "mean rank", "CPU s")
    places = [next(i for i, name in enumerate(head) if name.startswith(column)) for column in columns]
    yield "| | log-loss | accuracy | mean rank by log-loss | CPU time of a fit |"
    yield "|---|---:|---:|---:|---:|"
    for row in rows:
        *cells, seconds = (row[place] for place in places)
        yield " | ".join([f"| {row[0]}", *cells, f"{seconds} s"]) + " |"


def search() -> Iterator[str]:
    """Yield the lines of the README's table of searches."""
    columns = ("VectorizedGridSearchCV", "GridSearchCV", "GridSearchCV of MLPClassifier")
    yield "| | `VectorizedGridSearchCV` | `GridSearchCV` of the same | `GridSearchCV` of `MLPClassifier` |"
    yield "|---|---:|---:|---:|"
    for precision in ("float64", "float32"):
        ours, *others = (measured("search", "12 candidates", precision, column) for column in columns)
        yield " | ".join([f"| {precision}", f"{ours} s", *others]) + " |"


def quality() -> Iterator[str]:
    """Yield the lines of the README's table of times and accuracies."""
    yield "| | fit, ms | MLPClassifier | accuracy | MLPClassifier |"
    yield "|---|---:|---:|---:|---:|"
    for task in TASKS:
        ours, theirs = f"{task}, sknn", f"{task}, MLP"
        places = ((ours, "fit"), (theirs, "time"), (ours, "accuracy"), (theirs, "accuracy"))
        yield " | ".join([f"| {task}", *(measured("quality", "Fit time", *place) for place in places)]) + " |"


def defaults() -> Iterator[str]:
    """Yield the lines of the README's table of classifiers."""
    columns = ("log-loss", "accuracy", "training", "not converged")
    yield "| | log-loss | accuracy | training, s | not converged |"
    yield "|---|---:|---:|---:|---:|"
    for name, row in (("ShallowNNClassifier", "defaults"), *zip(CLASSIFIERS, CLASSIFIERS, strict=True)):
        cells = [measured("defaults", "", row, column) for column in columns]
        yield " | ".join([f"| `{name}`", *cells]) + " |"


def quoted(markdown: str) -> str:
    """Write the tables between their comments anew."""
    for table in (tables, quality, defaults, search):
        begin, end = f"<!-- {table.__name__} -->\n", f"<!-- end of {table.__name__} -->"
        before, _, rest = markdown.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise LookupError(f"There is no place for the table {table.__name__}.")
        markdown = before + begin + "\n" + "\n".join(table()) + "\n\n" + end + after
    return markdown


def with_numbers(markdown: str) -> str:
    """Write the numbers between their comments anew."""
    return NUMBER.sub(lambda match: match[1] + measured(*match.groups()[1:]), markdown)


if __name__ == "__main__":
    for page, update in ((README, quoted), (COMPARISON, with_numbers)):
        page.write_text(update(page.read_text(encoding="utf-8")), encoding="utf-8")
