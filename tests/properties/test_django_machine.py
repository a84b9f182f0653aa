"""The same random programs over the database of this run, which must answer as the doubles do."""

from __future__ import annotations

import os
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from sms_django.repositories.audit import DjangoLedgerAudit
from tests.properties.django_world import Shop
from tests.properties.machine import StockMachine
from tests.properties.twins import TwinWorld

PROFILES = {"ci": (40, 30), "long": (500, 50)}


def _unheard(done: int, total: int) -> None:
    """Nobody waits for the audit."""


@pytest.mark.django_db
def test_no_program_of_orders_breaks_a_promise_of_the_database() -> None:
    shop = Shop()

    class DjangoMachine(StockMachine):
        make_world = partial(TwinWorld, shop)

        def teardown(self) -> None:
            try:
                assert [str(found) for found in DjangoLedgerAudit().findings(_unheard)] == []
            finally:
                self.world.close()

    programs, steps = PROFILES[os.environ.get("SMS_TEST_PROFILE", "ci")]
    run_state_machine_as_test(
        DjangoMachine,
        settings=settings(
            max_examples=programs,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
