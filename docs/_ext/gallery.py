"""The order of the examples."""

from sphinx_gallery.sorting import FileNameSortKey


class QuickStartFirst(FileNameSortKey):
    """The quick start, then what is run here, then the others."""

    def __call__(self, filename):
        """Give what an example is sorted by."""
        name = super().__call__(filename)
        return (name != "plot_quickstart.py", not name.startswith("plot_"), name)
