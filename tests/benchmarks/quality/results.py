"""From records to what the tables say: means over seeds, and what a cross-validation picks."""

from collections import Counter
from dataclasses import dataclass
from statistics import mean

from quality import data
from quality.task import Backtest, Classification, Competition, Intervals, Series, Unequal

TASKS = {
    task.kind: task for task in (Classification, Unequal, Series, Backtest, Competition, Intervals)
}
# What a fit that ended in an error counts as in a mean: no label right, no variance explained.
# There is no such number for a forecast, and the mean is left out.
FAILED = {
    "classification": 0.0,
    "unequal": 0.0,
    "series": 0.0,
    "backtest": float("nan"),
    "competition": float("nan"),
    "interval": float("nan"),
}


@dataclass(frozen=True)
class Cell:
    """One model on one set: the scores of the seeds that ended, and how many did not."""

    scores: tuple[float, ...]  # by the first measure
    details: tuple[dict, ...]  # all measures
    seconds: float  # mean of a fit
    failed: int

    def counted(self, kind):
        """Mean over the seeds, failed ones included."""
        return mean([*self.scores, *[FAILED[kind]] * self.failed])


@dataclass(frozen=True)
class Pick:
    """What a cross-validation picks, seed by seed: the score, and how far from the best mean."""

    architectures: Counter
    score: float
    behind: float


def cells(records):
    """Cells of the test part by set and model."""
    grouped = {}
    for record in records:
        if record["part"] == "test":
            grouped.setdefault((record["set"], record["model"]), []).append(record)
    return {key: cell(data.kind_of(key[0]), group) for key, group in grouped.items()}


def cell(kind, group):
    scores = tuple(record["score"] for record in group if "score" in record)
    return Cell(
        scores=tuple(score[TASKS[kind].measure] for score in scores),
        details=scores,
        seconds=mean(record["seconds"] for record in group),
        failed=len(group) - len(scores),
    )


def picks(records, architectures):
    """Picks by set, where all architectures were cross-validated and tested."""
    return {
        name: pick
        for name in {record["set"]: None for record in records}
        if (pick := pick_of(name, records, architectures))
    }


def pick_of(name, records, architectures):
    """Choose as a grid search does, with each seed: the best mean, the first of those equal."""
    kind = data.kind_of(name)
    of = {
        part: {
            (record["model"], record["seed"]): record
            for record in records
            if (record["set"], record["part"]) == (name, part)
        }
        for part in ("test", "folds")
    }
    complete = of["test"].keys() & of["folds"].keys()
    seeds = {seed for _, seed in complete}
    seeds = [s for s in sorted(seeds) if all((arch, s) in complete for arch in architectures)]
    if not seeds:
        return None

    def tested(architecture, seed):
        score = of["test"][architecture, seed].get("score")
        return score[TASKS[kind].measure] if score else FAILED[kind]

    def validated(architecture, seed):
        return mean(of["folds"][architecture, seed].get("folds", [float("-inf")]))

    chosen = {seed: max(architectures, key=lambda arch: validated(arch, seed)) for seed in seeds}
    score = mean(tested(architecture, seed) for seed, architecture in chosen.items())
    means = [mean(tested(architecture, seed) for seed in seeds) for architecture in architectures]
    behind = max(means) - score if TASKS[kind].higher_is_better else score - min(means)
    return Pick(Counter(chosen.values()), score, behind)
