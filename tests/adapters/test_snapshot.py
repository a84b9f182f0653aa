"""A snapshot sees one moment while others write, and one object serves all who ask for it."""

from threading import Thread

import pytest
from django.db import DatabaseError, connection

from config.container import container
from sms_core.access.entities import system_actor
from sms_core.shared.ports import Snapshot
from sms_core.stock.audit import AuditService
from sms_django import models
from sms_django.repositories.audit import DjangoLedgerAudit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def snapshot() -> Snapshot:
    return container().get(Snapshot)  # type: ignore[type-abstract]


def write_elsewhere() -> None:
    """Commit something on a connection of its own."""

    def write() -> None:
        models.Brand.objects.create(name="New", name_key=f"new-{models.Brand.objects.count()}")
        connection.close()

    thread = Thread(target=write)
    thread.start()
    thread.join()


def test_sees_one_moment_again_and_again(snapshot: Snapshot) -> None:
    for before in range(2):
        with snapshot:
            assert models.Brand.objects.count() == before
            write_elsewhere()
            assert models.Brand.objects.count() == before
        assert models.Brand.objects.count() == before + 1


def test_one_within_another_is_the_same_moment(snapshot: Snapshot) -> None:
    with snapshot:
        assert models.Brand.objects.count() == 0
        with snapshot:
            write_elsewhere()
        assert models.Brand.objects.count() == 0
    assert models.Brand.objects.count() == 1


def test_ends_with_an_error_too(snapshot: Snapshot) -> None:
    with pytest.raises(LookupError), snapshot:
        raise LookupError
    assert not connection.in_atomic_block
    with snapshot:
        assert models.Brand.objects.count() == 0


@pytest.mark.postgresql
def test_writes_nothing(snapshot: Snapshot) -> None:
    with pytest.raises(DatabaseError, match="read-only"), snapshot:
        models.Brand.objects.create(name="x", name_key="x")


def test_the_ledger_is_verified_while_others_write(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = DjangoLedgerAudit.counts

    def counts(self: DjangoLedgerAudit) -> object:
        found = usual(self)
        write_elsewhere()
        return found

    monkeypatch.setattr(DjangoLedgerAudit, "counts", counts)
    audit = container().get(AuditService).run(by=system_actor())
    assert audit.is_clean
    assert models.AuditRun.objects.count() == models.Brand.objects.count() == 1


@pytest.mark.postgresql
def test_a_verification_takes_its_time_and_leaves_the_limits_as_they_were(
    snapshot: Snapshot,
) -> None:
    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    usual, meanwhile = limit(), []
    with snapshot:
        DjangoLedgerAudit().findings(lambda done, total: meanwhile.append(limit()))
        assert limit() == usual
    assert set(meanwhile) == {"0"}
    assert usual == "10s"
