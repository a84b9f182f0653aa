"""Random lives of documents over the in-memory doubles, and over the database of this run."""

from __future__ import annotations

import os
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from sms_django.repositories.audit import DjangoLedgerAudit
from tests.properties.documents_machine import DocumentsMachine
from tests.properties.documents_world import MemoryWorld, StoredWorld, Town

PROFILE = os.environ.get("SMS_TEST_PROFILE", "ci")
REMEMBERED = {"ci": (100, 30), "long": (3_000, 60)}
STORED = {"ci": (15, 20), "long": (300, 40)}


def run(machine: type[DocumentsMachine], programs: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=programs,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


class MemoryMachine(DocumentsMachine):
    make_world = MemoryWorld

    def teardown(self) -> None:
        """There is nothing to undo."""


def test_no_life_of_documents_breaks_a_promise() -> None:
    run(MemoryMachine, *REMEMBERED[PROFILE])


@pytest.mark.django_db
def test_no_life_of_documents_breaks_a_promise_of_the_database() -> None:
    town = Town()

    class StoredMachine(DocumentsMachine):
        make_world = partial(StoredWorld, town)

        def teardown(self) -> None:
            try:
                found = DjangoLedgerAudit().findings(lambda done, total: None)
                assert [str(finding) for finding in found] == []
            finally:
                super().teardown()

    run(StoredMachine, *STORED[PROFILE])
