"""The sets by name. Everything is read from installed packages or generated with fixed seeds."""

from functools import cache, partial

from quality import competitions, sequences, series

CLASSIFICATION = {
    "coffee": sequences.coffee,
    "gunpoint": sequences.gunpoint,
    "trace": sequences.trace,
    "basic_motions": sequences.basic_motions,
    "digits": sequences.digits,
    "barcodes": sequences.barcodes,
    "signals": sequences.signals,
}
SERIES = {
    f"{load.__name__}-{horizon}": partial(load, horizon)
    for load, horizons in {
        series.co2: (1, 12),
        series.elnino: (1, 12),
        series.sunspots: (1, 11),
        series.lorenz: (1, 10),
    }.items()
    for horizon in horizons
}
COMPETITIONS = {
    f"{load.__name__}-{frequency}": partial(load, frequency)
    for load in (competitions.m1, competitions.tourism)
    for frequency in competitions.PERIODS
}
SETS = CLASSIFICATION | SERIES | COMPETITIONS


@cache
def load(name):
    """Load a set: a `Classification`, a `Series` or a `Competition`."""
    return SETS[name]()


def kind_of(name):
    """Kind of a set, without loading it."""
    kinds = {"classification": CLASSIFICATION, "series": SERIES, "competition": COMPETITIONS}
    return next(kind for kind, names in kinds.items() if name in names)
