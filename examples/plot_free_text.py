"""
Notes in a table
================

A company notes its calls with customers, and some of these leave. ``tabular_pipeline``
reads such notes as free text: :class:`~sknn_scratch.TextEncoder` makes 30 components of
them. We compare this with the notes as categories.

Needs ``pip install ".[plot]" pandas``.
"""

# %%
# The notes
# ---------
# We make up 1,200 customers. Some talk of leaving, in several ways, and leave more
# often. Hardly two notes are the same.

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n = 1200
unhappy = ["want to cancel", "asked how to cancel", "thinks about leaving us"]
content = ["happy with the service", "wants an upgrade", "asked for an invoice"]
is_unhappy = rng.random(n) < 0.3
notes = [
    f"{rng.choice(unhappy if one else content)}; called {rng.integers(1, 99)} times, "
    f"line {rng.integers(90)}"
    for one in is_unhappy
]
customers = pd.DataFrame({"notes": notes, "fee": rng.gamma(4, 10, n).round(2)})
chance = np.where(is_unhappy, 0.8, 0.1 + 0.2 * (customers["fee"] > 40))
status = np.where(rng.random(n) < chance, "left", "stayed")
print(customers.head(3).to_string())

# %%
# The notes as text
# -----------------
# ``fit`` recognises free text: it has several words, and is different in most rows. The
# report of the first step says what became of each column.

from sknn_scratch import EffectsDisplay, tabular_pipeline

model = tabular_pipeline(random_state=0).fit(customers[:800], status[:800])
report = pd.DataFrame(model["columns"].report_)
print(report[["column", "kind", "n_features", "became"]].to_string(index=False))

# %%
# ``kinds`` overrules what ``fit`` recognises. As categories, nearly all notes are too
# rare to tell anything of another row.

from sklearn.model_selection import cross_val_score

for kind in ("text", "categories"):
    scores = cross_val_score(
        tabular_pipeline(random_state=0, kinds={"notes": kind}),
        customers,
        status,
        scoring="neg_log_loss",
        cv=3,
    )
    print(
        f"log-loss of held-out rows with the notes as {kind}: {-scores.mean():.3f}"
    )

# %%
# Which column matters
# --------------------
# The panel of a column of text has its most frequent texts, and all others together.

display = EffectsDisplay.from_estimator(
    model, customers[800:], status[800:], random_state=0
)

path = Path("figures", "free_text.png")
path.parent.mkdir(exist_ok=True)
display.figure_.savefig(path, dpi=150)
print(f"Figure saved to {path}")
