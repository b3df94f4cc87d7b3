"""Compare sklstm with scikeras on stock Keras and with skorch on PyTorch, on CPUs.

Every work of every contender runs in a process of its own, in several rounds. The order of the
contenders rotates from round to round, so that a noisy machine is noisy for all of them.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path

import report
from works import SCALING_WORKS, WORKS, shrink
from writing import machine, write_records

HERE = Path(__file__).resolve().parent
PACKAGES = (
    "sklstm",
    "tensorflow",
    "keras",
    "llvmlite",
    "scikeras",
    "torch",
    "skorch",
    "scikit-learn",
    "numpy",
)


def main():
    options = parse_arguments()
    works = SCALING_WORKS if options.scaling else WORKS
    if options.rows:
        works = {name: works[name] for name in options.rows}
    if options.quick:
        works = {name: shrink(work) for name, work in works.items()}
    options.output.mkdir(parents=True, exist_ok=True)
    write = write_scaling if options.scaling else write_table
    caption = describe(options)
    records = []
    for turn in range(options.rounds):
        for name, work in works.items():
            for contender in rotate(work.contenders, turn):
                if contender in options.contenders:
                    records.append(run(name, work, contender, turn))
                    check_parameters(records)
        write(records, caption, options.output)  # each round, so that no round is lost
    print(caption)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", nargs="+", metavar="ROW", help=f"of {', '.join(WORKS)}")
    parser.add_argument("--contenders", nargs="+", choices=report.NAMES, default=list(report.NAMES))
    parser.add_argument("--scaling", action="store_true", help="how cost grows with each dimension")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs")
    parser.add_argument("--output", type=Path, help="folder of the results")
    options = parser.parse_args()
    known = SCALING_WORKS if options.scaling else WORKS
    if unknown := set(options.rows or ()) - known.keys():
        parser.error(f"no rows {sorted(unknown)}; there are {', '.join(known)}")
    if options.output is None:
        # What is quick means nothing, and is kept apart.
        options.output = Path("build" if options.quick else "docs") / "benchmarks"
    return options


def rotate(contenders, turn):
    first = turn % len(contenders)
    return contenders[first:] + contenders[:first]


def run(name, work, contender, turn):
    """Measure in a fresh process, without TensorFlow's chatter and without GPUs."""
    done = subprocess.run(
        [sys.executable, HERE / "measure.py", contender, json.dumps(asdict(work))],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{contender} failed at {name}:\n{done.stderr}")
    record = {"work": name, "contender": contender, "round": turn, "epochs": work.epochs}
    record |= json.loads(done.stdout.splitlines()[-1])
    print(
        f"round {turn + 1}  {name:<22} {contender:<7} {record['seconds']:8.2f} s"
        f"   import {record['import_seconds']:5.2f} s   peak {record['peak_mb']:5.0f} MB",
        flush=True,
    )
    return record


def check_parameters(records):
    """See to it that the contender that came last trained the networks of those before it."""
    last = records[-1]
    for record in records:
        if record["work"] == last["work"] and record["parameters"] != last["parameters"]:
            raise SystemExit(
                f"At {last['work']} the networks differ: {record['contender']} has "
                f"{record['parameters']} parameters and {last['contender']} {last['parameters']}."
            )


def describe(options):
    """Caption: how it was measured, on what, with what."""
    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        ("A quick run of shrunken works: its numbers mean nothing. " if options.quick else "")
        + f"Medians over rounds (here {options.rounds}), imports not included but for those of "
        "n_jobs=2's workers; ratios are medians of the rounds' ratios; MB are a million bytes. "
        "All networks, epochs, batches, folds and optimizers are the same, but for PyTorch's "
        "stack, which is all tanh since its LSTM has no relu. Every library uses its default "
        f"number of threads. {machine()}, {date.today():%d %B %Y}. "
        f"Python {platform.python_version()}, {packages}."
    )


def write_table(records, caption, folder):
    text = report.table(records)
    (folder / "table.md").write_text(f"{text}\n{caption}\n")
    write_records(records, caption, folder / "results.json")
    report.draw_table(records, folder / "table.png")
    print("\n" + text)


def write_scaling(records, caption, folder):
    text = report.first_fits(records)
    (folder / "scaling.md").write_text(f"{text}\n{caption}\n")
    write_records(records, caption, folder / "scaling.json")
    report.draw_scaling(records, folder / "scaling.png")
    print("\n" + text)


if __name__ == "__main__":
    main()
