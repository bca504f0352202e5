"""Draw the pictures of the results: python benchmarks/picture.py.

``tables.png`` has the loss and the time of each model on the public tables, ``tables_narrow.png`` the same
for a phone, ``sizes.png`` loss and time against the number of rows for each table, ``speed.png`` how many
times as long as ours others take, and ``penguins.png`` what a model has learned of penguins.
"""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator

from quote import fingerprint, measured, position, table_of, tables_of
from sknn_scratch import EffectsDisplay, tabular_pipeline
from sknn_scratch.datasets import load_penguins

STATIC = Path(__file__).parents[1] / "docs" / "_static"
OURS, OUR_NETWORK = "tabular_pipeline", "ShallowNNClassifier, scaled"
BLACK, GREY = "#000000", "#767676"
LINEAR = {"color": GREY, "ls": ":", "lw": 1.8}
# What a name begins with: the label of the line in the picture of sizes, and its style.
LINES = {
    OURS: (OURS, {"color": BLACK, "lw": 2.2}),
    "ShallowNN": ("ShallowNN, scaled", {"color": BLACK, "ls": "--", "lw": 1.6}),
    "CatBoost": ("CatBoost", {"color": GREY, "marker": "o"}),
    "LightGBM, early": ("LightGBM, early stopping", {"color": GREY, "marker": "v", "mfc": "#ffffff"}),
    "LightGBM": ("LightGBM", {"color": GREY, "marker": "^"}),
    "HistGradientBoosting": ("HistGradientBoosting", {"color": GREY, "marker": "s", "mfc": "#ffffff"}),
    "LogisticRegression": ("linear model", LINEAR),
    "Ridge": ("linear model", LINEAR),
    "MLP": ("MLP of scikit-learn", {"color": GREY, "marker": "x", "ls": "--"}),
    "without noise": ("without noise", {"color": GREY, "ls": (0, (1, 3))}),
}
TABLES_SIDE_BY_SIDE = 3
MLP = "MLPClassifier"
MARKERS = {
    MLP: {"marker": "o", "color": BLACK},
    "PyTorch, 1 thread": {"marker": "s", "color": GREY},
    "skorch": {"marker": "^", "color": BLACK, "mfc": "#ffffff"},
}
SPEED = {
    "fit the digits, defaults": {MLP: ("quality", "Fit", "digits, defaults, MLP", "time")},
    "fit breast cancer, defaults": {MLP: ("quality", "Fit", "breast cancer, defaults, MLP", "time")},
    "search 12 candidates, 5 folds": {MLP: ("search", "12", "float64", "GridSearchCV of MLP")},
    "search 100 candidates, 5 folds": {MLP: ("search", "100", "float64", "GridSearchCV of MLP")},
    **{
        f"a training step: {work}": {
            rival: ("steps", "A training step in float64", work, rival) for rival in MARKERS
        }
        for work in ("tiny", "digits", "table", "mnist-like")
    },
}


def draw_tables(name: str, shape: tuple[int, int], size: tuple[float, float]) -> None:
    head, *rows = table_of("tabular", "Classes: means")
    loss, seconds = position(head, "log-loss"), position(head, "CPU s")
    rows = sorted(rows, key=lambda row: -float(row[loss]))
    models = [row[0] for row in rows]
    figure, grid = plt.subplots(*shape, figsize=size, sharey=True, layout="constrained")
    axes = grid.ravel()
    labels = {loss: "log-loss, relative: less is better", seconds: "CPU time of a fit, s: less is better"}
    for ax, (column, label) in zip(axes, labels.items(), strict=True):
        values = np.array([float(row[column]) for row in rows])
        most = np.inf if column == seconds else 1.3 * np.median(values)
        for height, (model, value) in enumerate(zip(models, values, strict=True)):
            color = BLACK if model in (OURS, OUR_NETWORK) else GREY
            ax.plot(min(value, most), height, "o" if value <= most else ">", color=color, ms=7)
            if value > most:
                ax.annotate(f"{value:.2f}", (most, height), (-8, 0), textcoords="offset points", ha="right",
                            va="center", size=8, color=GREY)  # fmt: skip
        ax.set_xlabel(label, size=9)
        ax.grid(alpha=0.3)
        ax.tick_params(labelsize=9)
    axes[1].set_xscale("log")
    axes[1].xaxis.set_major_formatter("{x:g}")
    axes[0].set_yticks(range(len(models)), models)
    for text in [text for ax in axes for text in ax.get_yticklabels()]:
        text.set_weight("bold" if text.get_text() == OURS else "normal")
    save(figure, name)


def draw_sizes() -> None:
    """Draw loss and time against the number of rows, below each other, and the tables side by side."""
    tables = [table for table in tables_of("sizes") if table[1][0][1] == "rows"]
    bands = [tables[i : i + TABLES_SIDE_BY_SIDE] for i in range(0, len(tables), TABLES_SIDE_BY_SIDE)]
    figure = plt.figure(figsize=(9.6, 4.6 * len(bands)))
    for part, band in zip(figure.subfigures(len(bands), squeeze=False).flat, bands, strict=True):
        part.subplots_adjust(left=0.065, right=0.82, bottom=0.1, top=0.93, wspace=0.25, hspace=0.12)
        grid = part.subplots(2, TABLES_SIDE_BY_SIDE, sharex="col")
        for what, row in zip(("loss", "CPU s"), grid, strict=True):
            lines = [draw_lines(ax, what, rows) for ax, (_, rows) in zip(row, band, strict=False)]
            label_ends(row[len(band) - 1], lines[-1])
            for ax, ends in zip(row, lines[:-1], strict=False):
                label_lines(ax, {label: end for label, end in ends.items() if label not in lines[-1]})
        for ax, (title, _) in zip(grid[0], band, strict=False):
            ax.set_title(title, loc="left", size=9)
        for ax in grid[:, len(band) :].flat:
            ax.remove()
        grid[0, 0].set_ylabel("relative loss: less is better", size=9)
        grid[1, 0].set_ylabel("CPU time of a fit, s", size=9)
        part.supxlabel("training rows", size=9)
    save(figure, "sizes")


def draw_lines(ax: Any, what: str, table: list[list[str]]) -> dict[str, tuple[float, float]]:
    """Draw a line for each model; return where they end, by label."""
    head, *rows = table
    ends = {}
    for i, name in enumerate(head[2:], start=2):
        points = [
            (float(row[1].replace(",", "")), float(row[i].replace(",", "")))
            for row in rows
            if row[0] == what and row[i] != "-"
        ]
        if points:
            label, style = next(LINES[start] for start in LINES if name.startswith(start))
            ax.plot(*zip(*points, strict=True), **{"lw": 1, "ms": 4.5, **style})
            ends[label] = points[-1]
    ax.set(xscale="log", yscale="log")
    ax.margins(y=0.12)  # room for labels of lines
    if what == "loss":
        ax.yaxis.set_major_locator(MaxNLocator(5))
        ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter("{x:g}")
    ax.tick_params(labelsize=8)
    ax.grid(alpha=0.3)
    return ends


def label_ends(ax: Any, ends: dict[str, tuple[float, float]]) -> None:
    """Write the labels of lines beside the axes, evenly spaced, in the order of their ends."""
    ordered = sorted(ends.items(), key=lambda item: item[1][1])
    for (label, end), height in zip(ordered, np.linspace(0.04, 0.96, len(ends)), strict=True):
        ax.annotate(
            label,
            end,
            xytext=(1.08, height),
            textcoords="axes fraction",
            size=8,
            va="center",
            arrowprops={"arrowstyle": "-", "color": "#999999", "lw": 0.6, "relpos": (0, 0.5), "shrinkB": 2},
        )


def label_lines(ax: Any, ends: dict[str, tuple[float, float]]) -> None:
    for label, end in ends.items():
        ax.annotate(label, end, (0, -4), textcoords="offset points", ha="right", va="top", size=8)


def draw_speed() -> None:
    """Draw how many times as long as ours others take."""
    figure, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
    for rival, marker in MARKERS.items():
        points = [
            (float(measured(*of[rival]).rstrip("×")), task) for task, of in SPEED.items() if rival in of
        ]
        ax.plot(*zip(*points, strict=True), ls="", label=rival, **marker)
    ax.axvline(1, color="black")
    ax.set(xscale="log", xlim=(0.8, 60), xlabel="time divided by that of sknn_scratch")
    ax.set_xticks([1, 2, 5, 10, 20, 50], labels=["1", "2", "5", "10", "20", "50"])
    ax.minorticks_off()
    ax.invert_yaxis()
    ax.grid(alpha=0.3)
    figure.legend(loc="outside upper center", ncols=3, handletextpad=0)
    save(figure, "speed")


def save(figure: Any, name: str) -> None:
    """Save a picture of results, with their fingerprint: a test sees if they have changed."""
    figure.savefig(STATIC / f"{name}.png", dpi=200, metadata={"Source": fingerprint(name)})


def draw_effects() -> None:
    """Draw what a model has learned of penguins."""
    penguins = load_penguins().dropna(subset="body_mass_g")
    mass = penguins.pop("body_mass_g")
    model = tabular_pipeline("regressor", random_state=0).fit(penguins, mass)
    display = EffectsDisplay.from_estimator(model, penguins, mass, max_columns=5, random_state=0)
    display.figure_.set_size_inches(9.6, 5)
    display.figure_.savefig(STATIC / "penguins.png", dpi=150)


if __name__ == "__main__":
    draw_effects()
    draw_tables("tables", (1, 2), (7.6, 3.8))
    draw_tables("tables_narrow", (2, 1), (4.2, 6.6))
    draw_sizes()
    draw_speed()
