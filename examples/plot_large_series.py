"""
===================================
A million minutes, in little memory
===================================

Two years of a machine, minute by minute, are a million rows. Cut into windows of two hours, they
become many times as large. This example writes such a series to a file, opens it as a memory map,
and trains a network on lazy windows of it, which are gathered batch by batch. A process of its own
does so, and notes its memory all the time; a second one does the same with ordinary windows. Needs
psutil: ``pip install psutil``.
"""

# %%
# A file
# ------
# The rows are simulated. A motor runs under a load that changes with the hour and the shift, and
# warms up. Its temperature follows the load with a delay of forty minutes, and a fan and the air of
# the hall cool it. The rows are written in float32 as a ``.npy`` file, block by block: a series
# that does not fit into memory would be written in the same way.

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import lfilter

N_MINUTES = 2 * 365 * 24 * 60
NAMES = "temperature", "load", "fan", "hall"


def simulate_day(rng, day, warmth):
    """Return the rows of a day, (1440, 4), and the temperature with which it ends."""
    hour = np.arange(1440) / 60
    shift = np.where((hour > 6) & (hour < 22) & (day % 7 < 5), 0.7, 0.15)
    load = np.clip(shift + lfilter([0.02], [1, -0.98], rng.normal(0, 0.6, 1440)), 0, 1)
    fan = np.repeat(rng.random(48) < 0.5, 30).astype(float)
    hall = 18 + 4 * np.sin(2 * np.pi * (hour - 9) / 24) + 6 * np.sin(2 * np.pi * day / 365)
    heat = hall + 60 * load**2 / (1 + fan)
    slow, _ = lfilter([1 / 40], [1, -1 + 1 / 40], heat, zi=[warmth * (1 - 1 / 40)])
    measured = slow + rng.normal(0, 0.2, 1440)
    return np.column_stack([measured, load, fan, hall]), slow[-1]


folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "minutes.npy"
rows = np.lib.format.open_memmap(path, "w+", "float32", (N_MINUTES, len(NAMES)))
rng, warmth = np.random.default_rng(0), 20.0
for day in range(N_MINUTES // 1440):
    rows[1440 * day : 1440 * (day + 1)], warmth = simulate_day(rng, day, warmth)
rows.flush()
print(f"{len(rows):,} rows, a file of {path.stat().st_size / 1e6:.0f} MB")

# %%
# The measured process
# --------------------
# It forecasts the temperature half an hour ahead from the last two hours, every ten minutes, and
# trains on the first nine tenths of the windows. A first fit on a few zeros imports TensorFlow and
# compiles the network, so that this does not count. Then a thread notes the resident memory, pages
# of the file included, fifty times per second.

LOOKBACK, HORIZON, STRIDE = 120, 30, 10
SCRIPT = f"""
import json, sys, threading, time
import numpy as np
import psutil
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklstm import LSTMRegressor, TimeDistributedTransformer, make_windows

path, kind = sys.argv[1:]
pipe = make_pipeline(
    TimeDistributedTransformer(StandardScaler()),
    LSTMRegressor(units=8, epochs=1, batch_size=512, learning_rate=0.01, random_state=0),
)
pipe.fit(np.zeros((512, {LOOKBACK}, 4), dtype=np.float32), np.arange(512.0)).predict(
    np.zeros((512, {LOOKBACK}, 4), dtype=np.float32)
)

process, begin, samples, done = psutil.Process(), time.perf_counter(), [], threading.Event()

def watch():
    while not done.is_set():
        samples.append((time.perf_counter() - begin, process.memory_info().rss / 1e6))
        time.sleep(0.02)

watcher = threading.Thread(target=watch)
watcher.start()
rows = np.load(path, mmap_mode="r")
X, Y = make_windows(
    rows, rows[:, 0], lookback={LOOKBACK}, horizon={HORIZON}, stride={STRIDE}, lazy=kind == "lazy"
)
y, first_test = Y[:, -1], len(X) * 9 // 10
last_known = first_test - {HORIZON // STRIDE}
forecasts = pipe.fit(X[:last_known], y[:last_known]).predict(X[first_test:])
done.set()
watcher.join()
last = X[first_test:, -1, 0]
np.save(path.replace(".npy", "_" + kind + ".npy"), [y[first_test:], forecasts, last])
print(json.dumps(dict(samples=samples, n_windows=len(X))))
"""


def measure(kind):
    """Return the number of windows, and memory over time."""
    command = [sys.executable, "-c", SCRIPT, str(path), kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


measured = {kind: measure(kind) for kind in ("lazy", "array")}
n_windows = measured["lazy"]["n_windows"]
print(f"{n_windows:,} windows, as an array of {n_windows * LOOKBACK * 4 * 4 / 1e6:.0f} MB")

# %%
# Memory over time
# ----------------
# Lazy windows need the scaled rows, one number per window for its start and one for its target, and
# a batch. Ordinary windows cost nothing when they are cut, since they are views; but the part to
# train on is a copy of all its windows, and the scaled windows are another. The scale begins where
# each process was before it opened the file.

figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for (kind, result), colour in zip(measured.items(), ("#0072b2", "#e69f00"), strict=True):
    seconds, memory = np.array(result["samples"]).T
    beyond = memory - memory[0]
    ax.plot(seconds, beyond, color=colour, lw=2, label=f"{kind}: at most {beyond.max():.0f} MB")
ax.axhline(path.stat().st_size / 1e6, color="0.4", ls=":", label="size of the file")
ax.set(xlabel="seconds", ylabel="MB beyond the imports", ylim=(0, None))
ax.legend()
ax.grid(alpha=0.3)
plt.show()

# %%
# The same forecasts
# ------------------
# Nothing is lost by it: only the scaler differs a little, as it counts each row once and not once
# per window. Beside the network stands the last value.

lazy, array = (np.load(path.with_name(f"minutes_{kind}.npy")) for kind in measured)
folder.cleanup()
y, forecasts, last = lazy
for name, made in {"lazy": forecasts, "array": array[1], "last value": last}.items():
    print(f"{name:<12} mean absolute error {np.abs(made - y).mean():.2f} degrees")

hours = np.arange(288) * STRIDE / 60
figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.plot(hours, y[:288], color="0.6", lw=3, label="temperature")
ax.plot(hours, forecasts[:288], color="#0072b2", lw=1.5, label="forecast half an hour before")
ax.set(xlabel="hours of the test part", ylabel="degrees Celsius")
ax.legend()
plt.show()

# %%
# :doc:`/guide/large_data` says what stays lazy, and how to train on series that are larger than
# memory.
