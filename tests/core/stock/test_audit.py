"""Who may verify the ledger, and what is kept of it."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden
from sms_core.shared.ports import Clock
from sms_core.stock.audit import (
    Audit,
    AuditRepository,
    AuditService,
    Finding,
    Head,
    LedgerAudit,
    Progress,
    head_of,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEAD = Head(warehouse_id=1, warehouse="MAIN", levels=2, hash="ab")
WRONG = Finding(promise=1, what="A level is not the sum:", row="level 3.", wrong=1_200)


class StoppedClock(Clock):
    def now(self) -> datetime:
        return NOON


@dataclass
class Ledger(LedgerAudit):
    found: list[Finding] = field(default_factory=list)

    def counts(self) -> Mapping[str, int]:
        return {"entry": 5}

    def findings(self, progress: Progress) -> Sequence[Finding]:
        progress(5, 5)
        return self.found

    def heads(self) -> Sequence[Head]:
        return [HEAD]


@dataclass
class Kept(AuditRepository):
    audits: list[Audit] = field(default_factory=list)

    def add(self, audit: Audit) -> None:
        self.audits.append(audit)

    def last(self) -> Audit | None:
        return self.audits[-1] if self.audits else None


def actor(*permissions: str, warehouse_ids: frozenset[int] | None = None) -> Actor:
    return Actor(
        user_id=7,
        username="ada",
        permissions=frozenset(permissions),
        warehouse_ids=warehouse_ids,
    )


def service(*found: Finding) -> AuditService:
    return AuditService(
        uow=nullcontext(),
        snapshot=nullcontext(),
        clock=StoppedClock(),
        ledger=Ledger(list(found)),
        audits=Kept(),
    )


def test_a_result_is_kept_with_who_looked_and_what_there_was() -> None:
    audits, ada = service(WRONG), actor("stock.verify")
    assert audits.last(by=ada) is None
    audit = audits.run(by=ada)
    assert audits.last(by=ada) == audit
    assert (audit.user_id, audit.username, audit.started_at) == (7, "ada", NOON)
    assert (audit.counts, audit.heads) == ({"entry": 5}, (HEAD,))
    assert not audit.is_clean


def test_nothing_found_is_clean() -> None:
    assert service().run(by=actor("stock.verify")).is_clean


def test_progress_is_passed_on() -> None:
    heard: list[tuple[int, int]] = []
    service().run(
        by=actor("stock.verify"), progress=lambda done, total: heard.append((done, total))
    )
    assert heard == [(5, 5)]


@pytest.mark.parametrize(
    "by",
    [actor("stock.view"), actor("stock.verify", warehouse_ids=frozenset({1}))],
    ids=["without the permission", "with some warehouses only"],
)
def test_not_everybody_may(by: Actor) -> None:
    audits = service()
    for use_case in (audits.run, audits.last):
        with pytest.raises(Forbidden):
            use_case(by=by)
    assert audits.last(by=actor("stock.verify")) is None


def test_a_finding_says_how_many_rows_are_wrong() -> None:
    assert str(WRONG) == "Promise 1: A level is not the sum: level 3. (and 1,199 more)"


def test_a_head_depends_on_every_level_and_their_order() -> None:
    assert head_of(["ab", "cd"]) == sha256(b"abcd").hexdigest()
    assert len({head_of(["ab", "cd"]), head_of(["cd", "ab"]), head_of(["ab", "ce"])}) == 3
