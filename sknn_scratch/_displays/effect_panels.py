"""The panels of EffectsDisplay: importances, curves and bars."""

import textwrap
from itertools import pairwise

import numpy as np

from sknn_scratch._displays.plotting import GREY, class_colors, shorten, shorten_all

LONGEST_NAME, LONGEST_CATEGORY = 26, 11  # characters
LONGEST_LABEL, LETTERS_BESIDE = 60, 22  # characters, in all and in a line beside a panel
STRIP = 0.13  # height of the distribution of the rows, as a share of a panel
N_BARS = 30  # of the distribution
FEW_PLACES = 12  # up to this number, each has a dot
OUTER = 1  # percent of the rows at each end that are left out if this halves the range
MOST_LETTERS = 30  # in a line below a panel; with more, they are written aslant
GAP = 0.12  # between the numbers and the mark of missing ones, as a share of their range


def ink():
    """Name the colour of texts, which is readable on the background of the user's style."""
    from matplotlib import rcParams

    return rcParams["text.color"]


def draw_importances(ax, display):
    names = [one for one in display.importances_ if one in display.columns]
    means = [display.importances_[one] for one in names]
    spreads = [display.importances_std_[one] for one in names]
    labels = shorten_all(names, LONGEST_NAME)
    ax.barh(range(len(names)), means, 0.6, xerr=spreads, tick_label=labels, color=GREY, ecolor=ink())
    ax.invert_yaxis()
    share = f"{display.additive_share_:.0%}\nof the variance of the predictions."
    ax.set_xlabel(f"{display.importance_label}\n\nThe effects together explain {share}", fontsize="small")


def draw_effects(axes, display):
    effects = [display.effects_[one] for one in display.columns]
    values = [np.append(one["values"], one["networks"]) for one in effects]
    low, high = min(map(np.min, values)), max(map(np.max, values))
    margin = 0.06 * (high - low) or 1.0
    bottom = low - margin - STRIP / (1 - STRIP) * (high - low + 2 * margin)
    n_outputs = len(display.output_names)
    colors = class_colors(n_outputs) if n_outputs > 1 else [ink()]
    titles = shorten_all(display.columns, LONGEST_NAME)
    for ax, title, effect in zip(axes, titles, effects, strict=True):
        ax.axhline(0, color=GREY, lw=0.6, zorder=0)
        draw = draw_bars if effect["places"].dtype == object else draw_curves
        draw(ax, effect, colors)
        ax.set_ylim(bottom, high + margin)
        label_places(ax, effect["places"])
        value = "" if display.row is None else f" = {mark_row(ax, effect, colors, display.row)}"
        ax.set_title(title + value, fontsize="medium")
    axes[0].set_ylabel(textwrap.fill(shorten(display.effect_label, LONGEST_LABEL), LETTERS_BESIDE))


def draw_legend(ax, display):
    names = shorten_all(display.output_names, LONGEST_NAME)
    for name, color in zip(names, class_colors(len(names)), strict=True):
        ax.plot([], [], color=color, label=name)
    ax.legend(fontsize="small", handlelength=1.2, loc="best" if ax.axison else "center")


def draw_curves(ax, effect, colors):
    x, rows = coordinates(effect["places"]), coordinates(effect["rows"])
    low, high, beside = limits(rows)
    has_gap = np.isnan(x[-1])  # of missing ones, which have no place on a curve
    marker = "." if len(x) - has_gap <= FEW_PLACES else None
    for number, color in enumerate(colors):
        networks, values = effect["networks"][:, number], effect["values"][number]
        ax.plot(x, networks.T, color=color, lw=0.6, alpha=0.5)
        ax.plot(x, values, color=color, lw=1.8, marker=marker)
        if has_gap:
            ax.plot([beside] * len(networks), networks[:, -1], "_", color=color, alpha=0.5, ms=8)
            ax.plot(beside, values[-1], "D", color=color, ms=4.5)
    if has_gap:
        style = {"ha": "center", "va": "top", "size": "x-small", "transform": ax.get_xaxis_transform()}
        ax.text(beside, 0.98, "missing", **style)
    ax.set_xlim(low - 0.03 * (high - low), high + (2 * GAP if has_gap else 0.03) * (high - low))
    heights, edges = np.histogram(rows, N_BARS, (low, high))
    draw_distribution(ax, (edges[:-1] + edges[1:]) / 2, heights, edges[1] - edges[0])


def draw_bars(ax, effect, colors):
    places = np.arange(len(effect["places"]))
    width = 0.8 / len(colors)
    for number, color in enumerate(colors):
        x = places + (number - (len(colors) - 1) / 2) * width
        ax.bar(x, effect["values"][number], width, color=color if len(colors) > 1 else GREY)
        for values in effect["networks"][:, number]:
            ax.plot(x, values, "_", color=ink(), ms=5, mew=0.8)
    draw_distribution(ax, places, np.bincount(effect["rows"], minlength=len(places)), 0.8)


def draw_distribution(ax, x, heights, width):
    style = {"color": GREY, "alpha": 0.35, "linewidth": 0, "zorder": 0}
    ax.bar(x, STRIP * heights / max(1, heights.max()), width, transform=ax.get_xaxis_transform(), **style)


def mark_row(ax, effect, colors, row):
    """Mark where a row is on the curves or bars of a panel, and write its value."""
    x, rows = coordinates(effect["places"]), coordinates(effect["rows"])
    is_missing, is_known = np.isnan(rows[row]), ~np.isnan(x)
    across = limits(rows)[-1] if is_missing else rows[row]
    for values, color in zip(effect["values"], colors, strict=True):
        height = values[-1] if is_missing else np.interp(across, x[is_known], values[is_known])
        ax.plot(across, height, "o", color=color, mec=ink(), ms=7, mew=1.5, zorder=4)
    value = effect["rows"][row]
    text = text_of(effect["places"][value] if effect["places"].dtype == object else value)
    return shorten(text, LONGEST_CATEGORY)


def text_of(value):
    """Write a category, a date or a number; None, NaT and NaN are missing."""
    if value is None or value != value:
        return "missing"
    if isinstance(value, str):
        return value
    return str(value)[:10] if isinstance(value, np.datetime64) else f"{value:.4g}"


def coordinates(places):
    """Compute floats (n_places,) for numbers, dates (matplotlib's days) or categories; NaN is missing."""
    if places.dtype.kind == "M":
        from matplotlib.dates import date2num

        return date2num(places)
    return np.arange(len(places), dtype=float) if places.dtype == object else places.astype(float)


def limits(x):
    """Choose a range that has nearly all values (n_rows,), and the place of missing ones beside it."""
    low, inner_low, inner_high, high = np.nanpercentile(x, [0, OUTER, 100 - OUTER, 100])
    if inner_high - inner_low < (high - low) / 2 and inner_high > inner_low:
        low, high = inner_low, inner_high
    high = high if high > low else low + 1
    return low, high, high + GAP * (high - low)


def label_places(ax, places):
    from matplotlib import dates, ticker

    if places.dtype.kind == "M":
        locator = dates.AutoDateLocator(minticks=2, maxticks=6)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    elif places.dtype == object:
        names = shorten_all(map(text_of, places), LONGEST_CATEGORY)
        ax.set_xticks(range(len(names)), names, size="small")
        widest = max(len(one) + len(other) for one, other in pairwise([*names, ""]))
        if len(names) * widest > 2 * MOST_LETTERS:
            ax.tick_params("x", rotation=30)
            for text in ax.get_xticklabels():
                text.set(ha="right", rotation_mode="anchor")
    else:
        are_integers = bool((np.nan_to_num(places) % 1 == 0).all())
        ax.xaxis.set_major_locator(ticker.MaxNLocator(4, integer=are_integers))
