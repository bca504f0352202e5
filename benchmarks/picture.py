"""Draw the pictures of the results: python benchmarks/picture.py.

One shows the first table of ``results/tabular.md``: time against log-loss, one point for each model. A model
that is much worse than the others is at the upper edge, with its log-loss. The other shows the first table of
``results/sizes.md``: loss and time against the number of rows, one line for each model.
"""

from itertools import accumulate
from pathlib import Path
from statistics import fmean
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.text import Annotation

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
# Where a name may stand beside its point, in points; the first free place is taken.
PLACES = (
    {"xytext": (9, 0), "ha": "left", "va": "center"},
    {"xytext": (-9, 0), "ha": "right", "va": "center"},
    {"xytext": (0, 8), "ha": "center", "va": "bottom"},
    {"xytext": (0, -9), "ha": "center", "va": "top"},
    {"xytext": (0, -20), "ha": "center", "va": "top"},
)


def draw_tables() -> None:
    """Draw time against log-loss, and save it."""
    ((_, (head, *rows)), *_) = tables_of("tabular")
    loss, seconds = (
        next(i for i, name in enumerate(head) if name.startswith(start)) for start in ("log-loss", "CPU s")
    )
    points = {row[0]: (float(row[seconds]), float(row[loss])) for row in rows}
    losses = [loss for _, loss in points.values()]
    top = 1.25 * float(np.median(losses))
    figure, ax = plt.subplots(figsize=(6.8, 4), layout="constrained")
    ax.set(xscale="log", xlabel="CPU time of a fit (s): less is better", ylim=(0.92 * min(losses), top))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylabel("log-loss / that of the class shares:\nless is better")
    ax.grid(alpha=0.3)
    ax.margins(x=0.2)
    for name, (time, height) in points.items():
        color, size = ("#000000", 9) if name == OURS else ("#767676", 7)
        marker, shown = ("o", height) if height < top else ("^", 0.985 * top)
        ax.plot(time, shown, marker, color=color, markersize=size)
    figure.canvas.draw()
    taken = [np.array(ax.transData.transform((time, min(height, top)))) for time, height in points.values()]
    boxes = [mpl.transforms.Bbox.from_extents(*(place - 8), *(place + 8)) for place in taken]
    for name, (time, height) in sorted(points.items(), key=lambda point: point[0] != OURS):
        text = name if height < top else f"{name}: {height:.2f}"
        style = {"color": "#000000", "weight": "bold"} if name == OURS else {"color": "#767676"}
        for place in PLACES:
            label = ax.annotate(
                text, (time, min(height, 0.985 * top)), textcoords="offset points", **place, **style
            )
            if is_free(label, boxes):
                break
            label.remove()
        boxes.append(label.get_window_extent())
    figure.savefig(STATIC / "tables.png", dpi=200)


def is_free(label: Annotation, boxes: list[mpl.transforms.Bbox]) -> bool:
    """Tell whether a name is in the axes and on no other name or point."""
    box = label.get_window_extent()
    inside = label.axes.bbox.contains(box.x0, box.y0) and label.axes.bbox.contains(box.x1, box.y1)
    return inside and not box.count_overlaps(boxes)


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
