"""Fold the tables of the benchmarks away, where a page includes them."""

import re
from pathlib import Path

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def fold_tables(app, path, page, content):
    """Fold each table away below its title, and keep a number and the sign after it in one line."""
    if RESULTS in Path(app.srcdir, path).resolve().parents:
        introduction, *tables = re.split(r"^## ", content[0], flags=re.MULTILINE)
        folded = "".join(f":::{{dropdown}} {table}\n:::\n\n" for table in tables)
        content[0] = re.sub(r"(?<=\d) (?=%)| (?=± )|(?<=±) ", "\N{NO-BREAK SPACE}", introduction + folded)


def setup(app):
    """Register with Sphinx."""
    app.connect("include-read", fold_tables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
