"""Clerks who move goods at random, and an account of what must be there afterwards."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from tests.torture.client import Answer, Client, World

Place = tuple[int, int]
Changes = Mapping[Place, tuple[int, int]]
KINDS = {
    "receipt": 26,
    "issue": 24,
    "transfer": 20,
    "adjustment": 10,
    "reservation": 8,
    "release": 3,
    "shipment": 3,
    "reversal": 6,
}
COSTS = ("1", "2.5", "3.333333", "0", "7.77")


@dataclass(frozen=True)
class Order:
    """What a clerk asks for, and what it does to on hand and reserved if it is carried out."""

    kind: str
    path: str
    body: Mapping[str, Any]
    changes: Changes


@dataclass
class Clerk:
    """Chooses from what is possible to him: he undoes and ships only what he himself did."""

    client: Client
    world: World
    chance: random.Random
    done: list[tuple[Order, Answer]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    undoable: list[tuple[int, Order]] = field(default_factory=list)
    promised: list[tuple[int, Order]] = field(default_factory=list)

    def work(self, times: int) -> None:
        """Send so many orders; whatever is neither done nor refused for lack of goods, raises."""
        for _ in range(times):
            order = self.next()
            answer = self.client.post(order.path, order.body)
            if answer.is_done:
                self.note(order, answer)
            else:
                assert answer.code in {"insufficient_stock", "reserved"}, (order, answer)
                self.refused[answer.code] += 1

    def note(self, order: Order, answer: Answer) -> None:
        """Remember what was done, and what can be done with it."""
        self.done.append((order, answer))
        if order.kind in {"receipt", "issue", "transfer", "adjustment"}:
            self.undoable.append((answer.body["id"], order))
        if order.kind == "reservation":
            self.promised.append((answer.body["id"], order))

    def next(self) -> Order:
        """Another order."""
        kind = self.chance.choices(list(KINDS), list(KINDS.values()))[0]
        if kind in {"release", "shipment"}:
            return self.resolve(kind) if self.promised else self.receipt()
        if kind == "reversal":
            return self.reversal() if self.undoable else self.receipt()
        return getattr(self, kind)()  # type: ignore[no-any-return]

    def receipt(self) -> Order:
        """Goods come in, at any cost."""
        house, lines = self._warehouse(), self._lines(15)
        body = [
            {"variant_id": v, "quantity": str(q), "unit_cost": self.chance.choice(COSTS)}
            for v, q in lines
        ]
        return self._order("receipt", "stock/receipts/", house, body, _sum(lines, house))

    def issue(self) -> Order:
        """Goods go to a customer."""
        house, lines = self._warehouse(), self._lines(12)
        body = [{"variant_id": v, "quantity": str(q)} for v, q in lines]
        changes = _sum(lines, house, -1)
        return self._order("issue", "stock/issues/", house, body, changes, counterpart="customer")

    def adjustment(self) -> Order:
        """There is more or less than was thought."""
        house, sign = self._warehouse(), self.chance.choice((1, -1))
        lines = self._lines(4)
        body = [{"variant_id": v, "quantity": str(sign * q)} for v, q in lines]
        changes = _sum(lines, house, sign)
        reason = "count-difference"
        return self._order(
            "adjustment", "stock/adjustments/", house, body, changes, reason_code=reason
        )

    def transfer(self) -> Order:
        """Goods go from one warehouse to the other, the lines in any order."""
        source, target = self.chance.sample(self.world.warehouses, 2)
        lines = self._lines(4)
        return Order(
            "transfer",
            "stock/transfers/",
            {
                "from_warehouse_id": source,
                "to_warehouse_id": target,
                "lines": [{"variant_id": v, "quantity": str(q)} for v, q in lines],
            },
            _sum(lines, source, -1) | _sum(lines, target),
        )

    def reservation(self) -> Order:
        """Goods are promised."""
        house, variant = self._warehouse(), self.chance.choice(self.world.variants)
        quantity = self.chance.randint(1, 5)
        body = {"variant_id": variant, "warehouse_id": house, "quantity": str(quantity)}
        return Order("reservation", "stock/reservations/", body, {(variant, house): (0, quantity)})

    def resolve(self, kind: str) -> Order:
        """A promise is kept, or taken back."""
        id, order = self.promised.pop(self.chance.randrange(len(self.promised)))
        verb = "release" if kind == "release" else "ship"
        leaves = kind == "shipment"
        changes = {at: (-n if leaves else 0, -n) for at, (_, n) in order.changes.items()}
        return Order(kind, f"stock/reservations/{id}/{verb}/", {}, changes)

    def reversal(self) -> Order:
        """What was done is undone."""
        id, order = self.undoable.pop(self.chance.randrange(len(self.undoable)))
        changes = {at: (-n, -promised) for at, (n, promised) in order.changes.items()}
        return Order("reversal", f"stock/postings/{id}/reverse/", {}, changes)

    def _order(
        self, kind: str, path: str, house: int, lines: Any, changes: Changes, **more: Any
    ) -> Order:
        return Order(kind, path, {"warehouse_id": house, "lines": lines, **more}, changes)

    def _warehouse(self) -> int:
        return self.chance.choice(self.world.warehouses)

    def _lines(self, most: int) -> list[tuple[int, int]]:
        variants = self.chance.sample(self.world.variants, self.chance.randint(1, 3))
        return [(variant, self.chance.randint(1, most)) for variant in variants]


def _sum(
    lines: Iterable[tuple[int, int]], warehouse_id: int, sign: int = 1
) -> dict[Place, tuple[int, int]]:
    return {(variant, warehouse_id): (sign * quantity, 0) for variant, quantity in lines}


def expected(orders: Iterable[Order]) -> dict[Place, tuple[int, int]]:
    """On hand and reserved after these orders, whatever the order they were carried out in."""
    total: dict[Place, tuple[int, int]] = {}
    for order in orders:
        for place, (on_hand, reserved) in order.changes.items():
            was = total.get(place, (0, 0))
            total[place] = was[0] + on_hand, was[1] + reserved
    return total


def entries(world: World) -> list[Any]:
    """All that happened to these goods, as the application lists it."""
    return [
        row
        for id in world.variants
        for row in _pages(world.client, f"stock/entries/?variant_id={id}&limit=500")
    ]


def postings(world: World) -> list[Any]:
    """All that happened in these warehouses; a transfer is in both of them."""
    found = {
        row["id"]: row
        for id in world.warehouses
        for row in _pages(world.client, f"stock/postings/?warehouse_id={id}&limit=500")
    }
    return list(found.values())


def _pages(client: Client, path: str) -> Iterator[Any]:
    while path:
        page = client.get(path)
        yield from page["results"]
        path = (page["next"] or "").rpartition("/api/v1/")[2]


LEAVES_AT_AVERAGE = {"issue", "shipment"}


def see_that_it_adds_up(rows: Sequence[Any], levels: Mapping[Place, Any]) -> None:
    """Book the entries of each level anew, in their order, and compare all that is said of it."""
    by_level: dict[Place, list[Any]] = {}
    for row in rows:
        by_level.setdefault((row["variant_id"], row["warehouse_id"]), []).append(row)
    for place, booked in by_level.items():
        on_hand = reserved = value = Decimal(0)
        for seq, row in enumerate(sorted(booked, key=lambda row: int(row["seq"])), 1):
            assert row["seq"] == seq
            quantity = Decimal(row["quantity"])
            if row["kind"] in LEAVES_AT_AVERAGE:
                assert Decimal(row["value"]) == -leaving(value, -quantity, on_hand), row
            on_hand += quantity
            reserved += Decimal(row["reserved"])
            value += Decimal(row["value"])
            after = [row[f"{name}_after"] for name in ("on_hand", "reserved", "value")]
            assert [on_hand, reserved, value] == [Decimal(number) for number in after], row
        said = [levels[place][name] for name in ("on_hand", "reserved", "value")]
        assert [on_hand, reserved, value] == [Decimal(number) for number in said], place


def leaving(value: Decimal, quantity: Decimal, on_hand: Decimal) -> Decimal:
    """The value that so much takes along."""
    with localcontext(prec=60):
        share = value * quantity / on_hand
        return share.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
