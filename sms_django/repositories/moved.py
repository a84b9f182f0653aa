"""What the lines of documents have moved, summed from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

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
# What is reserved for the lines, one reservation each, behind what they have moved.
_PROMISED = """
    {moved}
    UNION ALL
    SELECT reservation.document_line, NULL, NULL, NULL, reservation.open_quantity, reservation.id
    FROM {given}
    JOIN sms_reservation AS reservation ON reservation.document_line = given.line
    WHERE reservation.document_type = %s AND reservation.open_quantity > 0
"""


def moved(type: DocumentType, line_ids: Collection[int]) -> list[Moved]:
    """What these lines of documents of this type have moved, by line, kind, counterpart and
    whether it was in transit."""
    return [_moved(row) for row in _rows(_MOVED, type, line_ids)]


def moved_and_promised(
    type: DocumentType, line_ids: Collection[int]
) -> tuple[list[Moved], dict[int, list[tuple[int, Decimal]]]]:
    """The same, and by line its open reservations with what is open of them, the oldest first; in
    one query."""
    facts: list[Moved] = []
    promised: dict[int, list[tuple[int, Decimal]]] = {}
    for row in _rows(_PROMISED, type, line_ids):
        if row[1] is not None:
            facts.append(_moved(row))
        else:
            line, *_, quantity, id = row
            promised.setdefault(line, []).append((id, Decimal(quantity).scaleb(-QUANTITY_PLACES)))
    return facts, {line: sorted(found) for line, found in promised.items()}


def _moved(row: Sequence[Any]) -> Moved:
    line, kind, counterpart, in_transit, quantity, value = row
    return Moved(
        document_line=line,
        kind=Kind(kind),
        counterpart=Counterpart(counterpart),
        in_transit=bool(in_transit),
        quantity=Decimal(quantity).scaleb(-QUANTITY_PLACES),
        value=Decimal(value).scaleb(-MONEY_PLACES),
    )


def _rows(statement: str, type: DocumentType, line_ids: Collection[int]) -> list[Any]:
    if not line_ids:
        return []
    source, parameters = given((("line", "bigint"),), [(id,) for id in sorted(set(line_ids))])
    half = [*parameters, type.value]
    whole = statement.format(moved=_MOVED.format(given=source), given=source)
    with connection.cursor() as cursor:
        cursor.execute(whole, half if statement is _MOVED else [*half, *half])
        return list(cursor.fetchall())
