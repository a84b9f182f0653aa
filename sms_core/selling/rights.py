"""What right each order to those who sell takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sms_core.selling.commands import (
    AllocateSalesOrder,
    CancelSalesOrder,
    ChangeSalesOrder,
    CloseSalesOrder,
    ConfirmSalesOrder,
    ReopenSalesOrder,
    ReturnSalesOrder,
    SellNow,
    ShipSalesOrder,
)
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden

RIGHTS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    ConfirmSalesOrder: ("sales_order.confirm",),
    AllocateSalesOrder: ("sales_order.confirm",),
    CloseSalesOrder: ("sales_order.confirm",),
    CancelSalesOrder: ("sales_order.confirm",),
    ReopenSalesOrder: ("sales_order.confirm",),
    ShipSalesOrder: ("sales_order.ship",),
    ReturnSalesOrder: ("sales_order.return",),
    SellNow: ("sales_order.add", "sales_order.confirm"),
    ChangeSalesOrder: ("sales_order.change",),
}


def authorise(command: object, by: Actor) -> None:
    """Raise Forbidden unless the actor may give this order at all."""
    if type(command) not in RIGHTS:
        raise Forbidden("Nobody may order this.")
    for right in RIGHTS[type(command)]:
        by.require(right)
    if isinstance(command, AllocateSalesOrder) and command.out_of_turn:
        by.require("sales_order.allocate_out_of_turn")
    if isinstance(command, SellNow) and command.ship:
        by.require("sales_order.ship")
