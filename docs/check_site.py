"""Check the built site: no broken link, no missing picture or script, nothing fetched from elsewhere.

python docs/check_site.py docs/_build/html
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Of these attributes, all but href of a plain link are fetched by the browser on its own.
REFERENCES = {"href", "src", "data-src"}


class Page(HTMLParser):
    """What a page refers to, and what can be referred to on it.

    Attributes
    ----------
    references : list of (str, str)
        Tag and address.
    anchors : set of str
    faults : list of str
        Faults of the page itself, without other pages.
    """

    def __init__(self, html):
        super().__init__()
        self.references = []
        self.anchors = set()
        self.faults = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Note the addresses and the anchors of a tag."""
        attributes = dict(attrs)
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        self.references += [(tag, attributes[name]) for name in REFERENCES if attributes.get(name)]
        if tag == "img" and "alt" not in attributes:
            self.faults.append(f"picture {attributes.get('src')} has no alternative text")


def faults_of(site):
    """Yield a sentence for each fault of the pages below a directory."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in pages_of(site)}
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name}: {fault}" for fault in page.faults)
        for tag, address in page.references:
            fault = fault_of_reference(path, tag, address, pages)
            if fault:
                yield f"{name}: {fault}"


def pages_of(site):
    """List the pages; what lies under _static is the theme's own."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts)


def fault_of_reference(path, tag, address, pages):
    """Say what is wrong with a reference from the page at ``path``, or None."""
    parts = urlsplit(address)
    if parts.scheme in ("data", "mailto"):
        return None
    if parts.scheme or parts.netloc:
        return None if tag == "a" else f"{tag} fetches {address} from elsewhere"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return f"{tag} refers to {address}, which does not exist"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return f"{tag} refers to {address}, a page without that place"
    return None


if __name__ == "__main__":
    site = Path(sys.argv[1]).resolve()
    n_pages = len(pages_of(site))
    faults = list(faults_of(site))
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    sys.exit(f"{n_pages} pages, {len(faults)} faults" if faults or not n_pages else 0)
