"""`manage.py verify_ledger`: prove that stock and ledger agree, while the application runs."""

import json
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.container import Injected
from sms_core.access.entities import system_actor
from sms_core.stock.audit import PROMISES, Audit, AuditService

EVERY_SECONDS = 2


class Command(BaseCommand):
    """Looks at all of the ledger in one snapshot; exits with 1 when a promise does not hold."""

    help = (
        "Checks every promise of the ledger and names the first wrong row of each kind. Exits"
        " with 1 if there is one. Keep the heads that --json prints somewhere else: with them"
        " anybody can show later that nothing before was altered."
    )
    audits = Injected(AuditService)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = _Progress(self.stderr)
        audit = self.audits.run(by=system_actor(), progress=progress)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(audit), indent=2, default=str))
        else:
            self._tell(audit)
        if not audit.is_clean:
            raise CommandError(f"The ledger is wrong: {len(audit.findings)} kinds of errors.")

    def _tell(self, audit: Audit) -> None:
        seconds = (audit.finished_at - audit.started_at).total_seconds()
        counted = ", ".join(
            f"{n:,} {name.removeprefix('sms_')}" for name, n in audit.counts.items()
        )
        self.stdout.write(f"Looked at {counted} rows in {seconds:.1f} s.")
        for head in audit.heads:
            self.stdout.write(f"Head of {head.warehouse} ({head.levels} levels): {head.hash}")
        for finding in audit.findings:
            self.stdout.write(self.style.ERROR(str(finding)))
        if audit.is_clean:
            self.stdout.write(self.style.SUCCESS(f"All {len(PROMISES)} promises hold."))


class _Progress:
    """Tells how far it got every few seconds, once it takes that long."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.started = self.told = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == 0:
            self.started = now
        elif now - self.told >= EVERY_SECONDS:
            self.told = now
            rate = done / (now - self.started)
            self.stream.write(
                f"{done:,} of {total:,} entries ({done / total:.0%}), {rate:,.0f} a second"
            )


def _as_json(audit: Audit) -> dict[str, Any]:
    return {
        "ok": audit.is_clean,
        "started_at": audit.started_at.isoformat(),
        "finished_at": audit.finished_at.isoformat(),
        "by": audit.username,
        "counts": audit.counts,
        "findings": [asdict(finding) for finding in audit.findings],
        "heads": [asdict(head) for head in audit.heads],
    }
