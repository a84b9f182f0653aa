"""The states of documents as the schema gathers them, each kind's under a name of its own."""

from __future__ import annotations

from enum import Enum

from sms_core.purchasing.orders import PurchaseState
from sms_core.selling.orders import SalesState
from sms_core.stock.counts import CountState
from sms_core.stock.transfers import TransferState
from sms_django.api.fields import ChoiceField

Choices = list[tuple[str, str]]


def purchase_states() -> Choices:
    """Of purchase orders."""
    return _choices(PurchaseState)


def sales_states() -> Choices:
    """Of sales orders."""
    return _choices(SalesState)


def transfer_states() -> Choices:
    """Of stock transfers."""
    return _choices(TransferState)


def count_states() -> Choices:
    """Of stock counts."""
    return _choices(CountState)


def _choices(kind: type[Enum]) -> Choices:
    return list(ChoiceField(kind).choices.items())
