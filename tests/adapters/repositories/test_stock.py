"""One suite for the stock's repositories: what the fakes promise, the database keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from config.container import container
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import CursorRequest, Order, PageRequest
from sms_core.stock.entities import Location, LocationKind, Lot, ReasonCode, Warehouse
from sms_core.stock.kinds import CostSource, Counterpart, Kind
from sms_core.stock.levels import Goods, LevelKey
from sms_core.stock.ports import (
    BinFilter,
    EntryFilter,
    LedgerRepository,
    LevelFilter,
    LocationFilter,
    LocationRepository,
    LocationSort,
    LotFilter,
    LotRepository,
    LotSort,
    PostingFilter,
    ReasonCodeFilter,
    ReasonCodeRepository,
    ReasonCodeSort,
    StockReader,
    WarehouseFilter,
    WarehouseRepository,
    WarehouseSort,
)
from sms_core.stock.postings import Entry, Posting
from tests.adapters.shop import Shop
from tests.fakes.stock import (
    InMemoryLedgerRepository,
    InMemoryLocationRepository,
    InMemoryLotRepository,
    InMemoryReasonCodeRepository,
    InMemoryStockReader,
    InMemoryWarehouseRepository,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ALL = PageRequest()
D = Decimal


@dataclass
class Stores:
    """All repositories of stock, of one make, and two variants to stock."""

    warehouses: WarehouseRepository
    locations: LocationRepository
    lots: LotRepository
    reasons: ReasonCodeRepository
    ledger: LedgerRepository
    reader: StockReader
    chai: int
    cheese: int

    def open(self, code: str) -> Warehouse:
        warehouse = Warehouse(code=code, name=f"House {code}")
        self.warehouses.add(warehouse)
        default, quarantine, transit = warehouse.own_locations()
        for location in (default, quarantine, transit):
            self.locations.add(location)
        warehouse.default_location_id = default.id
        warehouse.quarantine_location_id = quarantine.id
        warehouse.transit_location_id = transit.id
        self.warehouses.furnish(warehouse)
        return warehouse

    def put(
        self, variant_id: int, warehouse: Warehouse, quantity: str, lot: Lot | None = None
    ) -> Posting:
        """Write a posting that brings so much, as the ledger would."""
        key = LevelKey(variant_id, warehouse.id)
        level = self.ledger.lock([key])[key]
        place = self.locations.get(warehouse.default_location_id)
        stamp = self.ledger.stamp(Kind.RECEIPT)
        bin = level.bin_at(place, lot)
        amount = D(quantity)
        entry = Entry(
            line=1,
            level=key,
            seq=level.change(bin=bin, quantity=amount, value=amount * 2),
            location_id=place.id,
            lot_id=lot.id if lot else None,
            quantity=amount,
            value=amount * 2,
            counterpart=Counterpart.SUPPLIER,
            unit_cost=D(2),
            cost_source=CostSource.GIVEN,
            bin_on_hand_after=bin.on_hand,
            on_hand_after=level.on_hand,
            reserved_after=level.reserved,
            value_after=level.value,
            hash="f" * 64,
        )
        level.last_hash, level.last_recorded_at = entry.hash, stamp.at
        level.last_cost, level.last_cost_at = D(2), stamp.at
        posting = Posting(
            kind=Kind.RECEIPT,
            number=f"REC-{stamp.serial}",
            occurred_at=stamp.at,
            recorded_at=stamp.at,
            user_id=None,
            username="system",
            request_id="r",
            entries=[entry],
        )
        self.ledger.save(posting, [level])
        return posting


def in_memory() -> Stores:
    warehouses, locations = InMemoryWarehouseRepository(), InMemoryLocationRepository()
    lots, reasons = InMemoryLotRepository(), InMemoryReasonCodeRepository()
    goods = {
        1: Goods(id=1, code="CHAI", places=0, cost=D("1.5")),
        2: Goods(id=2, code="CHEESE", places=3, tracks_lots=True),
    }
    ledger = InMemoryLedgerRepository(warehouses, locations, lots, goods=goods)
    reader = InMemoryStockReader(ledger, reasons)
    return Stores(warehouses, locations, lots, reasons, ledger, reader, 1, 2)


def in_the_database() -> Stores:
    get: Any = container().get
    shop = Shop()
    chai = shop.variant("CHAI", cost=D("1.5"))
    cheese = shop.variant("CHEESE", places=3, tracks_lots=True)
    return Stores(
        get(WarehouseRepository),
        get(LocationRepository),
        get(LotRepository),
        get(ReasonCodeRepository),
        get(LedgerRepository),
        get(StockReader),
        chai,
        cheese,
    )


@pytest.fixture(params=[in_memory, in_the_database], ids=["memory", "django"])
def stores(request: pytest.FixtureRequest) -> Stores:
    made: Stores = request.param()
    return made


def codes(page: Any) -> list[str]:
    return [item.code for item in page.items]


# --- warehouses and locations ------------------------------------------------------------------
def test_a_warehouse_keeps_its_own_locations(stores: Stores) -> None:
    north = stores.open("N")
    stored = stores.warehouses.get(north.id)
    assert stored == north
    assert stored.version == 1
    assert stores.locations.get(stored.transit_location_id).kind is LocationKind.TRANSIT


def test_warehouse_codes_are_unique_among_the_live(stores: Stores) -> None:
    first = stores.open("Straße")
    stores.warehouses.archive([first.id], AT)
    stores.warehouses.add(Warehouse(code="STRASSE", name="x"))
    with pytest.raises(Duplicate) as refusal:
        stores.warehouses.add(Warehouse(code="strasse", name="x"))
    assert refusal.value.pointer == "/code"


def test_warehouses_are_found_by_text_code_and_who_sees_them(stores: Stores) -> None:
    north, south = stores.open("N"), stores.open("S")
    search = stores.warehouses.search
    assert codes(search(WarehouseFilter(search="HOUSE n"), ALL)) == ["N"]
    assert codes(search(WarehouseFilter(code="s"), ALL)) == ["S"]
    assert codes(search(WarehouseFilter(name="house S"), ALL)) == ["S"]
    assert codes(search(WarehouseFilter(visible=frozenset({south.id})), ALL)) == ["S"]
    assert codes(search(WarehouseFilter(visible=frozenset()), ALL)) == []
    down = WarehouseFilter(search="house", order=(Order(WarehouseSort.CODE, True),))
    assert codes(search(down, ALL)) == ["S", "N"]
    assert set(stores.warehouses.hold([north.id, south.id, 10**9])) == {north.id, south.id}


def test_locations_are_told_apart_by_warehouse_code_and_kind(stores: Stores) -> None:
    north, south = stores.open("N"), stores.open("S")
    for warehouse in (north, south):
        stores.locations.add(Location(warehouse_id=warehouse.id, code="A", name="Aisle"))
    here = {"warehouse_id": north.id}
    search = stores.locations.search
    assert codes(search(LocationFilter(**here), ALL)) == ["A", "MAIN", "QUARANTINE", "TRANSIT"]
    assert codes(search(LocationFilter(**here, kind=LocationKind.QUARANTINE), ALL)) == [
        "QUARANTINE"
    ]
    assert codes(search(LocationFilter(**here, code="main"), ALL)) == ["MAIN"]
    assert codes(search(LocationFilter(**here, name="AISLE"), ALL)) == ["A"]
    assert codes(search(LocationFilter(visible=frozenset({south.id}), search="aisle"), ALL)) == [
        "A"
    ]
    by_name = LocationFilter(**here, order=(Order(LocationSort.NAME),))
    assert codes(search(by_name, ALL)) == ["A", "TRANSIT", "MAIN", "QUARANTINE"]
    with pytest.raises(Duplicate):
        stores.locations.add(Location(warehouse_id=north.id, code="a", name="x"))


def test_locations_go_and_come_back_with_their_warehouse(stores: Stores) -> None:
    north = stores.open("N")
    earlier = Location(warehouse_id=north.id, code="OLD", name="Old")
    stores.locations.add(earlier)
    stores.locations.archive([earlier.id], AT.replace(year=2025))
    stores.locations.archive_with([north.id], AT)
    assert stores.locations.search(LocationFilter(warehouse_id=north.id), ALL).total == 0
    stores.locations.restore_with(north.id, AT)
    back = stores.locations.search(LocationFilter(warehouse_id=north.id), ALL)
    assert codes(back) == ["MAIN", "QUARANTINE", "TRANSIT"]
    assert {location.version for location in back.items} == {3}


# --- lots --------------------------------------------------------------------------------------
def test_lots_are_obtained_once_whatever_the_case(stores: Stores) -> None:
    asked = [
        Lot(variant_id=stores.cheese, code="L1", expires_on=date(2030, 1, 1)),
        Lot(variant_id=stores.cheese, code="l1"),
        Lot(variant_id=stores.chai, code="L1"),
    ]
    first = stores.lots.obtain(asked)
    second = stores.lots.obtain([Lot(variant_id=stores.cheese, code="L1")])
    key = (stores.cheese, "l1")
    assert set(first) == {key, (stores.chai, "l1")}
    assert first[key] == second[key] == stores.lots.get(first[key].id)
    assert (first[key].code, first[key].expires_on) == ("L1", date(2030, 1, 1))
    assert stores.lots.find([key, (stores.cheese, "none")]) == {key: first[key]}


def test_lots_are_changed_one_after_the_other(stores: Stores) -> None:
    lot = Lot(variant_id=stores.cheese, code="L1")
    stores.lots.add(lot)
    mine, theirs = stores.lots.get_for_update(lot.id), stores.lots.get_for_update(lot.id)
    mine.change(is_blocked=True)
    stores.lots.save(mine)
    with pytest.raises(Stale):
        stores.lots.save(theirs)
    with pytest.raises(NotFound):
        stores.lots.get(10**9)
    with pytest.raises(Duplicate):
        stores.lots.add(Lot(variant_id=stores.cheese, code="l1"))


def test_lots_are_listed_by_what_is_known_of_them(stores: Stores) -> None:
    for code, expires_on, blocked in (
        ("C", None, False),
        ("a", date(2031, 1, 1), True),
        ("B", date(2030, 1, 1), False),
    ):
        lot = Lot(variant_id=stores.cheese, code=code, expires_on=expires_on, is_blocked=blocked)
        stores.lots.add(lot)
    search = stores.lots.search
    assert codes(search(LotFilter(), ALL)) == ["a", "B", "C"]
    assert codes(search(LotFilter(is_blocked=True), ALL)) == ["a"]
    assert codes(search(LotFilter(search="A"), ALL)) == ["a"]
    assert codes(search(LotFilter(code="b"), ALL)) == ["B"]
    assert codes(search(LotFilter(variant_id=stores.chai), ALL)) == []
    assert codes(search(LotFilter(expires_before=date(2031, 1, 1)), ALL)) == ["B"]
    by_expiry = Order(LotSort.EXPIRES_ON)
    assert codes(search(LotFilter(order=(by_expiry,)), ALL)) == ["B", "a", "C"]
    down = Order(LotSort.EXPIRES_ON, True)
    assert codes(search(LotFilter(order=(down,)), ALL)) == ["C", "a", "B"]


# --- reasons -----------------------------------------------------------------------------------
def test_reasons_are_kept_with_their_kinds(stores: Stores) -> None:
    mould = ReasonCode(code="mould", label="Mould", kinds=(Kind.SCRAP,), delivered_as="mould")
    gone = ReasonCode(code="moved on", label="Moved on")
    stores.reasons.add(mould)
    stores.reasons.add(gone)
    search = stores.reasons.search
    assert stores.reasons.get(mould.id) == mould
    assert codes(search(ReasonCodeFilter(search="mo", kind=Kind.SCRAP), ALL)) == [
        "mould",
        "moved on",
    ]
    assert codes(search(ReasonCodeFilter(search="mo", kind=Kind.COUNT), ALL)) == ["moved on"]
    assert codes(search(ReasonCodeFilter(label="MOULD"), ALL)) == ["mould"]
    by_label = ReasonCodeFilter(search="mo", order=(Order(ReasonCodeSort.LABEL, True),))
    assert codes(search(by_label, ALL)) == ["moved on", "mould"]
    assert "mould" in stores.reasons.delivered()
    assert stores.reasons.hold_by_code("MOULD") == mould
    stores.reasons.archive([mould.id], AT)
    assert stores.reasons.hold_by_code("mould") is None


# --- the ledger --------------------------------------------------------------------------------
def test_goods_are_held_with_what_the_ledger_must_know(stores: Stores) -> None:
    found = stores.ledger.hold_goods([stores.chai, stores.cheese, 10**9])
    assert found == {
        stores.chai: Goods(id=stores.chai, code="CHAI", places=0, cost=D("1.5")),
        stores.cheese: Goods(id=stores.cheese, code="CHEESE", places=3, tracks_lots=True),
    }


def test_levels_are_made_once_and_locked_in_their_order(stores: Stores) -> None:
    north, south = stores.open("N"), stores.open("S")
    keys = [
        LevelKey(stores.cheese, north.id),
        LevelKey(stores.chai, south.id),
        LevelKey(stores.chai, north.id, in_transit=True),
        LevelKey(stores.chai, north.id),
    ]
    locked = stores.ledger.lock(keys)
    assert list(locked) == sorted(keys)
    assert {(level.on_hand, level.version) for level in locked.values()} == {(0, 0)}
    again = stores.ledger.lock(keys[:1])
    assert again[keys[0]].id == locked[keys[0]].id


def test_what_is_saved_is_read_again(stores: Stores) -> None:
    north = stores.open("N")
    lot = stores.lots.obtain([Lot(variant_id=stores.cheese, code="L1")])[(stores.cheese, "l1")]
    stores.put(stores.cheese, north, "2.5", lot)
    posting = stores.put(stores.cheese, north, "1", lot)
    key = LevelKey(stores.cheese, north.id)
    level = stores.ledger.lock([key])[key]
    assert (level.on_hand, level.value, level.version) == (D("3.5"), D(7), 2)
    assert (level.last_hash, level.last_cost) == ("f" * 64, D(2))
    assert level.last_recorded_at == level.last_cost_at == posting.recorded_at
    assert [(b.location.id, b.lot, b.on_hand) for b in level.bins] == [
        (north.default_location_id, lot, D("3.5"))
    ]
    assert stores.ledger.last_costs([stores.cheese, stores.chai]) == {stores.cheese: D(2)}


def test_the_clock_is_aware_and_serials_go_up_by_kind(stores: Stores) -> None:
    first, second = stores.ledger.stamp(Kind.RECEIPT), stores.ledger.stamp(Kind.RECEIPT)
    assert first.at.tzinfo is not None
    assert second.serial == first.serial + 1
    assert stores.ledger.stamp(Kind.OPENING).serial >= 1


def test_other_warehouses_are_asked_for_what_they_can_spare(stores: Stores) -> None:
    north, south, here = stores.open("N"), stores.open("S"), stores.open("H")
    for warehouse, quantity in ((north, "2"), (south, "5"), (here, "9")):
        stores.put(stores.chai, warehouse, quantity)
    ask = stores.ledger.available_elsewhere
    today = date(2026, 3, 2)
    found = ask([stores.chai], except_in=here.id, visible=None, today=today)
    assert list(found[stores.chai].items()) == [("S", D(5)), ("N", D(2))]
    seen = frozenset({north.id})
    assert ask([stores.chai], except_in=here.id, visible=seen, today=today) == {
        stores.chai: {"N": D(2)}
    }


# --- what is read ------------------------------------------------------------------------------
def test_levels_and_bins_are_read_by_warehouse_and_variant(stores: Stores) -> None:
    north, south = stores.open("N"), stores.open("S")
    stores.put(stores.chai, north, "2")
    stores.put(stores.chai, south, "5")
    stores.put(stores.cheese, south, "1")

    def levels(**filter: Any) -> list[tuple[str, str, Decimal]]:
        page = stores.reader.levels(LevelFilter(**filter), ALL)
        return sorted((v.variant_code, v.warehouse_code, v.available) for v in page.items)

    assert levels(warehouse_id=south.id) == [("CHAI", "S", D(5)), ("CHEESE", "S", D(1))]
    assert levels(variant_id=stores.chai) == [("CHAI", "N", D(2)), ("CHAI", "S", D(5))]
    assert levels(visible=frozenset({north.id})) == [("CHAI", "N", D(2))]
    bins = stores.reader.bins(BinFilter(location_id=north.default_location_id), ALL)
    assert [(v.variant_code, v.location_code, v.on_hand, v.usable) for v in bins.items] == [
        ("CHAI", "MAIN", D(2), True)
    ]


def test_the_ledger_is_read_backwards_in_stretches(stores: Stores) -> None:
    north, south = stores.open("N"), stores.open("S")
    postings = [
        stores.put(stores.chai, warehouse, "1") for warehouse in (north, south, north, north)
    ]
    visible = frozenset({north.id})
    first = stores.reader.postings(PostingFilter(visible=visible), CursorRequest(limit=2))
    assert [view.id for view in first.items] == [postings[3].id, postings[2].id]
    assert [view.entry_count for view in first.items] == [1, 1]
    rest = stores.reader.postings(
        PostingFilter(visible=visible), CursorRequest(after=first.next, limit=2)
    )
    assert [view.id for view in rest.items] == [postings[0].id]
    assert rest.next is None
    entries = stores.reader.entries(EntryFilter(warehouse_id=south.id), CursorRequest())
    assert [entry.posting_id for entry in entries.items] == [postings[1].id]


def test_a_posting_is_there_for_those_who_see_some_of_it(stores: Stores) -> None:
    north = stores.open("N")
    posting = stores.put(stores.chai, north, "2")
    view = stores.reader.posting(posting.id, None)
    assert (view.number, view.kind, view.entry_count) == (posting.number, "receipt", 1)
    assert (view.entries[0].value, view.entries[0].hash) == (D(4), "f" * 64)
    for id, visible in ((posting.id, frozenset[int]()), (10**9, None)):
        with pytest.raises(NotFound):
            stores.reader.posting(id, visible)


def test_what_holds_stock_is_known(stores: Stores) -> None:
    north, south = stores.open("N"), stores.open("S")
    stores.put(stores.chai, north, "2")
    stores.put(stores.cheese, north, "1.5")
    place = north.default_location_id
    assert stores.reader.held_in_warehouses([north.id, south.id]) == {north.id: D("3.5")}
    assert stores.reader.held_in_locations([place, south.default_location_id]) == {place: D("3.5")}


def test_codes_and_places_are_read_in_any_case(stores: Stores) -> None:
    north = stores.open("N")
    scanned = stores.reader.scan(["chai", "00cheese", "none"])
    assert {text: found.variant_id for text, found in scanned.items()} == {
        "chai": stores.chai,
        "00cheese": stores.cheese,
    }
    assert stores.reader.places(north.id, ["main", "none"]) == {"main": north.default_location_id}
