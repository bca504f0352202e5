"""The drawings of the tutorial, as SVG with the colours of the page: light or dark.

Their words are English, and Chinese on the Chinese pages.
"""

import re
from html import escape
from itertools import pairwise

import numpy as np

from sknn_scratch._displays import plotting

# Of palette.css; a notebook, which does not have it, shows what figures have.
HIDDEN_LAYER = f"var(--hidden-layer, {plotting.HIDDEN_LAYER})"
OUTPUT_LAYER = f"var(--output-layer, {plotting.OUTPUT_LAYER})"
FAINT = 0.35
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
CHINESE = {
    "linear part": "线性部分",
    "activation": "激活函数",
    "units": "单元",
    "inputs": "输入",
    "samples": "样本",
    "× inputs": "× 输入",
    "× units": "× 单元",
    "× samples": "× 样本",
    "A row of Z belongs to one sample, a column to one neuron.": "Z 的每一行是一个样本，每一列是一个神经元。",
    "forward: values": "前向传播：值",
    "backward: errors": "反向传播：误差",
    "backward: slopes of the loss": "反向传播：损失的斜率",
    "plain": "普通下降",
    "momentum": "动量",
}
language = "en"  # docs/zh/conf.py sets it


class Drawing:
    """An SVG to which shapes are added.

    Parameters
    ----------
    width, height : int
        In pixels; on a phone it shrinks.
    """

    def __init__(self, width, height):
        self.size = width, height
        self.shapes = []

    def add(self, tag, **attributes):
        """Add a shape; an underscore in the name of an attribute is a hyphen."""
        written = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        self.shapes.append(f"<{tag}{written}/>")

    def text(self, x, y, text, size=15, anchor="middle", color="currentColor"):
        """Write, with the middle of the letters at y; what is in brackets after ^ is raised."""
        text = CHINESE.get(text, text) if language == "zh_CN" else text
        raised, back = f'dy="{-0.35 * size:g}" font-size="{0.7 * size:g}"', f'dy="{0.35 * size:g}"'
        spans = [
            part and f"<tspan {raised if i % 2 else back if i else ''}>{escape(part)}</tspan>"
            for i, part in enumerate(re.split(r"\^(\[\d\]|T)", str(text)))
        ]
        self.shapes.append(
            f'<text x="{x:g}" y="{y + 0.35 * size:g}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{color}">{"".join(spans)}</text>'
        )

    def line(self, start, end, color="currentColor", width=1.5, **attributes):
        """Draw a line."""
        (x1, y1), (x2, y2) = start, end
        places = {"x1": f"{x1:g}", "y1": f"{y1:g}", "x2": f"{x2:g}", "y2": f"{y2:g}"}
        self.add("line", stroke=color, stroke_width=f"{width:.2g}", **places, **attributes)

    def arrow(self, start, end, color="currentColor", width=1.5, head=8):
        """Draw a line with a head."""
        (x1, y1), (x2, y2) = start, end
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        dx, dy = head * (x2 - x1) / length, head * (y2 - y1) / length
        self.line(start, (x2 - dx, y2 - dy), color, width)
        points = [(x2, y2), (x2 - dx - dy / 2, y2 - dy + dx / 2), (x2 - dx + dy / 2, y2 - dy - dx / 2)]
        self.add("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), fill=color)

    def circle(self, x, y, radius, color="currentColor", fill="none", **attributes):
        """Draw a circle."""
        self.add("circle", cx=x, cy=y, r=radius, stroke=color, stroke_width=1.8, fill=fill, **attributes)

    def box(self, x, y, width, height, color, opacity):
        """Draw a filled rectangle with a thin edge."""
        self.add("rect", x=x, y=y, width=width, height=height, fill=color, fill_opacity=opacity,
                 stroke="currentColor", stroke_width=0.6)  # fmt: skip

    def node(self, x, y, text="", radius=19, color="currentColor"):
        """Draw a unit with its name."""
        self.circle(x, y, radius, color)
        self.text(x, y, text)

    def svg(self, title):
        """Return the SVG."""
        width, height = self.size
        head = f'viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{escape(title)}"'
        style = "max-width:100%;height:auto;font-family:inherit"
        return f'<svg xmlns="http://www.w3.org/2000/svg" {head} style="{style}">{"".join(self.shapes)}</svg>'


def neuron():
    """Draw a neuron: its inputs, the linear part, the activation."""
    draw = Drawing(520, 250)
    x, y, radius = 290, 112, 78
    for i, height in enumerate((32, 112, 192), start=1):
        draw.node(40, height, f"x{SUBSCRIPTS[i]}")
        reach = {32: -0.62, 112: 0, 192: 0.62}[height] * radius
        end = x - (radius**2 - reach**2) ** 0.5
        draw.arrow((60, height), (end, y + reach))
        draw.text(136, height + 0.41 * (y + reach - height) - 13, f"w{SUBSCRIPTS[i]}")
    draw.circle(x, y, radius, HIDDEN_LAYER, HIDDEN_LAYER, fill_opacity=0.1)
    draw.line((x, y - radius), (x, y + radius), stroke_dasharray="5 4")
    for side, words in ((-1, ("z =", "w·x + b")), (1, ("a =", "g(z)"))):
        for line, word in enumerate(words):
            draw.text(x + side * 0.45 * radius, y - 10 + 20 * line, word)
    draw.arrow((x + radius, y), (x + radius + 72, y))
    draw.node(x + radius + 92, y, "a")
    draw.text(x - 8, y + radius + 26, "linear part", 14, "end")
    draw.text(x + 8, y + radius + 26, "activation", 14, "start")
    return draw


def grid(draw, x, top, rows, columns, name, below, color_of, side=24, height=4, dots=False):
    """Draw a matrix whose rows may go on (``dots``), in the middle of a height in cells.

    ``color_of`` returns the colour and the opacity of a cell from its row and column. ``below`` are lines of
    words that stand under the matrix.
    """
    start = top + (height - rows) * side / 2
    draw.text(x + columns * side / 2, top - 34, name, 17)
    for row in range(rows):
        for column in range(columns):
            color, opacity = color_of(row, column)
            draw.box(x + column * side, start + row * side, side, side, color, opacity)
    if dots:
        draw.text(x + columns * side / 2, start + rows * side + 8, "⋮")
    for line, words in enumerate(below):
        draw.text(x + columns * side / 2, top + height * side + 34 + 19 * line, words, 13)


def of_sample(sample):
    """Return the colours of a matrix in which the row of a sample stands out."""
    return lambda row, _: ("currentColor", 0.4 if row == sample else 0.08)


def of_unit(unit):
    """Return the colours of a matrix in which the column of a unit stands out."""
    return lambda _, column: (HIDDEN_LAYER, 0.6) if column == unit else ("currentColor", 0.08)


def stacking():
    """Draw the product of the samples and the weights: the row of a sample, the column of a neuron."""
    draw = Drawing(520, 270)
    top, neuron, sample = 58, 1, 1

    def by_both(row, column):
        if column == neuron:
            return HIDDEN_LAYER, 0.95 if row == sample else 0.6
        return of_sample(sample)(row, column)

    grid(draw, 14, top, 5, 3, "X", ("samples", "× inputs"), of_sample(sample), height=5, dots=True)
    grid(draw, 116, top, 3, 4, "W^[1]", ("inputs", "× units"), of_unit(neuron), height=5)
    draw.text(235, top + 60, "+", 20)
    grid(draw, 260, top, 1, 4, "b^[1]", ("units",), of_unit(neuron), height=5)
    draw.text(380, top + 60, "=", 20)
    grid(draw, 404, top, 5, 4, "Z^[1]", ("samples", "× units"), by_both, height=5, dots=True)
    draw.text(260, 258, "A row of Z belongs to one sample, a column to one neuron.", 14)
    return draw


def chain(names, values, slopes):
    """Draw numbers that follow from each other, the slope of each link, and below the slope of the last.

    Parameters
    ----------
    names, values : list (n_numbers,)
    slopes : list (n_numbers - 1,)
        Of the next number with respect to this one.
    """
    draw = Drawing(600, 190)
    places = [56 + 122 * i for i in range(len(names))]
    draw.text(places[0] - 40, 24, "forward: values", 13, "start")
    draw.text(places[0] - 40, 174, "backward: slopes of the loss", 13, "start")
    gradient = 1.0
    for i in reversed(range(len(names))):
        x, color = places[i], OUTPUT_LAYER if i >= len(names) - 2 else HIDDEN_LAYER
        draw.circle(x, 78, 29)
        draw.text(x, 69, names[i], 15)
        draw.text(x, 88, signed(values[i], ""), 14)
        if i < len(slopes):
            gradient *= slopes[i]
            draw.arrow((x + 30, 78), (places[i + 1] - 31, 78))
            draw.text(x + 61, 60, f"× {signed(slopes[i], '')}", 13)
            draw.arrow((places[i + 1] - 34, 132), (x + 34, 132), color, 1.5)
        draw.text(x, 132, signed(gradient), 14, color=color)
    return draw


def adding_up():
    """Draw the gradient of a weight: a row of the transposed samples times a column of the errors."""
    draw = Drawing(480, 254)
    top, unit, feature = 52, 1, 2

    def cell(row, column):
        return (HIDDEN_LAYER, 0.95) if (row, column) == (feature, unit) else ("currentColor", 0.08)

    grid(draw, 20, top, 3, 5, "X^T", ("inputs", "× samples"), of_sample(feature), height=5)
    grid(draw, 176, top, 5, 4, "dZ^[1]", ("samples", "× units"), of_unit(unit), height=5)
    draw.text(308, top + 60, "=", 20)
    grid(draw, 344, top, 3, 4, "dW^[1]", ("inputs", "× units"), cell, height=5)
    return draw


def layers(draw, columns):
    """Draw circles in columns, each linked with all of the next column.

    Parameters
    ----------
    draw : Drawing
    columns : list of list of (float, float, str)
        Place and name of each.
    """
    for left, right in pairwise(columns):
        for x1, y1, _ in left:
            for x2, y2, _ in right:
                draw.arrow((x1 + 19, y1), (x2 - 20, y2), width=1.2, head=7)
    for i, column in enumerate(columns):
        for x, y, name in column:
            draw.node(x, y, name, color=HIDDEN_LAYER if 0 < i < len(columns) - 1 else "currentColor")


def collapse():
    """Draw a network with linear units, and the single linear map that it is."""
    draw = Drawing(540, 230)
    inputs = [(26, 64, "x₁"), (26, 136, "x₂")]
    hidden = [(136, 30, "z₁"), (136, 100, "z₂"), (136, 170, "z₃")]
    layers(draw, [inputs, hidden, [(246, 100, "z")]])
    draw.text(308, 100, "=", 34)
    layers(draw, [[(378, 64, "x₁"), (378, 136, "x₂")], [(498, 100, "z")]])
    draw.text(136, 215, "(x W^[1] + b^[1]) W^[2] + b^[2]")
    draw.text(438, 215, "x W + b")
    return draw


def blame():
    """Draw a network whose output is wrong, with a question mark at each hidden weight."""
    draw = Drawing(520, 226)
    inputs = [(40, 60, "x₁"), (40, 166, "x₂")]
    hidden = [(220, 30, "a₁"), (220, 113, "a₂"), (220, 196, "a₃")]
    layers(draw, [inputs, hidden, [(380, 113, "0.75")]])
    for _, start, _ in inputs:
        for _, end, _ in hidden:
            x, y = 85, start + (end - start) / 4
            draw.circle(x, y, 9.5, HIDDEN_LAYER, "var(--pst-color-background, white)")
            draw.text(x, y, "?", 14, color=HIDDEN_LAYER)
    draw.text(412, 113, "≠   y = 0", anchor="start", color=OUTPUT_LAYER)
    return draw


def signed(value, plus="+"):
    """Write a number with two decimals and a real minus sign."""
    return f"{value:{plus}.2f}".replace("-", "−")


def backward(x, a, w_output, p, y):
    """Draw the values going forward and the errors going backward, for one sample.

    Parameters
    ----------
    x : array (n_inputs,)
    a : array (n_hidden,)
        Values of tanh units.
    w_output : array (n_hidden,)
    p, y : float
        The probability and the label.
    """
    draw = Drawing(560, 372)
    error = p - y
    shares = error * w_output * (1 - a**2)
    heights = [64 + 74 * i for i in range(len(a))]
    middle = sum(heights) / len(heights)
    in_heights = [middle + 84 * (i - (len(x) - 1) / 2) for i in range(len(x))]
    widest = abs(shares).max()
    for height, unit in zip(heights, range(len(a)), strict=True):
        for start in in_heights:
            draw.line((66, start), (262, height), width=1, stroke_opacity=FAINT)
        draw.arrow((482, middle), (318, height), HIDDEN_LAYER, 1 + 7 * abs(shares[unit]) / widest, 12)
        draw.circle(288, height, 29)
        draw.text(288, height - 9, signed(a[unit], ""), 14)
        draw.text(288, height + 10, signed(shares[unit]), 14, color=HIDDEN_LAYER)
    for height, value in zip(in_heights, x, strict=True):
        draw.circle(40, height, 26)
        draw.text(40, height, signed(value, ""), 14)
    draw.circle(512, middle, 29)
    draw.text(512, middle - 9, f"{p:.2f}", 14)
    draw.text(512, middle + 10, signed(error), 14, color=OUTPUT_LAYER)
    draw.arrow((40, 16), (512, 16))
    draw.text(160, 30, "forward: values", 14)
    draw.arrow((512, 356), (230, 356))
    draw.text(400, 341, "backward: errors", 14)
    return draw


def plain(gradient, memory, t):
    """Take a step of gradient descent."""
    return -0.019 * gradient


def momentum(gradient, memory, t):
    """Add the gradient to the velocity."""
    memory["velocity"] = 0.9 * memory.get("velocity", 0) - 0.005 * gradient
    return memory["velocity"]


def adam(gradient, memory, t):
    """Divide the average of the gradients by the root of that of their squares."""
    memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * gradient
    memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * gradient**2
    return -0.5 * memory["m"] / (1 - 0.9**t) / ((memory["v"] / (1 - 0.999**t)) ** 0.5 + 1e-8)


def valley():
    """Draw the contours of (w1² + 100 w2²) / 2, and sixty steps of each kind."""
    draw = Drawing(640, 450)
    for i, (name, step) in enumerate({"plain": plain, "momentum": momentum, "Adam": adam}.items()):
        w, memory, places = np.array([-10.0, 1.0]), {}, []
        for t in range(61):
            places.append((480 + 40 * w[0], 150 * i + 85 - 42 * w[1]))
            f = w @ [w[0], 100 * w[1]] / 2
            w = w + step(np.array([w[0], 100 * w[1]]), memory, t + 1)
        for level in (1, 4, 12, 28, 50):
            width = (2 * level) ** 0.5
            draw.add("ellipse", cx=480, cy=150 * i + 85, rx=f"{40 * width:.1f}", ry=f"{4.2 * width:.1f}",
                     stroke="currentColor", fill="none", opacity=FAINT)  # fmt: skip
        draw.text(480, 150 * i + 85, "×", 22)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        draw.add("polyline", points=points, stroke=HIDDEN_LAYER, fill="none", stroke_width=1.2)
        for x, y in places:
            draw.add("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=2.2, fill=HIDDEN_LAYER)
        draw.text(4, 150 * i + 16, name, anchor="start")
        draw.text(150, 150 * i + 16, f"f = {f:.2f}", anchor="start")
    return draw
