"""How a series is cut, and how folds lie in time."""

from __future__ import annotations

import functools
from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import (
    BLUE,
    GREY,
    LEGEND_FONT_SIZE,
    LIGHT_GREY,
    ORANGE,
    RED,
    SKY,
    get_axes,
    spread_evenly,
)

_LEAK = "trained on, not yet known: a leak"

# How each kind of bar is drawn, in the order of the legend.
_STYLES: dict[str, dict[str, Any]] = {
    "look-back": {"facecolor": GREY},
    "targets of the test part": {"facecolor": ORANGE, "hatch": "///"},
    "origins of the training part": {"facecolor": BLUE},
    "targets of the training part": {"facecolor": SKY, "hatch": "..."},
    "origins of neither part": {"facecolor": LIGHT_GREY},
    _LEAK: {"facecolor": RED, "hatch": "xxx"},
}


class WindowsDisplay:
    """How a series is cut into windows, and how folds lie in time, with every leak marked.

    The upper rows show windows: a look-back, and the horizon after it. The lower rows show one
    fold each: the origins (last steps of windows) of the training part, the targets after these,
    the targets of the test part, and the origins of neither part, such as those in the purged gap.
    Targets of the training part that lie after the first test origin are drawn in red: when the
    test part is forecast they are not yet known, and some may even be its targets. Use
    ``from_cv`` to create the display.

    Parameters
    ----------
    lookback, horizon : int
        Number of steps in a window, and number of steps forecast after it. A horizon of 0 means
        that each window is labelled by its last row.
    origins : ndarray of int of shape (n_windows,)
        The row of each window's last step.
    folds : list of (train, test)
        Indices of windows, as a splitter returns them.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where the display is drawn.
    lookback_bars_, horizon_bars_ : list of PolyCollection
        One collection per window shown.
    train_bars_, reach_bars_, gap_bars_, test_bars_, leak_bars_ : list of PolyCollection
        One collection per fold: the origins of the training part, the targets after these, the
        origins of neither part, the targets of the test part, and the targets of the training
        part that lie after the first test origin. A fold without such steps has an empty
        collection.
    leaks_ : list of bool
        For each fold, whether it trains on targets after its first test origin.
        :class:`~sklstm.PurgedTimeSeriesSplit` leaves the windows with such targets out.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import KFold
    >>> from sklstm import PurgedTimeSeriesSplit, make_windows
    >>> from sklstm.plotting import WindowsDisplay
    >>> X, Y = make_windows(np.arange(60.0), lookback=8, horizon=3)
    >>> WindowsDisplay.from_cv(PurgedTimeSeriesSplit(3, horizon=3), X, Y).leaks_
    [False, False, False]
    >>> WindowsDisplay.from_cv(KFold(3), X, Y).leaks_
    [True, True, True]
    """

    def __init__(self, lookback: int, horizon: int, origins: Any, folds: Any) -> None:
        self.lookback = lookback
        self.horizon = horizon
        self.origins = origins
        self.folds = folds

    @classmethod
    def from_cv(
        cls,
        cv: Any,
        X: Any,
        y: Any,
        *,
        origins: Any = None,
        groups: Any = None,
        horizon: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the folds of a splitter.

        Parameters
        ----------
        cv : splitter
            A splitter of scikit-learn's kind, such as :class:`~sklstm.PurgedTimeSeriesSplit`.
        X : array-like of shape (n_windows, lookback, n_features)
            Windows.
        y : array-like of shape (n_windows,) or (n_windows, n_targets * horizon)
            Their targets.
        origins : array-like of int of shape (n_windows,), default=None
            The row of each window's last step; by default each window begins one row after the
            one before. For several series, pass the positions of these steps in time, so that the
            series lie over each other.
        groups : array-like of shape (n_windows,), default=None
            Passed to ``cv.split``.
        horizon : int, default=None
            Steps from a window's origin to its last target; by default the number of columns of
            `y`, and 1 for 1-D `y`. With several targets, pass it. Pass 0 for windows that are
            labelled by their last row.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        WindowsDisplay
            The display, drawn.
        """
        n_windows, lookback = np.shape(X)[:2]
        if horizon is None:
            horizon = 1 if np.ndim(y) == 1 else np.shape(y)[1]
        rows = np.arange(n_windows) + lookback - 1 if origins is None else np.asarray(origins)
        if rows.shape != (n_windows,):
            raise ValueError(
                f"origins must give the row of each of the {n_windows} windows, got shape "
                f"{rows.shape}. Pass those that make_windows(..., return_origins=True) returned "
                "with X."
            )
        folds = list(cv.split(X, y, groups))
        return cls(lookback, horizon, rows, folds).plot(**kwargs)

    def plot(self, ax: Any = None, *, n_windows: int = 3) -> Self:
        """Draw windows and folds.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; new Axes by default.
        n_windows : int, default=3
            Number of windows to show above the folds.

        Returns
        -------
        WindowsDisplay
            This display.
        """
        n_rows = n_windows + len(self.folds)
        self.figure_, (self.ax_,) = get_axes(ax, 1, height=0.32 * n_rows + 0.9, width=7.5)
        shown = spread_evenly(len(self.origins), n_windows)
        self._plot_windows(shown)
        self._plot_folds(first_row=len(shown))
        self._label_rows(len(shown))
        self._draw_legend()
        return self

    def _plot_windows(self, shown: np.ndarray) -> None:
        self.lookback_bars_, self.horizon_bars_ = [], []
        for row, window in enumerate(shown):
            after = self.origins[window] + 1
            lookback = [(after - self.lookback, after)]
            horizon = [(after, after + self.horizon)]
            self.lookback_bars_.append(self._draw_bars(row, lookback, "look-back"))
            # the horizon of a window looks like the targets of a test part
            self.horizon_bars_.append(self._draw_bars(row, horizon, "targets of the test part"))

    def _plot_folds(self, first_row: int) -> None:
        self.train_bars_: list[Any] = []
        self.reach_bars_: list[Any] = []
        self.gap_bars_: list[Any] = []
        self.test_bars_: list[Any] = []
        self.leak_bars_: list[Any] = []
        self.leaks_: list[bool] = []
        for row, (train, test) in enumerate(self.folds, start=first_row):
            self._plot_fold(row, np.sort(self.origins[train]), np.sort(self.origins[test]))

    def _plot_fold(self, row: int, train: np.ndarray, test: np.ndarray) -> None:
        """Draw a fold, given the sorted origins of its training part and of its test part."""
        train_targets, test_targets = self._find_targets(train), self._find_targets(test)
        unused = np.setdiff1d(self.origins, [*train, *test, *test_targets])
        beyond = np.setdiff1d(train_targets, train)
        leaked = train_targets[train_targets > test[0]]
        draw = functools.partial(self._draw_bars, row)
        self.gap_bars_.append(draw(_find_runs(unused), "origins of neither part"))
        self.train_bars_.append(draw(_find_runs(train), "origins of the training part"))
        self.test_bars_.append(draw(_find_runs(test_targets), "targets of the test part"))
        self.reach_bars_.append(draw(_find_runs(beyond), "targets of the training part", 0.4))
        self.leak_bars_.append(draw(_find_runs(leaked), _LEAK, 0.4))
        self.leaks_.append(len(leaked) > 0)

    def _find_targets(self, origins: np.ndarray) -> np.ndarray:
        """Return the rows of all targets of windows with these origins."""
        ahead = np.arange(1, self.horizon + 1) if self.horizon else np.zeros(1, int)
        return np.unique(origins[:, np.newaxis] + ahead)

    def _draw_bars(self, row: int, runs: Any, kind: str, height: float = 0.7) -> Any:
        return self.ax_.broken_barh(
            [(begin, end - begin) for begin, end in runs],
            (row - height / 2, height),
            edgecolor="white",
            linewidth=0.3,
            **_STYLES[kind],
        )

    def _label_rows(self, n_shown: int) -> None:
        names = [f"window {number + 1}" for number in range(n_shown)]
        names += [f"fold {number + 1}" for number in range(len(self.folds))]
        self.ax_.set_yticks(range(len(names)), names)
        self.ax_.invert_yaxis()
        self.ax_.set_xlabel("row of the series")

    def _draw_legend(self) -> None:
        from matplotlib.patches import Patch

        absent = set()
        if not any(len(bars.get_paths()) for bars in self.gap_bars_):
            absent.add("origins of neither part")
        if not any(self.leaks_):
            absent.add(_LEAK)
        height = self.ax_.get_position().height * self.figure_.get_figheight()
        self.ax_.legend(
            handles=[
                Patch(label=kind, edgecolor="white" if "hatch" in style else None, **style)
                for kind, style in _STYLES.items()
                if kind not in absent
            ],
            loc="upper center",
            bbox_to_anchor=(0.5, -0.5 / height),  # half an inch below, however many folds
            ncols=3,
            fontsize=LEGEND_FONT_SIZE,
        )


def _find_runs(rows: np.ndarray) -> list[tuple[int, int]]:
    """Return runs of consecutive rows: the first row of each, and the one after its last."""
    rows = np.unique(rows)
    if not len(rows):
        return []
    breaks = np.flatnonzero(np.diff(rows) > 1) + 1
    return [(int(run[0]), int(run[-1]) + 1) for run in np.split(rows, breaks)]
