"""Formulas as MathML, which browsers draw by themselves: no script, nothing to fetch."""

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

# Spaces as TeX has them, where the converter's elements have others.
THIN = '<mspace width="0.1667em"/>'
SPACES = (
    (r"<mo>(max|min)</mo>", r'<mo lspace="0" rspace="0">\1</mo>'),
    (r'<mo stretchy="false">\|</mo>', '<mo stretchy="false" lspace="0" rspace="0">|</mo>'),
    (r"([(,=]</mo>\s*)<mo>−</mo>", r'\1<mo form="prefix">−</mo>'),  # a sign, no difference
    (r"((?:</m[in]>|</msu[bp]>|\)</mo>)\s*)(<mi>\w+</mi>\s*<mo>&ApplyFunction;</mo>)", rf"\1{THIN}\2"),
    (r"<mo>&ApplyFunction;</mo>(?!\s*<mo[^>]*>\()", THIN),
)


def mathml(latex, **options):
    """Convert a formula."""
    markup = tex2mathml(latex, **options)
    for pattern, replacement in SPACES:
        markup = re.sub(pattern, replacement, markup)
    return markup


def visit_inline(writer, node):
    """Write a formula in a sentence."""
    writer.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def visit_block(writer, node):
    """Write a formula on lines of its own."""
    writer.body.append(f'<div class="math">{mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app):
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
