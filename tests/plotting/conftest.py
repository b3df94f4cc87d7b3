"""Data and drawing for the tests of the displays."""

import matplotlib as mpl
import numpy as np
import pytest


@pytest.fixture(autouse=True, scope="module")
def no_window():
    with mpl.rc_context({"backend": "Agg"}):
        yield


@pytest.fixture(scope="session")
def X():
    """Noise: 40 windows of 8 steps and 2 features."""
    return np.random.default_rng(0).normal(size=(40, 8, 2))


@pytest.fixture(scope="session")
def y(X):
    """The sum of each window."""
    return X.sum(axis=(1, 2))


@pytest.fixture(scope="session")
def labels(y):
    """The sign of the sum, in words."""
    return np.where(y > 0, "rises", "falls")


@pytest.fixture(scope="session")
def legend_labels():
    """Return a function that reads the labels of a legend."""
    return lambda ax: [text.get_text() for text in ax.get_legend().get_texts()]
