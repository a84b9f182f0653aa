"""The reckoning against which the application is held must itself be right."""

from datetime import date
from decimal import Decimal

import pytest

from tests.acceptance.oracle import Oracle, Shelf, four_places


def test_goods_leave_at_the_average_of_what_they_cost() -> None:
    shelf = Shelf()
    shelf.put(Decimal(10), Decimal("1.00"))
    shelf.put(Decimal(30), Decimal("2.00"))

    assert shelf.take(Decimal(4)) == Decimal("7.0000")
    assert (shelf.on_hand, shelf.value) == (36, Decimal("63.0000"))


def test_the_last_goods_take_all_the_value_along() -> None:
    shelf = Shelf()
    shelf.put(Decimal(3), Decimal("0.3333"))  # worth 0.9999
    shelf.put(Decimal(4), Decimal(1))
    costs = [shelf.take(Decimal(n)) for n in (2, 2, 3)]

    assert costs == [Decimal("1.4285"), Decimal("1.4286"), Decimal("2.1428")]
    assert (shelf.on_hand, shelf.value) == (0, 0)


@pytest.mark.parametrize(
    ("number", "rounded"),
    [("0.00005", "0.0000"), ("0.00015", "0.0002"), ("0.000051", "0.0001"), ("7", "7.0000")],
)
def test_halves_go_to_the_even_neighbour(number: str, rounded: str) -> None:
    assert str(four_places(Decimal(number))) == rounded


def test_nobody_takes_more_than_there_is() -> None:
    shelf = Shelf()
    shelf.put(Decimal(1), Decimal(1))
    with pytest.raises(AssertionError):
        shelf.take(Decimal(2))


def test_worth_counts_what_had_happened_by_the_day() -> None:
    oracle = Oracle()
    oracle.bring(date(1996, 7, 1), "tea", Decimal(10), Decimal("2.50"))
    oracle.bring(date(1996, 7, 1), "cup", Decimal(1), Decimal(5))
    # Recorded in this order, though the later shipment happened before the earlier one.
    assert oracle.ship(date(1996, 7, 20), "tea", Decimal(4)) == 10
    assert oracle.ship(date(1996, 7, 10), "tea", Decimal(2)) == 5

    assert oracle.worth(date(1996, 6, 30)) == 0
    assert oracle.worth(date(1996, 7, 1)) == 30
    assert oracle.worth(date(1996, 7, 10)) == 25
    assert oracle.worth(date(1996, 7, 20)) == oracle.worth(date(1998, 1, 1)) == 15
