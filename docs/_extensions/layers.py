"""``.. layers::``: the layers of the package, drawn from the contract that ``make lint`` checks."""

import tomllib
from pathlib import Path

from diagrams import BOX, Drawing
from docutils import nodes
from docutils.parsers.rst import Directive

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
WHAT = {
    "_classifier": "estimators",
    "_base": "fit, step by step",
    "_parameters": "arguments, targets",
    "_storage": "files and copies",
    "_training": "loop, prediction",
    "_networks": "architectures",
    "_kernels": "TensorFlow, loops",
    "_sequences": "input, appearance",
}
SPACING = 1.75  # columns from box to box: names of modules are longer than those of layers


def layers():
    """Return the rows of the contract, from the top, as lists of names of modules."""
    settings = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = [each for each in settings["contracts"] if each["type"] == "layers"]
    return [
        [name.strip().removeprefix("sklstm.") for name in row.split("|")]
        for row in contract["layers"]
    ]


def draw():
    rows = layers()
    drawing = Drawing("Imports between the parts of sklstm, from the top down.", len(rows))
    for number, names in enumerate(rows):
        row = len(rows) - 1 - number
        drawing.name(row, WHAT[names[0]])
        for column, name in enumerate(names):
            drawing.box(0.5 + SPACING * column, row, name, "recurrent", width=2 * BOX[0])
        if row:
            drawing.arrow((0.5, row), (0.5, row - 1))
    return drawing


class Layers(Directive):
    """Put the drawing into the page."""

    def run(self):
        return [nodes.raw("", draw().svg(), format="html")]


def setup(app):
    app.add_directive("layers", Layers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
