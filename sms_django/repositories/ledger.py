"""The ledger in the database: the locks in their one order, and everything written in bulk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from sms_core.shared.errors import Conflict
from sms_core.shared.numbers import MONEY_PLACES, QUANTITY_PLACES, UNIT_COST_PLACES
from sms_core.stock.chain import whole
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import Bin, Goods, Level, LevelKey
from sms_core.stock.ports import LedgerRepository, Stamp
from sms_core.stock.postings import Entry, Posting
from sms_django import models, numbering
from sms_django.repositories.base import key_share
from sms_django.repositories.rows import given, insert, stored_time
from sms_django.repositories.stock import DjangoLocationRepository, DjangoLotRepository
from sms_django.stock_figures import usable_bins

_KEY = (("variant_id", "bigint"), ("warehouse_id", "bigint"), ("in_transit", "boolean"))
_LEVEL = (
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
_BIN = (
    ("level_id", "bigint"),
    ("location_id", "bigint"),
    ("lot_id", "bigint"),
    ("on_hand", "bigint"),
)
_ENTRY = (
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


class DjangoLedgerRepository(LedgerRepository):
    """Levels, bins, postings and entries. Each method takes as many statements for one line as
    for a thousand."""

    places = DjangoLocationRepository()
    lots = DjangoLotRepository()

    def hold_goods(self, variant_ids: Collection[int]) -> dict[int, Goods]:
        # Read after the lock: whoever held it may have changed the product.
        key_share(models.Variant, variant_ids)
        rows = models.Variant.objects.filter(pk__in=set(variant_ids), deleted_at=None)
        columns = rows.values_list(
            "pk",
            "code",
            "product__unit__places",
            "product__tracks_lots",
            "product__is_active",
            Coalesce("cost", "product__cost"),
        )
        return {
            id: Goods(
                id=id,
                code=code,
                places=places,
                tracks_lots=tracks_lots,
                is_active=is_active,
                cost=cost,
            )
            for id, code, places, tracks_lots, is_active, cost in columns
        }

    def lock(self, keys: Collection[LevelKey]) -> dict[LevelKey, Level]:
        rows = [(key.variant_id, key.warehouse_id, key.in_transit) for key in sorted(keys)]
        self._make_missing(rows)
        source, parameters = given(_KEY, rows)
        table = models.Level._meta.db_table
        lock = "FOR NO KEY UPDATE OF level" if connection.vendor == "postgresql" else ""
        locked = models.Level.objects.raw(
            f"SELECT level.* FROM {table} AS level JOIN {source}"  # noqa: S608 (our own table)
            " ON level.variant_id = given.variant_id"
            " AND level.warehouse_id = given.warehouse_id"
            " AND level.in_transit = given.in_transit"
            f" ORDER BY level.variant_id, level.warehouse_id, level.in_transit {lock}",
            parameters,
        )
        levels = {row.pk: _level(row) for row in locked}
        self._fill(levels)
        return {level.key: level for level in levels.values()}

    def last_costs(self, variant_ids: Collection[int]) -> dict[int, Decimal]:
        rows = models.Level.objects.filter(
            variant_id__in=set(variant_ids), last_cost__isnull=False
        ).order_by("last_cost_at", "pk")
        # The latest comes last, and stays.
        return {
            id: cost for id, cost in rows.values_list("variant_id", "last_cost") if cost is not None
        }

    def stamp(self, kind: Kind) -> Stamp:
        # SQLite runs in this process: its clock is ours, which is finer.
        clock = "clock_timestamp()" if connection.vendor == "postgresql" else "NULL"
        table = models.Company._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {clock}, time_zone FROM (SELECT 1) AS one LEFT JOIN {table} ON TRUE"  # noqa: S608 (our own table)
            )
            at, zone = cursor.fetchone()
        return Stamp(
            at=at or timezone.now(),
            zone=ZoneInfo(zone or "UTC"),
            serial=numbering.next_serial(connection, kind),
        )

    def save(self, posting: Posting, levels: Collection[Level]) -> None:
        ids = {level.key: level.id for level in levels}
        posting.id = self._insert_posting(posting)
        self._update_levels(posting, levels)
        self._put_bins(posting, ids)
        with connection.cursor() as cursor:
            rows = [_entry_row(posting.id, ids[entry.level], entry) for entry in posting.entries]
            cursor.execute(*insert(models.Entry._meta.db_table, _ENTRY, rows))

    def available_elsewhere(
        self,
        variant_ids: Collection[int],
        *,
        except_in: int,
        visible: frozenset[int] | None,
        today: date,
    ) -> Mapping[int, Mapping[str, Decimal]]:
        bins = models.Bin.objects.filter(
            usable_bins(today),
            level__variant_id__in=set(variant_ids),
            level__in_transit=False,
            level__warehouse__deleted_at=None,
        ).exclude(level__warehouse_id=except_in)
        if visible is not None:
            bins = bins.filter(level__warehouse_id__in=visible)
        rows = (
            bins.values_list("level__variant_id", "level__warehouse__code", "level__reserved")
            .annotate(usable=Sum("on_hand"))
            .order_by("level__variant_id", F("usable").desc(), "level__warehouse__code")
        )
        found: dict[int, dict[str, Decimal]] = {}
        for variant_id, code, reserved, usable in rows:
            if usable > reserved:
                found.setdefault(variant_id, {})[code] = usable - reserved
        return {
            variant_id: dict(sorted(by_code.items(), key=lambda item: (-item[1], item[0])))
            for variant_id, by_code in found.items()
        }

    def _make_missing(self, keys: list[tuple[int, int, bool]]) -> None:
        source, parameters = given(_KEY, keys)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {models.Level._meta.db_table} (variant_id, warehouse_id, in_transit,"  # noqa: S608 (our own table)
                " on_hand, reserved, value, version, last_hash)"
                " SELECT variant_id, warehouse_id, in_transit, 0, 0, 0, 0, ''"
                f" FROM {source} WHERE TRUE ORDER BY n ON CONFLICT DO NOTHING",
                parameters,
            )

    def _fill(self, levels: Mapping[int, Level]) -> None:
        """Read what lies in the bins; they change only under their level's lock."""
        rows = models.Bin.objects.filter(level_id__in=levels, on_hand__gt=0)
        places: dict[int, Any] = {}
        for row in rows.select_related("location", "lot"):
            if row.location_id not in places:
                places[row.location_id] = self.places.to_entity(row.location)
            lot = self.lots.to_entity(row.lot) if row.lot else None
            bin = Bin(location=places[row.location_id], lot=lot, on_hand=row.on_hand)
            levels[row.level_id].bins.append(bin)

    def _insert_posting(self, posting: Posting) -> int:
        row = models.Posting(
            kind=posting.kind.value,
            number=posting.number,
            occurred_at=posting.occurred_at,
            recorded_at=posting.recorded_at,
            user_id=posting.user_id,
            username=posting.username,
            request_id=posting.request_id,
            reference=posting.reference,
            note=posting.note,
            reason_code_id=posting.reason_code_id,
            supplier_id=posting.supplier_id,
            customer_id=posting.customer_id,
            reverses_id=posting.reverses_id,
        )
        row.save(force_insert=True)
        return int(row.pk)

    def _update_levels(self, posting: Posting, levels: Collection[Level]) -> None:
        changes: dict[LevelKey, int] = {}
        for entry in posting.entries:
            changes[entry.level] = changes.get(entry.level, 0) + 1
        rows = [_level_row(level, changes[level.key]) for level in levels if level.key in changes]
        source, parameters = given(_LEVEL, rows)
        table = models.Level._meta.db_table
        changed = ", ".join(f"{name} = given.{name}" for name, _ in _LEVEL[2:])
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {changed} FROM {source}"  # noqa: S608 (our own table)
                f" WHERE {table}.id = given.id AND {table}.version = given.before",
                parameters,
            )
            if cursor.rowcount != len(rows):
                raise Conflict("The stock was changed by someone else meanwhile.")

    def _put_bins(self, posting: Posting, ids: Mapping[LevelKey, int]) -> None:
        after: dict[tuple[int, int, int | None], int] = {}
        for entry in posting.entries:
            if entry.location_id is not None and entry.bin_on_hand_after is not None:
                place = (ids[entry.level], entry.location_id, entry.lot_id)
                after[place] = whole(entry.bin_on_hand_after, QUANTITY_PLACES)
        table = models.Bin._meta.db_table
        for has_lot, key in (
            (False, "(level_id, location_id) WHERE lot_id IS NULL"),
            (True, "(level_id, location_id, lot_id) WHERE lot_id IS NOT NULL"),
        ):
            rows = [
                (*bin, on_hand) for bin, on_hand in after.items() if has_lot is (bin[2] is not None)
            ]
            if rows:
                then = f"ON CONFLICT {key} DO UPDATE SET on_hand = excluded.on_hand"
                with connection.cursor() as cursor:
                    cursor.execute(*insert(table, _BIN, rows, then=then))


def _level(row: models.Level) -> Level:
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


def _level_row(level: Level, changes: int) -> tuple[Any, ...]:
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


def _entry_row(posting_id: int, level_id: int, entry: Entry) -> tuple[Any, ...]:
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
