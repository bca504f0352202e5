"""
What has the network learned?
=============================

The hidden layer is called hidden because its values are not in the data. But you can
look at them: what each unit responds to, and how the units together make the boundary.

Needs ``pip install ".[plot]" pandas``.
"""

# %%
# Eight units, one boundary
# -------------------------
# A straight line cannot separate two interleaved half-moons. A network of eight tanh
# units can.

from sklearn.datasets import make_moons

from sknn_scratch import HiddenUnitsDisplay, ShallowNNClassifier

X, y = make_moons(300, noise=0.2, random_state=0)
clf = ShallowNNClassifier(
    8, "tanh", solver="lbfgs", alpha=0.1, max_iter=1000, random_state=0
)
clf.fit(X, y)
print(f"Training accuracy: {clf.score(X, y):.3f}")

boundary = HiddenUnitsDisplay.from_estimator(clf, X, y)

# %%
# Each small map is one hidden unit: a straight cut through the plane, soft or sharp.
# The arrow shows which class a high value speaks for. The output is a sum of the cuts.
# The curved boundary is where the sum changes its sign.
#
# ``transform`` returns the hidden values themselves:

hidden = clf.transform(X)
print(f"Shape {hidden.shape}, values from {hidden.min():.2f} to {hidden.max():.2f}")

# %%
# More than two features
# ----------------------
# You can choose any two features for the map. The others have their median. In a
# pipeline, the axes have the units of the data: here centimetres, although the network
# gets scaled features.

from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

iris = load_iris(as_frame=True)
species = iris.target_names[iris.target]
network = ShallowNNClassifier(
    6, "relu", solver="lbfgs", max_iter=1000, random_state=0
)
pipe = make_pipeline(StandardScaler(), network).fit(iris.data, species)

petals = ("petal length (cm)", "petal width (cm)")
flowers = HiddenUnitsDisplay.from_estimator(
    pipe, iris.data, species, features=petals
)

# %%
# The whole network
# -----------------
# This is the same network, drawn as in a textbook. A wider edge of a stronger colour
# has a larger weight.

from sknn_scratch import NetworkDisplay

diagram = NetworkDisplay.from_estimator(pipe)

# %%
# To keep the pictures
# --------------------

from pathlib import Path

Path("figures").mkdir(exist_ok=True)
for name, display in {
    "boundary": boundary,
    "flowers": flowers,
    "diagram": diagram,
}.items():
    path = Path("figures", f"inside_{name}.png")
    display.figure_.savefig(path, dpi=150)
    print(f"Figure saved to {path}")

# sphinx_gallery_thumbnail_box = (0, 0, 0.375, 1)
