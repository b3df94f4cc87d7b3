"""``.. layers::``: the layers of the package, drawn from the contract that ``make lint`` checks."""

import tomllib
from pathlib import Path

from diagrams import Drawing
from docutils import nodes
from docutils.parsers.rst import Directive

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sklstm"
WHAT = {
    "_classifier": "LSTMClassifier",
    "_regressor": "LSTMRegressor",
    "_base": "fit and predict, step by step",
    "_parameters": "arguments, optimizer, loss",
    "_targets": "scaling and encoding of y",
    "_storage": "pickles, copies, file formats",
    "_training": "fit loop, callbacks, prediction",
    "_networks": "architectures, one file each",
    "_kernels": "TensorFlow and the fast LSTM loops",
    "_sequences": "checks of X and weights",
    "_ragged": "unequal lengths",
    "_target_checks": "checks of y and labels",
    "_target_columns": "features that are forecast",
    "_precision": "float32",
    "_validation": "checks of numbers",
    "_warnings": "warnings that point at your line",
    "_representation": "HTML diagrams",
    "_version": "version number",
    "windowing": "windows of series",
    "forecasting": "forecasters, backtests",
    "metrics": "errors of forecasts",
    "model_selection": "folds in time",
    "datasets": "example data",
    "plotting": "displays",
}
BESIDE = ["forecasting", "model_selection", "metrics", "datasets", "plotting"]
N_SHARED = 3  # rows at the bottom, which all others import, also the packages beside the layers

STACK, GAP, SIDE = 460, 26, 210  # widths: the layers, what is between, the packages beside them
HEIGHT, STEP = 46, 68  # of a box, and from one row to the next
PADDING = 10


def layers():
    """Return the rows of the contract, from the top, as lists of names of modules."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = [each for each in settings["contracts"] if each["type"] == "layers"]
    return [
        [name.strip().removeprefix("sklstm.") for name in row.split("|")]
        for row in contract["layers"]
    ]


def draw_module(drawing, name, x, y, width):
    """Draw a box with the name of a module or folder, and below it what it is for."""
    is_folder = (PACKAGE / name).is_dir()
    drawing.parts.append(
        f'<rect class="{"recurrent" if is_folder else "data"}" x="{x:g}" y="{y:g}" '
        f'width="{width:g}" height="{HEIGHT}" rx="6"/>'
    )
    middle = x + width / 2
    drawing.text(middle, y + 15, f"{name}/" if is_folder else f"{name}.py")
    draw_note(drawing, middle, y + 32, WHAT.get(name, ""))


def draw_note(drawing, x, y, text):
    drawing.parts.append(
        f'<text class="name" style="text-anchor: middle" x="{x:g}" y="{y + 5:g}">{text}</text>'
    )


def draw_row(drawing, names, y, width):
    """Divide a row into a box for each module."""
    space = 12
    each = (width - space * (len(names) - 1)) / len(names)
    for number, name in enumerate(names):
        draw_module(drawing, name, PADDING + number * (each + space), y, each)


def draw_arrow(drawing, path, style=""):
    drawing.parts.append(
        f'<path class="arrow" style="{style}" d="{path}" marker-end="url(#arrowhead)"/>'
    )


def draw():
    rows = layers()
    n_upper, full = len(rows) - N_SHARED, STACK + GAP + SIDE
    drawing = Drawing("Imports between the modules of sklstm: each row imports rows below.", 1)
    drawing.width = full + 2 * PADDING
    drawing.height = STEP * (len(rows) - 1) + HEIGHT + 2 * PADDING
    for number, names in enumerate(rows):
        y, width = PADDING + STEP * number, STACK if number < n_upper else full
        draw_row(drawing, names, y, width)
        if number < len(rows) - 1:
            draw_arrow(drawing, f"M{PADDING + width / 2:g},{y + HEIGHT + 1:g} V{y + STEP - 2:g}")
    draw_beside(drawing, STEP * (n_upper - 1) + HEIGHT)
    return drawing


def draw_beside(drawing, height):
    """Draw the packages beside the layers, in a frame of their own."""
    left, middle = PADDING + STACK + GAP, PADDING + STACK + GAP + SIDE / 2
    drawing.parts.append(
        f'<rect class="data" style="fill: none; stroke-dasharray: 5 4" x="{left:g}" '
        f'y="{PADDING}" width="{SIDE}" height="{height:g}" rx="6"/>'
    )
    draw_note(drawing, middle, PADDING + 18, "use estimators only")
    draw_note(drawing, middle, PADDING + 35, "through fit and predict")
    heading, below = 58, 16
    step = (height - heading - below - HEIGHT) / (len(BESIDE) - 1)
    for number, name in enumerate(BESIDE):
        draw_module(drawing, name, left + 14, PADDING + heading + step * number, SIDE - 28)
    end = PADDING + height
    draw_arrow(drawing, f"M{middle:g},{end + 1:g} V{end + STEP - HEIGHT - 2:g}")
    y = PADDING + HEIGHT / 2
    draw_arrow(drawing, f"M{left:g},{y:g} H{PADDING + STACK + 2:g}", "stroke-dasharray: 5 4")


class Layers(Directive):
    """Put the drawing into the page."""

    def run(self):
        return [nodes.raw("", draw().svg(), format="html")]


def setup(app):
    app.add_directive("layers", Layers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
