"""Levels, bins and entries as rows for the statements that write many at once."""

from __future__ import annotations

from typing import Any

from sms_core.shared.numbers import MONEY_PLACES, QUANTITY_PLACES, UNIT_COST_PLACES
from sms_core.stock.chain import whole
from sms_core.stock.levels import Level, LevelKey
from sms_core.stock.postings import Entry
from sms_django import models
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
    )
