"""Versions and settings for a bug report."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from sklstm._version import __version__

PACKAGES = (
    "sklstm",
    "numpy",
    "scikit-learn",
    "joblib",
    "cloudpickle",
    "tensorflow",
    "keras",
    "scikeras",
    "pandas",
    "matplotlib",
    "llvmlite",
    "skops",
    "distributed",
)
VARIABLES = "KERAS_BACKEND", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"


def show_versions() -> None:
    """Print the versions and settings that a bug report should include.

    None of the packages is imported, so it also works where importing TensorFlow fails.

    Examples
    --------
    >>> from sklstm import show_versions
    >>> show_versions()  # doctest: +ELLIPSIS
    System
        python: ...
        machine: ...
        CPU cores: ...
    <BLANKLINE>
    Packages
        sklstm: ...
    """
    print("System")
    print(f"    python: {sys.version.split()[0]} ({platform.python_implementation()})")
    print(f"    machine: {platform.platform()}")
    print(f"    CPU cores: {os.cpu_count()}")
    print("\nPackages")
    for name in PACKAGES:
        print(f"    {name}: {_version(name)}")
    print("\nSettings")
    for name in VARIABLES:
        print(f"    {name}: {os.environ.get(name, 'not set')}")


def _version(name: str) -> str:
    if name == "sklstm":
        return __version__  # what runs; metadata may be older in an editable installation
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
