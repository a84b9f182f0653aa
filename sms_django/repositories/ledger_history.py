"""What the ledger recorded before, asked while something is posted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from sms_core.shared.errors import NotFound
from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.stock.kinds import Kind
from sms_core.stock.ledger_ports import LedgerHistory, Recorded
from sms_core.stock.levels import ZERO, CountedBin, LevelKey
from sms_django import models
from sms_django.repositories.ledger_rows import COUNTED, KEY, key_row, to_entry, to_posting
from sms_django.repositories.rows import given, stored_time
from sms_django.repositories.stock_lots import DjangoLotRepository


class DjangoLedgerHistory(LedgerHistory):
    """Looks back in `sms_posting` and `sms_entry`."""

    lots = DjangoLotRepository()

    def hold_posting(self, id: int) -> Recorded:
        rows = models.Posting.objects.select_related("reverses")
        row = rows.select_for_update(of=("self",), no_key=True).filter(pk=id).first()
        if row is None:
            raise NotFound(f"There is no posting {id}.")
        posting = to_posting(row)
        entries = models.Entry.objects.filter(posting_id=id).select_related("level", "lot")
        lots = {}
        for entry in entries.order_by("pk"):
            posting.entries.append(to_entry(entry))
            if entry.lot:
                lots[entry.lot.pk] = self.lots.to_entity(entry.lot)
        # After the lock, in a statement of its own: whoever held it may have undone some.
        undone = models.Entry.objects.filter(posting__reverses_id=id)
        return Recorded(
            posting=posting,
            lots=lots,
            reversed_lines=frozenset(undone.values_list("line", flat=True).distinct()),
        )

    def live_receipt(self, supplier_id: int | None, reference: str) -> str | None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 43))",
                    [f"{supplier_id} {reference}"],
                )
        receipts = models.Posting.objects.filter(
            kind=Kind.RECEIPT.value, reference=reference, supplier_id=supplier_id
        )
        numbers = dict(receipts.order_by("pk").values_list("pk", "number"))
        if not numbers:
            return None
        lines = models.Entry.objects.filter(posting_id__in=numbers)
        undone = models.Entry.objects.filter(posting__reverses_id__in=numbers)
        live = set(lines.values_list("posting_id", "line").distinct())
        live -= set(undone.values_list("posting__reverses_id", "line").distinct())
        left = {id for id, _ in live}
        return next((number for id, number in numbers.items() if id in left), None)

    def with_other_facts(self, keys: Collection[LevelKey]) -> frozenset[LevelKey]:
        opening = Kind.OPENING.value
        other = models.Entry.objects.exclude(
            Q(posting__kind=opening)
            | Q(posting__reverses__isnull=False, posting__reverses__kind=opening)
        )
        levels = models.Level.objects.filter(
            Exists(other.filter(level=OuterRef("pk"))),
            variant_id__in={key.variant_id for key in keys},
        )
        found = levels.values_list("variant_id", "warehouse_id", "in_transit")
        return frozenset(LevelKey(*key) for key in found) & frozenset(keys)

    def lowest_since(
        self, keys: Collection[LevelKey], since: datetime
    ) -> dict[LevelKey, tuple[Decimal, datetime]]:
        source, parameters = given(KEY, [key_row(key) for key in sorted(keys)])
        with connection.cursor() as cursor:
            cursor.execute(
                _LOWEST.format(
                    level=models.Level._meta.db_table,
                    entry=models.Entry._meta.db_table,
                    posting=models.Posting._meta.db_table,
                    given=source,
                ),
                [*parameters, *[stored_time(since)] * 3],
            )
            found = {
                LevelKey(variant_id, warehouse_id, bool(in_transit)): (
                    Decimal(balance).scaleb(-QUANTITY_PLACES),
                    moment_of(at),
                )
                for variant_id, warehouse_id, in_transit, at, balance in cursor.fetchall()
            }
        return {key: found.get(key, (ZERO, since)) for key in keys}

    def moved_since(self, bins: Sequence[CountedBin]) -> list[Decimal]:
        if not bins:
            return []
        rows = [
            (*key_row(bin.key), bin.location_id, bin.lot_id, stored_time(bin.counted_at))
            for bin in bins
        ]
        source, parameters = given((*KEY, *COUNTED), rows)
        with connection.cursor() as cursor:
            cursor.execute(
                _MOVED.format(
                    level=models.Level._meta.db_table,
                    entry=models.Entry._meta.db_table,
                    posting=models.Posting._meta.db_table,
                    given=source,
                ),
                [*parameters, stored_time(min(bin.counted_at for bin in bins))],
            )
            moved = dict(cursor.fetchall())
        return [Decimal(moved.get(n, 0)).scaleb(-QUANTITY_PLACES) for n in range(1, len(bins) + 1)]

    def counted_after(self, keys: Collection[LevelKey], at: datetime) -> list[CountedBin]:
        variants = {key.variant_id for key in keys}
        rows = models.Bin.objects.filter(counted_at__gt=at, level__variant_id__in=variants)
        found = [
            CountedBin(
                key=LevelKey(variant_id, warehouse_id, in_transit),
                location_id=location_id,
                lot_id=lot_id,
                counted_at=counted_at,
            )
            for (
                variant_id,
                warehouse_id,
                in_transit,
                location_id,
                lot_id,
                counted_at,
            ) in rows.values_list(
                "level__variant_id",
                "level__warehouse_id",
                "level__in_transit",
                "location_id",
                "lot_id",
                "counted_at",
            )
            if counted_at is not None
        ]
        return [bin for bin in found if bin.key in set(keys)]


def undone_line() -> Exists:
    """Whether a reversal undid the line that the entry of the query around it belongs to."""
    undoing = models.Entry.objects.filter(
        posting__reverses=OuterRef("posting"), line=OuterRef("line")
    )
    return Exists(undoing)


def undoing_posting() -> Any:
    """The id of the posting that undid the line of the entry of the query around it."""
    undoing = models.Entry.objects.filter(
        posting__reverses=OuterRef("posting"), line=OuterRef("line")
    )
    return undoing.order_by("pk").values(id_of_it=F("posting_id"))[:1]


# What there was at the moment itself, and what each later change made of it. The cross joins keep
# SQLite from reading the whole ledger first.
_LOWEST = """
    WITH wanted AS (
        SELECT level.id, level.variant_id, level.warehouse_id, level.in_transit
        FROM {level} AS level JOIN {given} ON level.variant_id = given.variant_id
            AND level.warehouse_id = given.warehouse_id AND level.in_transit = given.in_transit
    ), changes AS (
        SELECT id AS level_id, %s AS at, 0 AS quantity FROM wanted
        UNION ALL
        SELECT wanted.id, CASE WHEN posting.occurred_at > %s THEN posting.occurred_at ELSE %s END,
            entry.quantity
        FROM wanted CROSS JOIN {entry} AS entry CROSS JOIN {posting} AS posting
        WHERE entry.level_id = wanted.id AND posting.id = entry.posting_id
    ), balances AS (
        SELECT level_id, at, SUM(SUM(quantity)) OVER (PARTITION BY level_id ORDER BY at) AS balance
        FROM changes GROUP BY level_id, at
    ), ranked AS (
        SELECT level_id, at, balance,
            ROW_NUMBER() OVER (PARTITION BY level_id ORDER BY balance, at) AS place
        FROM balances
    )
    SELECT variant_id, warehouse_id, in_transit, at, balance
    FROM ranked JOIN wanted ON wanted.id = ranked.level_id WHERE place = 1
"""


# From what happened since the first was counted, not from all that ever happened to the bins.
_MOVED = """
    WITH wanted AS MATERIALIZED (
        SELECT given.n, level.id AS level_id, given.location_id, given.lot_id, given.counted_at
        FROM {level} AS level JOIN {given} ON level.variant_id = given.variant_id
            AND level.warehouse_id = given.warehouse_id AND level.in_transit = given.in_transit
    )
    SELECT wanted.n, SUM(entry.quantity)
    FROM {posting} AS posting CROSS JOIN {entry} AS entry CROSS JOIN wanted
    WHERE posting.occurred_at > %s AND entry.posting_id = posting.id
        AND wanted.level_id = entry.level_id AND wanted.location_id = entry.location_id
        AND posting.occurred_at > wanted.counted_at
        AND (wanted.lot_id = entry.lot_id OR (wanted.lot_id IS NULL AND entry.lot_id IS NULL))
    GROUP BY wanted.n
"""


def moment_of(at: Any) -> datetime:
    """A time as it comes out of a statement of our own; SQLite gives text."""
    found = parse_datetime(at) if isinstance(at, str) else at
    if found is None:
        raise ValueError(f"{at!r} is no time.")
    return timezone.make_aware(found, UTC) if timezone.is_naive(found) else found.astimezone(UTC)
