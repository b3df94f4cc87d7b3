"""``.. diagram:: stacked``: the architectures, unrolled in time, as drawings within the page.

The drawings are SVG that takes its colours from the page's style sheet, so that they follow the
reader's choice of light or dark.
"""

from html import escape
from itertools import pairwise

from docutils import nodes
from docutils.parsers.rst import Directive

WIDTH, COLUMN, ROW, BOX = 640, 92, 62, (64, 34)
LEFT = 130  # where the first step stands; the names of the rows are left of it


class Drawing:
    """Boxes and arrows on a grid: columns are time steps, rows go up from the input."""

    def __init__(self, title, n_rows, width=WIDTH):
        self.title, self.width, self.height = title, width, ROW * n_rows + 8
        self.parts = []

    def at(self, column, row):
        return LEFT + COLUMN * column, self.height - ROW * (row + 0.5) - 4

    def box(self, column, row, label, kind, width=BOX[0]):
        x, y = self.at(column, row)
        self.parts.append(
            f'<rect class="{kind}" x="{x - width / 2:g}" y="{y - BOX[1] / 2:g}" '
            f'width="{width:g}" height="{BOX[1]}" rx="6"/>'
        )
        self.text(x, y, label)

    def text(self, x, y, label, style="label"):
        self.parts.append(f'<text class="{style}" x="{x:g}" y="{y + 5:g}">{label}</text>')

    def name(self, row, *lines):
        """Name a row, at the left margin."""
        _, y = self.at(0, row)
        for i, line in enumerate(lines):
            self.text(0, y + 16 * (i - (len(lines) - 1) / 2), line, "name")

    def arrow(self, start, end):
        """Draw an arrow from box to box: up, or along a row."""
        (x0, y0), (x1, y1) = self.at(*start), self.at(*end)
        if start[1] == end[1]:
            towards = 1 if x1 > x0 else -1
            x0, x1 = x0 + towards * BOX[0] / 2, x1 - towards * (BOX[0] / 2 + 2)
        else:
            y0, y1 = y0 - BOX[1] / 2, y1 + BOX[1] / 2 + 2
        self.parts.append(
            f'<line class="arrow" x1="{x0:g}" y1="{y0:g}" x2="{x1:g}" y2="{y1:g}" '
            'marker-end="url(#arrowhead)"/>'
        )

    def lines(self, starts, end):
        """Draw thin lines from boxes to one of the row above."""
        for start in starts:
            (x0, y0), (x1, y1) = self.at(*start), self.at(*end)
            self.parts.append(
                f'<line class="thin" x1="{x0:g}" y1="{y0 - BOX[1] / 2:g}" x2="{x1:g}" '
                f'y2="{y1 + BOX[1] / 2:g}"/>'
            )

    def inputs(self, labels, *, row=0):
        for column, label in enumerate(labels):
            self.box(column, row, label, "data")

    def chain(self, row, columns, label, *, of="h"):
        """Draw an LSTM layer along a row, in the order of the columns."""
        for column in columns:
            self.box(column, row, label, "recurrent")
        for one, other in pairwise(columns):
            self.arrow((one, row), (other, row))

    def upwards(self, row, columns):
        for column in columns:
            self.arrow((column, row), (column, row + 1))

    def head(self, column, row):
        """Draw the dense layer above the last step, and what it gives."""
        self.box(column, row, "Dense", "dense")
        self.arrow((column, row - 1), (column, row))
        self.box(column + 1, row, "y", "data")
        self.arrow((column, row), (column + 1, row))

    def svg(self):
        return (
            f'<svg class="diagram" viewBox="0 0 {self.width} {self.height:g}" role="img" '
            f'style="max-width: {self.width}px" xmlns="http://www.w3.org/2000/svg">'
            f"<title>{escape(self.title)}</title>"
            '<defs><marker id="arrowhead" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path class="head" d="M0,0 L8,4 L0,8 z"/></marker>'
            "</defs>"
            f"{''.join(self.parts)}</svg>"
        )


def sub(letter, index):
    return f'{letter}<tspan dy="4" font-size="70%">{index}</tspan>'


STEPS = [sub("x", 1), sub("x", 2), "…", sub("x", "T")]


def vanilla():
    drawing = Drawing("An LSTM reads the steps in order; its last state feeds a dense layer.", 3)
    drawing.name(0, "steps")
    drawing.name(1, "LSTM", "tanh, u units")
    drawing.name(2, "last state")
    drawing.inputs(STEPS)
    drawing.upwards(0, range(4))
    drawing.chain(1, range(4), "LSTM")
    drawing.head(3, 2)
    return drawing


def bidirectional():
    drawing = Drawing(
        "Two LSTMs read the steps, one in each direction; both last states feed a dense layer.", 4
    )
    drawing.name(0, "steps")
    drawing.name(1, "forward", "tanh, u units")
    drawing.name(2, "backward", "tanh, u units")
    drawing.name(3, "both last states")
    drawing.inputs(STEPS)
    drawing.upwards(0, range(4))
    drawing.chain(1, range(4), "LSTM")
    drawing.chain(2, range(3, -1, -1), "LSTM")
    # the backward layer reads the steps too: its arrows pass beside the forward layer's boxes
    for column in range(4):
        x, low = drawing.at(column, 0)
        _, high = drawing.at(column, 2)
        side = x + BOX[0] / 2 + 8
        drawing.parts.append(
            f'<path class="arrow" d="M{x + BOX[0] / 2:g},{low:g} H{side:g} V{high + 30:g} '
            f'L{x + 20:g},{high + BOX[1] / 2 + 2:g}" marker-end="url(#arrowhead)"/>'
        )
    drawing.box(3, 3, "Dense", "dense")
    drawing.box(4, 3, "y", "data")
    drawing.arrow((3, 3), (4, 3))
    (x0, y0), (x1, y1) = drawing.at(0, 2), drawing.at(3, 3)
    drawing.parts.append(
        f'<path class="arrow" d="M{x0:g},{y0 - BOX[1] / 2:g} V{y1:g} H{x1 - BOX[0] / 2 - 2:g}" '
        'marker-end="url(#arrowhead)"/>'
    )
    (x0, y0), (x1, y1) = drawing.at(3, 1), drawing.at(3, 3)
    side = x0 + COLUMN * 0.62
    drawing.parts.append(
        f'<path class="arrow" d="M{x0 + BOX[0] / 2:g},{y0:g} H{side:g} V{y1 + 30:g} '
        f'L{x1 + 20:g},{y1 + BOX[1] / 2 + 2:g}" marker-end="url(#arrowhead)"/>'
    )
    return drawing


def stacked():
    drawing = Drawing("Three LSTM layers, each reading the whole output of the one below.", 5)
    drawing.name(0, "steps")
    for row, text in enumerate(["tanh, u units", "relu, 2u units", "relu, u units"], 1):
        drawing.name(row, f"LSTM {row}", text)
    drawing.name(4, "last state")
    drawing.inputs(STEPS)
    for row in range(3):
        drawing.upwards(row, range(4))
        drawing.chain(row + 1, range(4), "LSTM")
    drawing.head(3, 4)
    return drawing


def _convolved(title, n_rows):
    """Eight steps, the six places of a kernel of three, and three pooled pairs of them."""
    drawing = Drawing(title, n_rows)
    small, gap = 34, 46
    drawing.name(0, "steps")
    drawing.name(1, "Conv1D", "kernel 3, relu")
    drawing.name(2, "MaxPooling1D", "pool 2")
    rows = {0: 8, 1: 6, 2: 3}

    def place(row, i):
        offset = {0: 0, 1: 1, 2: 1.5}[row]
        return LEFT + 14 + gap * (i * (2 if row == 2 else 1) + offset), drawing.at(0, row)[1]

    for row, number in rows.items():
        for i in range(number):
            x, y = place(row, i)
            below = {1: range(i, i + 3), 2: range(2 * i, 2 * i + 2)}.get(row, ())
            for j in below:
                x0, y0 = place(row - 1, j)
                drawing.parts.append(
                    f'<line class="thin" x1="{x0:g}" y1="{y0 - BOX[1] / 2:g}" x2="{x:g}" '
                    f'y2="{y + BOX[1] / 2:g}"/>'
                )
    for row, number in rows.items():
        for i in range(number):
            x, y = place(row, i)
            kind = "data" if row == 0 else "convolution"
            drawing.parts.append(
                f'<rect class="{kind}" x="{x - small / 2:g}" y="{y - BOX[1] / 2:g}" '
                f'width="{small}" height="{BOX[1]}" rx="6"/>'
            )
            if row == 0:
                drawing.text(x, y, sub("x", i + 1))
    return drawing, [(place(2, i)[0] - LEFT) / COLUMN for i in range(3)]


def cnn_lstm():
    drawing, columns = _convolved(
        "A convolution and a pooling layer shorten the sequence that the LSTM reads.", 5
    )
    drawing.name(3, "LSTM", "tanh, u units")
    drawing.name(4, "last state")
    drawing.upwards(2, columns)
    drawing.chain(3, columns, "LSTM")
    drawing.head(columns[-1], 4)
    return drawing


def cnn_lstm_pieces():
    drawing, columns = _convolved(
        "With subsequences=1, the whole output of the convolution is one step of the LSTM.", 5
    )
    drawing.name(3, "Flatten, LSTM", "one step per piece")
    drawing.name(4, "last state")
    middle = columns[1]
    for column in columns:
        drawing.arrow((column, 2), (middle, 3))
    drawing.chain(3, [middle], "LSTM")
    drawing.head(middle, 4)
    return drawing


def lstm_fcn():
    drawing = Drawing(
        "Three convolutions, averaged over time, beside an LSTM; a dense layer reads both.", 6
    )
    drawing.name(0, "steps")
    for row, (filters, size) in enumerate([(128, 8), (256, 5), (128, 3)], 1):
        drawing.name(row, f"Conv1D {filters} &#215; {size}", "normalized, relu")
    drawing.name(4, "mean over time")
    drawing.inputs(STEPS)
    for row in range(1, 4):
        for column in range(4):
            below = range(max(0, column - 1), min(4, column + 2))
            drawing.lines([(other, row - 1) for other in below], (column, row))
            drawing.box(column, row, "", "convolution")
    middle, lstm, dense = 1.5, 5, 3.25
    drawing.lines([(column, 3) for column in range(4)], (middle, 4))
    drawing.box(middle, 4, "mean", "convolution")
    drawing.box(lstm, 0, "transposed", "data", width=92)
    drawing.arrow((3, 0), (lstm - 0.15, 0))
    drawing.box(lstm, 1, "LSTM", "recurrent")
    drawing.arrow((lstm, 0), (lstm, 1))
    drawing.box(dense, 4, "Dense", "dense")
    drawing.arrow((middle, 4), (dense, 4))
    (x0, y0), (x1, y1) = drawing.at(lstm, 1), drawing.at(dense, 4)
    drawing.parts.append(
        f'<path class="arrow" d="M{x0:g},{y0 - BOX[1] / 2:g} V{y1:g} H{x1 + BOX[0] / 2 + 2:g}" '
        'marker-end="url(#arrowhead)"/>'
    )
    drawing.box(dense, 5, "y", "data")
    drawing.arrow((dense, 4), (dense, 5))
    return drawing


DIAGRAMS = {
    each.__name__: each
    for each in (vanilla, bidirectional, stacked, cnn_lstm, cnn_lstm_pieces, lstm_fcn)
}


class Diagram(Directive):
    """Put a drawing into the page."""

    required_arguments = 1

    def run(self):
        return [nodes.raw("", DIAGRAMS[self.arguments[0]]().svg(), format="html")]


def setup(app):
    app.add_directive("diagram", Diagram)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
