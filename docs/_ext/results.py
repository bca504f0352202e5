"""Replace a comment on the performance page by the tables of the benchmarks, folded."""

import re
from pathlib import Path

# The most important questions first; results that are not named come last.
ORDER = (
    "tabular",
    "steps",
    "predict",
    "overhead",
    "search",
    "quality",
    "small_data",
    "many_rows",
    "regression",
    "tiny",
    "growth",
    "recording",
    "anatomy",
    "threads",
    "memory",
)
ELSEWHERE = {"defaults"}  # on a page of their own
PLACE = "<!-- results -->"
RESULTS = "../benchmarks/results"


def include_results(app, page, source):
    """Write an include for each file of results that is not on another page."""
    if PLACE in source[0]:
        files = [file for file in Path(app.srcdir, RESULTS).glob("*.md") if file.stem not in ELSEWHERE]
        files.sort(key=place_of)
        includes = [f"```{{include}} {RESULTS}/{file.name}\n:heading-offset: 1\n```\n" for file in files]
        source[0] = source[0].replace(PLACE, "\n".join(includes))


def place_of(file):
    """Give the sort key of a file of results."""
    return (ORDER.index(file.stem) if file.stem in ORDER else len(ORDER), file.stem)


def arrange(app, path, page, content):
    """Fold each table away below its title, and keep a number and the sign after it in one line."""
    if Path(app.srcdir, RESULTS).resolve() == Path(app.srcdir, path).resolve().parent:
        introduction, *tables = re.split(r"^## ", content[0], flags=re.MULTILINE)
        folded = "".join(f":::{{dropdown}} {table}\n:::\n\n" for table in tables)
        content[0] = re.sub(r"(?<=\d) (?=%)| (?=± )|(?<=±) ", "\N{NO-BREAK SPACE}", introduction + folded)


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", include_results)
    app.connect("include-read", arrange)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
