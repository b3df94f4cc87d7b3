"""Data that many tests share, and processes for those that need one of their own."""

import gc
import os
import subprocess
import sys

import numpy as np
import pytest
from process_support import ForkServer

# The contenders need the bench extra; pytest would import them to look for doctests.
collect_ignore_glob = ["benchmarks/contender_*.py"]


class ClosedFigures:
    """Closes the figures of each test and doctest: pyplot warns when twenty are open."""

    @staticmethod
    def pytest_runtest_teardown():
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close("all")


def pytest_configure(config):
    """Register what applies to the doctests of the package, too."""
    config.pluginmanager.register(ClosedFigures())


def pytest_collection_finish():
    """Save time: what has been imported is no garbage, and tests share compiled networks.

    The garbage collector would walk through TensorFlow's million objects. A user's process keeps
    fewer compiled networks than there are small ones that many tests use.
    """
    gc.freeze()
    pool = sys.modules.get("sklstm._training._network_pool")
    if pool is not None:
        pool.MAX_NETWORKS = 64


@pytest.fixture(scope="session")
def sine_windows():
    """Windows of a noiseless sine, one step ahead: X (n, 20), y (n,)."""
    t = np.arange(420)
    series = np.sin(2 * np.pi * t / 25)
    windows = np.lib.stride_tricks.sliding_window_view(series, 21)
    return windows[:, :20], windows[:, 20]


@pytest.fixture(scope="session")
def slopes():
    """Noisy lines that fall, stay or rise: X (n, 12), labels."""
    rng = np.random.default_rng(0)
    direction = rng.integers(-1, 2, 240)
    X = direction[:, np.newaxis] * np.linspace(-1, 1, 12) + rng.normal(0, 0.2, (240, 12))
    return X, np.array(["falls", "stays", "rises"])[direction + 1]


@pytest.fixture(scope="session")
def fresh_python():
    """Run code in a fresh interpreter and return what it prints."""

    def run(code, **kwargs):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, **kwargs
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def fresh_tensorflow(fresh_python):
    """Run code as `fresh_python` does, but TensorFlow is imported already, and has not run yet.

    That saves the five seconds of its import.
    """
    if not hasattr(os, "fork"):  # Windows
        yield fresh_python
        return
    with ForkServer() as server:
        yield server.run
