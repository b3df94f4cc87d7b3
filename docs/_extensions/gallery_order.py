"""The order of the gallery: first what a newcomer wants to see."""

ORDER = [
    "first_forecast",
    "compare_architectures",
    "barcodes",
    "digits",
    "lookback",
    "leakage",
    "training",
    "many_series",
    "chaos",
    "signals",
    "displays",
]


class ByInterest:
    """A key for sorting files; those that have no place yet come last, by name."""

    def __init__(self, src_dir):
        """Take the folder, as the gallery wants it."""

    def __call__(self, filename):
        name = filename.removeprefix("plot_").removesuffix(".py")
        return (ORDER.index(name) if name in ORDER else len(ORDER), name)
