"""What the displays share: colours, axes, legends, and finding the LSTM in an estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

BLUE, ORANGE, GREEN, RED, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
GREY, LIGHT_GREY = "#7F7F7F", "#D9D9D9"
COLORS = BLUE, ORANGE, GREEN, RED, "#CC79A7", SKY, "#000000"
MARKERS = "o", "s", "^", "D", "v", "P", "X"
LEGEND_FONT_SIZE = 9  # points


def get_axes(
    ax: Any, n_axes: int, *, height: float, width: float = 6.4, share_x: bool = True
) -> tuple[Any, np.ndarray]:
    """Return the figure and an array of `n_axes` Axes: those given, or new ones in a column.

    `height` and `width` are those of one new Axes, in inches.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Plotting needs matplotlib. Install it with pip install matplotlib, or together with "
            'the rest of sklstm\'s extra `plot`: pip install ".[plot]" in a clone of sklstm.'
        ) from error
    if ax is None:
        figure, axes = plt.subplots(
            n_axes,
            squeeze=False,
            sharex=share_x,
            figsize=(width, height * n_axes + 0.6),
            layout="constrained",
        )
        return figure, axes[:, 0]
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) != n_axes:
        raise ValueError(
            f"ax must be {n_axes} Axes, one per panel of the display, got {len(axes)}. Leave ax "
            "out to have them made."
        )
    return axes[0].figure, axes


def plain_times(index: Any) -> Any:
    """Return an index that matplotlib can draw: periods begin, and dates are of local time."""
    if hasattr(index, "to_timestamp"):  # periods
        index = index.to_timestamp()
    if getattr(index, "tz", None) is not None:
        index = index.tz_localize(None)
    return index


def draw_legend(ax: Any, *, beside: bool = False, ncols: int = 1) -> None:
    """Draw a legend; a long one beside the axes, where it hides nothing."""
    _, labels = ax.get_legend_handles_labels()
    if beside or len(labels) > 6:
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=LEGEND_FONT_SIZE)
    elif labels:
        ax.legend(fontsize=LEGEND_FONT_SIZE, ncols=ncols)


def spread_evenly(n_items: int, n_shown: int) -> np.ndarray:
    """Return the indices of at most `n_shown` of `n_items`, from the first to the last."""
    return np.unique(np.linspace(0, n_items - 1, n_shown).round().astype(int))


def count_back(n_items: int, n_shown: int) -> np.ndarray:
    """Return the indices of at most `n_shown` of `n_items`, in equal steps back from the last."""
    step = -(-n_items // n_shown)
    return np.arange(n_items - 1, -1, -step)[::-1]


def find_lstm(estimator: Any) -> Any:
    """Find the fitted LSTM estimator in a pipeline, a search or another wrapper around it."""
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
