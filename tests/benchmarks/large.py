"""Fit and predict on a series that is larger than the memory which the process may take.

A series of 20 GB is written to a file, and networks are trained on its windows in processes whose
data may take 2 GB (``RLIMIT_DATA``, what ``ulimit -d`` sets): from a memory map in float32, from
one in float64, with a scaler, and from a store that slices rows and nothing else. The files are
deleted afterwards. It takes a quarter of an hour, and as much disk as one file.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

FEATURES, LOOKBACK = 8, 96
WINDOWS = 500_000  # at most
BLOCK = 2**18  # rows that are repeated
KINDS = {"float32": "float32", "float64": "float64", "store": "float64"}  # and the file's dtype


def main():
    parser = argparse.ArgumentParser(prog="large", description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=20, help="of the series")
    parser.add_argument("--limit", type=float, default=2, help="gigabytes of data of the process")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--folder", type=Path, help="of the file; it needs as much space")
    parser.add_argument("--measure", nargs=2, metavar=("KIND", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure, options.limit)))
        return
    with TemporaryDirectory(dir=options.folder) as folder:
        file, written = Path(folder) / "series", None
        for kind in options.kinds:
            if written != KINDS[kind]:
                begin = time.perf_counter()
                write(file, KINDS[kind], options.gigabytes)
                written = KINDS[kind]
                print(f"wrote {file.stat().st_size / 1e9:.1f} GB of {written}", end=" ")
                print(f"in {time.perf_counter() - begin:.0f} s", flush=True)
            print(f"{kind:<8}", describe(run(kind, file, options.limit)), flush=True)


def write(file, dtype, gigabytes):
    """Write a stretch of noisy sines again and again."""
    t = np.arange(BLOCK)[:, np.newaxis]
    rows = np.sin(t / (7.0 * (1 + np.arange(FEATURES))))
    rows += np.random.default_rng(0).normal(0, 0.1, rows.shape)
    rows = rows.astype(dtype)
    with file.open("wb") as stream:
        for _ in range(max(1, round(gigabytes * 1e9 / rows.nbytes))):
            rows.tofile(stream)


def run(kind, file, limit):
    """Measure in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, "--limit", str(limit), "--measure", kind, file],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{kind} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


class Store:
    """Rows in a file, which are read when they are sliced, as those of h5py and zarr are."""

    def __init__(self, file, dtype):
        self.file, self.dtype = file, np.dtype(dtype)
        n_bytes = Path(file).stat().st_size
        self.shape = n_bytes // (FEATURES * self.dtype.itemsize), FEATURES

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, key):
        first, last, _ = key.indices(len(self))
        count = FEATURES * max(0, last - first)
        offset = FEATURES * self.dtype.itemsize * first
        return np.fromfile(self.file, self.dtype, count, offset=offset).reshape(-1, FEATURES)


def measure(kind, file, limit):
    """Fit and predict in this process, whose data are limited from the start."""
    data = int(limit * 1e9)
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from sklstm import LSTMRegressor, TimeDistributedTransformer, make_windows

    mapped = np.memmap(file, KINDS[kind], "r").reshape(-1, FEATURES)
    series = Store(file, KINDS[kind]) if kind == "store" else mapped
    stride = max(1, len(mapped) // WINDOWS)
    model = LSTMRegressor(units=8, epochs=1, batch_size=256, random_state=0)
    if kind == "float64":
        model = make_pipeline(TimeDistributedTransformer(StandardScaler()), model)
    seconds = {"begin": time.perf_counter()}
    windows, targets = make_windows(
        series, mapped[:, 0], lookback=LOOKBACK, stride=stride, lazy=True
    )
    seconds["make_windows"] = time.perf_counter()
    model.fit(windows, targets[:, 0])
    seconds["fit"] = time.perf_counter()
    score = model.score(windows[::10], targets[::10, 0])
    seconds["predict"] = time.perf_counter()
    names = list(seconds)
    return {
        "seconds": {name: seconds[name] - seconds[before] for before, name in pairwise(names)},
        "windows": len(windows),
        "rows": len(mapped),
        "score": score,
        "data_gb": peak_data() / 1e9,
    }


def peak_data():
    """Bytes of private memory that are written to, the libraries' included; not mapped files."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    return float("nan")


def describe(record):
    steps = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in record["seconds"].items())
    return (
        f"{record['windows']:,} windows of {record['rows']:,} rows: {steps}; R2 "
        f"{record['score']:.3f}; {record['data_gb']:.2f} GB of its own memory at the end"
    )


if __name__ == "__main__":
    main()
