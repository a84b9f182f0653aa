"""The hash chain of a level: whoever keeps its last hash can prove that no entry was altered.

The hash of an entry is the sha256, in hexadecimal, of the previous entry's hash in the same
level ("" before the first) followed by the canonical form of the entry: a JSON array, without
blanks, ASCII only, of

    1 the posting: kind, number, occurred_at, recorded_at, user_id, username, request_id,
      reason_code_id, reference, note, supplier_id, customer_id, number of the posting it reverses
    2 the entry: line, variant_id, warehouse_id, in_transit, seq, location_id, lot_id, quantity,
      reserved, value, counterpart, unit_cost, cost_source, bin_on_hand_after, on_hand_after,
      reserved_after, value_after

Decimals are whole numbers of their last place, as stored: quantities and values in 10^-4, unit
costs in 10^-6. Times are whole microseconds since 1970 UTC. Ids that the database gives to the
posting, the entry and the level are left out: they are not known when the hash is made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from sms_core.shared.numbers import MONEY_PLACES, QUANTITY_PLACES, UNIT_COST_PLACES
from sms_core.stock.postings import Entry, Posting

Part = Sequence[str | int | bool | None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def next_hash(previous: str, posting: Posting, entry: Entry) -> str:
    """The hash of `entry`, which follows the entry with the hash `previous`."""
    return chained(previous, _header(posting), _body(entry))


def chained(previous: str, header: Part, body: Part) -> str:
    """The hash of an entry given as the two rows described above."""
    return sha256((previous + _written([header, body])).encode()).hexdigest()


def canonical(posting: Posting, entry: Entry) -> str:
    """The one way to write an entry and the header of its posting down."""
    return _written([_header(posting), _body(entry)])


# What is no value of ours (a database may hold anything once it was tampered with) still has
# some hash, which is then wrong.
_written = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, default=repr).encode


def _header(posting: Posting) -> list[str | int | None]:
    return [
        posting.kind.value,
        posting.number,
        microseconds(posting.occurred_at),
        microseconds(posting.recorded_at),
        posting.user_id,
        posting.username,
        posting.request_id,
        posting.reason_code_id,
        posting.reference,
        posting.note,
        posting.supplier_id,
        posting.customer_id,
        posting.reverses,
    ]


def _body(entry: Entry) -> list[str | int | bool | None]:
    after = entry.bin_on_hand_after
    return [
        entry.line,
        entry.level.variant_id,
        entry.level.warehouse_id,
        entry.level.in_transit,
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
    ]


def whole(value: Decimal, places: int) -> int:
    """A decimal as a whole number of its last place, as the database stores it."""
    return int(value.scaleb(places))


def microseconds(at: datetime) -> int:
    """A time as whole microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND
