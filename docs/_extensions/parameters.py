"""``.. parameters:: regression``: the lecture's tables of parameters, counted in fitted networks.

Each network is fitted for one epoch on a handful of sequences of the lecture's shape. What the
table says is read from ``model_``, layer by layer, as Keras's ``summary`` does.
"""

import numpy as np
from docutils import nodes
from docutils.parsers.rst import Directive

HEADINGS = ("network", "layer", "output shape", "parameters")
N_SAMPLES = 6


def networks(task):
    """Fit the lecture's networks for one epoch, by the names that the lecture gives them."""
    from sklstm import LSTMClassifier, LSTMRegressor

    rng = np.random.default_rng(0)
    if task == "regression":
        names = {
            "vanilla": "Vanilla",
            "bidirectional": "Bidirectional",
            "stacked": "Stacked",
            "cnn_lstm": "LSTM + CNN",
        }
        estimator, units, X = LSTMRegressor, 400, rng.normal(size=(N_SAMPLES, 20, 1))
        y = rng.normal(size=(N_SAMPLES, 8))
    else:
        names = {"vanilla": "Minimal", "cnn_lstm": "LSTM + CNN"}
        letters = rng.integers(4, size=(N_SAMPLES, 500))
        estimator, units, X = LSTMClassifier, 100, np.eye(4)[letters]
        y = np.arange(N_SAMPLES) % 3
    return {
        name: estimator(arch, units=units, epochs=1, random_state=0).fit(X, y)
        for arch, name in names.items()
    }


def layers(network):
    """List name, output shape without the axis of samples, and parameters of each layer."""
    return [
        (layer.name, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in network.model_.layers[1:]  # the first is the input
    ]


def entry(*content, **attributes):
    return nodes.entry("", nodes.paragraph("", "", *content), **attributes)


def number(value, *, of_all=False):
    text = nodes.strong if of_all else nodes.inline
    return entry(text("", f"{value:,}"), classes=["text-end"])


def rows(name, network):
    """Return the rows of one network: one per layer, and the total."""
    listed = layers(network)
    first = entry(nodes.Text(name), morerows=len(listed))
    for layer, shape, count in listed:
        shape = f"({', '.join(map(str, shape))})"
        cells = [entry(nodes.literal("", layer)), entry(nodes.Text(shape)), number(count)]
        yield nodes.row("", *([first, *cells] if first else cells))
        first = None
    total = sum(count for _, _, count in listed)
    assert total == network.model_.count_params()
    label = entry(nodes.strong("", "total"), morecols=1)
    yield nodes.row("", label, number(total, of_all=True))


class Parameters(Directive):
    """The table of one task, ``regression`` or ``classification``."""

    required_arguments = 1

    def run(self):
        task = self.arguments[0]
        if task not in ("regression", "classification"):
            raise self.error(f"parameters: regression or classification, not {task}.")
        heading = nodes.row(
            "",
            *(entry(nodes.Text(text)) for text in HEADINGS[:-1]),
            entry(nodes.Text(HEADINGS[-1]), classes=["text-end"]),
        )
        body = [row for name, model in networks(task).items() for row in rows(name, model)]
        group = nodes.tgroup(
            "",
            *(nodes.colspec(colwidth=width) for width in (20, 36, 22, 22)),
            nodes.thead("", heading),
            nodes.tbody("", *body),
            cols=len(HEADINGS),
        )
        return [nodes.table("", group, classes=["parameters"])]


def setup(app):
    app.add_directive("parameters", Parameters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
