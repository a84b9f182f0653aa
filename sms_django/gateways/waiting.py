"""Those who wait for goods are served once what brought them is safely stored."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from injector import ProviderOf, inject
from structlog.contextvars import get_contextvars

from sms_core.access.entities import system_actor
from sms_core.selling.queue import QueueService
from sms_core.stock.ledger_ports import Waiting
from sms_core.stock.levels import LevelKey


class ServedAfterCommit(Waiting):
    """Serves the queue in transactions of its own, after the one that freed goods.

    That one has succeeded: whatever goes wrong here is logged, and the goods stay available, to
    be allocated by hand or when more of them come. The queue is looked up when it is needed: it
    stands on the ledger, which stands on this.
    """

    @inject
    def __init__(self, queue: ProviderOf[QueueService]) -> None:
        self._queue = queue

    def freed(self, keys: Collection[LevelKey]) -> None:
        freed = frozenset(keys)

        # A function of its own: Django's log of what went wrong asks for its name.
        def serve() -> None:
            request_id = str(get_contextvars().get("request_id", ""))
            self._queue.get().serve(freed, by=system_actor(request_id))

        transaction.on_commit(serve, robust=True)
