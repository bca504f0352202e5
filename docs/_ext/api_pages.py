"""The page of a class, arranged for reading.

Parameters are in groups, methods in the order of their use, and details are folded. Methods that are
scikit-learn's own stand last, with a line each. signatures.py has what autodoc shows of a single object, and
_templates/numpydoc_docstring.rst the order of a docstring's sections.
"""

import inspect
from importlib import import_module

from docutils import nodes
from parameter_groups import GROUPS, LAST_GROUP
from sphinx import addnodes

FIRST_METHODS = (
    "fit",
    "partial_fit",
    "resume",
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score",
    "transform",
)


def is_of_scikit_learn(method):
    """Tell whether a method is scikit-learn's own, as the class has it."""
    return (getattr(method, "__module__", None) or "").partition(".")[0] == "sklearn"


def shorten_inherited(app, what, name, item, options, lines):
    """Keep the first paragraph of scikit-learn's own methods."""
    if what == "method" and is_of_scikit_learn(item):
        first_paragraph = "\n".join(lines).strip().partition("\n\n")[0]
        lines[:] = [*first_paragraph.split("\n"), ""]


def arrange_classes(app, doctree):
    """Arrange the pages of classes."""
    for page in doctree.findall(lambda node: isinstance(node, addnodes.desc) and node["objtype"] == "class"):
        signature, content = page.children[0], page.children[-1]
        cls = getattr(import_module(signature["module"]), signature["fullname"])
        if "n_hidden" in inspect.signature(cls).parameters:
            group_parameters(content)
        arrange_methods(content, cls)


def arrange_methods(content, cls):
    """Order the methods, fold their details, and put scikit-learn's own last."""
    described = [
        node for node in content.children if isinstance(node, addnodes.desc) and node["objtype"] == "method"
    ]
    methods = {method.children[0]["fullname"].rpartition(".")[2]: method for method in described}
    indices = {name: content[content.index(method) - 1] for name, method in methods.items()}
    inherited = [name for name in methods if is_of_scikit_learn(getattr(cls, name))]
    own = sorted((name for name in methods if name not in inherited), key=order_of)
    for method in (*methods.values(), *indices.values()):
        content.remove(method)
    for name in own:
        content += [indices[name], methods[name]]
        fold_details(methods[name].children[-1])
    if inherited:
        content += nodes.rubric("", "From scikit-learn")
    for name in inherited:
        methods[name]["classes"].append("inherited")
        content += [indices[name], methods[name]]


def order_of(name):
    """First the methods that are used first, then the others as they are."""
    return FIRST_METHODS.index(name) if name in FIRST_METHODS else len(FIRST_METHODS)


def fold_details(content):
    """Fold all but the first paragraph."""
    details = content.children[1:]
    if details:
        opening = nodes.raw("", '<details class="folded"><summary>Details</summary>', format="html")
        content.children[1:] = [opening, *details, nodes.raw("", "</details>", format="html")]


def group_parameters(content):
    """Cut the list of parameters into groups, each with its name."""
    field = next(field for field in content.findall(nodes.field) if field[0].astext() == "Parameters")
    [entries] = field[1].findall(nodes.definition_list)
    group_of = {name: group for group, names in GROUPS.items() for name in names}
    lists = {
        group: nodes.definition_list(classes=list(entries["classes"])) for group in (*GROUPS, LAST_GROUP)
    }
    for entry in entries.children:
        lists[group_of.get(name_of(entry), LAST_GROUP)] += entry
    for group, names in GROUPS.items():
        lists[group].children.sort(key=lambda entry, names=names: names.index(name_of(entry)))
    groups = [
        [nodes.paragraph("", group, classes=["parameter-group"]), made] for group, made in lists.items()
    ]
    field[1].replace(entries, [node for group in groups if group[1].children for node in group])


def name_of(entry):
    """Read the name of the parameter that an entry describes."""
    return next(entry.findall(nodes.strong)).astext()


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", shorten_inherited, priority=900)  # after numpydoc
    app.connect("doctree-read", arrange_classes, priority=400)  # before the contents of the page are listed
    return {"parallel_read_safe": True, "parallel_write_safe": True}
