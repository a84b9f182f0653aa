"""Programs that send order after order, and send it again under its key until they know."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.torture.clerks import Clerk, Order
from tests.torture.client import Answer, Client, Lost, World

PAUSE = 0.02
PATIENCE = 60


@dataclass(kw_only=True)
class Sent:
    """An order under its key, and the answer once there is one."""

    key: str
    order: Order
    answer: Answer | None = None


@dataclass
class Sender:
    """Keeps book of what it sent, and of when it was answered and when it was not."""

    clerk: Clerk
    name: str
    sent: list[Sent] = field(default_factory=list)
    done_at: list[float] = field(default_factory=list)
    trouble_at: list[tuple[float, str]] = field(default_factory=list)

    @classmethod
    def of(cls, client: Client, world: World, name: str) -> Sender:
        """One who always does the same under the same name."""
        return cls(Clerk(client, world, random.Random(name)), name)

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop; the last order may be left without an answer."""
        while not stop.is_set():
            key = f"{self.name}-{len(self.sent)}"
            self.sent.append(Sent(key=key, order=self._next(key)))
            while not self.try_again(self.sent[-1]) and not stop.is_set():
                time.sleep(PAUSE)

    def try_again(self, sent: Sent) -> bool:
        """Send it, perhaps once more; whether it is done."""
        try:
            answer = self.clerk.client.post(sent.order.path, sent.order.body, sent.key)
        except Lost as lost:
            self.trouble_at.append((time.monotonic(), str(lost)))
            return False
        if not answer.is_done:
            # Busy, or the first one is still running; nothing else may be in the way.
            assert answer.status == 503 or answer.code == "in_progress", (sent, answer)
            self.trouble_at.append((time.monotonic(), answer.code))
            return False
        sent.answer = answer
        self.done_at.append(time.monotonic())
        return True

    @property
    def unresolved(self) -> list[Sent]:
        """Those of which nobody knows whether they were carried out."""
        return [sent for sent in self.sent if sent.answer is None]

    def resolve(self) -> None:
        """Send them again until it is known."""
        deadline = time.monotonic() + PATIENCE
        for sent in self.unresolved:
            while not self.try_again(sent):
                assert time.monotonic() < deadline, self.trouble_at[-1]
                time.sleep(PAUSE)

    def _next(self, key: str) -> Order:
        kinds = (self.clerk.receipt, self.clerk.issue, self.clerk.transfer)
        order = self.clerk.chance.choice(kinds)()
        return Order(order.kind, order.path, {**order.body, "note": key}, order.changes)


@contextmanager
def traffic(senders: Sequence[Sender]) -> Iterator[None]:
    """They all send while the block runs."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(sender: Sender) -> None:
        try:
            sender.run(stop)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=[sender]) for sender in senders]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
