"""Who delivers and who buys."""

from __future__ import annotations

from sms_core.stock.ledger_ports import Partners


class NoPartners(Partners):
    """No capability keeps suppliers or customers: none of them is known."""

    def hold_supplier(self, id: int) -> bool:
        return False

    def hold_customer(self, id: int) -> bool:
        return False
