"""
A file as people have it
========================

Writes ``customers.csv``: 1,200 offers to 400 customers, and whether they bought, as a
customer database exports them. Money has signs and units, dates have two spellings,
notes are text, values are missing, and one column was filled in after the sale.

Needs ``pip install . pandas``.
"""

import numpy as np
import pandas as pd

N_CUSTOMERS, N_OFFERS = 400, 1200


def make_customers(random_state=0):
    """Make the table, whose rows are offers; a customer has about three of them."""
    rng = np.random.default_rng(random_state)
    customer = rng.integers(N_CUSTOMERS, size=N_OFFERS)
    loyalty = rng.normal(size=N_CUSTOMERS)[customer]  # which no column shows
    income = np.exp(rng.normal(10.5, 0.5, N_CUSTOMERS))[customer]
    plan = rng.choice(["Basic", "basic ", "Plus", "Pro"], N_CUSTOMERS)[customer]
    city = rng.choice(["Oslo", "Lima", "Pune", "Kyiv"], N_CUSTOMERS)[customer]
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        rng.integers(700, size=N_OFFERS), "D"
    )
    price = np.exp(rng.normal(4, 0.6, N_OFFERS))
    is_upset = rng.random(N_OFFERS) < 0.2
    score = (
        1.5 * np.log(income / 36_000)
        - 1.2 * np.log(price / 55)
        + 0.8 * (plan == "Pro")
        + 0.9 * np.isin(day.month, [11, 12])
        - 1.5 * is_upset
        + 0.6 * loyalty
    )
    bought = rng.random(N_OFFERS) < 1 / (1 + np.exp(-1.5 * score))
    notes = {
        True: [
            "asked for a refund, angry",
            "complained about the delay",
            "angry call, refund",
        ],
        False: [
            "friendly call",
            "asked for the new catalogue",
            "no answer, call again",
        ],
    }
    is_new_form = rng.random(N_OFFERS) < 0.5
    table = pd.DataFrame(
        {
            "offer": [f"O-{number:05}" for number in rng.permutation(N_OFFERS)],
            "customer": [f"C{number:04}" for number in customer],
            "date": np.where(
                is_new_form, day.strftime("%Y-%m-%d"), day.strftime("%d.%m.%Y")
            ),
            "price": [f"${value:,.2f}" for value in price],
            "income": [f"{value / 1000:.1f}k" for value in income],
            "plan": plan,
            "city": city,
            "notes": [str(rng.choice(notes[bool(upset)])) for upset in is_upset],
            "invoice": np.where(
                bought, [f"${value:,.2f}" for value in price], None
            ),
            "bought": np.where(bought, "yes", "no"),
        }
    )
    for name, share in {"income": 0.15, "city": 0.05, "notes": 0.1}.items():
        table.loc[rng.random(N_OFFERS) < share, name] = None
    table.loc[rng.choice(N_OFFERS, 9, replace=False), "price"] = "on request"
    return table


if __name__ == "__main__":
    make_customers().to_csv("customers.csv", index=False)
    print("Wrote customers.csv")
