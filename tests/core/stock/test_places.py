"""Warehouses, locations, lots and reasons: what they begin with, and when they may go."""

from __future__ import annotations

from datetime import date

import pytest

from sms_core.shared.errors import (
    Conflict,
    Duplicate,
    Forbidden,
    InUse,
    NotFound,
    RuleBroken,
    Stale,
    Unknown,
)
from sms_core.shared.paging import PageRequest
from sms_core.stock.commands import (
    ChangeLocation,
    ChangeLot,
    ChangeReasonCode,
    ChangeWarehouse,
    CreateLocation,
    CreateLot,
    CreateReasonCode,
)
from sms_core.stock.entities import Location, LocationKind, Warehouse
from sms_core.stock.kinds import DELIVERED_REASONS, Kind
from sms_core.stock.ports import LocationFilter, LotFilter, WarehouseFilter
from tests.core.stock.conftest import CHAI, CHEESE, Company, actor


def shelf(company: Company, code: str = "SHELF", **values: object) -> Location:
    command = CreateLocation(
        **{"warehouse_id": company.main.id, "code": code, "name": code, **values}  # type: ignore[arg-type]
    )
    return company.location_service.create(command, by=actor())


def archived_warehouse(company: Company) -> Warehouse:
    north = company.open_warehouse("NORTH")
    company.warehouse_service.delete(north.id, by=actor())
    return north


# --- warehouses --------------------------------------------------------------------------------
def test_a_warehouse_is_made_with_its_three_own_locations(company: Company) -> None:
    main = company.warehouse_service.get(company.main.id, by=actor())
    places = [
        company.locations.get(id)
        for id in (main.default_location_id, main.quarantine_location_id, main.transit_location_id)
    ]
    assert [(place.code, place.kind) for place in places] == [
        ("MAIN", LocationKind.STORAGE),
        ("QUARANTINE", LocationKind.QUARANTINE),
        ("TRANSIT", LocationKind.TRANSIT),
    ]
    assert main.version == 1


def test_codes_of_warehouses_are_unique_whatever_their_case(company: Company) -> None:
    with pytest.raises(Duplicate):
        company.open_warehouse("main")


def test_a_warehouse_with_stock_cannot_be_archived(company: Company) -> None:
    company.receive(CHAI, "3")
    with pytest.raises(InUse, match=r"stock \(3 on hand\)"):
        company.warehouse_service.delete(company.main.id, by=actor())
    done = company.warehouse_service.bulk_delete([company.main.id, 99], by=actor())
    assert (done.deleted_ids, done.missing_ids, done.in_use_ids) == ([], [99], [company.main.id])


def test_what_open_documents_name_cannot_be_archived(company: Company) -> None:
    place = shelf(company)
    company.receive(CHAI, "3")
    company.open_documents.warehouses = {company.main.id: "1 open sales order (SO-1)"}
    company.open_documents.locations = {place.id: "1 open stock count (SC-1)"}

    with pytest.raises(InUse, match=r"stock \(3 on hand\) and 1 open sales order \(SO-1\)"):
        company.warehouse_service.delete(company.main.id, by=actor())
    with pytest.raises(InUse, match=r"in use by 1 open stock count \(SC-1\)"):
        company.location_service.delete(place.id, by=actor())
    done = company.location_service.bulk_delete([place.id], by=actor())
    assert done.in_use_ids == [place.id]


def test_an_archived_warehouse_takes_its_locations_along_both_ways(company: Company) -> None:
    before = shelf(company)
    company.location_service.delete(before.id, by=actor())
    company.clock.advance(minutes=1)
    main = company.main
    company.warehouse_service.delete(main.id, by=actor())
    assert not company.locations.visible()
    company.warehouse_service.restore(main.id, by=actor())
    assert set(company.locations.visible()) == {
        main.default_location_id,
        main.quarantine_location_id,
        main.transit_location_id,
    }


def test_nothing_comes_into_an_archived_warehouse(company: Company) -> None:
    north = archived_warehouse(company)
    with pytest.raises(Unknown):
        company.receive(CHAI, "1", warehouse_id=north.id)


def test_what_one_may_not_see_is_not_found(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    clerk = actor(warehouse_ids=frozenset({company.main.id}))
    warehouses, locations = company.warehouse_service, company.location_service
    with pytest.raises(NotFound):
        warehouses.get(north.id, by=clerk)
    with pytest.raises(NotFound):
        warehouses.change(ChangeWarehouse(id=north.id, name="x"), by=clerk)
    with pytest.raises(NotFound):
        warehouses.delete(north.id, by=clerk)
    with pytest.raises(NotFound):
        locations.get(north.default_location_id, by=clerk)
    assert warehouses.bulk_delete([north.id], by=clerk).missing_ids == [north.id]
    seen = warehouses.search(WarehouseFilter(), PageRequest(), by=clerk)
    assert [warehouse.code for warehouse in seen.items] == ["MAIN"]
    assert locations.search(LocationFilter(), PageRequest(), by=clerk).total == 3
    with pytest.raises(Unknown):
        locations.create(CreateLocation(warehouse_id=north.id, code="S", name="S"), by=clerk)
    warehouses.delete(north.id, by=actor())
    with pytest.raises(NotFound):
        warehouses.restore(north.id, by=clerk)


# --- locations ---------------------------------------------------------------------------------
def test_codes_of_locations_are_unique_within_their_warehouse(company: Company) -> None:
    shelf(company)
    with pytest.raises(Duplicate):
        shelf(company, "shelf")
    shelf(company, warehouse_id=company.open_warehouse("NORTH").id)


def test_transit_locations_are_not_made_by_hand(company: Company) -> None:
    with pytest.raises(RuleBroken) as caught:
        shelf(company, kind=LocationKind.TRANSIT)
    assert caught.value.code == "kind_not_allowed"
    made = shelf(company, kind=LocationKind.QUARANTINE)
    with pytest.raises(RuleBroken):
        company.location_service.change(
            ChangeLocation(id=made.id, kind=LocationKind.TRANSIT), by=actor()
        )


def test_a_location_is_in_a_warehouse_that_exists(company: Company) -> None:
    with pytest.raises(Unknown) as caught:
        shelf(company, warehouse_id=archived_warehouse(company).id)
    assert caught.value.pointer == "/warehouse_id"


def test_a_location_stays_in_its_warehouse(company: Company) -> None:
    made, north = shelf(company), company.open_warehouse("NORTH")
    with pytest.raises(RuleBroken, match="stays"):
        company.location_service.change(
            ChangeLocation(id=made.id, warehouse_id=north.id), by=actor()
        )
    same = ChangeLocation(id=made.id, warehouse_id=company.main.id, name="Left")
    assert company.location_service.change(same, by=actor()).name == "Left"


@pytest.mark.parametrize("role", ["default", "quarantine", "transit"])
def test_the_own_locations_of_a_warehouse_cannot_go_alone(company: Company, role: str) -> None:
    id = getattr(company.main, f"{role}_location_id")
    with pytest.raises(InUse, match="its warehouse"):
        company.location_service.delete(id, by=actor())
    kind = LocationKind.STORAGE if role != "default" else LocationKind.QUARANTINE
    with pytest.raises(RuleBroken, match="fixed"):
        company.location_service.change(ChangeLocation(id=id, kind=kind), by=actor())


def test_a_location_with_stock_neither_goes_nor_changes_its_kind(company: Company) -> None:
    made = shelf(company)
    company.receive(CHAI, "2", location_id=made.id)
    with pytest.raises(InUse, match="stock"):
        company.location_service.delete(made.id, by=actor())
    with pytest.raises(InUse):
        company.location_service.change(
            ChangeLocation(id=made.id, kind=LocationKind.QUARANTINE), by=actor()
        )
    company.issue(CHAI, "2")
    changed = company.location_service.change(
        ChangeLocation(id=made.id, kind=LocationKind.QUARANTINE), by=actor()
    )
    assert changed.kind is LocationKind.QUARANTINE
    company.location_service.delete(made.id, by=actor())


def test_a_location_comes_back_only_into_a_live_warehouse(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    made = shelf(company, warehouse_id=north.id)
    company.location_service.delete(made.id, by=actor())
    company.clock.advance(minutes=1)
    company.warehouse_service.delete(north.id, by=actor())
    with pytest.raises(Conflict, match="restore that first"):
        company.location_service.restore(made.id, by=actor())
    company.warehouse_service.restore(north.id, by=actor())
    assert company.location_service.restore(made.id, by=actor()).deleted_at is None


# --- lots --------------------------------------------------------------------------------------
def test_a_lot_can_be_announced_blocked_and_dated(company: Company) -> None:
    made = company.lot_service.create(CreateLot(variant_id=CHEESE, code="A1"), by=actor())
    changed = company.lot_service.change(
        ChangeLot(id=made.id, is_blocked=True, expires_on=date(2027, 1, 1), note="mould"),
        by=actor(),
    )
    assert (changed.is_blocked, changed.note, changed.version) == (True, "mould", 2)
    assert company.lot_service.search(LotFilter(is_blocked=True), PageRequest(), by=actor()).total
    with pytest.raises(Stale):
        company.lot_service.change(ChangeLot(id=made.id, version=1, note="x"), by=actor())
    with pytest.raises(Duplicate):
        company.lot_service.create(CreateLot(variant_id=CHEESE, code="a1"), by=actor())


def test_lots_belong_to_live_variants_kept_by_lots(company: Company) -> None:
    with pytest.raises(Unknown):
        company.lot_service.create(CreateLot(variant_id=99, code="A"), by=actor())
    with pytest.raises(RuleBroken) as caught:
        company.lot_service.create(CreateLot(variant_id=CHAI, code="A"), by=actor())
    assert caught.value.code == "lot_not_tracked"


def test_lots_ask_for_the_rights_of_stock(company: Company) -> None:
    made = company.lot_service.create(CreateLot(variant_id=CHEESE, code="A"), by=actor())
    with pytest.raises(Forbidden):
        company.lot_service.get(made.id, by=actor("stock.view"))
    with pytest.raises(Forbidden):
        company.lot_service.search(LotFilter(), PageRequest(), by=actor("stock.view"))
    with pytest.raises(Forbidden):
        company.lot_service.create(
            CreateLot(variant_id=CHEESE, code="B"), by=actor("stock.receive")
        )
    with pytest.raises(Forbidden):
        company.lot_service.change(ChangeLot(id=made.id, note="x"), by=actor("stock.adjust"))


# --- reasons -----------------------------------------------------------------------------------
def test_a_reason_is_offered_for_kinds_and_may_be_retired(company: Company) -> None:
    service = company.reason_service
    made = service.create(
        CreateReasonCode(code="broken", kinds=(Kind.SCRAP, Kind.ISSUE, Kind.SCRAP)), by=actor()
    )
    assert (made.label, made.kinds) == ("broken", (Kind.ISSUE, Kind.SCRAP))
    service.change(ChangeReasonCode(id=made.id, label="Broken"), by=actor())
    service.delete(made.id, by=actor())


def test_a_reason_without_kinds_is_offered_for_all(company: Company) -> None:
    made = company.reason_service.create(CreateReasonCode(code="any"), by=actor())
    for kind in Kind:
        made.see_that_offered_for(kind)


def test_the_delivered_reasons_are_those_of_the_contract() -> None:
    assert [code for code, _, _ in DELIVERED_REASONS] == [
        "damaged",
        "expired",
        "lost",
        "found",
        "count-difference",
        "keying-error",
        "internal-use",
        "sample",
        "gift",
        "wrong-item",
        "defective",
        "transfer-shortage",
    ]
