"""Draw the preview picture for links to the site: python docs/social.py."""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons

from sknn_scratch import HiddenUnitsDisplay, ShallowNNClassifier

PREVIEW = Path(__file__).parent / "_static" / "social.png"
WORDS = "Neural networks with one hidden layer, for scikit-learn, from scratch on NumPy"

if __name__ == "__main__":
    X, y = make_moons(400, noise=0.2, random_state=0)
    clf = ShallowNNClassifier(8, "tanh", solver="lbfgs", alpha=0.1, random_state=0).fit(X, y)
    figure = plt.figure(figsize=(12.8, 6.4), layout="constrained")
    words, maps = figure.subfigures(2, 1, height_ratios=[1, 2])
    words.text(
        0.5, 0.66, "sknn_scratch", fontsize=46, weight="bold", color="#005f94", ha="center", va="center"
    )
    words.text(0.5, 0.25, WORDS, fontsize=20, color="#333333", ha="center", va="center")
    axes = maps.subplots(1, 2, width_ratios=[1, 1.7])
    display = HiddenUnitsDisplay.from_estimator(clf, X, y, ax=axes)
    display.ax_.get_legend().remove()
    for ax in figure.axes:
        ax.set(xticks=[], yticks=[], xlabel="", ylabel="", title="")
        if ax.get_label() == "<colorbar>":
            ax.remove()
    figure.savefig(PREVIEW, dpi=100)
