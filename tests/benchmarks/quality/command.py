"""How good are our networks with their defaults? Real sequences and series, official splits.

Every network is fitted with default arguments, on standardized values, with several seeds, beside
cheap references and a strong classifier. A line is printed for every job that ends.
"""

import argparse
import json
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

from quality import data, jobs, models
from quality.figure import draw
from quality.published import SOURCES
from quality.tables import tables
from writing import machine, write_records

PACKAGES = ("sklstm", "tensorflow", "keras", "scikit-learn", "aeon", "numpy")

QUICK = ("digits", "sunspots-1")


def main(arguments=None):
    options = parse_arguments(arguments)
    sets = {name: data.kind_of(name) for name in options.sets}
    planned = jobs.plan(
        sets, options.archs, options.references, options.seeds, options.params, options.cv
    )
    record = jobs.Record(options.record)
    if options.fresh:
        record.forget(planned)
    missing = [job for job in planned if job not in record]
    print(f"{len(planned)} jobs, {len(planned) - len(missing)} of them on record")
    for number, result in enumerate(jobs.run_all(missing, options.jobs, options.limit), start=1):
        record.add(result)
        print(f"{number:>4}/{len(missing)}  {line(result)}", flush=True)
    write(record.of(options.params), caption(options), options.output)


def line(result):
    """A job's result in a line."""
    words = [f"{result['set']:<18} {result['model']:<14} seed {result['seed']} {result['part']:<6}"]
    words += [f"{result['seconds']:7.1f} s"]
    if "error" in result:
        words += [result["error"].splitlines()[0][:100]]
    elif result["part"] == "test":
        words += [f"{measure} {value:.3f}" for measure, value in result["score"].items()]
    else:
        words += [" ".join(f"{value:.3f}" for value in result["folds"])]
    return "  ".join(words)


def write(records, words, folder):
    """Write the records of the run and of those that it continues, their tables and a figure."""
    folder.mkdir(parents=True, exist_ok=True)
    text = tables(records)
    (folder / "quality.md").write_text(f"{text}\n{words}\n")
    write_records(records, words, folder / "quality.json")
    draw(records, folder / "quality.png")
    print(f"\n{text}\n{words}")


def caption(options):
    """How it was measured, on what, with what."""
    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    given = f"with {json.dumps(options.params)}" if options.params else "with default arguments"
    return (
        ("A quick run of one epoch: its numbers mean nothing. " if options.quick else "")
        + f"Networks {given} on standardized values, means over seeds, and the mean seconds of a "
        "fit on one core. A fit failed if it ended in an error or took more than "
        f"{options.limit:g} s; in means over sets it counts as 0. Picked by cross-validation: the "
        "architecture that three folds of the training part pick, and how far its test score is "
        "from the best architecture's, means over seeds. MiniRocket is aeon's; naive forecasts "
        "are seasonal. R² is of the last fifth of a series; a competition's errors are means over "
        "its series. In backtests and competitions, networks are those of a Forecaster, of a "
        "competition with three members; ridge is then that on the windows, of a competition in "
        "units of their mean. Intervals are those of a Forecaster, and of normal errors as large "
        "as in training. "
        f"{SOURCES} {machine()}, {date.today():%d %B %Y}. "
        f"Python {platform.python_version()}, {packages}."
    )


def parse_arguments(arguments):
    first, *_ = __doc__.splitlines()
    parser = argparse.ArgumentParser(prog="quality", description=first)
    add = parser.add_argument
    add("--sets", nargs="+", choices=data.SETS, metavar="SET", help=f"of {', '.join(data.SETS)}")
    add("--archs", nargs="+", choices=models.ARCHITECTURES, default=models.ARCHITECTURES)
    add("--seeds", type=int, default=3, help="number of seeds")
    add("--params", type=json.loads, default={}, help="arguments of our networks, JSON")
    add("--no-cv", dest="cv", action="store_false", help="leave out the cross-validation")
    add("--no-references", dest="references", action="store_false", help="networks only")
    add("--jobs", type=int, default=2, help="worker processes")
    add("--limit", type=float, default=900, help="most seconds of a job (default: 900)")
    add("--fresh", action="store_true", help="run again what is on record")
    add("--quick", action="store_true", help="only see that everything runs")
    add("--record", type=Path, help="JSON file that is read and continued")
    add("--output", type=Path, help="folder of the tables and the figure")
    options = parser.parse_args(arguments)
    if options.quick:
        options.fresh, options.seeds, options.params = True, 1, {"epochs": 1}
    options.sets = options.sets or (QUICK if options.quick else tuple(data.SETS))
    # Tables of numbers that were not reached with the defaults are kept apart.
    build = Path("build") / "benchmarks"
    trial = build / "trial"
    options.record = options.record or (
        trial / "record.json" if options.quick else build / "quality.json"
    )
    options.output = options.output or (trial if options.params else Path("docs") / "benchmarks")
    return options
