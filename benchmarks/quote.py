"""Quote results: python benchmarks/quote.py updates the tables of the README, and of the page of comparisons.

These two are read in the repository too, so they have the numbers themselves, between a comment with the name
of a table and a comment that ends it. The other pages call ``measured`` while the site is built. So every
quoted number is a number in ``docs/results``.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
PAGES = (ROOT / "README.md", ROOT / "docs" / "comparison.md")
# The results that the pictures of picture.py show.
PICTURES = {
    "tables": ["tabular"],
    "tables_narrow": ["tabular"],
    "sizes": ["sizes"],
    "speed": ["quality", "search", "steps"],
}


@dataclass(frozen=True)
class Quote:
    """A part of a table of results: how its title, its columns and its rows begin."""

    question: str
    table: str
    columns: Sequence[str]  # the page shows the whole heads
    rows: Sequence[str] = ("",)  # all

    def lines(self) -> Iterator[str]:
        """Write the table."""
        head, *rows = table_of(self.question, self.table)
        places = [0, *(position(head, column) for column in self.columns)]
        yield f"| {' | '.join(head[place] for place in places)} |"
        yield f"|---|{'---:|' * len(self.columns)}"
        for row in rows:
            if row[0].startswith(tuple(self.rows)):
                yield f"| {' | '.join(first_number(row[place]) for place in places)} |"


RANK_AND_TIME = ("mean rank", "best on", "CPU s")
OTHERS = ("MLP", "L", "Ridge", "RandomForest", "HistGradientBoosting")
QUOTES = {
    "tables": Quote("tabular", "Classes: means", ("log-loss", "accuracy", *RANK_AND_TIME, "log-loss minus")),
    "numbers": Quote("tabular", "Numbers: means", ("RMSE", "R2", *RANK_AND_TIME, "RMSE minus")),
    "quality": Quote("quality", "Fit time", ("classifier", "fit, ms", "time / ours", "accuracy")),
    "defaults": Quote(
        "defaults",
        "Classes: cross-validation",
        ("log-loss", "accuracy", "training, s", "not converged"),
        ("ShallowNNClassifier", *OTHERS),
    ),
    "regressors": Quote(
        "defaults",
        "Numbers: cross-validation",
        ("RMSE", "R2", "training, s", "not converged"),
        ("ShallowNN", *OTHERS),
    ),
    "search": Quote("search", "12 candidates", ("GridSearchCV", "GridSearchCV of MLPClassifier")),
}


def fingerprint(picture: str) -> str:
    """Compute a mark of the results that a picture shows, which the picture has in its file."""
    pages = [RESULTS / f"{question}.md" for question in PICTURES[picture]]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def measured(question: str, table: str, row: str, column: str) -> str:
    """Quote a cell of a table: the first number in it, such as "8.45×".

    The file is ``docs/results/<question>.md``. The others say how the title of the table, the row and the
    head of the column begin. The cells of a row are one text, with commas between them.
    """
    head, *rows = table_of(question, table)
    for cells in rows:
        if ", ".join(cells).startswith(row):
            return first_number(cells[position(head, column)])
    raise LookupError(f"docs/results/{question}.md has no row {row!r} in the table {table!r}.")


def table_of(question: str, start: str) -> list[list[str]]:
    for title, rows in tables_of(question):
        if title.startswith(start):
            return rows
    raise LookupError(f"docs/results/{question}.md has no table {start!r}.")


def tables_of(question: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield the title and the rows of each table, the head first."""
    markdown = (RESULTS / f"{question}.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", markdown, flags=re.MULTILINE)[1:]:
        lines = [line for line in section.splitlines() if line.startswith("|") and "---" not in line]
        yield section.splitlines()[0], [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def position(head: Sequence[str], column: str) -> int:
    return next(i for i, name in enumerate(head) if name and name.startswith(column))


def first_number(cell: str) -> str:
    """Leave out a best time and a standard deviation, but not an interval."""
    return re.split(r" \((?=[\d.]+×?\)$)| ± ", cell)[0]


def quoted(markdown: str) -> str:
    """Write the tables between their comments anew."""
    for name, quote in QUOTES.items():
        place = rf"(?<=<!-- {name} -->\n).*?(?=<!-- end of {name} -->)"
        table = "\n".join(["", *quote.lines(), "\n"])
        markdown = re.sub(place, lambda _, table=table: table, markdown, flags=re.DOTALL)
    return markdown


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(quoted(page.read_text(encoding="utf-8")), encoding="utf-8")
