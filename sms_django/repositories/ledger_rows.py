"""Levels, bins and entries as rows for the statements that write many at once."""

from __future__ import annotations

from typing import Any

from sms_core.shared.numbers import MONEY_PLACES, QUANTITY_PLACES, UNIT_COST_PLACES
from sms_core.stock.chain import whole
from sms_core.stock.kinds import CostSource, Counterpart, Kind
from sms_core.stock.levels import Level, LevelKey
from sms_core.stock.postings import Entry, Posting
from sms_django import models
from sms_django.repositories.document_columns import to_document
from sms_django.repositories.rows import stored_time

KEY = (("variant_id", "bigint"), ("warehouse_id", "bigint"), ("in_transit", "boolean"))
LEVEL = (
    ("id", "bigint"),
    ("before", "bigint"),
    ("version", "bigint"),
    ("on_hand", "bigint"),
    ("reserved", "bigint"),
    ("value", "bigint"),
    ("last_hash", "text"),
    ("last_recorded_at", "timestamptz"),
    ("last_cost", "bigint"),
    ("last_cost_at", "timestamptz"),
)
BIN = (
    ("level_id", "bigint"),
    ("location_id", "bigint"),
    ("lot_id", "bigint"),
    ("on_hand", "bigint"),
)
# The rest of a counted bin, after the key of its level.
COUNTED = (("location_id", "bigint"), ("lot_id", "bigint"), ("counted_at", "timestamptz"))
ENTRY = (
    ("posting_id", "bigint"),
    ("line", "integer"),
    ("level_id", "bigint"),
    ("seq", "bigint"),
    ("location_id", "bigint"),
    ("lot_id", "bigint"),
    ("quantity", "bigint"),
    ("reserved", "bigint"),
    ("value", "bigint"),
    ("counterpart", "text"),
    ("unit_cost", "bigint"),
    ("cost_source", "text"),
    ("bin_on_hand_after", "bigint"),
    ("on_hand_after", "bigint"),
    ("reserved_after", "bigint"),
    ("value_after", "bigint"),
    ("hash", "text"),
    ("document_line", "bigint"),
)


def to_level(row: models.Level) -> Level:
    return Level(
        key=LevelKey(row.variant_id, row.warehouse_id, row.in_transit),
        id=row.pk,
        on_hand=row.on_hand,
        reserved=row.reserved,
        value=row.value,
        version=row.version,
        last_hash=row.last_hash,
        last_recorded_at=row.last_recorded_at,
        last_cost=row.last_cost,
        last_cost_at=row.last_cost_at,
    )


def level_row(level: Level, changes: int) -> tuple[Any, ...]:
    return (
        level.id,
        level.version - changes,
        level.version,
        whole(level.on_hand, QUANTITY_PLACES),
        whole(level.reserved, QUANTITY_PLACES),
        whole(level.value, MONEY_PLACES),
        level.last_hash,
        stored_time(level.last_recorded_at),
        None if level.last_cost is None else whole(level.last_cost, UNIT_COST_PLACES),
        stored_time(level.last_cost_at),
    )


def entry_row(posting_id: int, level_id: int, entry: Entry) -> tuple[Any, ...]:
    after = entry.bin_on_hand_after
    return (
        posting_id,
        entry.line,
        level_id,
        entry.seq,
        entry.location_id,
        entry.lot_id,
        whole(entry.quantity, QUANTITY_PLACES),
        whole(entry.reserved, QUANTITY_PLACES),
        whole(entry.value, MONEY_PLACES),
        entry.counterpart.value,
        whole(entry.unit_cost, UNIT_COST_PLACES),
        entry.cost_source.value if entry.cost_source else None,
        None if after is None else whole(after, QUANTITY_PLACES),
        whole(entry.on_hand_after, QUANTITY_PLACES),
        whole(entry.reserved_after, QUANTITY_PLACES),
        whole(entry.value_after, MONEY_PLACES),
        entry.hash,
        entry.document_line,
    )


def key_row(key: LevelKey) -> tuple[int, int, bool]:
    return key.variant_id, key.warehouse_id, key.in_transit


def to_posting(row: models.Posting) -> Posting:
    """The posting without its entries; `row.reverses` is at hand."""
    return Posting(
        id=row.pk,
        kind=Kind(row.kind),
        number=row.number,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        user_id=row.user_id,
        username=row.username,
        request_id=row.request_id,
        reference=row.reference,
        note=row.note,
        reason_code_id=row.reason_code_id,
        supplier_id=row.supplier_id,
        customer_id=row.customer_id,
        reverses_id=row.reverses_id,
        reverses=row.reverses.number if row.reverses else None,
        document=to_document(row),
    )


def to_entry(row: models.Entry) -> Entry:
    """The entry; `row.level` is at hand."""
    level = row.level
    return Entry(
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
        hash=row.hash,
        document_line=row.document_line,
    )
