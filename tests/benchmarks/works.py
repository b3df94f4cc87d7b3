"""The works that are timed: plain numbers, their data, and the doing, the same for everybody.

A contender is a module with ``make(work, architecture)``, an unfitted estimator; ``ARCHITECTURE``,
the name under which that estimator takes the architecture; and ``count_parameters(fitted)``.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
import psutil
from sklearn.model_selection import GridSearchCV, KFold

from sklstm.datasets import make_barcodes
from sklstm.windowing import make_windows

ARCHITECTURES = ("vanilla", "bidirectional", "stacked", "cnn_lstm")
BATCH_SIZE = 32
FILTERS, KERNEL_SIZE, POOL_SIZE = 64, 3, 2
FCN_BLOCKS = ((128, 8), (256, 5), (128, 3))  # filters and steps of LSTM-FCN's convolutions
SETTLING_FITS = 5  # memory is free to grow that long


@dataclass(frozen=True)
class Work:
    """Fits of some networks on some data; with folds, a grid search over the networks.

    The networks forecast ``outputs`` values, or tell that many classes of barcodes apart.
    """

    architectures: tuple[str, ...] = ARCHITECTURES
    samples: int = 1000
    steps: int = 20
    features: int = 1
    outputs: int = 8
    units: int = 32
    epochs: int = 10
    learning_rate: float = 1e-3
    classify: bool = False
    folds: int = 0
    n_jobs: int = 1
    repeats: int = 1
    batch_size: int = BATCH_SIZE
    activation: str = "auto"  # of the stack: relu, or tanh for all
    contenders: tuple[str, ...] = ("stock", "skorch", "sklstm")


_search = Work(folds=3)
_minute = replace(_search, epochs=120, contenders=("sklstm",))
# Over hundreds of steps relu explodes, in Keras too, unless it is trained with care.
_long = Work(folds=3, samples=300, steps=200, features=4, outputs=1, epochs=5, learning_rate=1e-4)

WORKS = {
    "search": _search,
    "search-2": replace(_search, n_jobs=2),
    "minute": _minute,
    "minute-2": replace(_minute, n_jobs=2),
    "long": _long,
    "barcodes": Work(
        ("vanilla", "cnn_lstm"),
        steps=500,
        features=4,
        outputs=3,
        units=100,
        epochs=2,
        classify=True,
    ),
    # PyTorch's LSTM knows tanh alone, so these compare the same stacks.
    "search-tanh": replace(_search, activation="tanh", contenders=("skorch", "sklstm")),
    "long-tanh": replace(_long, activation="tanh", contenders=("skorch", "sklstm")),
    # As many series are: Tourism monthly has 300 and some, and 60,000 windows.
    "panel": Work(
        ("vanilla", "cnn_lstm"),
        samples=60_000,
        steps=36,
        outputs=1,
        epochs=1,
        batch_size=256,
        contenders=("skorch", "sklstm"),
    ),
    "wide": Work(units=400, epochs=3),
    "fcn": Work(("lstm_fcn",), samples=200, steps=400, outputs=1, units=64),
    "many": Work(("vanilla",), samples=200, units=8, epochs=5, repeats=60),
}

# One dimension at a time, the others as in the search. The second fit of a process is warm.
SCALING = {
    "samples": (250, 500, 1000, 2000, 4000),
    "steps": (10, 20, 40, 80, 160),
    "units": (8, 16, 32, 64, 128, 256),
    "features": (1, 4, 16, 64, 256),
}
_warm = Work(("vanilla",), epochs=5, repeats=2, contenders=("skorch", "sklstm"))
SCALING_WORKS = {
    f"{dimension}={value}": replace(_warm, **{dimension: value})
    for dimension, values in SCALING.items()
    for value in values
} | {
    f"first-{architecture}": replace(_warm, architectures=(architecture,))
    for architecture in ARCHITECTURES
}


def shrink(work):
    """Make a work so small that it only shows that everything runs."""
    return replace(
        work,
        samples=min(work.samples, 48),
        steps=min(work.steps, 20),
        units=min(work.units, 4),
        features=min(work.features, 4),
        repeats=min(work.repeats, SETTLING_FITS + 2),
        epochs=1,
    )


def make_data(work):
    """Barcodes to classify, or windows of noisy sines with the values that follow the first."""
    if work.classify:
        return make_barcodes(work.samples, work.outputs, work.steps, random_state=0)
    t = np.arange(work.samples + work.steps + work.outputs - 1)[:, np.newaxis]
    series = np.sin(0.25 * t / (1 + np.arange(work.features)))
    series += np.random.default_rng(0).normal(0, 0.1, series.shape)
    windows = make_windows(series, series[:, 0], lookback=work.steps, horizon=work.outputs)
    return tuple(np.ascontiguousarray(part, np.float32) for part in windows)


def search(work, contender, X, y):
    """Search the architectures, as a user of scikit-learn does."""
    GridSearchCV(
        contender.make(work, work.architectures[0]),
        {contender.ARCHITECTURE: list(work.architectures)},
        cv=KFold(work.folds),
        n_jobs=work.n_jobs,
        refit=False,
        error_score="raise",
    ).fit(X, y)


def fit(work, contender, X, y):
    """Fit the architectures in turn; the seconds of each fit, and the memory in MB after it."""
    seconds, memory = [], []
    for architecture in work.architectures * work.repeats:
        begin = time.perf_counter()
        contender.make(work, architecture).fit(X, y)
        seconds.append(time.perf_counter() - begin)
        memory.append(psutil.Process().memory_info().rss / 1e6)
    return seconds, memory


def count_parameters(work, contender, X, y):
    """Weights of each network, to show that all contenders train the same ones."""
    once = replace(work, epochs=1)
    few = slice(30)  # holds every class
    return {
        architecture: contender.count_parameters(
            contender.make(once, architecture).fit(X[few], y[few])
        )
        for architecture in work.architectures
    }
