"""The sets by name. Everything is read from installed packages or generated with fixed seeds."""

from functools import cache, partial

from quality import competitions, sequences, series
from sklstm.datasets import load_co2, load_elnino, load_sunspots

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
BACKTESTS = {
    f"{name}-folds": partial(series.backtested, f"{name}-folds", load, period)
    for name, load, period in (
        ("co2", load_co2, 12),
        ("elnino", load_elnino, 12),
        ("sunspots", load_sunspots, 11),
    )
}
SETS = CLASSIFICATION | SERIES | BACKTESTS | COMPETITIONS


@cache
def load(name):
    """Load a set: a `Classification`, a `Series`, a `Backtest` or a `Competition`."""
    return SETS[name]()


def kind_of(name):
    """Kind of a set, without loading it."""
    kinds = {
        "classification": CLASSIFICATION,
        "series": SERIES,
        "backtest": BACKTESTS,
        "competition": COMPETITIONS,
    }
    return next(kind for kind, names in kinds.items() if name in names)
