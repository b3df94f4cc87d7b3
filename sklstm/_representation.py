"""What scikit-learn's HTML diagrams show of our estimators."""

from __future__ import annotations

import functools
import importlib.metadata
from pathlib import Path
from typing import Any

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


class RepresentationMixin:
    """Show in the diagram what was changed, and link it to our pages.

    scikit-learn's table lists all arguments; ours are many, and mostly left alone.
    """

    _doc_link_module = "sklstm"  # subclasses that live elsewhere are documented elsewhere

    @property
    def _doc_link_template(self) -> str:
        address = documentation_url()
        return f"{address.rstrip('/')}/api/sklstm.{{estimator_name}}.html" if address else ""

    def _get_params_html(self, deep: bool = True, doc_link: str = "") -> Any:
        params = super()._get_params_html(deep, doc_link)  # type: ignore[misc]
        for name in params.keys() - set(params.non_default):
            del params[name]
        return params
