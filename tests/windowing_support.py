"""What tests of windows share."""


class Store:
    """Slices rows and nothing else, as a store on disk may."""

    def __init__(self, rows):
        self.hidden, self.reads = rows, []
        self.shape, self.dtype = rows.shape, rows.dtype

    def __getitem__(self, key):
        rows = key[0] if isinstance(key, tuple) else key
        assert isinstance(rows, slice)
        self.reads.append(self.hidden[rows].shape[0])
        return self.hidden[key].copy()
