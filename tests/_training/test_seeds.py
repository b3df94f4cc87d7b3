"""What seeds decide."""

import numpy as np

from sklstm._training._seeds import epoch_order


def test_shuffling_takes_every_sample_once_an_epoch():
    orders = [epoch_order(3, epoch, 50, shuffle=True) for epoch in range(3)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert not np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], epoch_order(4, 0, 50, shuffle=True))
