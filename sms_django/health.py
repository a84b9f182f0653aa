"""Three answers for those who watch the process: /ping, /livez and /readyz."""

from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sms_django import append_only


@never_cache
@require_safe
def ping(request: HttpRequest) -> JsonResponse:
    """Somebody is there."""
    return JsonResponse({"success": True, "message": "Pong!"})


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process is up; the database is not asked, or its loss would restart us for nothing."""
    return JsonResponse({"success": True, "message": "Up."})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Requests can be served: the database answers, is migrated and guards the ledger."""
    try:
        problem = database_problem()
    except (DatabaseError, InterfaceError):
        discard_lost_connections()
        problem = "The database does not answer."
    if problem:
        return JsonResponse(
            {"success": False, "message": problem}, status=503, headers={"Retry-After": "5"}
        )
    return JsonResponse({"success": True, "message": "Ready."})


def database_problem() -> str | None:
    """What keeps the database from being used, in one sentence."""
    applied = MigrationRecorder(connection).applied_migrations()
    waiting = sorted(known_migrations() - applied.keys())
    if waiting:
        names = ", ".join(f"{app}.{name}" for app, name in waiting)
        return f"Migrations wait to be applied: {names}."
    if append_only.missing(connection):
        return (
            "Triggers that keep the ledger append-only are missing; manage.py migrate makes them."
        )
    return None


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations that this code needs."""
    return frozenset(MigrationLoader(None).graph.nodes)


def discard_lost_connections() -> None:
    """Throw out what a database restart has killed, so that the next caller finds a live one."""
    connection.close()
    pool = getattr(connection, "pool", None)
    if pool is not None:
        pool.check()
