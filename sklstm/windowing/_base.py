"""What the pipeline steps that work on windows share."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from sklstm._representation import RepresentationMixin
from sklstm._validation import names_of
from sklstm.windowing._named import with_names

__all__ = ["WindowTransformer", "is_windows", "read_only"]


class WindowTransformer(RepresentationMixin, TransformerMixin, BaseEstimator):
    """Base of transformers whose output, being three-dimensional, fits no DataFrame."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def set_output(self, *, transform=None):
        """Do nothing: the output is always an array.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored, exists for compatibility with pipelines.

        Returns
        -------
        self : object
            The transformer itself.
        """
        return self

    def __sklearn_tags__(self):
        """Accept windows as well as rows."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def is_windows(X):
    """Return whether X holds windows, three-dimensional, rather than rows."""
    if len(X.shape) not in (2, 3):
        raise ValueError(
            "X must be windows of shape (n_windows, n_timesteps, n_features) or rows of shape "
            f"(n_rows, n_features), got shape {X.shape}. Reshape your data, with "
            "X.reshape(-1, 1) if it is a single feature."
        )
    return len(X.shape) == 3


def read_only(array):
    """Return a view that cannot be written to, as writing would change what it is a view of.

    Lazy windows are returned as they are: they cannot be written to.
    """
    if not isinstance(array, np.ndarray):
        return array
    view = np.asarray(array).view()
    view.flags.writeable = False
    return with_names(view, names_of(array))
