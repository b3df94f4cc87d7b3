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
def addresses(monkeypatch, tmp_path):
    """Addresses that the installed package is made to declare; nothing is built beside it."""
    metadata = Message()
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: metadata)
    monkeypatch.setattr(representation, "BUILT", tmp_path / "nowhere")
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


def test_without_an_address_they_link_to_pages_built_beside_the_package(
    addresses, monkeypatch, tmp_path
):
    monkeypatch.setattr(representation, "BUILT", tmp_path)
    page = tmp_path / "api" / "sklstm.LSTMRegressor.html"
    assert f'href="{page.as_uri()}"' in diagram_of(LSTMRegressor())


def test_without_any_pages_they_link_nowhere(addresses):
    assert LSTMRegressor()._get_doc_link() == ""
    assert "href=" not in diagram_of(LSTMRegressor(units=8))


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
