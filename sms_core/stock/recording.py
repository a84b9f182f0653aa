"""Writing entries into levels, numbered, with their balances, and chained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from sms_core.shared.errors import RuleBroken
from sms_core.stock.chain import next_hash
from sms_core.stock.kinds import CostSource, Counterpart, Effect, allows
from sms_core.stock.levels import ZERO, Bin, Level
from sms_core.stock.postings import Entry, Posting


@dataclass
class Recorder:
    """Enters what one posting does, change by change; its levels are locked."""

    posting: Posting

    def enter(
        self,
        level: Level,
        *,
        line: int,
        counterpart: Counterpart,
        bin: Bin | None = None,
        quantity: Decimal = ZERO,
        reserved: Decimal = ZERO,
        value: Decimal = ZERO,
        cost: Decimal | None = None,
        source: CostSource | None = None,
        document_line: int | None = None,
    ) -> None:
        """Change the level and write down how; raises RuleBroken. The `cost` of goods is the
        level's average unless it is said."""
        effect = Effect.of(quantity=quantity, reserved=reserved)
        if not allows(self.posting.kind, counterpart, effect):
            raise RuleBroken(f"No {self.posting.kind.value} moves goods so.", code="not_allowed")
        average = (level.average_cost or ZERO) if quantity else ZERO
        entry = Entry(
            line=line,
            level=level.key,
            seq=level.change(bin=bin, quantity=quantity, reserved=reserved, value=value),
            location_id=bin.location.id if bin else None,
            lot_id=bin.lot_id if bin else None,
            quantity=quantity,
            reserved=reserved,
            value=value,
            counterpart=counterpart,
            unit_cost=average if cost is None else cost,
            cost_source=source,
            bin_on_hand_after=bin.on_hand if bin else None,
            on_hand_after=level.on_hand,
            reserved_after=level.reserved,
            value_after=level.value,
            document_line=document_line,
        )
        level.last_hash = next_hash(level.last_hash, self.posting, entry)
        level.last_recorded_at = self.posting.recorded_at
        self.posting.entries.append(replace(entry, hash=level.last_hash))
