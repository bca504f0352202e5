"""The report of a fit about the columns of its table."""

from collections import Counter

from sknn_scratch._causes.words import html_table
from sknn_scratch._tables.encoders import widths_of
from sknn_scratch._tables.remarks import lines_of

WIDEST_CELL = 32  # of the report as text
MOST_PARTS = 10  # of a column; of more, those of text, the first and the last are named
OF_ONE_LINE = 4  # the first fields, which HTML does not break


class ColumnsReport(list):  # type: ignore[type-arg]
    """A dict for each column of a table: print it, show it in a notebook, or make a data frame of it."""

    def __repr__(self):
        rows = [tuple(self[0]), *(tuple(map(str, one.values())) for one in self)]
        rows = [[cut(text) for text in row[:-1]] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [zip(row, widths, strict=True) for row in rows]
        table = ["  ".join(f"{text:<{width}}" for text, width in line).rstrip() for line in lines]
        return "\n".join(table + lines_of({one["column"]: one["remark"] for one in self if one["remark"]}))

    def _repr_html_(self):
        rows = [tuple(map(str, one.values())) for one in self]
        titles = tuple(self[0])
        return html_table(titles, rows, len(titles) - OF_ONE_LINE, "What became of the columns")


def cut(text):
    return text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 3] + "..."


def report_of(kinds, columns, encoders, remarks):
    """Describe the columns of a fit, from dicts by their names, and the Encoders: a dict for each."""
    inputs, widths, rare = {}, Counter(), encoders.rare
    for encoder, taken in encoders.inputs.items():
        n_features = widths_of(encoders.fitted[encoder], taken)
        for name, part in taken:
            inputs.setdefault(name, {}).setdefault(encoder, []).append(part.removeprefix("_"))
            widths[name] += n_features[name, part]
    return [
        {
            "column": name,
            "kind": kind.name,
            "read_from": kind.read_from(columns[name].type),
            "n_features": widths[name],
            "became": "; ".join(map(in_words, inputs.get(name, {}).items())),
            "lost": kind.lost(len(rare.get(name, ()))),
            "remark": remarks.get(name, ""),
        }
        for name, kind in kinds.items()
    ]


def in_words(encoder_and_parts):
    encoder, parts = encoder_and_parts
    parts = parts if len(parts) <= MOST_PARTS else [f"{parts[0]} to {parts[-1]}"]
    named = ", ".join(filter(None, parts))
    return f"{encoder}: {named}" if named else encoder
