"""What seeds decide."""

import numpy as np

from sklstm._training._seeds import cropped_lengths, epoch_order


def test_shuffling_takes_every_sample_once_an_epoch():
    orders = [epoch_order(3, epoch, 50, shuffle=True) for epoch in range(3)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert not np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], epoch_order(4, 0, 50, shuffle=True))


def test_crops_leave_the_shortest_whole_and_reach_every_length():
    lengths = np.array([3, 5, 4] * 40, "i4")
    crops = np.array([cropped_lengths(3, epoch, lengths) for epoch in range(5)])
    assert crops.dtype == "i4" and (crops[:, ::3] == 3).all()
    assert set(crops[:, 1::3].flat) == {3, 4, 5} and set(crops[:, 2::3].flat) == {3, 4}
    assert not np.array_equal(crops[0], crops[1])
    np.testing.assert_array_equal(crops[0], cropped_lengths(3, 0, lengths))
