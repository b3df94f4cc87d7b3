"""What scikit-learn's HTML diagrams show of our estimators."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import Any


@functools.cache
def documentation_url() -> str:
    """Return the address of the documentation, or "" if the installed package declares none.

    It is declared as ``Documentation`` in the table ``project.urls`` of ``pyproject.toml``.
    """
    try:
        metadata = importlib.metadata.metadata("sklstm")
    except importlib.metadata.PackageNotFoundError:  # the package is imported without an install
        return ""
    addresses = dict(address.split(", ", 1) for address in metadata.get_all("Project-URL") or [])
    return addresses.get("Documentation", "")


class RepresentationMixin:
    """Show only changed parameters in the diagram, and link it to the documentation.

    scikit-learn's table lists all parameters; our estimators have many, most of which keep their
    defaults.
    """

    _doc_link_module = "sklstm"  # a subclass in another package has no page in our documentation

    @property
    def _doc_link_template(self) -> str:
        address = documentation_url()
        return f"{address.rstrip('/')}/api/sklstm.{{estimator_name}}.html" if address else ""

    def _get_params_html(self, deep: bool = True, doc_link: str = "") -> Any:
        params = super()._get_params_html(deep, doc_link)  # type: ignore[misc]
        for name in params.keys() - set(params.non_default):
            del params[name]
        return params
