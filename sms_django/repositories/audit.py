"""Looks at the whole ledger in the database, and keeps what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from string import Formatter
from typing import Any

from django.db import connection

from sms_core.stock.audit import (
    Audit,
    AuditRepository,
    Finding,
    Head,
    LedgerAudit,
    Progress,
    head_of,
)
from sms_core.stock.chain import chained, microseconds
from sms_django import append_only, models
from sms_django.repositories.audit_checks import BALANCES, DIALECT, Check
from sms_django.repositories.audit_postings import CONSERVATION, POSTINGS
from sms_django.repositories.audit_promises import PROMISED

CHECKS = (*BALANCES, *CONSERVATION, *POSTINGS, *PROMISED)
COUNTED = (models.Level, models.Bin, models.Posting, models.Entry, models.Reservation)
CHUNK = 2_000
STEP = 10_000

# In the order of the columns: id, level and hash, then the two rows that `chain` describes.
_CHAIN = """
    SELECT entry.id, entry.level_id, entry.hash,
        posting.kind, posting.number, posting.occurred_at, posting.recorded_at, posting.user_id,
        posting.username, posting.request_id, posting.reason_code_id, posting.reference,
        posting.note, posting.supplier_id, posting.customer_id, origin.number,
        entry.line, level.variant_id, level.warehouse_id, level.in_transit, entry.seq,
        entry.location_id, entry.lot_id, entry.quantity, entry.reserved, entry.value,
        entry.counterpart, entry.unit_cost, entry.cost_source, entry.bin_on_hand_after,
        entry.on_hand_after, entry.reserved_after, entry.value_after
    FROM sms_entry AS entry
    LEFT JOIN sms_posting AS posting ON posting.id = entry.posting_id
    LEFT JOIN sms_posting AS origin ON origin.id = posting.reverses_id
    LEFT JOIN sms_level AS level ON level.id = entry.level_id
    ORDER BY entry.level_id, entry.seq"""
_BODY = 16
_OCCURRED, _RECORDED, _IN_TRANSIT, _SEQ = 5, 6, 19, 20


class DjangoLedgerAudit(LedgerAudit):
    """Queries over whole tables; only the hashes are worked out here, entry by entry."""

    def counts(self) -> Mapping[str, int]:
        return {model._meta.db_table: model._default_manager.count() for model in COUNTED}

    def findings(self, progress: Progress) -> Sequence[Finding]:
        with _unhurried():
            found = [*_missing_triggers()]
            for check in CHECKS:
                found += _finding(check)
            found += _broken_chains(progress)
        return sorted(found, key=lambda finding: finding.promise)

    def heads(self) -> Sequence[Head]:
        rows = models.Level.objects.order_by(
            "warehouse__code_key", "warehouse_id", "variant_id", "in_transit"
        ).values_list("warehouse_id", "warehouse__code", "last_hash")
        heads = []
        for (id, code), levels in groupby(rows.iterator(CHUNK), key=lambda row: (row[0], row[1])):
            hashes = [hash for _, _, hash in levels]
            heads.append(
                Head(warehouse_id=id, warehouse=code, levels=len(hashes), hash=head_of(hashes))
            )
        return heads


@contextmanager
def _unhurried() -> Iterator[None]:
    """Take the time that a large ledger needs: the usual limits are for requests."""
    if connection.vendor != "postgresql":
        yield
        return
    limits = ("statement_timeout", "idle_in_transaction_session_timeout")
    with connection.cursor() as cursor:
        usual = []
        for limit in limits:
            cursor.execute("SELECT current_setting(%s)", [limit])
            usual.append((limit, cursor.fetchone()[0]))
            cursor.execute("SELECT set_config(%s, '0', TRUE)", [limit])
        yield
        for limit, value in usual:
            cursor.execute("SELECT set_config(%s, %s, TRUE)", [limit, value])


def _missing_triggers() -> Iterator[Finding]:
    if missing := append_only.missing(connection):
        yield Finding(
            promise=3,
            what="A trigger that keeps the ledger append-only is missing or switched off:",
            row=f"{missing[0]}.",
            wrong=len(missing),
        )


def _finding(check: Check) -> Iterator[Finding]:
    query = check.query
    for name, expression in DIALECT[connection.vendor].items():
        query = query.replace(name, expression)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT found.*, COUNT(*) OVER () AS wrong FROM ({query}) AS found"  # noqa: S608 (our own queries)
            " ORDER BY 1, 2 LIMIT 1"
        )
        row = cursor.fetchone()
        if row is None:
            return
        values = dict(zip((column[0] for column in cursor.description), row, strict=True))
    words = _Words().vformat(check.row, (), _with_names(values))
    yield Finding(promise=check.promise, what=check.what, row=words, wrong=values["wrong"])


def _with_names(values: dict[str, Any]) -> dict[str, Any]:
    """The row with its level and posting as people know them."""
    named = dict(values)
    if (id := values.get("level_id")) is not None:
        level = models.Level.objects.filter(pk=id).select_related("variant", "warehouse").first()
        known = f" ({level.variant.code} in {level.warehouse.code})" if level else ""
        way = ", in transit" if level and level.in_transit else ""
        named["level"] = f"level {id}{known}{way}"
    else:
        named["level"] = "no level"
    id = values.get("posting_id")
    rows = models.Posting.objects.filter(pk=id or 0)
    number = rows.values_list("number", flat=True).first()
    named["posting"] = f"posting {id} ({number})" if number else f"posting {id}"
    return named


class _Words(Formatter):
    """Writes whole numbers of 10^-4 as people do (`:q`), and what is missing as “none”."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "none"
        if format_spec != "q":
            return str(value)
        try:
            return f"{Decimal(value).scaleb(-4).normalize():f}"
        except (InvalidOperation, TypeError, ValueError):
            return repr(value)


def _broken_chains(progress: Progress) -> Iterator[Finding]:
    total, first, wrong = models.Entry.objects.count(), "", 0
    level, previous = None, ""
    progress(0, total)
    with connection.chunked_cursor() as cursor:
        cursor.execute(_CHAIN)
        for done, row in enumerate(_rows(cursor), 1):
            if row[1] != level:
                level, previous = row[1], ""
            if _hash_of(previous, row) != row[2]:
                wrong += 1
                first = first or (
                    f"entry {row[0]} of {_with_names({'level_id': level})['level']}"
                    f" (number {row[_SEQ]}), posting {row[4]}."
                )
            previous = str(row[2])
            if done % STEP == 0 or done == total:
                progress(done, total)
    if wrong:
        yield Finding(
            promise=6, what="A hash does not follow from its entry:", row=first, wrong=wrong
        )


def _rows(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(CHUNK):
        yield from rows


def _hash_of(previous: str, row: Sequence[Any]) -> str:
    values = list(row)
    values[_OCCURRED] = _stored_time(values[_OCCURRED])
    values[_RECORDED] = _stored_time(values[_RECORDED])
    values[_IN_TRANSIT] = bool(values[_IN_TRANSIT])
    return chained(previous, values[3:_BODY], values[_BODY:])


def _stored_time(value: Any) -> Any:
    """Microseconds; SQLite keeps a time as text in UTC. What is no time stays as it is."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return microseconds(at if at.tzinfo else at.replace(tzinfo=UTC))


class DjangoAuditRepository(AuditRepository):
    """Audits as rows; findings and heads as JSON, since they are only shown."""

    def add(self, audit: Audit) -> None:
        models.AuditRun.objects.create(
            started_at=audit.started_at,
            finished_at=audit.finished_at,
            user_id=audit.user_id,
            username=audit.username,
            is_clean=audit.is_clean,
            counts=dict(audit.counts),
            findings=[vars(finding) for finding in audit.findings],
            heads=[vars(head) for head in audit.heads],
        )

    def last(self) -> Audit | None:
        row = models.AuditRun.objects.order_by("-pk").first()
        if row is None:
            return None
        return Audit(
            started_at=row.started_at,
            finished_at=row.finished_at,
            user_id=row.user_id,
            username=row.username,
            counts=row.counts,
            findings=tuple(Finding(**finding) for finding in row.findings),
            heads=tuple(Head(**head) for head in row.heads),
        )
