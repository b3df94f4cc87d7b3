"""Where the documentation is, for the links in scikit-learn's HTML diagrams."""

from __future__ import annotations

import functools
import importlib.metadata
from pathlib import Path

BUILT = Path(__file__).parents[1] / "docs" / "_build" / "html"  # what `make docs` makes


@functools.cache
def documentation_url() -> str:
    """Return the address of the documentation, or "" if none is known.

    It is the one that the installed package declares in its metadata (``Documentation`` in
    ``pyproject.toml``'s table of addresses), and otherwise the pages that were built beside the
    package.
    """
    addresses = importlib.metadata.metadata("sklstm").get_all("Project-URL") or []
    declared = dict(address.split(", ", 1) for address in addresses)
    return declared.get("Documentation") or (BUILT.as_uri() if BUILT.is_dir() else "")


class DocumentedMixin:
    """Link an estimator's HTML diagram to its page of our documentation."""

    _doc_link_module = "sklstm"  # subclasses that live elsewhere are documented elsewhere

    @property
    def _doc_link_template(self) -> str:
        address = documentation_url()
        return f"{address.rstrip('/')}/api/sklstm.{{estimator_name}}.html" if address else ""
