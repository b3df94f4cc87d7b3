"""Loss and metrics per epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import COLORS, MARKERS, ORANGE, RED, draw_legend, find_lstm, get_axes


class TrainingHistoryDisplay:
    """Loss and metrics per epoch, of one fit or several.

    Use ``from_estimator`` for one fit, ``from_estimators`` or ``from_cv_results`` for several.

    Parameters
    ----------
    histories : dict of str to dict
        The ``history_`` of each fit, by the label of the fit.
    best_epochs : dict of str to int, default=None
        For each fit, the epoch whose weights were kept, counted from 1.

    Attributes
    ----------
    axes_ : ndarray of shape (n_quantities,) of Axes
        One Axes for the loss, and one per metric.
    ax_ : Axes
        The first of these.
    figure_ : Figure
        Where the display is drawn.
    lines_ : dict of (str, str) to Line2D
        The curves, by label and quantity, such as ``("fold 1", "val_loss")``.
    best_lines_ : dict of str to list of Line2D
        The markers of the best epoch of each fit.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm import LSTMRegressor
    >>> from sklstm.plotting import TrainingHistoryDisplay
    >>> X = np.sin(np.arange(60)[:, np.newaxis] + np.arange(9))
    >>> model = LSTMRegressor(units=4, epochs=3, early_stopping=True).fit(X[:, :8], X[:, 8])
    >>> display = TrainingHistoryDisplay.from_estimator(model)
    >>> sorted(quantity for _, quantity in display.lines_)
    ['loss', 'val_loss']
    """

    def __init__(self, histories: Mapping[str, Mapping[str, Any]], best_epochs: Any = None) -> None:
        self.histories = histories
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(cls, estimator: Any, **kwargs: Any) -> Self:
        """Draw the fit of an estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted LSTMRegressor or LSTMClassifier, or a pipeline or search around one.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.
        """
        return cls.from_estimators([estimator], labels=[""], **kwargs)

    @classmethod
    def from_estimators(
        cls, estimators: Sequence[Any], *, labels: Sequence[str] | None = None, **kwargs: Any
    ) -> Self:
        """Draw the fits of several estimators in the same axes.

        Parameters
        ----------
        estimators : sequence of estimators
            Each as in ``from_estimator``.
        labels : sequence of str, default=None
            Names of the fits, for the legend. By default the architectures if these differ, else
            "fit 1", "fit 2" and so on.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.
        """
        fitted = [find_lstm(estimator) for estimator in estimators]
        if labels is None:
            labels = _name_fits(fitted)
        if len(labels) != len(fitted) or len(set(labels)) < len(labels):
            raise ValueError(
                f"labels={list(labels)!r} must give each of the {len(fitted)} estimators a name of "
                "its own."
            )
        histories = {label: lstm.history_ for label, lstm in zip(labels, fitted, strict=True)}
        best_epochs = {label: lstm.best_epoch_ for label, lstm in zip(labels, fitted, strict=True)}
        return cls(histories, best_epochs).plot(**kwargs)

    @classmethod
    def from_cv_results(cls, cv_results: Mapping[str, Any], **kwargs: Any) -> Self:
        """Draw the fits of a cross-validation, one per fold.

        Parameters
        ----------
        cv_results : dict
            What ``cross_validate(..., return_estimator=True)`` returns.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.
        """
        if "estimator" not in cv_results:
            raise ValueError(
                f"cv_results must hold fitted estimators under 'estimator', got the keys "
                f"{sorted(cv_results)}. Call cross_validate with return_estimator=True. (A search "
                "keeps only the best estimator; from_estimator(search) draws its fit.)"
            )
        estimators = cv_results["estimator"]
        labels = [f"fold {number}" for number in range(1, len(estimators) + 1)]
        return cls.from_estimators(estimators, labels=labels, **kwargs)

    def plot(self, ax: Any = None, *, quantities: Sequence[str] | None = None) -> Self:
        """Draw the histories.

        Parameters
        ----------
        ax : Axes or sequence of Axes, default=None
            One Axes per quantity; new ones by default.
        quantities : sequence of str, default=None
            What to draw, such as ``["loss"]``; by default all that was recorded.

        Returns
        -------
        TrainingHistoryDisplay
            This display.
        """
        quantities = self._check_quantities(quantities)
        self.figure_, self.axes_ = get_axes(ax, len(quantities), height=2.8)
        self.ax_ = self.axes_[0]
        self.lines_: dict[tuple[str, str], Any] = {}
        self.best_lines_: dict[str, list[Any]] = {label: [] for label in self.histories}
        for quantity, axes in zip(quantities, self.axes_, strict=True):
            self._plot_quantity(axes, quantity)
        self.axes_[-1].set_xlabel("epoch")
        draw_legend(self.ax_)
        return self

    def _check_quantities(self, quantities: Sequence[str] | None) -> list[str]:
        """Return what to draw: by default all that was recorded, the loss first."""
        names = [name for history in self.histories.values() for name in history]
        recorded = sorted({name.removeprefix("val_") for name in names})
        recorded.sort(key=lambda name: name != "loss")
        chosen = recorded if quantities is None else list(quantities)
        if not recorded:
            raise ValueError(
                "No epoch was recorded: the estimator is initialized, not trained. Call fit first."
            )
        if not chosen or not set(chosen) <= set(recorded):
            raise ValueError(
                f"quantities={chosen!r} must name some of what was recorded: {recorded!r}."
            )
        return chosen

    def _plot_quantity(self, axes: Any, quantity: str) -> None:
        for number, label in enumerate(self.histories):
            self._plot_curves(axes, quantity, number, label)
            self._mark_best_epoch(axes, quantity, number, label)
        axes.set(ylabel=quantity.replace("_", " "))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)

    def _plot_curves(self, axes: Any, quantity: str, number: int, label: str) -> None:
        """Draw the training and the validation curve of one fit, as far as recorded."""
        several = len(self.histories) > 1
        kinds = (quantity, "training", "-"), (f"val_{quantity}", "validation", "--")
        for name, kind, linestyle in kinds:
            values = self.histories[label].get(name, [])
            if not len(values):
                continue
            (self.lines_[label, name],) = axes.plot(
                np.arange(1, len(values) + 1),
                values,
                linestyle,
                color=_color(number) if several or kind == "training" else ORANGE,
                label=f"{label}, {kind}" if several else kind,
                marker=MARKERS[number % len(MARKERS)] if several or len(values) == 1 else None,
                markevery=max(1, len(values) // 8),
                markersize=4,
            )

    def _mark_best_epoch(self, axes: Any, quantity: str, number: int, label: str) -> None:
        best = (self.best_epochs or {}).get(label)
        validation = self.histories[label].get(f"val_{quantity}")
        if not best or validation is None:
            return
        several = len(self.histories) > 1
        self.best_lines_[label] += axes.plot(
            [best],
            [validation[best - 1]],
            "*",
            color=_color(number) if several else RED,
            markersize=13,
            markeredgecolor="white",
            zorder=3,
            label=None if several else f"best epoch, {best}",
        )


def _name_fits(fitted: Sequence[Any]) -> list[str]:
    """Name fits by their architectures if these differ, else by numbers."""
    architectures = [lstm.arch for lstm in fitted]
    if len(set(architectures)) == len(architectures):
        return architectures
    return [f"fit {number}" for number in range(1, len(fitted) + 1)]


def _color(number: int) -> str:
    return COLORS[number % len(COLORS)]
