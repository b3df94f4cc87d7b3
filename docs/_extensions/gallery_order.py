"""The order of the gallery: the examples for newcomers come first."""

ORDER = [
    "first_forecast",
    "compare_architectures",
    "barcodes",
    "digits",
    "lookback",
    "leakage",
    "training",
    "many_series",
    "promotions",
    "chaos",
    "signals",
    "motions",
    "lstm_fcn",
    "unequal_lengths",
    "gaps",
    "large_series",
    "which_sensor",
    "displays",
]


class ByInterest:
    """A key for sorting files; those that are not listed come last, by name."""

    def __init__(self, src_dir):
        """Take the folder, as Sphinx-Gallery passes it."""

    def __call__(self, filename):
        name = filename.removeprefix("plot_").removesuffix(".py")
        return (ORDER.index(name) if name in ORDER else len(ORDER), name)
