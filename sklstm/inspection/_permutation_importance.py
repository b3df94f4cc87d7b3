"""Importance of features and time steps, by how much a score falls when they are shuffled."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch, _safe_indexing, check_consistent_length, check_random_state
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    validate_params,
)
from sklearn.utils.parallel import Parallel, delayed

from sklstm.inspection._batches import InBatches, default_scorer
from sklstm.inspection._names import name_block, name_features
from sklstm.inspection._shuffling import Cell, ShuffledWindows, Shuffler, shuffler_of
from sklstm.windowing import SlidingWindow, Windows

__all__ = ["permutation_importance"]

_BY = "feature", "step", "block", "feature_and_step", "feature_and_block"
_DEFAULT_BLOCKS = 10


@validate_params(
    {
        "estimator": [HasMethods(["fit"])],
        "by": [StrOptions(set(_BY))],
        "block_size": [Interval(Integral, 1, None, closed="left"), None],
        "feature_groups": [dict, list, tuple, None],
        "scoring": [StrOptions(set(get_scorer_names())), callable, list, tuple, dict, None],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "sample_weight": ["array-like", None],
        "max_samples": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "feature_names": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def permutation_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    by: str = "feature",
    block_size: int | None = None,
    feature_groups: Any = None,
    scoring: Any = None,
    n_repeats: int = 5,
    n_jobs: int | None = None,
    random_state: Any = None,
    sample_weight: Any = None,
    max_samples: float = 1.0,
    feature_names: Any = None,
) -> Any:
    """Tell by how much a score falls when features, time steps or both are shuffled.

    It is :func:`sklearn.inspection.permutation_importance` for sequences. A part of each sequence
    (a feature, a time step, a block of neighbouring steps, or one feature at one step) is taken
    from another sequence, drawn at random, while all else stays. What the model does not use may
    be shuffled without harm.

    Parameters
    ----------
    estimator : estimator
        A fitted one of any kind: a network, a :class:`~sklearn.pipeline.Pipeline`, a search, a
        :class:`~sklstm.Forecaster`.

    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_columns), list \
            of array-like of shape (n_timesteps_i, n_features), or Windows
        What the estimator predicts from, best data that it was not fitted on. Of 2-D data,
        ``by="feature"`` shuffles columns, whatever they mean, and every other `by` takes the
        columns for the time steps of one feature.

    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.

    by : {"feature", "step", "block", "feature_and_step", "feature_and_block"}, default="feature"
        What is shuffled as one: all steps of a feature; all features of a step, or of a block of
        neighbouring steps; or one feature at one step, or in one block.

    block_size : int, default=None
        Steps of a block. Blocks are counted from the last step, so the earliest may be shorter.
        None: as many as make about ten blocks. Only for blocks.

    feature_groups : dict of str to list, or list of list, default=None
        Features, by number or by name, that are shuffled together, as sine and cosine of the time
        of day should be; a dict names the groups. Features of no group are left alone. None: every
        feature for itself.

    scoring : str, callable, list, tuple or dict, default=None
        One scorer or several, as in scikit-learn; for several the result is a dict of results.
        None: the estimator's own score.

    n_repeats : int, default=5
        Number of times that each part is shuffled. All parts are shuffled in the same orders.

    n_jobs : int, default=None
        Number of jobs to run in parallel, over the parts.

    random_state : int, RandomState or None, default=None
        Seed of the orders, and of the samples that are drawn.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples in the score.

    max_samples : int or float, default=1.0
        Number, or fraction, of the samples to use, drawn once without replacement. The score
        without shuffling is that of the same samples.

    feature_names : list of str, default=None
        Names of the features. None: those of a DataFrame or of the estimator, or "x0", "x1", ...

    Returns
    -------
    result : :class:`~sklearn.utils.Bunch` or dict of such
        With the attributes

        importances_mean : ndarray of shape (n_features,), (n_steps,), (n_blocks,), (n_steps, \
                n_features) or (n_blocks, n_features)
            Mean fall of the score, over the repeats. Rows are steps, the last step last, as in X.
        importances_std : ndarray of the same shape
            Standard deviation over the repeats.
        importances : ndarray of the same shape, and n_repeats
            The fall of the score in each repeat.
        baseline_score : float
            The score without shuffling.
        feature_names, step_names : list of str or None
            What features, or groups of them, and steps, or blocks, are called; None where they
            are not told apart. The last step is "t", the one before "t-1".
        step_edges : ndarray of int or None
            The number of the step with which each block begins, and the number of all steps.

    Raises
    ------
    ValueError
        If an argument does not fit the others or X.

    See Also
    --------
    integrated_gradients : What speaks for the prediction of each sample.
    sklstm.plotting.ImportanceDisplay : Draws the result.

    Notes
    -----
    Importance is a property of the model, not of the data: a bad model has none to speak of, so
    look at ``baseline_score`` first.

    Neighbouring steps of a series are much alike. A model that has lost one step reads nearly the
    same from the next, and so each step alone looks unimportant while all together are. Shuffle
    blocks, and make them longer until their importances no longer sum to less than what a block of
    twice the size has. The same holds for features that are alike: put them in one group. Shuffling
    also makes sequences that could not be, such as a step far off its neighbours, of which a
    model may make more than it deserves.

    Sequences of unequal length are aligned at their last steps, and each step is shuffled among
    the sequences that have it; lengths stay as they are. What few sequences have gets little
    importance. An array that is padded with NaN at one end counts as such sequences.

    Lazy :class:`~sklstm.Windows` are gathered and predicted in batches. Otherwise one copy of X
    per job is in memory.

    On rows, which a pipeline with :class:`~sklstm.SlidingWindow` turns into windows, a column is
    shuffled as a whole, and with it all its steps in all windows. For steps, pass windows.

    References
    ----------
    L. Breiman, "Random Forests", Machine Learning 45(1), 5-32 (2001).

    A. Fisher, C. Rudin and F. Dominici, "All Models are Wrong, but Many are Useful: Learning a
    Variable's Importance by Studying an Entire Class of Prediction Models Simultaneously", Journal
    of Machine Learning Research 20(177), 1-81 (2019).

    Examples
    --------
    A model that reads the last value of the second feature:

    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator, RegressorMixin
    >>> from sklstm.inspection import permutation_importance
    >>> class Last(RegressorMixin, BaseEstimator):
    ...     def fit(self, X, y):
    ...         return self
    ...     def predict(self, X):
    ...         return X[:, -1, 1]
    >>> X = np.random.default_rng(0).normal(size=(200, 3, 2))
    >>> y = X[:, -1, 1]
    >>> result = permutation_importance(
    ...     Last().fit(X, y), X, y, by="feature_and_step", random_state=0
    ... )
    >>> result.importances_mean.round(1)
    array([[0., 0.],
           [0., 0.],
           [0., 2.]])
    >>> result.step_names, result.feature_names
    (['t-2', 't-1', 't'], ['x0', 'x1'])
    """
    samples = shuffler_of(X, columns_are_steps=by != "feature")
    check_consistent_length(np.empty(samples.n_samples), y, sample_weight)
    _check_by(by, block_size, X, estimator)
    names = name_features(estimator, X, samples.n_features, feature_names)
    groups = _feature_groups(feature_groups, names)
    blocks = _blocks(by, block_size, samples.n_timesteps)
    cells = _cells(by, blocks, groups, samples)

    random_state = check_random_state(random_state)
    if max_samples != 1.0 or isinstance(max_samples, Integral):
        rows = _draw(max_samples, samples.n_samples, random_state)
        samples, y = samples.take(rows), _safe_indexing(y, rows)
        sample_weight = None if sample_weight is None else _safe_indexing(sample_weight, rows)
    orders = [random_state.permutation(samples.n_samples) for _ in range(n_repeats)]

    if scoring is None and isinstance(X, Windows):
        scoring = default_scorer(estimator)
    scorer = check_scoring(estimator, scoring=scoring)
    baseline = _score(scorer, estimator, samples.original(), y, sample_weight)
    scores = Parallel(n_jobs=n_jobs)(
        delayed(_scores_of_cell)(scorer, estimator, samples, y, sample_weight, cell, orders)
        for cell in cells.ravel()
    )
    labels = {
        "feature_names": list(groups) if by.startswith("feature") else None,
        "step_names": None if by == "feature" else [name_block(*block) for block in blocks],
        "step_edges": None if by == "feature" else _edges(blocks),
    }
    if isinstance(baseline, dict):
        return {
            name: _importances(
                value, [[s[name] for s in of_cell] for of_cell in scores], cells.shape, labels
            )
            for name, value in baseline.items()
        }
    return _importances(baseline, scores, cells.shape, labels)


def _check_by(by: str, block_size: int | None, X: Any, estimator: Any) -> None:
    if block_size is not None and "block" not in by:
        raise ValueError(
            f"block_size={block_size} is for by='block' and by='feature_and_block', got by={by!r}."
        )
    if by != "feature" and len(getattr(X, "shape", ())) == 2 and _makes_windows_of_rows(estimator):
        raise ValueError(
            f"by={by!r} needs windows, but X holds rows, of which the estimator makes windows "
            "itself. Cut windows with sklstm.make_windows, fit on them and pass them, or use "
            "by='feature'."
        )


def _makes_windows_of_rows(estimator: Any) -> bool:
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, Pipeline):
        return any(_makes_windows_of_rows(step) for _, step in estimator.steps)
    return isinstance(estimator, SlidingWindow) and not hasattr(estimator, "n_timesteps_in_")


def _feature_groups(groups: Any, names: list[str]) -> dict[str, np.ndarray]:
    """Return the numbers of the features of each group, by the name of the group."""
    if groups is None:
        groups = {name: [number] for number, name in enumerate(names)}
        if len(groups) < len(names):
            raise ValueError(f"feature_names must differ from each other, got {names}.")
    elif not isinstance(groups, Mapping):
        numbers = [[_number_of(feature, names) for feature in group] for group in groups]
        groups = {" + ".join(names[n] for n in group): group for group in numbers}
    found = {
        str(name): np.array([_number_of(feature, names) for feature in group], dtype=int)
        for name, group in groups.items()
    }
    empty = [name for name, group in found.items() if not len(group)]
    if empty or not found:
        raise ValueError(f"feature_groups must hold at least one feature each, got {groups!r}.")
    return found


def _number_of(feature: Any, names: list[str]) -> int:
    if isinstance(feature, str) and feature in names:
        return names.index(feature)
    if isinstance(feature, Integral) and -len(names) <= int(feature) < len(names):
        return int(feature) % len(names)
    raise ValueError(
        f"feature_groups holds {feature!r}, which is no feature of X. Features are called {names}, "
        f"and numbered from 0 to {len(names) - 1}."
    )


def _blocks(by: str, block_size: int | None, n_timesteps: int) -> list[tuple[int, int]]:
    """Return the ends of blocks, counted from the last step; the earliest block first."""
    if by == "feature":
        return [(n_timesteps - 1, 0)]
    if by.endswith("step"):
        size = 1
    elif block_size is None:
        size = -(-n_timesteps // _DEFAULT_BLOCKS)
    else:
        size = min(block_size, n_timesteps)
    newest = range(0, n_timesteps, size)
    return [(min(new + size, n_timesteps) - 1, new) for new in reversed(newest)]


def _edges(blocks: list[tuple[int, int]]) -> np.ndarray:
    """Return where blocks begin, counted from the first step, and where the last one ends."""
    n_timesteps = blocks[0][0] + 1
    return np.array([*(n_timesteps - 1 - oldest for oldest, _ in blocks), n_timesteps])


def _cells(
    by: str, blocks: list[tuple[int, int]], groups: dict[str, np.ndarray], samples: Shuffler
) -> np.ndarray:
    """Return all that is shuffled for itself, as an array of the shape of the result."""
    everything = [np.unique(np.concatenate(list(groups.values())))]
    features = list(groups.values()) if by.startswith("feature") else everything
    cells = np.empty((len(blocks), len(features)), dtype=object)
    for row, block in enumerate(blocks):
        for column, group in enumerate(features):
            cells[row, column] = Cell(*block, group)
    if by == "feature":
        return cells[0]
    return cells if by.startswith("feature") else cells[:, 0]


def _draw(max_samples: Any, n_samples: int, random_state: Any) -> np.ndarray:
    """Return the numbers of the samples to use, in their order."""
    if isinstance(max_samples, Integral):
        if int(max_samples) > n_samples:
            raise ValueError(
                f"max_samples={max_samples} is more than the {n_samples} samples of X. Pass fewer, "
                "or a fraction."
            )
        size = int(max_samples)
    else:
        size = max(1, int(max_samples * n_samples))
    return np.sort(random_state.choice(n_samples, size, replace=False))


def _scores_of_cell(
    scorer: Any,
    estimator: Any,
    samples: Shuffler,
    y: Any,
    sample_weight: Any,
    cell: Cell,
    orders: list[np.ndarray],
) -> list[Any]:
    """Return the scores with a cell shuffled in each order."""
    shuffled = (samples.shuffled(cell, order) for order in orders)
    return [_score(scorer, estimator, X, y, sample_weight) for X in shuffled]


def _score(scorer: Any, estimator: Any, X: Any, y: Any, sample_weight: Any) -> Any:
    if isinstance(X, ShuffledWindows):
        estimator = InBatches(estimator)
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    return scorer(estimator, X, y, **weights)


def _importances(
    baseline: float, scores: list[Any], shape: tuple[int, ...], labels: dict[str, Any]
) -> Bunch:
    importances = baseline - np.array(scores, dtype=float)
    importances = importances.reshape(*shape, -1)
    return Bunch(
        importances_mean=importances.mean(axis=-1),
        importances_std=importances.std(axis=-1),
        importances=importances,
        baseline_score=float(baseline),
        **labels,
    )
