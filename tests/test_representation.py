"""What scikit-learn's diagrams show of our estimators, and where they link."""

import importlib.metadata
import inspect
import re
from email.message import Message
from pathlib import Path

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklstm
from sklstm import LSTMClassifier, LSTMRegressor, SlidingWindow, TimeDistributedTransformer
from sklstm import _representation as representation

API = (Path(__file__).parents[1] / "docs" / "api.rst").read_text("utf-8")


@pytest.fixture
def addresses(monkeypatch):
    """The addresses that the installed package declares, for a test to fill."""
    metadata = Message()
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: metadata)
    representation.documentation_url.cache_clear()
    yield metadata
    representation.documentation_url.cache_clear()


def diagram_of(estimator):
    return estimator._repr_html_()


def test_diagrams_link_to_the_declared_documentation(addresses):
    addresses["Project-URL"] = "Source, https://example.org/code"
    addresses["Project-URL"] = "Documentation, https://example.org/sklstm/"
    steps = [TimeDistributedTransformer(StandardScaler()), SlidingWindow(4), LSTMRegressor()]
    html = diagram_of(make_pipeline(*steps))
    for step in steps:
        name = type(step).__name__
        assert f'href="https://example.org/sklstm/api/sklstm.{name}.html"' in html
        assert re.search(rf"^   {name}$", API, re.MULTILINE), f"{name} has no such page"
    assert "https://example.org/sklstm/api/sklstm.LSTMClassifier.html" in diagram_of(
        LSTMClassifier()
    )


def test_the_gallery_links_to_the_pages_beside_it(monkeypatch):
    """As docs/conf.py has it."""
    monkeypatch.setattr(representation, "documentation_url", lambda: "..")
    assert 'href="../api/sklstm.LSTMRegressor.html"' in diagram_of(LSTMRegressor())


def test_without_an_address_they_link_nowhere(addresses):
    addresses["Project-URL"] = "Source, https://example.org/code"
    assert LSTMRegressor()._get_doc_link() == ""
    assert "href=" not in diagram_of(LSTMRegressor(units=8))


def test_without_an_installed_package_they_link_nowhere(addresses, monkeypatch):
    def not_installed(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "metadata", not_installed)
    assert "href=" not in diagram_of(LSTMRegressor())


def test_a_subclass_elsewhere_is_not_ours_to_document(addresses):
    addresses["Project-URL"] = "Documentation, https://example.org/sklstm/"

    class Mine(LSTMRegressor):
        pass

    assert Mine()._get_doc_link() == ""


@pytest.mark.parametrize(
    ("estimator", "changed"),
    [
        (LSTMRegressor(), []),
        (LSTMRegressor("stacked", units=[8, 4]), ["arch", "units"]),
        (LSTMClassifier(epochs=3, optimizer__clipnorm=1.0), ["epochs", "optimizer__clipnorm"]),
        (SlidingWindow(12), ["lookback"]),
    ],
)
def test_diagrams_and_printing_show_what_was_changed(addresses, estimator, changed):
    shown = re.findall(r'<td class="param">\s*(\w+)\s*</td>', diagram_of(estimator))
    assert sorted(shown) == changed
    assert sorted(re.findall(r"(\w+)=", repr(estimator))) == changed


def test_every_public_name_has_a_page_and_an_example():
    for module in (sklstm, sklstm.datasets, sklstm.plotting):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                assert re.search(rf"^   {name}$", API, re.MULTILINE), name
                assert "\nExamples\n---" in inspect.getdoc(value), name
