"""Draw the pictures of the results: python benchmarks/picture.py.

One shows the first table of ``results/tabular.md``: time against log-loss, one point for each model. The
other shows the first table of ``results/sizes.md``: loss and time against the number of rows, one line for
each model.
"""

from itertools import accumulate
from pathlib import Path
from statistics import fmean
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt

from quote import tables_of

STATIC = Path(__file__).parents[1] / "docs" / "_static"
OURS, OUR_NETWORK = "tabular_pipeline", "ShallowNNClassifier, scaled"
BLACK, GREY = "#000000", "#767676"
LINES = {
    OURS: {"color": BLACK, "lw": 2},
    OUR_NETWORK: {"color": BLACK, "lw": 2, "ls": "--"},
    "without noise": {"color": GREY, "lw": 1, "ls": ":"},
}
# Of a name at the end of a line, as a share of the height of the axes.
LINE_HEIGHT = 0.065


def draw_tables() -> None:
    """Draw time against log-loss, and save it."""
    ((_, (head, *rows)), *_) = tables_of("tabular")
    loss, seconds = (
        next(i for i, name in enumerate(head) if name.startswith(start)) for start in ("log-loss", "CPU s")
    )
    figure, ax = plt.subplots(figsize=(6.8, 4), layout="constrained")
    for row in rows:
        color = BLACK if row[0] == OURS else GREY
        x, y = float(row[seconds]), float(row[loss])
        ax.plot(x, y, "o", color=color, markersize=9 if row[0] == OURS else 7)
        below = {"xytext": (0, -8), "ha": "center", "va": "top"}
        above = {"xytext": (0, 7), "ha": "center", "va": "bottom"}
        beside = {"xytext": (9, -3), "ha": "left", "va": "center", "weight": "bold"}
        place = {OURS: beside, OUR_NETWORK: below}.get(row[0], above)
        ax.annotate(row[0].replace(", ", ",\n"), (x, y), textcoords="offset points", color=color, **place)
    ax.set(xscale="log", xlabel="CPU time of a fit (s): less is better")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylabel("log-loss / that of the class shares:\nless is better")
    ax.grid(alpha=0.3)
    ax.margins(x=0.15, y=0.15)
    figure.savefig(STATIC / "tables.png", dpi=200)


def draw_sizes() -> None:
    """Draw loss and time against the number of rows, and save it."""
    ((_, (head, *rows)), *_) = tables_of("sizes")
    figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.6))
    figure.subplots_adjust(left=0.06, right=0.81, bottom=0.15, top=0.92, wspace=0.95)
    titles = {"loss": "log-loss / that of the class shares", "CPU s": "CPU time of a fit (s)"}
    for ax, (what, title) in zip(axes, titles.items(), strict=True):
        ax.set(
            xscale="log",
            yscale="linear" if what == "loss" else "log",
        )
        ax.set_xlabel("training rows", size=9)
        ax.set_title(title, loc="left", size=9)
        ax.tick_params(labelsize=8)
        ax.grid(alpha=0.3)
        ends = {}
        for i, name in enumerate(head[2:], start=2):
            cells = [(row[1], row[i]) for row in rows if row[0] == what and row[i] != "-"]
            if cells:
                x, y = (
                    [float(cell.replace(",", "")) for cell in column] for column in zip(*cells, strict=True)
                )
                ax.plot(x, y, **LINES.get(name, {"color": GREY, "lw": 1}))
                ends[name] = x[-1], y[-1]
        ax.autoscale_view()
        label_ends(ax, ends)
    figure.savefig(STATIC / "sizes.png", dpi=200)


def label_ends(ax: Any, ends: dict[str, tuple[float, float]]) -> None:
    """Write the names of lines to the right of their ends, so far apart that they do not overlap."""
    ordered = sorted(ends.items(), key=lambda item: item[1][1])
    to_axes = ax.transData + ax.transAxes.inverted()
    heights = [to_axes.transform(end)[1] for _, end in ordered]
    moved_up = list(accumulate(heights, lambda last, height: max(height, last + LINE_HEIGHT)))
    moved_down = list(accumulate(reversed(heights), lambda last, height: min(height, last - LINE_HEIGHT)))
    for (name, end), *pair in zip(ordered, moved_up, reversed(moved_down), strict=True):
        ax.annotate(
            name.removesuffix(", scaled"),
            end,
            xytext=(1.07, fmean(pair)),
            textcoords="axes fraction",
            color=LINES.get(name, {"color": GREY})["color"],
            size=8,
            va="center",
            arrowprops={"arrowstyle": "-", "color": "#bbbbbb", "lw": 0.6, "shrinkA": 1, "shrinkB": 2},
        )


if __name__ == "__main__":
    draw_tables()
    draw_sizes()
