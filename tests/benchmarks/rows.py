"""How time and memory of a fit grow with the rows of a series, for lazy windows and for arrays.

A scaler and a network are fitted for one epoch on all windows but the last tenth of the series,
as in a fold, and predict the others, each time in a process of its own. It writes
``docs/benchmarks/rows.json`` and ``rows.png``.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

from measure import peak_memory
from writing import machine, write_records

FEATURES, LOOKBACK, UNITS, BATCH_SIZE = 8, 48, 8, 256
ROWS = {
    "lazy": (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000),
    "array": (100_000, 300_000, 1_000_000),
}
STYLES = {"lazy": ("o-", "#0072b2"), "array": ("s--", "#e69f00")}


def main():
    parser = argparse.ArgumentParser(prog="rows", description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=float, default=1e7, help="rows")
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks"))
    parser.add_argument("--measure", nargs=2, metavar=("KIND", "ROWS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        kind, n_rows = options.measure
        print(json.dumps(measure(kind, int(n_rows))))
        return
    records = []
    for kind, sizes in ROWS.items():
        for n_rows in sizes:
            if n_rows <= options.most:
                records.append(run(kind, n_rows))
                print(records[-1], flush=True)
    options.output.mkdir(parents=True, exist_ok=True)
    caption = (
        f"A scaler and an LSTM of {UNITS} units, one epoch of windows of {LOOKBACK} steps of "
        f"{FEATURES} features in float32, and predictions of a tenth of them. Memory is the peak "
        f"beyond the imports. {machine()}, {date.today():%d %B %Y}."
    )
    write_records(records, caption, options.output / "rows.json")
    draw(records, options.output / "rows.png")


def run(kind, n_rows):
    """Measure in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, "--measure", kind, str(n_rows)],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{kind} windows of {n_rows} rows failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(kind, n_rows):
    """Fit and predict once; seconds, and the peak of memory in MB beyond the imports."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from sklstm import LSTMRegressor, TimeDistributedTransformer, make_windows

    model = LSTMRegressor(units=UNITS, epochs=1, batch_size=BATCH_SIZE, random_state=0)
    model.fit(np.zeros((BATCH_SIZE, LOOKBACK, FEATURES)), np.arange(BATCH_SIZE))  # traced
    imported = peak_memory()
    series = np.random.default_rng(0).standard_normal((n_rows, FEATURES), dtype=np.float32)
    begin = time.perf_counter()
    X, Y = make_windows(series, series[:, 0], lookback=LOOKBACK, lazy=kind == "lazy")
    first = len(X) * 9 // 10
    pipeline = make_pipeline(TimeDistributedTransformer(StandardScaler()), model)
    pipeline.fit(X[:first], Y[:first, 0]).predict(X[first:])
    return {
        "kind": kind,
        "rows": n_rows,
        "seconds": time.perf_counter() - begin,
        "mb": peak_memory() - imported,
        "series_mb": series.nbytes / 1e6,
    }


def draw(records, path):
    """Seconds, and memory beside that of the series."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(7.5, 3.2), layout="constrained")
    for kind, (style, colour) in STYLES.items():
        chosen = [record for record in records if record["kind"] == kind]
        rows = [record["rows"] for record in chosen]
        for axes, name in zip(panels, ("seconds", "mb"), strict=True):
            axes.loglog(rows, [r[name] for r in chosen], style, color=colour, label=kind)
    lazy = [record for record in records if record["kind"] == "lazy"]
    series = [record["series_mb"] for record in lazy]
    panels[1].loglog([r["rows"] for r in lazy], series, ":", color="0.4", label="the series itself")
    for axes, label in zip(panels, ("seconds", "MB beyond the imports"), strict=True):
        axes.set_xlabel("rows of the series")
        axes.set_ylabel(label)
        axes.grid(color="0.9")
        axes.spines[["top", "right"]].set_visible(False)
    panels[1].legend(frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    main()
