"""What orders ask of the ledger: to promise goods and to free them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sms_core.selling.commands import OrderAct
from sms_core.selling.orders import Freed, SalesOrder
from sms_core.shared.errors import DomainError
from sms_core.stock.kinds import Kind
from sms_core.stock.lines import Claim, Line, Release
from sms_core.stock.postings import Draft


@dataclass(frozen=True)
class Plan:
    """A draft, and to which line of the order (or of what was sent) each of its lines belongs."""

    draft: Draft
    indexes: tuple[int, ...]

    @contextmanager
    def pointing(self) -> Iterator[None]:
        """Let refusals of the draft's lines point to the lines they belong to."""
        try:
            yield
        except DomainError as refusal:
            for error in {id(one): one for one in (refusal, *refusal.errors)}.values():
                error.pointer = re.sub(r"(?<=^/lines/)\d+", self._where, error.pointer)
                if error.pointer == "/reason_code":
                    error.pointer = f"/lines/{self.indexes[0]}/reason_code"
            raise

    def _where(self, found: re.Match[str]) -> str:
        return str(self.indexes[int(found[0])])


Planned = tuple[int, Line]


def claims(
    order: SalesOrder,
    wanted: Mapping[int, Decimal],
    act: OrderAct | None = None,
    *,
    out_of_turn: bool = False,
) -> Plan | None:
    """Promise so much to each of these lines, as far as it is there; None: nothing is wanted."""
    lines: list[Planned] = [
        (
            index,
            Claim(
                variant_id=line.variant_id,
                warehouse_id=order.warehouse_id,
                document_line=line.id,
                quantity=wanted[line.id],
                purpose=order.purpose,
                out_of_turn=out_of_turn,
            ),
        )
        for index, line in enumerate(order.lines)
        if wanted.get(line.id)
    ]
    return plan(Kind.RESERVATION, order, lines, act) if lines else None


def backorders(order: SalesOrder) -> dict[int, Decimal]:
    """What the lines of an order wait for."""
    return {line.id: line.backordered for line in order.lines}


def releases(order: SalesOrder, freed: Iterable[Freed], act: OrderAct | None = None) -> Plan | None:
    """Take promises back; None: there are none to take back."""
    lines: list[Planned] = [
        (
            index,
            Release(
                variant_id=free.line.variant_id,
                warehouse_id=order.warehouse_id,
                document_line=free.line.id,
                reservation_id=free.promise.reservation_id,
                quantity=free.promise.quantity,
            ),
        )
        for index, free in enumerate(freed)
    ]
    return plan(Kind.RELEASE, order, lines, act) if lines else None


def plan(
    kind: Kind, order: SalesOrder, lines: Sequence[Planned], act: OrderAct | None, **more: Any
) -> Plan:
    """A draft of these lines for the order, as the act says."""
    draft = Draft(
        kind=kind,
        lines=tuple(line for _, line in lines),
        note=act.note if act else "",
        occurred_at=act.occurred_at if act else None,
        despite_count=act.despite_count if act else False,
        document=order.ref,
        **more,
    )
    return Plan(draft, tuple(index for index, _ in lines))
