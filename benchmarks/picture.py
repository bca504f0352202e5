"""Draw the picture of the public tables: python benchmarks/picture.py.

It shows the first table of ``results/tabular.md``: time against log-loss, one point for each model. A model
that is much worse than the others is at the upper edge, with its log-loss.
"""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.text import Annotation

from quote import tables_of

PICTURE = Path(__file__).parents[1] / "docs" / "_static" / "tables.png"
OURS = "tabular_pipeline"
# Where a name may stand beside its point, in points; the first free place is taken.
PLACES = (
    {"xytext": (9, 0), "ha": "left", "va": "center"},
    {"xytext": (-9, 0), "ha": "right", "va": "center"},
    {"xytext": (0, 8), "ha": "center", "va": "bottom"},
    {"xytext": (0, -9), "ha": "center", "va": "top"},
    {"xytext": (0, -20), "ha": "center", "va": "top"},
)


def draw() -> None:
    """Draw the picture, and save it."""
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
    figure.savefig(PICTURE, dpi=200)


def is_free(label: Annotation, boxes: list[mpl.transforms.Bbox]) -> bool:
    """Tell whether a name is in the axes and on no other name or point."""
    box = label.get_window_extent()
    inside = label.axes.bbox.contains(box.x0, box.y0) and label.axes.bbox.contains(box.x1, box.y1)
    return inside and not box.count_overlaps(boxes)


if __name__ == "__main__":
    draw()
