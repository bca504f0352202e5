"""The pages of the API: what few people set folds away, and what a method says below its summary.

Signatures stay in sight, and so do their anchors and the names of what is folded.
"""

import re

from docutils import nodes

# The parameters of a network. Those of the first group stay open.
GROUPS = {
    "": "n_hidden activation alpha solver class_weight loss quantile n_networks random_state",
    "Steps of the solver": "learning_rate learning_rate_schedule batch_size dropout max_grad_norm"
    " momentum nesterov beta_1 beta_2 epsilon",
    "When training stops": "max_iter tol n_iter_no_change gradient_tol early_stopping"
    " validation_fraction scoring",
    "Others": "init_scale huber_delta dtype warm_start n_jobs verbose",
}
EXAMPLE_OF_SCIKIT_LEARN = re.compile(r":ref:`sphx_glr_\w+(?:\.py)?`")


def name_examples(app, what, name, item, options, lines):
    """Replace references to examples that are not on this site, in docstrings that are inherited."""
    lines[:] = [EXAMPLE_OF_SCIKIT_LEARN.sub("scikit-learn's examples", line) for line in lines]


def folded(summary, content):
    """Wrap nodes, so that a click on the summary, which is HTML, shows them."""
    opening = nodes.raw("", f'<details class="folded"><summary>{summary}</summary>', format="html")
    return [opening, *content, nodes.raw("", "</details>", format="html")]


def fold(app, domain, objtype, content):
    """Fold the description of a network or a method."""
    if objtype == "method" and len(content) > 1:
        sections = [name.astext() for name in content.findall(nodes.field_name)]
        content[1:] = folded(", ".join(sections) or "More", content[1:])
    elif objtype == "class":
        for fields in [node for node in content if isinstance(node, nodes.field_list)]:
            bodies = {name.astext(): body for name, body in fields}
            if bodies.get("Parameters", nodes.paragraph()).astext().startswith("n_hidden"):
                bodies["Parameters"][:] = in_groups(entries_of(bodies["Parameters"]))
                attributes = entries_of(bodies["Attributes"])
                bodies["Attributes"][:] = folded(code(attributes), listed(attributes.values()))


def in_groups(parameters):
    shown = []
    for title, names in GROUPS.items():
        group = {name: parameters.pop(name) for name in names.split() if name in parameters}
        entries = listed(group.values())
        shown += folded(f"{title}: {code(group)}", entries) if title else entries
    if parameters:
        raise LookupError(f"api_pages.py has no group for {', '.join(parameters)}.")
    return shown


def entries_of(body):
    return {entry[0].astext(): entry for entry in body[0]}


def listed(entries):
    return [nodes.definition_list("", *entries, classes=["simple"])]


def code(names):
    return ", ".join(f"<code>{name}</code>" for name in names)


def setup(app):
    app.connect("object-description-transform", fold)
    app.connect("autodoc-process-docstring", name_examples)
