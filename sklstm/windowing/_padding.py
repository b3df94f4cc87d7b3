"""Sequences of unequal length as one array, and back."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sklstm._ragged import Ragged, real_steps
from sklstm._validation import check_numbers

__all__ = ["pad_sequences", "unpad_sequences"]


@validate_params(
    {
        "padding": [StrOptions({"end", "begin"})],
        "value": [Real],
        "n_timesteps": [Interval(Integral, 1, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def pad_sequences(
    sequences: Any,
    *,
    padding: str = "end",
    value: float = np.nan,
    n_timesteps: int | None = None,
) -> NDArray[Any]:
    """Put sequences of unequal length into one array, padded to the length of the longest.

    Parameters
    ----------
    sequences : list of array-like of shape (n_timesteps_i, n_features) or (n_timesteps_i,)
        The sequences; 1-D ones have one feature. An array of objects, or an awkward array, will
        do as well.

    padding : {"end", "begin"}, default="end"
        Whether padding follows the steps of a sequence, or precedes them.

    value : float, default=NaN
        What padding consists of. The estimators, transformers and :func:`unpad_sequences` take
        NaN for padding, and every number for a value.

    n_timesteps : int, default=None
        Length to which sequences are padded. ``None``: that of the longest.

    Returns
    -------
    X : ndarray of shape (n_samples, n_timesteps, n_features)
        The padded sequences, in the dtype of the sequences if that holds `value`.

    Raises
    ------
    ValueError
        If there is no sequence, or one without steps; if sequences hold something else than
        numbers, differ in their number of features, or are longer than `n_timesteps`; or if a
        sequence ends with a step of NaN at the side of the padding, from which nothing could tell
        it any more.

    See Also
    --------
    unpad_sequences : The inverse.
    WindowImputer : Fills in missing values, and leaves padding alone.

    Notes
    -----
    Sequences need no padding for the estimators of this package, which take the list itself.
    NaN at the end is the convention of tslearn and aeon.

    Examples
    --------
    >>> from sklstm.windowing import pad_sequences
    >>> pad_sequences([[[1.0], [2.0], [3.0]], [[4.0]]])[:, :, 0]
    array([[ 1.,  2.,  3.],
           [ 4., nan, nan]])
    >>> pad_sequences([[1, 2, 3], [4]], padding="begin", value=0)[:, :, 0]
    array([[1, 2, 3],
           [0, 0, 4]])
    """
    _check_is_list(sequences)
    ragged = Ragged.from_list(sequences, "sequences")
    longest = ragged.n_padded if n_timesteps is None else int(n_timesteps)
    if longest < ragged.n_padded:
        raise ValueError(
            f"n_timesteps={n_timesteps} is less than the {ragged.n_padded} time steps of "
            f"sequences[{ragged.lengths.argmax()}]. Use a larger n_timesteps, or cut the sequences."
        )
    if np.isnan(value):
        _check_outer_steps(ragged, padding)
    value = value.item() if isinstance(value, np.generic) else value  # it shall not widen floats
    dtype = np.result_type(ragged.rows, value)
    shape = len(ragged), longest, ragged.rows.shape[1]
    padded = np.full(shape, value, dtype)
    padded[real_steps(ragged.lengths, longest, padding)] = ragged.rows
    return padded


@validate_params(
    {"padding": [StrOptions({"end", "begin"}), None]}, prefer_skip_nested_validation=True
)
def unpad_sequences(X: Any, *, padding: str | None = None) -> list[NDArray[Any]]:
    """Return sequences without the NaN with which they are padded.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_timesteps, n_features)
        Sequences of which some may be padded with steps of NaN, all at one end.

    padding : {"end", "begin"}, default=None
        Where they are padded. ``None``: where steps of NaN are found, which must be one end.

    Returns
    -------
    sequences : list of ndarray of shape (n_timesteps_i, n_features)
        The sequences, as copies, in the dtype of `X`.

    Raises
    ------
    ValueError
        If `X` is not three-dimensional, holds something else than numbers, is padded at both ends,
        or holds a sequence that is all NaN.

    See Also
    --------
    pad_sequences : The inverse.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.windowing import unpad_sequences
    >>> unpad_sequences([[[1.0], [2.0]], [[3.0], [np.nan]]])
    [array([[1.],
           [2.]]), array([[3.]])]
    """
    array = check_numbers(
        X,
        "X",
        convert_objects=True,
        ensure_2d=False,
        ensure_all_finite=False,
        if_not_numbers="Padded sequences hold numbers and NaN.",
        if_missing="",
    )
    if array.ndim != 3:
        raise ValueError(
            "X must have the shape (n_samples, n_timesteps, n_features), got shape "
            f"{array.shape}. Add an axis to univariate sequences: X[:, :, np.newaxis]."
        )
    ragged = Ragged.from_padded(array, padding) if padding else Ragged.read(array)
    return [*array.copy()] if ragged is None else ragged.split(ragged.rows)


def _check_is_list(sequences: Any) -> None:
    is_table = (
        hasattr(sequences, "columns") or getattr(sequences, "dtype", np.dtype("O")).kind != "O"
    )
    if is_table or not hasattr(sequences, "__len__") or isinstance(sequences, str | bytes | dict):
        raise ValueError(
            "sequences must be a list of arrays of shape (n_timesteps, n_features), got "
            f"{type(sequences).__name__}."
        )
    if len(sequences) == 0:
        raise ValueError("sequences is empty: pass a list of at least one sequence.")
    for number, item in enumerate(sequences):
        if not hasattr(item, "__len__"):
            raise ValueError(
                f"sequences[{number}] is {item!r}, but a sequence is an array of shape "
                "(n_timesteps, n_features) or (n_timesteps,). Pass a list of such."
            )


def _check_outer_steps(ragged: Ragged, padding: str) -> None:
    """Raise if a sequence has a step of NaN where padding joins it."""
    if ragged.rows.dtype.kind != "f":
        return
    outer = ragged.starts + (ragged.lengths - 1 if padding == "end" else 0)
    lost = np.isnan(ragged.rows[outer]).all(axis=1)
    if lost.any():
        side, other = ("ends", "begin") if padding == "end" else ("begins", "end")
        raise ValueError(
            f"sequences[{lost.argmax()}] {side} with a time step of NaN in all features, which "
            "cannot be told from padding. Fill it in, as WindowImputer does with the list, or pass "
            f"padding={other!r}."
        )
