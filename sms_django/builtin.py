"""What every database starts with: made after each `migrate`, never overwriting anything."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from config.container import container
from sms_core.access.services import RoleService
from sms_core.catalogue.services import UnitService
from sms_core.company.services import CompanyService
from sms_core.stock.places import ReasonCodeService
from sms_django import append_only, numbering


def make_built_in_rows(using: str = "default", **_: Any) -> None:
    """Make what is missing, once all of our tables are as the code expects them."""
    # Before anything else, and also half-way through the migrations: the ledger is guarded.
    append_only.install(connections[using])
    numbering.install(connections[using])
    if not _is_migrated(using):
        return
    services = container()
    services.get(RoleService).make_delivered()
    services.get(CompanyService).make()
    services.get(UnitService).make_delivered()
    services.get(ReasonCodeService).make_delivered()


def _is_migrated(using: str) -> bool:
    # The signal also comes after a migration backwards, and after one of another app alone.
    executor = MigrationExecutor(connections[using])
    ours = [key for key in executor.loader.graph.leaf_nodes() if key[0] == "sms"]
    return not executor.migration_plan(ours)
