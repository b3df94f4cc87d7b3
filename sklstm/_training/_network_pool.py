"""Compiled networks are kept, and lent to one fit at a time.

Keras and TensorFlow pay for each traced graph with seconds and with megabytes. So a compiled
network is kept when a fit ends, and the next fit of the same plan and compilation gets it: set to
the weights that the fit starts from, trained, and its weights copied out.
"""

from __future__ import annotations

import contextlib
import gc
import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Any

from sklstm._kernels._tensorflow import start
from sklstm._networks import NetworkPlan
from sklstm._training._compilation import Compilation
from sklstm._training._compiled_network import CompiledNetwork
from sklstm._training._graphs import building

MAX_NETWORKS = 16  # compiled networks that are kept, over all threads
MAX_UNCOLLECTED = 4  # evicted networks that wait for a garbage collection of half a second

Key = tuple[Hashable, Hashable, Hashable]  # of the plan, its environment, the compilation

_free: OrderedDict[Key, list[CompiledNetwork]] = OrderedDict()
_uncollected: list[weakref.ref[Any]] = []  # Keras models of evicted networks
_lock = threading.Lock()


@contextlib.contextmanager
def borrow_network(plan: NetworkPlan, compilation: Compilation) -> Iterator[CompiledNetwork]:
    """Lend a compiled network, made now if none is free.

    It is not kept where it is in doubt whether another fit could share it, or where a callback has
    changed it.
    """
    start()
    compiled_with = compilation.key()
    key = plan.graph_key(), plan.environment(), compiled_with
    network = None if compiled_with is None else _take(key)
    if network is None:
        with building:
            network = CompiledNetwork(plan, compilation)
    try:
        yield network
    finally:
        network.model.history = None  # callbacks end with their fit
        if compiled_with is not None and not network.is_changed:
            _put_back(key, network)


def free_model(plan: NetworkPlan) -> Any:
    """Return the Keras model of a free network of this plan, or None."""
    with _lock:
        here = plan.graph_key(), plan.environment()
        free = [network.model for key, kept in _free.items() if key[:2] == here for network in kept]
    return free[-1] if free else None


def _take(key: Key) -> CompiledNetwork | None:
    with _lock:
        kept = _free.pop(key, [])
        network = kept.pop() if kept else None
        if kept:
            _free[key] = kept
    return network


def _put_back(key: Key, network: CompiledNetwork) -> None:
    """Keep a network as the one used last; evict those unused for longest."""
    evicted = []
    with _lock:
        _free[key] = [*_free.pop(key, []), network]
        while sum(map(len, _free.values())) > MAX_NETWORKS:
            oldest = next(iter(_free))
            evicted.append(weakref.ref(_free[oldest].pop(0).model))
            if not _free[oldest]:
                del _free[oldest]
    if evicted:
        _collect_garbage(evicted)


def _collect_garbage(evicted: list[weakref.ref[Any]]) -> None:
    """Collect garbage once a few evicted networks wait for it.

    Keras models are cycles of references. Python sees a few thousand objects in them, not the
    megabytes of C++, and by itself would wait for hundreds of networks.
    """
    global _uncollected
    with _lock:
        _uncollected = [model for model in (*_uncollected, *evicted) if model() is not None]
        due = len(_uncollected) >= MAX_UNCOLLECTED
        if due:
            _uncollected = []  # those that are still referenced then are a user's
    if due and gc.isenabled():
        gc.collect()
