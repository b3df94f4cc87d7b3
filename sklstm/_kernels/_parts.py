"""A batch in parts, which are computed side by side.

Each operation has one thread here, see ``_tensorflow``. So a layer whose work is one large
operation cuts the batch and runs one operation per part.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sklstm._kernels._tensorflow import tf


def cut(batch: Any, number: int) -> list[Any]:
    """Cut a batch into parts of about as many samples each."""
    n_samples = tf.shape(batch)[0]
    ends = [n_samples * i // number for i in range(number + 1)]
    return [batch[begin:end] for begin, end in pairwise(ends)]


def join(parts: list[Any]) -> Any:
    """Make one batch of its parts."""
    return tf.concat(parts, axis=0) if len(parts) > 1 else parts[0]


def parts_of(batch: Any) -> list[Any]:
    """Return the parts that the layer below has joined, so that they are not cut again.

    What joined them is then left out, since nothing reads it.
    """
    made_by = getattr(batch, "op", None)  # there is none outside of graphs
    if made_by is not None and made_by.type == "ConcatV2":
        *parts, axis = made_by.inputs
        if tf.get_static_value(axis) == 0:
            return parts
    return [batch]
