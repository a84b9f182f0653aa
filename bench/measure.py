"""Measures postings and pages on a ledger of any size, and sees that pages stay pages: the same
few statements however long the ledger is, and nothing of it read from end to end.

    DATABASE_URL=... python -m bench.measure

The database is one that `bench.build_ledger` filled and nobody else uses. It prints the rows of a
table and ends with 1 when a page reads what it should find by an index, or uses none.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

from bench.plans import Watch, watched

ENDLESS = {"sms_entry", "sms_posting", "sms_bin"}
# By the beginning of a page's name, indexes one of which it must use for what has no end.
MUST_USE = {
    "levels": {"bin_filled", "bin_key_without_lot", "bin_key_with_lot"},
    "card": {"entry_by_level", "entry_seq"},
}
SIZES = ((1, 30), (100, 10), (1000, 5))
CLIENTS, SECONDS = 8, 10
Ask = Callable[[str, Any], Any]


def main() -> int:
    """Measure all there is to measure."""
    ask, read = doors()
    variants, house = stocked()
    for lines, times in SIZES:
        for verb in ("receipts", "issues"):
            order = an_order(verb, variants[:lines], house)
            row(f"{verb}, {lines} lines", times, lambda v=verb, o=order: ask(f"stock/{v}/", o))
    wrong = []
    for name, path in pages(variants[0], house).items():
        seen = row(name, 20, lambda p=path: read(p))
        wrong += faults(name, seen)
    row("past levels, as of a day", 5, lambda: read("stock/levels/?as_of=2026-03-31"))
    rate = throughput(variants, house)
    say(f"| {CLIENTS} clients, receipts and issues of 1 line | {rate:.0f} a second | |")
    for sentence in wrong:
        say(sentence)
    return 1 if wrong else 0


def pages(variant_id: int, house: int) -> dict[str, str]:
    """The pages that people open all day."""
    return {
        "levels, first page": "stock/levels/",
        "levels of one warehouse, last page": f"stock/levels/?warehouse_id={house}&page=20",
        "levels of one variant": f"stock/levels/?variant_id={variant_id}",
        "bins of one variant": f"stock/bins/?variant_id={variant_id}",
        "entries of one variant": f"stock/entries/?variant_id={variant_id}",
        "card of one variant": f"stock/card/?variant_id={variant_id}",
        "card of one variant in one warehouse": (
            f"stock/card/?variant_id={variant_id}&warehouse_id={house}"
        ),
        "card of one variant, one month": (
            f"stock/card/?variant_id={variant_id}&from=2026-03-01&to=2026-03-31"
        ),
    }


def faults(name: str, seen: Watch) -> list[str]:
    """What is wrong with how the page finds its rows."""
    found = []
    if whole := seen.read_whole & ENDLESS:
        found.append(f"{name} reads {', '.join(sorted(whole))} from end to end.")
    wanted = MUST_USE.get(name.split(maxsplit=1)[0], seen.indexes)
    if not wanted & seen.indexes:
        found.append(f"{name} uses none of {', '.join(sorted(wanted))}.")
    return found


def doors() -> tuple[Ask, Callable[[str], Any]]:
    """How the owner posts and reads over the API, without a network between."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token()}"})

    def ask(path: str, body: Any) -> Any:
        headers = {"Idempotency-Key": str(uuid4())}
        said = client.post(f"/api/v1/{path}", body, "application/json", headers=headers)
        assert said.status_code == 201, said.content  # noqa: S101 (a wrong answer measures nothing)
        return said

    def read(path: str) -> Any:
        said = client.get(f"/api/v1/{path}")
        assert said.status_code == 200, said.content  # noqa: S101
        return said

    return ask, read


def token() -> str:
    """An access token of an owner, made if there is none."""
    from config.container import container
    from sms_core.access.entities import AccessClaims
    from sms_core.access.ports import AccessTokens
    from sms_core.access.services import UserService
    from sms_core.shared.ports import Clock
    from sms_django import models

    users = container().get(UserService)
    if users.is_first_start():
        users.make_owner(username="owner", password=str(uuid4()))
    user = models.User.objects.order_by("pk")[0]
    now = container().get(Clock).now()  # type: ignore[type-abstract]
    claims = AccessClaims(
        user_id=user.pk,
        token_version=user.token_version,
        issued_at=now,
        expires_at=now + timedelta(hours=1),
    )
    return container().get(AccessTokens).sign(claims)  # type: ignore[type-abstract]


def stocked() -> tuple[list[int], int]:
    """Variants without lots, more of each in one warehouse than will be taken."""
    from sms_django import models

    house = models.Warehouse.objects.filter(code__startswith="BENCH").order_by("pk")[0].pk
    found = models.Variant.objects.filter(product__tracks_lots=False, code__startswith="BENCH")
    return list(found.order_by("pk").values_list("pk", flat=True)), house


def an_order(verb: str, variants: list[int], house: int) -> dict[str, Any]:
    """A receipt or an issue of these."""
    lines = [{"variant_id": id, "quantity": "1" if verb == "issues" else "2"} for id in variants]
    return {"warehouse_id": house, "lines": lines} | (
        {"counterpart": "customer"} if verb == "issues" else {}
    )


def row(name: str, times: int, run: Callable[[], Any]) -> Watch:
    """Time it, and look once at its statements and plans."""
    run()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        taken.append((time.perf_counter() - begun) * 1000)
    with watched() as counted:
        run()
    with watched(explain=name.startswith(("levels", "bins", "entries", "card"))) as seen:
        run()
    say(f"| {name} | {statistics.median(taken):.1f} ms | {counted.statements} |")
    return seen


def throughput(variants: list[int], house: int) -> float:
    """Postings a second of several clients over HTTP, against two processes of eight threads."""
    from django.conf import settings

    from tests.torture.client import Client
    from tests.torture.server import Server

    bearer = token()
    until = time.monotonic() + SECONDS

    def work(number: int) -> int:
        done = 0
        client = Client(server.port, bearer)
        while time.monotonic() < until:
            verb = ("receipts", "issues")[done % 2]
            variant = variants[(number * 31 + done // 2) % len(variants)]
            done += client.post(f"stock/{verb}/", an_order(verb, [variant], house)).is_done
        client.close()
        return done

    server = Server(os.environ["DATABASE_URL"], settings.VAR_DIR)
    server.start()
    try:
        until = time.monotonic() + SECONDS
        with ThreadPoolExecutor(CLIENTS) as pool:
            return sum(pool.map(work, range(CLIENTS))) / SECONDS
    finally:
        server.stop()


def say(text: str) -> None:
    """A line of the answer."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    sys.exit(main())
