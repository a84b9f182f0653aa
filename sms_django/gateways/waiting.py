"""Those who wait for goods: there are none as long as nothing can be ordered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from sms_core.shared.documents import DocumentRef
from sms_core.stock.ledger_ports import Backorders, Waiting
from sms_core.stock.levels import LevelKey


class NoBackorders(Backorders):
    """Nobody waits, so nothing is owed."""

    def ahead(
        self, document: DocumentRef, keys: Collection[LevelKey]
    ) -> Mapping[LevelKey, Decimal]:
        return {}


class NobodyWaiting(Waiting):
    """Nobody is told."""

    def freed(self, keys: Collection[LevelKey]) -> None:
        return None
