"""The playground's modules as classic scripts, since a browser loads no modules from a file.

Each module becomes a function that returns its exports; the modules that it imports stand above it.
"""

import re
from pathlib import Path

ENTRIES = ("page", "scene")
IMPORT = re.compile(r'^import (\{.*?\}) from "\./(\w+)\.js";$', re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export ((?:const|class|function\*?) (\w+|\[.*?\]))", re.MULTILINE)


def bundle(folder, entry):
    """Return the script of a module and of all that it imports."""
    modules = {}

    def add(name):
        code = (folder / f"{name}.js").read_text(encoding="utf-8")
        for _, imported in IMPORT.findall(code):
            if imported not in modules:
                add(imported)
        exports = ", ".join(name.strip("[]") for _, name in EXPORT.findall(code))
        body = EXPORT.sub(r"\1", IMPORT.sub(r"const \1 = \2_js;", code))
        modules[name] = f"const {name}_js = (() => {{\n{body}return {{ {exports} }};\n}})();\n"

    add(entry)
    return f'"use strict";\n{{\n{"".join(modules.values())}}}\n'


def write_bundles(app, error):
    """Write the scripts beside the modules of the built site."""
    if error is None:
        folder = Path(app.outdir, "_static", "playground")
        for entry in ENTRIES:
            (folder / f"{entry}.bundle.js").write_text(bundle(folder, entry), encoding="utf-8")


def setup(app):
    app.connect("build-finished", write_bundles)
