"""What the lines of documents have moved, summed from the ledger."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.db import connection

from sms_core.shared.documents import DocumentType
from sms_core.shared.numbers import MONEY_PLACES, QUANTITY_PLACES
from sms_core.stock.documents import Moved
from sms_core.stock.kinds import Counterpart, Kind
from sms_django.repositories.rows import given

# A reversal counts for the kind of what it undoes. Promises move nothing.
_MOVED = """
    SELECT entry.document_line, COALESCE(origin.kind, posting.kind), entry.counterpart,
        level.in_transit, SUM(entry.quantity), SUM(entry.value)
    FROM {given}
    JOIN sms_entry AS entry ON entry.document_line = given.line
    JOIN sms_posting AS posting ON posting.id = entry.posting_id AND posting.document_type = %s
    LEFT JOIN sms_posting AS origin ON origin.id = posting.reverses_id
    JOIN sms_level AS level ON level.id = entry.level_id
    WHERE entry.counterpart <> 'none'
    GROUP BY 1, 2, 3, 4
"""
_RESERVED = """
    SELECT reservation.document_line, SUM(reservation.open_quantity)
    FROM {given}
    JOIN sms_reservation AS reservation ON reservation.document_line = given.line
    WHERE reservation.document_type = %s AND reservation.open_quantity > 0
    GROUP BY 1
"""


def moved(type: DocumentType, line_ids: Collection[int]) -> list[Moved]:
    """What these lines of documents of this type have moved, by line, kind, counterpart and
    whether it was in transit."""
    return [
        Moved(
            document_line=line,
            kind=Kind(kind),
            counterpart=Counterpart(counterpart),
            in_transit=bool(in_transit),
            quantity=Decimal(quantity).scaleb(-QUANTITY_PLACES),
            value=Decimal(value).scaleb(-MONEY_PLACES),
        )
        for line, kind, counterpart, in_transit, quantity, value in _rows(_MOVED, type, line_ids)
    ]


def reserved(type: DocumentType, line_ids: Collection[int]) -> dict[int, Decimal]:
    """How much is reserved for each of these lines; absent: nothing."""
    return {
        line: Decimal(quantity).scaleb(-QUANTITY_PLACES)
        for line, quantity in _rows(_RESERVED, type, line_ids)
    }


def _rows(statement: str, type: DocumentType, line_ids: Collection[int]) -> list[tuple[int, ...]]:
    if not line_ids:
        return []
    source, parameters = given((("line", "bigint"),), [(id,) for id in sorted(set(line_ids))])
    with connection.cursor() as cursor:
        cursor.execute(statement.format(given=source), [*parameters, type.value])
        return list(cursor.fetchall())
