"""Put the tables of the benchmarks, as many as there are, in the place of a comment on their page."""

from pathlib import Path

PLACE = "<!-- results -->"
RESULTS = "../benchmarks/results"


def include_results(app, page, source):
    """Write an include for each file of results."""
    if PLACE in source[0]:
        files = sorted(Path(app.srcdir, RESULTS).glob("*.md"))
        includes = [f"```{{include}} {RESULTS}/{file.name}\n:heading-offset: 1\n```\n" for file in files]
        source[0] = source[0].replace(PLACE, "\n".join(includes))


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", include_results)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
