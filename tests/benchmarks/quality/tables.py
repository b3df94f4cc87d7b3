"""The tables in Markdown: a row per set, a column per model."""

from math import isnan
from statistics import mean

from quality import data, models
from quality.published import PUBLISHED
from quality.results import TASKS, cells, picks
from writing import markdown

TITLES = {
    "classification": "Classification: accuracy",
    "unequal": "Sequences of unequal length: accuracy",
    "series": "Series: R²",
    "backtest": "Backtests: mean absolute error / in each of three folds",
    "competition": "Competitions: MASE / sMAPE",
    "interval": "Intervals: score of 80 % / coverage of 80 % and of 95 %",
}
SETS = {
    "classification": data.CLASSIFICATION,
    "unequal": data.UNEQUAL,
    "series": data.SERIES,
    "backtest": data.BACKTESTS,
    "competition": data.COMPETITIONS,
    "interval": data.INTERVALS,
}


def tables(records):
    """All tables, each with its title; those without records are left out."""
    parts = [
        f"**{TITLES[kind]}**\n\n{table(records, kind)}"
        for kind in TASKS
        if any(data.kind_of(record["set"]) == kind for record in records)
    ]
    return "\n".join(parts)


def table(records, kind):
    """Scores with the seconds of a fit, and what a cross-validation picks."""
    records = [record for record in records if record["set"] in SETS[kind]]
    filled = cells(records)
    names = [name for name in SETS[kind] if any(name == of for of, _ in filled)]
    columns = [
        model for model in models.models_of(kind) if any((name, model) in filled for name in names)
    ]
    architectures = [model for model in columns if model in models.ARCHITECTURES]
    picked = picks(records, architectures) if architectures else {}
    head = ["", *columns]
    rows = [[name, *(score(filled.get((name, model))) for model in columns)] for name in names]
    if kind not in ("backtest", "interval", "unequal"):  # no mean of these says anything
        rows.append(["mean", *(mean_score(model, names, filled, kind) for model in columns)])
    if picked:
        head += ["picked by cross-validation", "behind the best"]
        for row, name in zip(rows, names, strict=False):
            row += pick_columns(picked.get(name))
        rows[-1] += mean_pick(names, picked)
    if kind == "classification":
        head.append("published")
        for row, name in zip(rows, [*names, None], strict=True):
            row.append(published(name))
    return markdown(head, rows)


def score(cell):
    """For example ``0.951 (12 s)``, or ``1.53 / 19.0 (5 s)``; with the fits that failed."""
    if cell is None:
        return ""
    words = []
    if cell.details:
        words += [" / ".join(means(cell.details))]
    if cell.failed:
        words += [f"{cell.failed} failed" if cell.details else "failed"]
    return f"{', '.join(words)} ({duration(cell.seconds)})"


def means(details):
    """Mean of each measure over the seeds; percentages with one digit."""
    for measure in details[0]:
        value = mean(detail[measure] for detail in details)
        yield f"{value:.1f}" if measure == "smape" else f"{value:.3f}"


def duration(seconds):
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def pick_columns(pick):
    if pick is None:
        return ["", ""]
    counts = pick.architectures.most_common()
    names = ", ".join(f"{name} {n}" if len(counts) > 1 else name for name, n in counts)
    return [f"{pick.score:.3f} ({names})", f"{pick.behind:.3f}"]


def mean_score(model, names, filled, kind):
    """Mean over the sets; nothing where one is missing."""
    if any((name, model) not in filled for name in names):
        return ""
    return number(mean(filled[name, model].counted(kind) for name in names))


def mean_pick(names, picked):
    if picked.keys() != set(names):
        return ["", ""]
    score = mean(pick.score for pick in picked.values())
    behind = mean(pick.behind for pick in picked.values())
    return [number(score), number(behind)]


def number(value):
    return "" if isnan(value) else f"{value:.3f}"


def published(name):
    """For example ``1.000: FCN, InceptionTime; 0.991: ResNet``."""
    methods = {}
    for method, accuracy in PUBLISHED.get(name, {}).items():
        methods.setdefault(accuracy, []).append(method)
    return "; ".join(f"{accuracy:.3f}: {', '.join(names)}" for accuracy, names in methods.items())
