"""Draw the picture of the public tables: python benchmarks/picture.py.

It shows the first table of ``results/tabular.md``: time against log-loss, one point for each model.
"""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt

from quote import tables_of

PICTURE = Path(__file__).parents[1] / "docs" / "_static" / "tables.png"
OURS = "tabular_pipeline"


def draw() -> None:
    """Draw the picture, and save it."""
    ((_, (head, *rows)), *_) = tables_of("tabular")
    loss, seconds = (
        next(i for i, name in enumerate(head) if name.startswith(start)) for start in ("log-loss", "CPU s")
    )
    figure, ax = plt.subplots(figsize=(6.8, 4), layout="constrained")
    for row in rows:
        color = "#000000" if row[0] == OURS else "#767676"
        x, y = float(row[seconds]), float(row[loss])
        ax.plot(x, y, "o", color=color, markersize=9 if row[0] == OURS else 7)
        below = {"xytext": (0, -8), "ha": "center", "va": "top"}
        above = {"xytext": (0, 7), "ha": "center", "va": "bottom"}
        beside = {"xytext": (9, -3), "ha": "left", "va": "center", "weight": "bold"}
        place = {OURS: beside, "ShallowNNClassifier, scaled": below}.get(row[0], above)
        ax.annotate(row[0].replace(", ", ",\n"), (x, y), textcoords="offset points", color=color, **place)
    ax.set(xscale="log", xlabel="CPU time of a fit (s): less is better")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylabel("log-loss / that of the class shares:\nless is better")
    ax.grid(alpha=0.3)
    ax.margins(x=0.15, y=0.15)
    figure.savefig(PICTURE, dpi=200)


if __name__ == "__main__":
    draw()
