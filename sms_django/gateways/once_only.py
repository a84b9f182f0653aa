"""One effect per idempotency key: the answer is kept in the transaction that it is about."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, connection, transaction

from sms_core.shared.errors import Conflict, RuleBroken
from sms_core.shared.ports import Answer, OnceOnly
from sms_django import models


class DjangoOnceOnly(OnceOnly):
    """Answers in `sms_keptanswer`.

    The claim is one statement and the look-up the next: only so does the look-up see what the
    former owner of the key committed. On SQLite the transaction itself is the claim, since there
    is one writer: the second waits, and then finds the answer.
    """

    def run(
        self, *, user_id: int, key: str, fingerprint: str, use_case: Callable[[], Answer]
    ) -> Answer:
        with transaction.atomic():
            self._claim(user_id, key)
            kept = models.KeptAnswer.objects.filter(user_id=user_id, key=key).first()
            if kept is not None:
                return self._repeated(kept, fingerprint)
            answer = use_case()
            self._keep(user_id, key, fingerprint, answer)
        return answer

    def _claim(self, user_id: int, key: str) -> None:
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 42))", [f"{user_id} {key}"]
            )
            if not cursor.fetchone()[0]:
                raise InProgress(InProgress.sentence)

    def _repeated(self, kept: models.KeptAnswer, fingerprint: str) -> Answer:
        if kept.fingerprint != fingerprint:
            raise RuleBroken(
                "This Idempotency-Key stands for another request: take a new one.",
                code="key_reused",
            )
        return Answer(kept.status, kept.body, replayed=True)

    def _keep(self, user_id: int, key: str, fingerprint: str, answer: Answer) -> None:
        try:
            models.KeptAnswer.objects.create(
                user_id=user_id,
                key=key,
                fingerprint=fingerprint,
                status=answer.status,
                body=answer.body,
            )
        except IntegrityError as error:
            # The second witness: whatever let two in, only one of them is written.
            raise InProgress(InProgress.sentence) from error


class InProgress(Conflict):
    """The first request with this key is not answered yet; try again after `retry_after` s."""

    code = "in_progress"
    retry_after = 1
    sentence = "A request with this Idempotency-Key is still running: try again in a second."
