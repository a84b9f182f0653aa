"""Random programs over the in-memory doubles."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.machine import StockMachine
from tests.properties.world import MemoryWorld

PROFILES = {"ci": (200, 50), "long": (5_000, 100)}


class MemoryMachine(StockMachine):
    make_world = MemoryWorld


def test_no_program_of_orders_breaks_a_promise() -> None:
    programs, steps = PROFILES[os.environ.get("SMS_TEST_PROFILE", "ci")]
    run_state_machine_as_test(
        MemoryMachine,
        settings=settings(
            max_examples=programs,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
