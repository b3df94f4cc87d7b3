"""What the network is trained on: scaled targets, columns of quantiles, labels as one-hot rows."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from sklstm._storage import DamagedStateError, check_fields, is_array, is_one_of
from sklstm._target_checks import check_quantiles


class _TargetEncoder(TransformerMixin, BaseEstimator):
    """Base of the encoders, whose attributes are plain data and stored as such."""

    _fields: ClassVar[dict[str, Any]]

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Make a fitted encoder from its attributes, checked."""
        check_fields(record, cls._fields, f"the {cls.__name__}")
        encoder = cls.__new__(cls)
        encoder.__dict__.update(record)
        if not encoder._is_consistent():
            raise DamagedStateError(f"the fields of the {cls.__name__} do not fit each other")
        return encoder

    def _is_consistent(self) -> bool:
        raise NotImplementedError


class TargetScaler(_TargetEncoder):
    """Scale the targets of a regression: standardized for training, in float64.

    A column that is constant is predicted as that constant.

    Parameters
    ----------
    normalize : bool
        Whether to bring each output to zero mean and unit variance.
    quantiles : tuple of float, default=None
        What the network gives of each output: these quantiles, the median among them. None: one
        number. The head has all quantiles of the first output, then all of the second, and so on.

    Attributes
    ----------
    mean_, scale_ : ndarray of shape (n_outputs,)
        What each output was standardized with; the scale of a constant one is 0.
    ndim_ : int
        Dimensions of y.
    """

    output_activation_ = "linear"

    _fields = {
        "normalize": is_one_of(True, False),
        "quantiles": lambda value: value is None or _are_quantiles(value),
        "ndim_": is_one_of(1, 2),
        "mean_": is_array("f", ndim=1),
        "scale_": is_array("f", ndim=1),
    }

    def __init__(self, normalize: bool, quantiles: tuple[float, ...] | None = None) -> None:
        self.normalize = normalize
        self.quantiles = quantiles

    @property
    def n_outputs_(self) -> int:
        """Columns of y."""
        return len(self.mean_)

    @property
    def n_columns_(self) -> int:
        """Units of the network's head."""
        return self.n_outputs_ * len(self.quantiles or [None])

    def fit(self, y: np.ndarray, sample_weight: np.ndarray, classes: None = None) -> TargetScaler:
        """Learn mean and scale of the targets."""
        columns = _as_columns(y)
        self.ndim_ = y.ndim
        self.mean_, self.scale_ = np.zeros(columns.shape[1]), np.ones(columns.shape[1])
        if self.normalize:
            self.mean_, self.scale_ = _mean_and_scale(columns, sample_weight)
        return self

    def resumed(self, y: np.ndarray, sample_weight: np.ndarray) -> TargetScaler:
        """Return the scaler for more targets, which columns that were constant may change.

        Other columns keep their mean and scale, which the network has learnt in. One that was
        constant until now and is no longer gets those of the constant and the new values, equally
        weighted: the network has learnt nothing of it.
        """
        columns = _as_columns(y)
        self._check_columns(columns)
        changed = (self.scale_ == 0) & (columns != self.mean_).any(axis=0)
        if not changed.any():
            return self
        scaler = copy.copy(self)
        both = np.concatenate([self.mean_[np.newaxis], columns])
        mean, scale = _mean_and_scale(both, np.r_[sample_weight.sum(), sample_weight])
        scaler.mean_ = np.where(changed, mean, self.mean_)
        scaler.scale_ = np.where(changed, scale, self.scale_)
        return scaler

    def transform(self, y: np.ndarray) -> np.ndarray:
        """Return float32 rows for the network."""
        columns = _as_columns(y)
        self._check_columns(columns)
        scaled = self._standardized(columns)
        if np.abs(scaled).max() > np.finfo(np.float32).max:
            raise ValueError(
                "Input y contains a value too large for dtype('float32'), in which the network "
                "computes. Scale y, or leave normalize_y=True."
            )
        return scaled.astype(np.float32)

    def _standardized(self, columns: np.ndarray) -> np.ndarray:
        """Subtract the mean and divide by the scale, both brought near 1: neither overflows."""
        scale, exponent = np.frexp(self.scale_)
        with np.errstate(over="ignore"):
            difference = np.ldexp(columns, -exponent) - np.ldexp(self.mean_, -exponent)
            return difference / np.where(scale == 0, 1.0, scale)

    def inverse_transform(self, outputs: np.ndarray) -> np.ndarray:
        """Map what the network gives back to what y is; of quantiles, the median."""
        median = self.quantiles.index(0.5) if self.quantiles else 0
        y = self.inverse_quantiles(outputs)[:, :, median]
        return y[:, 0] if self.ndim_ == 1 else y

    def inverse_quantiles(self, outputs: np.ndarray) -> np.ndarray:
        """Map what the network gives back to the targets' scale, the quantiles of each in order.

        The units of the head know nothing of each other, and may cross. Sorted they cannot, and
        answer no worse: the pinball loss of the answer q for the quantile t is -t q, and terms that
        are the same for all t or for all q. The sum of it is least where q increases with t.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs, n_quantiles)
        """
        columns = outputs.reshape(len(outputs), self.n_outputs_, -1)
        scale, mean = self.scale_[:, np.newaxis], self.mean_[:, np.newaxis]
        return np.sort(columns, axis=-1) * scale + mean

    def _check_columns(self, columns: np.ndarray) -> None:
        if columns.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y has {columns.shape[1]} output(s), but the network is fitted for "
                f"{self.n_outputs_}."
            )

    def _is_consistent(self) -> bool:
        numbers = np.isfinite(self.mean_).all() and (self.scale_ >= 0).all()
        one_column = self.ndim_ == 2 or self.n_outputs_ == 1
        same_shape = self.mean_.shape == self.scale_.shape and self.n_outputs_ > 0
        return same_shape and one_column and bool(numbers)


def _are_quantiles(value: Any) -> bool:
    """Return whether a value is what ``check_quantiles`` returns."""
    if type(value) is not tuple or not all(type(level) is float for level in value):
        return False
    try:
        return value == check_quantiles(value)
    except ValueError:
        return False


def _mean_and_scale(columns: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted mean and standard deviation of columns; of constant ones, the value and 0."""
    # Powers of two scale exactly; squares of numbers near 1 neither overflow nor vanish.
    _, exponent = np.frexp(np.abs(columns).max(axis=0))
    scaled = np.ldexp(columns, -exponent)
    mean = np.average(scaled, axis=0, weights=weight)
    scale = np.sqrt(np.average((scaled - mean) ** 2, axis=0, weights=weight))
    constant = (columns == columns[-1]).all(axis=0)
    # Rounding leaves a nearly constant column a scale of about the precision of its mean.
    constant |= scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
    mean, scale = np.ldexp(mean, exponent), np.ldexp(scale, exponent)
    return np.where(constant, columns[-1], mean), np.where(constant, 0.0, scale)


def _as_columns(y: np.ndarray) -> np.ndarray:
    return y[:, np.newaxis] if y.ndim == 1 else y


class ClassEncoder(_TargetEncoder):
    """Encode labels of any kind as one-hot rows for the network's head, and back.

    Parameters
    ----------
    integer_labels : bool
        Whether the loss wants class numbers in place of one-hot rows.
    multilabel : bool
        Whether rows of zeros and ones are labels of their own even if each has a single one.

    Attributes
    ----------
    kind_ : {"labels", "one-hot", "indicator"}
        What y was: one label per sample, one-hot rows, or rows with any number of ones.
    classes_ : ndarray of shape (n_classes,)
        The labels, or for rows the numbers of the columns.
    dtype_ : str
        NumPy's name of the dtype of y.
    """

    _fields = {
        "integer_labels": is_one_of(True, False),
        "multilabel": is_one_of(True, False),
        "kind_": is_one_of("labels", "one-hot", "indicator"),
        "classes_": is_array("biufUSOMm", ndim=1),
        "dtype_": lambda value: isinstance(value, str),
    }

    def __init__(self, integer_labels: bool, multilabel: bool) -> None:
        self.integer_labels = integer_labels
        self.multilabel = multilabel

    @property
    def n_columns_(self) -> int:
        """Units of the network's head."""
        return len(self.classes_)

    @property
    def output_activation_(self) -> str:
        """Activation of the network's head."""
        return "sigmoid" if self.kind_ == "indicator" else "softmax"

    def fit(
        self, y: np.ndarray, sample_weight: np.ndarray | None = None, classes: Any = None
    ) -> ClassEncoder:
        """Learn the classes, from ``classes`` where they are given."""
        self.kind_ = self._kind(y)
        self.dtype_ = y.dtype.str
        if self.kind_ == "labels":
            self.classes_ = _distinct_labels(y if classes is None else classes)
        else:
            self.classes_ = _column_numbers(y, classes)
        return self

    def resumed(self, y: np.ndarray, sample_weight: np.ndarray) -> ClassEncoder:
        """Return the encoder for more labels: the same, since the network knows its classes."""
        return self

    def _kind(self, y: np.ndarray) -> str:
        if y.ndim == 1:
            return "labels"
        single = bool((y.sum(axis=1) == 1).all())
        return "one-hot" if single and not self.multilabel else "indicator"

    def transform(self, y: np.ndarray) -> np.ndarray:
        """Return float32 rows for the network."""
        self._check_dimensions(y)
        if self.kind_ == "indicator":
            self._check_columns(y)
            return y.astype(np.float32)
        numbers = self._class_numbers(y)
        if self.integer_labels:
            return numbers[:, np.newaxis].astype(np.float32)
        return np.eye(self.n_columns_, dtype=np.float32)[numbers]

    def _class_numbers(self, y: np.ndarray) -> np.ndarray:
        if self.kind_ == "one-hot":
            self._check_columns(y)
            self._check_single_ones(y)
            return y.argmax(axis=1)
        self._check_type(y)
        known = np.isin(y, self.classes_)
        if not known.all():
            raise ValueError(
                f"y contains labels that are not in the classes of the first fit, "
                f"{self.classes_!r}: {np.unique(y[~known])!r}"
            )
        return np.searchsorted(self.classes_, y)

    def _check_dimensions(self, y: np.ndarray) -> None:
        if (y.ndim == 1) != (self.kind_ == "labels"):
            first = "one label per sample" if self.kind_ == "labels" else "rows of zeros and ones"
            raise ValueError(
                f"y has {y.ndim} dimension(s), but the first fit had {first}. Pass y of the same "
                "kind, or fit anew."
            )

    def _check_columns(self, y: np.ndarray) -> None:
        if y.shape[1] != self.n_columns_:
            raise ValueError(
                f"y has {y.shape[1]} columns, but in the first fit it had {self.n_columns_}."
            )

    def _check_single_ones(self, y: np.ndarray) -> None:
        ones = y.sum(axis=1)
        if (ones != 1).any():
            row = (ones != 1).argmax()
            raise ValueError(
                f"y has {ones[row]:g} ones in row {row}, but all rows of the first fit had exactly "
                "one: the network gives each sample one of the classes. Fit anew with all rows, or "
                "with loss='binary_crossentropy', which takes rows with any number of ones."
            )

    def _check_type(self, y: np.ndarray) -> None:
        """Refuse labels that NumPy would convert in order to compare them, such as 1 and "1"."""
        if _type(y.dtype) != _type(self.classes_.dtype):
            raise ValueError(
                f"y has labels of {y.dtype}, but the classes of the first fit are "
                f"{self.classes_!r}. Pass labels of the same type, or fit anew."
            )

    def inverse_transform(self, probabilities: np.ndarray) -> np.ndarray:
        """Return what y would be: labels, or rows of zeros and ones."""
        if self.kind_ == "indicator":
            return (probabilities > 0.5).astype(self.dtype_)
        numbers = probabilities.argmax(axis=1)
        if self.kind_ == "labels":
            return self.classes_[numbers]
        return np.eye(self.n_columns_, dtype=self.dtype_)[numbers]

    def _is_consistent(self) -> bool:
        try:
            kind = np.dtype(self.dtype_).kind
        except (TypeError, ValueError, SyntaxError):
            return False
        return self.n_columns_ > 0 and (self.kind_ == "labels" or kind in "biuf")


def _type(dtype: np.dtype) -> str:
    """Return what labels are: numbers, strings, dates or durations."""
    return {"O": "strings", "U": "strings", "M": "dates", "m": "durations"}.get(
        dtype.kind, "numbers"
    )


def _distinct_labels(labels: Any) -> np.ndarray:
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(
            "LSTMClassifier needs samples of at least 2 classes in the data, but the data "
            f"contains only one class: {classes.tolist()[0]!r}"
        )
    return classes


def _column_numbers(y: np.ndarray, classes: Any) -> np.ndarray:
    numbers = np.arange(y.shape[1])
    if classes is not None and not np.array_equal(classes, numbers):
        raise ValueError(
            f"y has rows of {y.shape[1]} columns, whose classes are their numbers 0 to "
            f"{y.shape[1] - 1}, but classes={classes!r} is given. Leave classes out."
        )
    return numbers
