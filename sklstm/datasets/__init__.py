"""Small real series that ship with the package, and generators of series and sequences."""

from sklstm.datasets._generators import make_barcodes, make_series
from sklstm.datasets._loaders import load_co2, load_elnino, load_sunspots

__all__ = ["load_co2", "load_elnino", "load_sunspots", "make_barcodes", "make_series"]
