"""The ledger in the database: exact, whole, guarded, in as many statements for 1 line as 1,000."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sms_core.shared.errors import Conflict, RuleBroken
from sms_core.stock.chain import next_hash
from sms_core.stock.commands import IssuedLine, ReceivedLine
from sms_core.stock.kinds import CostSource, Counterpart, Kind
from sms_core.stock.levels import LevelKey
from sms_core.stock.picking import InsufficientStock
from sms_core.stock.postings import Entry, NamedLot, Posting
from sms_django import append_only, models, numbering
from sms_django.repositories.ledger import DjangoLedgerRepository
from tests.adapters.shop import SYSTEM, Shop, limited_to

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def shop() -> Shop:
    return Shop()


def level_of(variant_id: int) -> models.Level:
    return models.Level.objects.get(variant_id=variant_id, in_transit=False)


# --- what is written ---------------------------------------------------------------------------
def test_a_receipt_and_an_issue_leave_level_bins_and_entries_that_agree(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "10", unit_cost="1.5")
    shop.issue(chai, "4")
    level = level_of(chai)
    assert (level.on_hand, level.reserved, level.value, level.version) == (6, 0, 9, 2)
    assert (level.last_cost, level.last_cost_at is not None) == (D("1.5"), True)
    assert [b.on_hand for b in level.bins.all()] == [6]
    sums = level.entries.aggregate(q=Sum("quantity"), v=Sum("value"))
    assert (sums["q"], sums["v"]) == (6, 9)
    assert level.entries.get(seq=2).hash == level.last_hash


def test_numbers_are_kept_as_whole_numbers(shop: Shop) -> None:
    cheese = shop.variant("CHEESE", places=3)
    shop.receive(cheese, "1.125", unit_cost="0.123456")
    with connection.cursor() as cursor:
        cursor.execute("SELECT quantity, unit_cost, value FROM sms_entry")
        assert cursor.fetchone() == (11250, 123456, 1389)


def test_bins_with_and_without_a_lot_are_each_kept_once(shop: Shop) -> None:
    chai, cheese = shop.variant("CHAI"), shop.variant("CHEESE", tracks_lots=True)
    for _ in range(2):
        shop.receive_lines(
            [
                ReceivedLine(variant_id=chai, quantity=D(1)),
                ReceivedLine(variant_id=cheese, quantity=D(2), lot=NamedLot(code="A")),
                ReceivedLine(variant_id=cheese, quantity=D(3), lot=NamedLot(code="a")),
            ]
        )
    bins = models.Bin.objects.order_by("pk").values_list("lot__code", "on_hand")
    assert sorted(bins, key=str) == [("A", D(10)), (None, D(2))]
    assert models.Lot.objects.count() == 1


def test_a_lot_of_a_delivery_is_made_with_its_date(shop: Shop) -> None:
    cheese = shop.variant("CHEESE", tracks_lots=True)
    shop.receive(cheese, "1", lot=NamedLot(code="A", expires_on=date(2030, 1, 31)))
    lot = models.Lot.objects.get()
    assert (lot.code, lot.expires_on, lot.version) == ("A", date(2030, 1, 31), 1)


def test_the_hashes_in_the_database_can_be_made_again_from_its_rows(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "10", unit_cost="1.5")
    shop.issue(chai, "4")
    previous = ""
    for row in models.Entry.objects.select_related("posting", "level").order_by("seq"):
        posting, entry = as_recorded(row)
        assert row.hash == next_hash(previous, posting, entry)
        previous = row.hash


def as_recorded(row: models.Entry) -> tuple[Any, Any]:
    """The domain's posting and entry, read back from their rows."""
    header = row.posting
    posting = Posting(
        kind=Kind(header.kind),
        number=header.number,
        occurred_at=header.occurred_at,
        recorded_at=header.recorded_at,
        user_id=header.user_id,
        username=header.username,
        request_id=header.request_id,
        reference=header.reference,
        note=header.note,
        reason_code_id=header.reason_code_id,
        supplier_id=header.supplier_id,
        customer_id=header.customer_id,
    )
    level = row.level
    entry = Entry(
        line=row.line,
        level=LevelKey(level.variant_id, level.warehouse_id, level.in_transit),
        seq=row.seq,
        location_id=row.location_id,
        lot_id=row.lot_id,
        quantity=row.quantity,
        reserved=row.reserved,
        value=row.value,
        counterpart=Counterpart(row.counterpart),
        unit_cost=row.unit_cost,
        cost_source=CostSource(row.cost_source) if row.cost_source else None,
        bin_on_hand_after=row.bin_on_hand_after,
        on_hand_after=row.on_hand_after,
        reserved_after=row.reserved_after,
        value_after=row.value_after,
    )
    return posting, entry


def test_a_refused_posting_leaves_nothing_behind(shop: Shop) -> None:
    cheese, chai = shop.variant("CHEESE", tracks_lots=True), shop.variant("CHAI")
    with pytest.raises(InsufficientStock):
        shop.issue(chai, "1")
    with pytest.raises(RuleBroken):
        shop.receive_lines(
            [
                ReceivedLine(variant_id=cheese, quantity=D(1), lot=NamedLot(code="NEW")),
                ReceivedLine(variant_id=chai, quantity=D("0.5")),
            ]
        )
    for table in (models.Level, models.Bin, models.Lot, models.Posting, models.Entry):
        assert not table._default_manager.exists()


def test_a_shortage_names_the_other_warehouses(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    north, secret = shop.open_warehouse("NORTH"), shop.open_warehouse("SECRET")
    shop.receive(chai, "5", warehouse_id=north.id)
    shop.receive(chai, "9", warehouse_id=secret.id)
    found = DjangoLedgerRepository().available_elsewhere(
        [chai], except_in=shop.main.id, visible=frozenset({north.id}), today=date(2026, 1, 1)
    )
    assert found == {chai: {"NORTH": D(5)}}
    with pytest.raises(InsufficientStock, match="9 available in SECRET, 5 available in NORTH"):
        shop.issue(chai, "1")


def test_numbers_go_on_by_kind_and_year(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    first, second = shop.receive(chai, "1"), shop.receive(chai, "1")
    prefix, year, serial = first.number.split("-")
    assert (prefix, year) == ("REC", str(first.recorded_at.year))
    assert int(second.number.split("-")[2]) == int(serial) + 1
    assert shop.issue(chai, "1").number.startswith("ISS-")


def test_the_stamp_knows_the_companys_zone(shop: Shop) -> None:
    assert DjangoLedgerRepository().stamp(Kind.RECEIPT).zone == ZoneInfo("UTC")
    models.Company.objects.update(time_zone="Pacific/Auckland")
    assert DjangoLedgerRepository().stamp(Kind.RECEIPT).zone == ZoneInfo("Pacific/Auckland")


def test_recorded_at_is_never_before_the_last_of_the_level(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "1")
    ahead = models.Level.objects.get().last_recorded_at.replace(year=2900)  # type: ignore[union-attr]
    models.Level.objects.update(last_recorded_at=ahead)
    assert shop.receive(chai, "1").recorded_at == ahead


def test_a_level_changed_without_its_lock_is_noticed(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "1")
    repository = DjangoLedgerRepository()
    key = LevelKey(chai, shop.main.id)
    with transaction.atomic():
        level = repository.lock([key])[key]
        posting = replace_with_entry(level)
        models.Level.objects.update(version=7)
        with pytest.raises(Conflict):
            repository.save(posting, [level])


def replace_with_entry(level: Any) -> Any:
    """A posting of one more unit for the level, not saved."""
    posting, entry = as_recorded(models.Entry.objects.select_related("posting", "level").get())
    level.version += 1
    posting.number = "REC-2026-999999"
    posting.entries.append(replace(entry, seq=level.version))
    return posting


# --- how many statements -----------------------------------------------------------------------
def statements(run: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        run()
    kept = [
        query["sql"]
        for query in queries.captured_queries
        if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
    ]
    return len(kept)


def test_a_posting_costs_as_many_statements_for_one_line_as_for_a_thousand(shop: Shop) -> None:
    chai = [shop.variant(f"V{n}") for n in range(1000)]
    cheese = shop.variant("CHEESE", tracks_lots=True)
    lot = [ReceivedLine(variant_id=cheese, quantity=D(1), lot=NamedLot(code="A"))]
    counts = {}
    for size in (1, 100, 1000):
        lines = [ReceivedLine(variant_id=id, quantity=D(5)) for id in chai[: size - 1]] + lot
        receipt = statements(lambda lines=lines: shop.receive_lines(lines))
        taken = [IssuedLine(variant_id=line.variant_id, quantity=D(1)) for line in lines]
        issue = statements(lambda taken=taken: shop.issue_lines(taken))
        counts[size] = receipt, issue
    # The one line is of a lot; with others come those without, for whose bins SQLite takes one
    # more statement.
    most, more = (24, 0) if connection.vendor == "postgresql" else (60, 1)
    assert counts[100] == counts[1000] == (counts[1][0] + more, counts[1][1] + more)
    assert max(counts[1000]) <= most


# --- what the database itself refuses ------------------------------------------------------------
@pytest.mark.parametrize("table", append_only.TABLES)
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_the_ledger_cannot_be_changed(shop: Shop, table: str, change: str) -> None:
    if connection.vendor == "sqlite" and change.startswith("TRUNCATE"):
        pytest.skip("SQLite has no TRUNCATE")
    shop.receive(shop.variant("CHAI"), "1")
    models.Closing.objects.create(
        closed_until=date(2026, 1, 31), username="anna", recorded_at=timezone.now()
    )
    models.DocumentEvent.objects.create(
        document_type="sales_order", document_id=1, act="create", at=timezone.now()
    )
    connection.check_constraints()  # what is still to be checked would refuse a TRUNCATE first
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))
    assert (models.Entry.objects.count(), models.Closing.objects.count()) == (1, 1)


def test_missing_triggers_are_named_and_made_again() -> None:
    assert append_only.missing(connection) == []
    append_only.remove(connection)
    events = 3 if connection.vendor == "postgresql" else 2
    assert len(append_only.missing(connection)) == events * len(append_only.TABLES)
    append_only.install(connection)
    append_only.install(connection)
    assert append_only.missing(connection) == []


def test_the_sequences_are_made_once_and_go_on() -> None:
    first = numbering.next_serial(connection, Kind.SCRAP)
    numbering.install(connection)
    assert numbering.next_serial(connection, Kind.SCRAP) == first + 1


BROKEN = [
    ("level_on_hand", "UPDATE sms_level SET on_hand = -1, reserved = -1"),
    ("level_reserved", "UPDATE sms_level SET reserved = on_hand + 1"),
    ("level_reserved", "UPDATE sms_level SET reserved = -1"),
    ("level_value", "UPDATE sms_level SET value = -1"),
    ("level_value", "UPDATE sms_level SET on_hand = 0, value = 1"),
    ("level_version", "UPDATE sms_level SET version = -1"),
    ("bin_on_hand", "UPDATE sms_bin SET on_hand = -1"),
    ("location_kind", "UPDATE sms_location SET kind = 'attic'"),
    ("entry_numbers", "UPDATE sms_entry SET seq = 0"),
    ("entry_numbers", "UPDATE sms_entry SET line = 0"),
    ("entry_counterpart", "UPDATE sms_entry SET counterpart = 'nobody'"),
    ("entry_cost_source", "UPDATE sms_entry SET cost_source = 'guess'"),
    ("entry_unit_cost", "UPDATE sms_entry SET unit_cost = -1"),
    ("entry_place", "UPDATE sms_entry SET location_id = NULL"),
    ("entry_place", "UPDATE sms_entry SET bin_on_hand_after = NULL"),
    ("entry_balances", "UPDATE sms_entry SET reserved_after = -1"),
    ("posting_kind", "UPDATE sms_posting SET kind = 'magic'"),
]


@pytest.mark.parametrize(("name", "statement"), BROKEN)
def test_every_rule_is_a_named_constraint(shop: Shop, name: str, statement: str) -> None:
    shop.receive(shop.variant("CHAI"), "1", unit_cost="1")
    append_only.remove(connection)
    try:
        with (
            pytest.raises(IntegrityError, match=f"{name}|level_reserved"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    finally:
        append_only.install(connection)


@pytest.mark.parametrize("lot", [None, "A"])
def test_a_bin_exists_once_with_and_without_a_lot(shop: Shop, lot: str | None) -> None:
    variant = shop.variant("CHAI", tracks_lots=lot is not None)
    shop.receive(variant, "1", lot=NamedLot(code=lot) if lot else None)
    bin = models.Bin.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Bin.objects.create(level=bin.level, location=bin.location, lot=bin.lot)


def test_system_and_limited_actors_are_told_apart_in_the_ledger(shop: Shop) -> None:
    chai = shop.variant("CHAI")
    line = [ReceivedLine(variant_id=chai, quantity=D(1))]
    shop.receive_lines(line, by=SYSTEM)
    shop.receive_lines(line, by=limited_to(shop.main.id))
    names = models.Posting.objects.order_by("pk").values_list("username", "user_id")
    assert list(names) == [("system", None), ("clerk", None)]
