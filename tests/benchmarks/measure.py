"""One work by one contender, in a process of its own; the last line printed is the record.

Usage: measure.py CONTENDER WORK, with the work's numbers in JSON.
"""

import importlib
import json
import resource
import sys
import time


def measure(name, numbers):
    begin = time.perf_counter()
    works = importlib.import_module("works")  # here, since importing is timed
    contender = importlib.import_module(f"contender_{name}")
    import_seconds = time.perf_counter() - begin

    work = works.Work(**numbers)
    data = works.make_data(work)
    fit_seconds, memory = [], []
    begin = time.perf_counter()
    if work.folds:
        works.search(work, contender, *data)
    else:
        fit_seconds, memory = works.fit(work, contender, *data)
    seconds = time.perf_counter() - begin

    return {
        "seconds": seconds,
        "import_seconds": import_seconds,
        "fit_seconds": fit_seconds,
        "peak_mb": peak_memory(),  # before anything else is done
        "growth_mb": growth(memory, works.SETTLING_FITS),
        "parameters": works.count_parameters(work, contender, *data),
    }


def peak_memory():
    """Most memory in MB that this process, without its workers, has held so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def growth(memory, settling):
    """Memory that a fit adds once the first ones are over; None if there are no more."""
    later = memory[settling - 1 :]
    return (later[-1] - later[0]) / (len(later) - 1) if len(later) > 1 else None


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], json.loads(sys.argv[2]))))
