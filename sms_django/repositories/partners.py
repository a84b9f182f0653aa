"""Who delivers and who buys."""

from __future__ import annotations

from sms_core.stock.ledger_ports import Partners
from sms_django import models
from sms_django.repositories.stock import held_rows


class DjangoPartners(Partners):
    """Asks the tables of suppliers and customers."""

    def hold_supplier(self, id: int) -> bool:
        return bool(list(held_rows(models.Supplier, [id])))

    def hold_customer(self, id: int) -> bool:
        return bool(list(held_rows(models.Customer, [id])))
