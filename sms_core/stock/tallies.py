"""What counting says of bins: what moved since somebody counted, and what comes too late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sms_core.shared.errors import Conflict, DomainError
from sms_core.stock.checks import Found
from sms_core.stock.entities import Lot
from sms_core.stock.ledger_ports import LedgerHistory
from sms_core.stock.levels import CountedBin, LevelKey
from sms_core.stock.lines import Counted, Numbered
from sms_core.stock.postings import Posting


def tallied(lines: Sequence[Numbered], lots: Mapping[int, Lot]) -> dict[int, CountedBin]:
    """The bins that lines say were counted at some time, by line."""
    found = {}
    for index, line in lines:
        if isinstance(line, Counted) and line.counted_at and line.location_id:
            lot = lots.get(index)
            found[index] = CountedBin(
                key=line.key,
                location_id=line.location_id,
                lot_id=lot.id if lot else None,
                counted_at=line.counted_at,
            )
    return found


def moved_since(history: LedgerHistory, bins: Mapping[int, CountedBin]) -> dict[int, Decimal]:
    """What came since each bin was counted (went: below 0), by line."""
    if not bins:
        return {}
    return dict(zip(bins, history.moved_since(list(bins.values())), strict=True))


def counted_since(
    history: LedgerHistory, posting: Posting, lines: Sequence[Numbered], found: Found
) -> Iterator[tuple[int, DomainError]]:
    """The lines that change bins which were counted after this is said to have happened."""
    touched = {
        (entry.level, entry.location_id, entry.lot_id)
        for entry in posting.entries
        if entry.location_id is not None and entry.quantity
    }
    if not touched:
        return
    late = history.counted_after({key for key, _, _ in touched}, posting.occurred_at)
    last: dict[LevelKey, CountedBin] = {}
    for bin in sorted(late, key=lambda bin: bin.counted_at):
        if (bin.key, bin.location_id, bin.lot_id) in touched:
            last[bin.key] = bin
    for index, line in lines:
        for key in line.keys:
            if key in last:
                yield index, _refusal(last[key], found)


def _refusal(bin: CountedBin, found: Found) -> DomainError:
    goods = found.goods[bin.key.variant_id]
    warehouse = found.warehouses[bin.key.warehouse_id]
    return Conflict(
        f"{goods.code} in {warehouse.code} was counted at {bin.counted_at.isoformat()}, after this "
        "is said to have happened: what was counted knows of it already. If it does not, say so "
        "(despite_count).",
        code="counted_since",
        pointer="/occurred_at",
    )
