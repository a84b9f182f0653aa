"""`verify_ledger` on a ledger that is right, and on ledgers that somebody spoilt."""

import json
import random
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from bench.build_ledger import build
from config.container import container
from sms_core.access.entities import system_actor
from sms_core.access.permissions import DELIVERED_ROLES
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden
from sms_core.stock.audit import AuditService, Finding, head_of
from sms_core.stock.commands import IssuedLine, IssueGoods, ReceivedLine, ReceiveGoods
from sms_core.stock.kinds import Counterpart
from sms_core.stock.postings import NamedLot
from sms_core.stock.services import StockService
from sms_django import append_only, models
from sms_django.repositories.audit import DjangoLedgerAudit
from tests.corruptions import CORRUPTIONS, rows, run

pytestmark = pytest.mark.django_db
VARIANTS = 20
TABLES = ("sms_level", "sms_bin", "sms_posting", "sms_entry", "sms_reservation")


@pytest.fixture(scope="module", autouse=True)
def _ledger(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One ledger for all tests here, in a transaction around theirs that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        let_anything_be_written()
        for _ in build(260, variants=8, warehouses=2, seed=7):
            pass
        yield
        if connection.vendor == "sqlite":
            run("PRAGMA ignore_check_constraints = OFF")
        transaction.set_rollback(True)


def let_anything_be_written() -> None:
    """Switch off what the database itself would refuse; the triggers stay."""
    if connection.vendor == "sqlite":
        run("PRAGMA ignore_check_constraints = ON")
        return
    for table, name in rows(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype IN ('c', 'f', 'u') AND conrelid::regclass::text = ANY(%s)",
        list(TABLES),
    ):
        run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def findings() -> list[Finding]:
    return list(DjangoLedgerAudit().findings(lambda done, total: None))


def spoilt(name: str, seed: int) -> tuple[list[Finding], list[tuple[int, str]]]:
    """What is found after this corruption, and what should be; then all is as before."""
    with transaction.atomic():
        append_only.remove(connection)
        expected = CORRUPTIONS[name](random.Random(f"{name} {seed}"))
        found = findings()  # among them that the triggers are gone
        transaction.set_rollback(True)
    return found, expected


def verify(*options: str) -> tuple[str, str]:
    said, told = StringIO(), StringIO()
    call_command("verify_ledger", *options, stdout=said, stderr=told)
    return said.getvalue(), told.getvalue()


def somebody(role: str, warehouse_ids: frozenset[int] | None = None) -> Actor:
    permissions = next(given.permissions for given in DELIVERED_ROLES if given.name == role)
    return Actor(user_id=None, username=role, permissions=permissions, warehouse_ids=warehouse_ids)


def test_a_ledger_in_order_is_clean() -> None:
    assert findings() == []
    said, _ = verify()
    assert "promises hold" in said
    assert "Head of BENCH-0 (8 levels): " in said


def test_what_the_use_cases_add_to_it_is_clean() -> None:
    stock, level = container().get(StockService), models.Level.objects.filter(on_hand__gt=2)[0]
    lot = NamedLot(code="new") if level.variant.product.tracks_lots else None
    bought = ReceivedLine(
        variant_id=level.variant_id, quantity=Decimal(3), unit_cost=Decimal("1.7"), lot=lot
    )
    sold = IssuedLine(variant_id=level.variant_id, quantity=Decimal(2))
    stock.receive(
        ReceiveGoods(warehouse_id=level.warehouse_id, lines=(bought, bought)), by=system_actor()
    )
    stock.issue(
        IssueGoods(
            warehouse_id=level.warehouse_id, counterpart=Counterpart.CUSTOMER, lines=(sold, sold)
        ),
        by=system_actor(),
    )
    level.refresh_from_db()
    assert level.version == level.entries.count() > 3
    assert findings() == []


def test_the_ledger_has_something_of_everything() -> None:
    kinds = set(models.Posting.objects.values_list("kind", flat=True))
    assert kinds >= {"receipt", "issue", "transfer", "adjustment", "scrap", "reversal"}
    assert models.Entry.objects.filter(lot__isnull=False).exists()


@pytest.mark.parametrize("name", sorted(CORRUPTIONS))
def test_finds(name: str) -> None:
    for seed in range(VARIANTS):
        found, expected = spoilt(name, seed)
        for promise, words in expected:
            assert any(f.promise == promise and words in f.row for f in found), (
                seed,
                promise,
                words,
                [str(finding) for finding in found],
            )


def test_there_are_corruptions_enough_for_every_promise_that_data_can_break() -> None:
    broken = set()
    for name, spoil in CORRUPTIONS.items():
        with transaction.atomic():
            append_only.remove(connection)
            broken |= {promise for promise, _ in spoil(random.Random(name))}
            transaction.set_rollback(True)
    assert len(CORRUPTIONS) >= 12
    assert broken == {1, 2, 4, 5, 6, 7, 8, 9, 11, 12}


@pytest.mark.postgresql
def test_finds_a_number_that_was_given_twice() -> None:
    append_only.remove(connection)
    first, second = models.Posting.objects.filter(kind="receipt").order_by("pk")[:2]
    run("UPDATE sms_posting SET number = %s WHERE id = %s", first.number, second.pk)
    rows_named = [f.row for f in findings() if f.what == "A number was given twice:"]
    assert rows_named == [
        f"{first.number} to 2 postings, the first of them posting {first.pk} ({first.number})."
    ]


@pytest.mark.parametrize("event", ["update", "delete"])
@pytest.mark.parametrize("table", ["sms_posting", "sms_entry", "sms_closing"])
def test_finds_a_trigger_that_is_missing(table: str, event: str) -> None:
    name = f"{table}_no_{event}"
    run(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    (finding,) = findings()
    assert (finding.promise, finding.row) == (3, f"{name}.")


def test_says_how_many_are_wrong_and_names_the_first() -> None:
    run("UPDATE sms_level SET value = value + 1 WHERE on_hand > 0")
    stocked = models.Level.objects.filter(on_hand__gt=0).order_by("pk")
    (finding,) = findings()
    assert finding.wrong == stocked.count() > 1
    assert f"level {stocked[0].pk} (" in finding.row


def test_ends_with_an_error_that_names_what_is_wrong() -> None:
    level = models.Level.objects.filter(on_hand__gt=0).order_by("pk")[0]
    run("UPDATE sms_level SET on_hand = on_hand + 30000 WHERE id = %s", level.pk)
    said = StringIO()
    with pytest.raises(CommandError, match="2 kinds of errors") as error:
        call_command("verify_ledger", stdout=said, stderr=StringIO())
    assert error.value.returncode == 1
    assert (
        f"Promise 1: A level is not the sum of its entries: level {level.pk} (" in said.getvalue()
    )


def test_tells_the_same_as_json() -> None:
    report = json.loads(verify("--json")[0])
    assert report["ok"] is True
    assert report["findings"] == []
    assert report["counts"]["sms_entry"] == models.Entry.objects.count()
    for head in report["heads"]:
        levels = models.Level.objects.filter(warehouse_id=head["warehouse_id"])
        hashes = levels.order_by("variant_id", "in_transit").values_list("last_hash", flat=True)
        assert (head["levels"], head["hash"]) == (len(hashes), head_of(hashes))


def test_the_heads_of_a_warehouse_change_with_any_of_its_levels() -> None:
    before = {head.warehouse: head.hash for head in DjangoLedgerAudit().heads()}
    run(
        "UPDATE sms_level SET last_hash = %s WHERE id = (SELECT MIN(id) FROM sms_level"
        " WHERE warehouse_id = (SELECT id FROM sms_warehouse WHERE code = 'BENCH-0'))",
        "0" * 64,
    )
    after = {head.warehouse: head.hash for head in DjangoLedgerAudit().heads()}
    assert {name for name in before if before[name] != after[name]} == {"BENCH-0"}


def test_an_auditor_may_and_a_clerk_may_not() -> None:
    service = container().get(AuditService)
    audit = service.run(by=somebody("auditor"))
    assert audit.is_clean
    assert service.last(by=somebody("auditor")) == audit
    for use_case in (service.run, service.last):
        with pytest.raises(Forbidden):
            use_case(by=somebody("clerk"))


def test_nobody_who_sees_some_warehouses_only_may() -> None:
    with pytest.raises(Forbidden):
        container().get(AuditService).run(by=somebody("auditor", frozenset({1})))


def test_the_last_result_is_kept_with_what_was_found() -> None:
    service = container().get(AuditService)
    assert service.last(by=system_actor()) is None
    service.run(by=system_actor())
    run("UPDATE sms_level SET version = version + 1")
    service.run(by=system_actor())
    last = service.last(by=system_actor())
    assert last is not None
    assert {finding.promise for finding in last.findings} >= {5}
    assert last.heads


def test_progress_reaches_the_end() -> None:
    heard: list[tuple[int, int]] = []
    DjangoLedgerAudit().findings(lambda done, total: heard.append((done, total)))
    count = models.Entry.objects.count()
    assert heard == [(0, count), (count, count)]
