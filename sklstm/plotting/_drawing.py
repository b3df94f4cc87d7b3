"""What the displays share: colours, axes, legends, and the network inside an estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

BLUE, ORANGE, GREEN, RED, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
GREY, LIGHT = "#7F7F7F", "#D9D9D9"
COLORS = BLUE, ORANGE, GREEN, RED, "#CC79A7", SKY, "#000000"
LEGEND = 9  # points
MARKERS = "o", "s", "^", "D", "v", "P", "X"


def get_axes(ax: Any, number: int, *, height: float, width: float = 6.4) -> tuple[Any, np.ndarray]:
    """Return the figure and an array of axes: those given, or new ones one upon another."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Plotting needs matplotlib, which sklstm's extra `plot` brings along: pip install "
            '".[plot]" in a clone of sklstm, or pip install matplotlib.'
        ) from error
    if ax is None:
        figure, axes = plt.subplots(
            number,
            squeeze=False,
            sharex=True,
            figsize=(width, height * number + 0.6),
            layout="constrained",
        )
        return figure, axes[:, 0]
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) != number:
        raise ValueError(f"ax must be {number} Axes, one for each thing to draw, got {len(axes)}.")
    return axes[0].figure, axes


def draw_legend(axes: Any, *, beside: bool = False, ncols: int = 1) -> None:
    """Draw a legend; a long one beside the axes, where it hides nothing."""
    _, labels = axes.get_legend_handles_labels()
    if beside or len(labels) > 6:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=LEGEND)
    elif labels:
        axes.legend(fontsize=LEGEND, ncols=ncols)


def network_of(estimator: Any) -> Any:
    """Find the fitted LSTM in a pipeline, a search or another wrapper around it."""
    inner = estimator
    while not hasattr(inner, "history_"):
        if isinstance(inner, Pipeline):
            inner = inner[-1]
            continue
        names = "best_estimator_", "regressor_", "estimator_"
        found = [getattr(inner, name) for name in names if hasattr(inner, name)]
        if not found:
            raise ValueError(
                f"No fitted LSTMRegressor or LSTMClassifier was found in {estimator!r}. Pass a "
                "fitted one, or a fitted pipeline or search around one."
            )
        inner = found[0]
    return inner
