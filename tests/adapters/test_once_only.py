"""One effect per key: what is kept, what is repeated, what is refused and what is forgotten."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from config.container import container
from sms_core.shared.errors import Conflict, Invalid, RuleBroken
from sms_core.shared.ports import Answer, OnceOnly
from sms_django import models

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> models.User:
    return models.User.objects.create(username="anna", username_key="anna")


@pytest.fixture
def once_only() -> OnceOnly:
    return container().get(OnceOnly)  # type: ignore[type-abstract]


def counting(calls: list[int]) -> Answer:
    calls.append(1)
    return Answer(201, f"answer {len(calls)}")


def test_the_second_time_gets_the_first_answer(once_only: OnceOnly, user: models.User) -> None:
    calls: list[int] = []
    order = {"user_id": user.pk, "key": "K", "fingerprint": "f"}
    first = once_only.run(**order, use_case=lambda: counting(calls))  # type: ignore[arg-type]
    second = once_only.run(**order, use_case=lambda: counting(calls))  # type: ignore[arg-type]
    assert (first, second) == (Answer(201, "answer 1"), Answer(201, "answer 1", replayed=True))
    assert len(calls) == 1


def test_another_request_under_the_key_is_refused(once_only: OnceOnly, user: models.User) -> None:
    calls: list[int] = []
    once_only.run(user_id=user.pk, key="K", fingerprint="f", use_case=lambda: counting(calls))
    with pytest.raises(RuleBroken) as caught:
        once_only.run(user_id=user.pk, key="K", fingerprint="g", use_case=lambda: counting(calls))
    assert caught.value.code == "key_reused"
    assert len(calls) == 1


def test_keys_are_the_users_own(once_only: OnceOnly, user: models.User) -> None:
    calls: list[int] = []
    other = models.User.objects.create(username="bert", username_key="bert")
    for owner in (user, other):
        once_only.run(user_id=owner.pk, key="K", fingerprint="f", use_case=lambda: counting(calls))
    assert len(calls) == 2


def test_a_refused_order_leaves_its_key_free(once_only: OnceOnly, user: models.User) -> None:
    calls: list[int] = []

    def refused() -> Answer:
        models.Brand.objects.create(name="Half", name_key="half")
        raise Invalid("no")

    with pytest.raises(Invalid):
        once_only.run(user_id=user.pk, key="K", fingerprint="f", use_case=refused)
    assert not models.Brand.objects.exists()
    again = once_only.run(
        user_id=user.pk, key="K", fingerprint="g", use_case=lambda: counting(calls)
    )
    assert not again.replayed


def test_the_unique_key_is_the_second_witness(once_only: OnceOnly, user: models.User) -> None:
    def overtaken() -> Answer:
        models.KeptAnswer.objects.create(
            user=user, key="K", fingerprint="f", status=201, body="theirs"
        )
        return Answer(201, "mine")

    with pytest.raises(Conflict) as caught:
        once_only.run(user_id=user.pk, key="K", fingerprint="f", use_case=overtaken)
    assert caught.value.code == "in_progress"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_being_used_answers_at_once(once_only: OnceOnly, user: models.User) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def second() -> Conflict | Answer:
        try:
            return once_only.run(
                user_id=user.pk, key="K", fingerprint="f", use_case=lambda: Answer(201, "")
            )
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()

    def first() -> Answer:
        with ThreadPoolExecutor(1) as pool:
            refusal = pool.submit(second).result(timeout=5)
        assert isinstance(refusal, Conflict)
        return Answer(201, refusal.code)

    answer = once_only.run(user_id=user.pk, key="K", fingerprint="f", use_case=first)
    assert answer.body == "in_progress"


def test_old_keys_are_forgotten_but_not_those_of_a_day(user: models.User) -> None:
    for hours in (1, 80):
        models.KeptAnswer.objects.create(
            user=user,
            key=f"K{hours}",
            fingerprint="f",
            status=201,
            body="",
            created_at=timezone.now() - timedelta(hours=hours),
        )
    said = StringIO()
    call_command("purge_keys", stdout=said)
    assert said.getvalue() == "Forgot 1 answers.\n"
    assert models.KeptAnswer.objects.get().key == "K1"
    with pytest.raises(CommandError, match="at least 24"):
        call_command("purge_keys", hours=23)
