"""The architectures by name: a new one is entered here."""

from __future__ import annotations

from sklstm._networks._architecture import Architecture
from sklstm._networks._bidirectional import Bidirectional
from sklstm._networks._cnn_lstm import CNNLSTM
from sklstm._networks._lstm_fcn import LSTMFCN
from sklstm._networks._stacked import Stacked
from sklstm._networks._vanilla import Vanilla

_CLASSES: tuple[type[Architecture], ...] = (
    Vanilla,
    Bidirectional,
    Stacked,
    CNNLSTM,
    LSTMFCN,
)

REGISTRY = {architecture.name: architecture for architecture in _CLASSES}

ARCHITECTURES = tuple(REGISTRY)
