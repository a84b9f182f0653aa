"""The ledger in the database: the locks in their one order, and everything written in bulk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from sms_core.shared.errors import Conflict
from sms_core.shared.numbers import MONEY_PLACES, QUANTITY_PLACES
from sms_core.stock.chain import whole
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import Bin, CountedBin, Goods, Level, LevelKey
from sms_core.stock.ports import LedgerRepository, Stamp
from sms_core.stock.postings import Posting
from sms_django import models, numbering
from sms_django.gateways.calendar import clock_and_company, zone_called
from sms_django.repositories.base import key_share
from sms_django.repositories.document_columns import document_columns
from sms_django.repositories.ledger_rows import (
    BIN,
    COUNTED,
    ENTRY,
    KEY,
    LEVEL,
    entry_row,
    key_row,
    level_row,
    to_level,
)
from sms_django.repositories.rows import given, insert, stored_time
from sms_django.repositories.stock import DjangoLocationRepository
from sms_django.repositories.stock_lots import DjangoLotRepository
from sms_django.stock_figures import usable_bins


class DjangoLedgerRepository(LedgerRepository):
    """Levels, bins, postings and entries. Each method takes as many statements for one line as
    for a thousand."""

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
        source, parameters = given(KEY, rows)
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
        levels = {row.pk: to_level(row) for row in locked}
        fill(levels)
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
        company = "time_zone, large_adjustment_value"
        if connection.vendor == "postgresql":
            at, zone, large, serial = clock_and_company(
                f"{company}, nextval(%s::regclass)", [numbering.sequence(kind)]
            )
        else:
            at, zone, large = clock_and_company(company)
            serial = numbering.next_serial(connection, kind)
        return Stamp(
            at=at,
            zone=zone_called(zone),
            serial=serial,
            large_value=None if large is None else Decimal(large).scaleb(-MONEY_PLACES),
        )

    def save(self, posting: Posting, levels: Collection[Level]) -> None:
        ids = {level.key: level.id for level in levels}
        posting.id = self._insert_posting(posting)
        self._update_levels(posting, levels)
        self._put_bins(posting, ids)
        with connection.cursor() as cursor:
            rows = [entry_row(posting.id, ids[entry.level], entry) for entry in posting.entries]
            cursor.execute(*insert(models.Entry._meta.db_table, ENTRY, rows))

    def mark_counted(self, bins: Collection[CountedBin]) -> None:
        with connection.cursor() as cursor:
            for has_lot, key in _BIN_KEYS.items():
                rows = [
                    (*key_row(bin.key), bin.location_id, bin.lot_id, stored_time(bin.counted_at))
                    for bin in bins
                    if (bin.lot_id is not None) is has_lot
                ]
                if rows:
                    cursor.execute(*_counted(key, rows))

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
            on_hand__gt=0,
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
        source, parameters = given(KEY, keys)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {models.Level._meta.db_table} (variant_id, warehouse_id, in_transit,"  # noqa: S608 (our own table)
                " on_hand, reserved, value, version, last_hash)"
                " SELECT variant_id, warehouse_id, in_transit, 0, 0, 0, 0, ''"
                f" FROM {source} WHERE TRUE ORDER BY n ON CONFLICT DO NOTHING",
                parameters,
            )

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
            **document_columns(posting.document),
        )
        row.save(force_insert=True)
        return int(row.pk)

    def _update_levels(self, posting: Posting, levels: Collection[Level]) -> None:
        changes: dict[LevelKey, int] = {}
        for entry in posting.entries:
            changes[entry.level] = changes.get(entry.level, 0) + 1
        rows = [level_row(level, changes[level.key]) for level in levels if level.key in changes]
        source, parameters = given(LEVEL, rows)
        table = models.Level._meta.db_table
        changed = ", ".join(f"{name} = given.{name}" for name, _ in LEVEL[2:])
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
        rows = [(*bin, on_hand) for bin, on_hand in after.items()]
        statements = [
            _put(key, [row for row in rows if (row[2] is not None) is has_lot])
            for has_lot, key in _BIN_KEYS.items()
            if any((row[2] is not None) is has_lot for row in rows)
        ]
        if len(statements) == len(_BIN_KEYS) and connection.vendor == "postgresql":
            (one, its), (other, others) = statements
            statements = [(f"WITH without_lots AS ({one}) {other}", [*its, *others])]
        with connection.cursor() as cursor:
            for statement, parameters in statements:
                cursor.execute(statement, parameters)


# Whether there is a lot decides which of the two keys is that of a bin.
_BIN_KEYS = {
    False: "(level_id, location_id) WHERE lot_id IS NULL",
    True: "(level_id, location_id, lot_id) WHERE lot_id IS NOT NULL",
}


def _counted(key: str, rows: list[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """The statement that makes these bins or says when they were counted, if not later before."""
    source, parameters = given((*KEY, *COUNTED), rows)
    bin, level = models.Bin._meta.db_table, models.Level._meta.db_table
    return (
        f"INSERT INTO {bin} (level_id, location_id, lot_id, on_hand, counted_at)"  # noqa: S608 (our own tables)
        " SELECT level.id, given.location_id, given.lot_id, 0, given.counted_at"
        f" FROM {level} AS level JOIN {source} ON level.variant_id = given.variant_id"
        " AND level.warehouse_id = given.warehouse_id AND level.in_transit = given.in_transit"
        f" WHERE TRUE ORDER BY n ON CONFLICT {key} DO UPDATE SET counted_at = CASE WHEN"
        f" {bin}.counted_at > excluded.counted_at THEN {bin}.counted_at"
        " ELSE excluded.counted_at END",
        parameters,
    )


def _put(key: str, rows: list[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """The statement that makes these bins or says what is in them now."""
    then = f"ON CONFLICT {key} DO UPDATE SET on_hand = excluded.on_hand"
    return insert(models.Bin._meta.db_table, BIN, rows, then=then)


def fill(levels: Mapping[int, Level]) -> None:
    """Read what lies in the bins of levels by their ids; they change only under the level's
    lock."""
    rows = models.Bin.objects.filter(level_id__in=levels, on_hand__gt=0)
    places: dict[int, Any] = {}
    for row in rows.select_related("location", "lot").order_by("pk"):
        if row.location_id not in places:
            places[row.location_id] = _PLACES.to_entity(row.location)
        lot = _LOTS.to_entity(row.lot) if row.lot else None
        bin = Bin(location=places[row.location_id], lot=lot, on_hand=row.on_hand)
        levels[row.level_id].bins.append(bin)


_PLACES = DjangoLocationRepository()
_LOTS = DjangoLotRepository()
