"""From records to tables and figures.

A record is what one contender measured of one work in one round. Ratios are medians of the
ratios within the rounds, so that what slows a whole round down cancels.
"""

from dataclasses import dataclass
from math import ceil
from statistics import median

from works import ARCHITECTURES, SCALING
from writing import markdown

NAMES = {"stock": "scikeras", "skorch": "skorch", "sklstm": "sklstm"}
# Okabe and Ito's colours, which the colour-blind tell apart.
COLOURS = {"stock": "#e69f00", "skorch": "#009e73", "sklstm": "#0072b2"}


@dataclass(frozen=True)
class Target:
    """What sklstm is held to: a number at most, or a ratio to another contender or work."""

    words: str
    most: float
    contender: str | None = None
    work: str | None = None


@dataclass(frozen=True)
class Line:
    """A row of the table: one figure of one work."""

    title: str
    work: str
    target: Target | None = None
    figure: str = "seconds"
    unit: str = "s"


AHEAD = Target("ahead of skorch", 1, "skorch")

LINES = (
    Line("search: 4 networks, 3 folds, 1,000 windows of 20 steps", "search", AHEAD),
    Line("the same search: all tanh, as PyTorch's stack", "search-tanh", AHEAD),
    Line("the same search, n_jobs=2", "search-2", AHEAD),
    Line("a longer search: 120 epochs", "minute"),
    Line(
        "a longer search, n_jobs=2",
        "minute-2",
        Target("ahead of its n_jobs=1", 1, "sklstm", "minute"),
    ),
    Line("long sequences: 4 networks, 3 folds, 300 windows of 200 steps", "long", AHEAD),
    Line("the same long sequences: all tanh, as PyTorch's stack", "long-tanh", AHEAD),
    Line("barcodes: LSTM, LSTM + CNN, 100 units, 500 steps", "barcodes", AHEAD),
    Line(
        "panel: LSTM, LSTM + CNN, 60,000 windows, batch 256",
        "panel",
        Target("at most 0.8 times skorch", 0.8, "skorch"),
    ),
    Line("wide: 4 networks, 400 units", "wide", AHEAD),
    Line(
        "LSTM-FCN: 200 windows of 400 steps",
        "fcn",
        Target("at most 1.2 times skorch", 1.2, "skorch"),
    ),
    Line("many fits: 60 of 8 units", "many", AHEAD),
    Line(
        "memory growth: a fit, after five",
        "many",
        Target("at most 0.5 MB", 0.5),
        "growth_mb",
        "MB",
    ),
    Line("peak memory of the search", "search", Target("under 700 MB", 700), "peak_mb", "MB"),
    Line("import", "search", None, "import_seconds"),
)


def rounds_of(records, work, contender, figure="seconds"):
    """Figures by round."""
    return {
        record["round"]: record[figure]
        for record in records
        if (record["work"], record["contender"]) == (work, contender)
    }


def median_of(rounds):
    return median(rounds.values()) if rounds else None


def ratio(above, below):
    """Median of the ratios within the rounds; None without a common round."""
    common = above.keys() & below.keys()
    return median(above[r] / below[r] for r in common) if common else None


def reached(line, records):
    """The number that the line's target is about, or None if it was not measured."""
    target = line.target
    ours = rounds_of(records, line.work, "sklstm", line.figure)
    if target.contender is None:
        return median_of(ours)
    against = rounds_of(records, target.work or line.work, target.contender, line.figure)
    return ratio(ours, against)


def table(records):
    """The table in Markdown, of the lines that were measured."""
    measured = {record["work"] for record in records}
    rows = [row(line, records) for line in LINES if line.work in measured]
    head = ["", *NAMES.values(), "sklstm / skorch", "scikeras / sklstm", "target", "met"]
    return markdown(head, rows)


def row(line, records):
    rounds = {name: rounds_of(records, line.work, name, line.figure) for name in NAMES}
    ratios = [("sklstm", "skorch"), ("stock", "sklstm")] if line.figure == "seconds" else []
    cells = [line.title]
    cells += [number(median_of(rounds[name]), line.unit) for name in NAMES]
    cells += [number(ratio(rounds[above], rounds[below])) for above, below in ratios] or ["", ""]
    if line.target is None:
        return [*cells, "", ""]
    value = reached(line, records)
    met = "" if value is None else "yes" if value <= line.target.most else "no"
    return [*cells, line.target.words, f"{met} ({number(value)})" if met else ""]


def number(value, unit=""):
    """Three digits, as far as they lie behind the point, and the unit."""
    if value is None:
        return ""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f} {unit}".rstrip()


def first_fits(records):
    """Seconds that the first fit of a process takes beyond the second, by network, in Markdown."""
    names = [name for name in NAMES if any(r["contender"] == name for r in records)]
    rows = []
    for architecture in ARCHITECTURES:
        fits = [rounds_of(records, f"first-{architecture}", name, "fit_seconds") for name in names]
        beyond = [{r: first - second for r, (first, second) in f.items()} for f in fits]
        if any(beyond):
            rows.append([architecture, *(number(median_of(b), "s") for b in beyond)])
    return markdown(["first fit beyond the second", *(NAMES[name] for name in names)], rows)


def draw_table(records, path):
    """Bars of the medians, dots of the rounds, a panel for each line with a competitor."""
    import matplotlib.pyplot as plt

    lines = {}
    for line in LINES:
        rounds = {name: rounds_of(records, line.work, name, line.figure) for name in NAMES}
        rounds = {name: values for name, values in rounds.items() if values}
        if len(rounds) > 1:
            lines[line] = rounds
    if not lines:
        return
    columns = min(2, len(lines))
    rows = ceil(len(lines) / columns)
    size = 3.75 * columns, 1.75 * rows
    figure, panels = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axes in panels.flat[len(lines) :]:
        axes.axis("off")
    for axes, (line, rounds) in zip(panels.flat, lines.items(), strict=False):
        for name, values in rounds.items():
            seen, middle = list(values.values()), median_of(values)
            axes.barh(NAMES[name], middle, color=COLOURS[name])
            axes.plot(seen, [NAMES[name]] * len(seen), "o", color="0.15", ms=2.5)
            axes.annotate(
                number(middle, line.unit),
                (max(0, *seen, middle), NAMES[name]),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
            )
        title, _, details = line.title.partition(": ")
        axes.set_title(f"{title}\n{details}".strip(), fontsize=9, loc="left")
        axes.invert_yaxis()
        axes.margins(x=0.35)
        axes.set_xlabel("seconds" if line.unit == "s" else line.unit, fontsize=8)
        axes.tick_params(labelsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_scaling(records, path):
    """Seconds an epoch of a warm fit along each dimension."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, 2, figsize=(7.5, 6.5), sharey=True, layout="constrained")
    for axes, (dimension, values) in zip(panels.flat, SCALING.items(), strict=True):
        for name, style in {"skorch": "s--", "sklstm": "o-"}.items():
            epochs = {v: warm_epoch(records, f"{dimension}={v}", name) for v in values}
            points = [(v, seconds) for v, seconds in epochs.items() if seconds is not None]
            if points:
                axes.loglog(*zip(*points, strict=True), style, color=COLOURS[name], label=name)
        axes.set_xticks(values, [str(value) for value in values])
        axes.minorticks_off()
        axes.set_xlabel(dimension)
        axes.grid(color="0.9")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("seconds an epoch")
    panels[0, 0].legend(frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def warm_epoch(records, work, contender):
    """Seconds an epoch of the second fit; None if it was not measured."""
    rounds = [r for r in records if (r["work"], r["contender"]) == (work, contender)]
    return median(r["fit_seconds"][1] / r["epochs"] for r in rounds) if rounds else None
