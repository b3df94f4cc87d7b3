"""The figure: a line of dots for each set, a colour for each architecture."""

from statistics import mean

from quality import models
from quality.results import cells
from quality.tables import SETS, TITLES

# Okabe and Ito's colours, which the colour-blind tell apart.
COLOURS = ("#0072b2", "#56b4e9", "#009e73", "#e69f00", "#cc79a7", "#d55e00")
MARKERS = {"ridge": "D", "Forecaster(ridge)": "s", "1-NN": "x", "minirocket": "*", "naive": "x"}
# What is drawn: backtests are in the units of their series. Where a network fails at a series, by
# how much does not matter.
LIMITS = {
    "classification": (0, 1.02),
    "series": (-0.5, 1.02),
    "competition": (0, None),
}


def draw(records, path):
    """A panel for each kind of set. Small dots are seeds, large ones their means."""
    import matplotlib.pyplot as plt

    filled = cells(records)
    rows = {
        kind: [name for name in SETS[kind] if any(name == of for of, _ in filled)]
        for kind in LIMITS
    }
    rows = {kind: names for kind, names in rows.items() if names}
    heights = [len(names) + 2 for names in rows.values()]
    figure, panels = plt.subplots(
        len(rows),
        figsize=(7.5, 0.8 + 0.36 * sum(heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for axes, (kind, names) in zip(panels[:, 0], rows.items(), strict=True):
        draw_panel(axes, kind, names, filled)
    figure.legend(*legend_of(panels[:, 0]), loc="outside upper center", ncols=5, frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_panel(axes, kind, names, filled):
    """Models of a set lie one below the other, so that none hides another."""
    drawn = models.models_of(kind)
    low, high = LIMITS[kind]
    for place, model in enumerate(drawn):
        shift = 0.7 * (place / (len(drawn) - 1) - 0.5)
        style = style_of(model)
        label = model
        for row, name in enumerate(names):
            scores = getattr(filled.get((name, model)), "scores", ())
            if not scores:
                continue
            inside = [max(low, score) for score in scores]
            colour = style["color"]
            axes.plot(inside, [row + shift] * len(inside), ".", ms=3, color=colour, alpha=0.7)
            axes.plot(max(low, mean(scores)), row + shift, ls="", label=label, **style)
            label = None  # once in the legend
    title, *_ = TITLES[kind].split(" /")
    beyond = f" (at the edge: {low} or less)" if low else ""
    axes.set_title(title + beyond, fontsize=10, loc="left")
    axes.set_yticks(range(len(names)), names, fontsize=9)
    for row in range(0, len(names), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="0.96", lw=0)
    axes.set_xlim(low, high)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def style_of(model):
    if model in MARKERS:
        return dict(marker=MARKERS[model], color="0.35", ms=5)
    colour = COLOURS[models.ARCHITECTURES.index(model) % len(COLOURS)]
    return dict(marker="o", color=colour, ms=5)


def legend_of(panels):
    """Handles and labels of all panels, each label once."""
    entries = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    return entries.values(), entries.keys()
