"""Who may do what: every route and method for every kind of caller, as the roles say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from config.container import container
from sms_core.access.entities import system_actor
from sms_core.access.permissions import CATALOGUE, DELIVERED_ROLES
from sms_core.stock.commands import ReserveStock
from sms_core.stock.reservations import ReservationService
from sms_django import models
from sms_django.api.permissions import ANYONE, LOGGED_IN
from sms_django.management import demo
from tests.adapters.api.conftest import client_of, user_with
from tests.adapters.api.routes import METHODS, ROUTES, Route

CODES = frozenset(permission.code for permission in CATALOGUE)
ROLES = {role.name: role.permissions for role in DELIVERED_ROLES}
STRANGERS = ("anonymous", "disabled", "expired", "garbage")
CALLERS = (*ROLES, "nobody", *STRANGERS)


def caller(kind: str) -> APIClient:
    if kind in ROLES:
        return client_of(user_with(kind))
    if kind == "nobody":
        return client_of(user_with(None))
    if kind == "expired":
        return client_of(user_with("owner"), age=timedelta(minutes=11))
    client = APIClient()
    if kind == "disabled":
        user = user_with("owner")
        client = client_of(user)
        models.User.objects.filter(pk=user.id).update(is_active=False)
    if kind == "garbage":
        client.credentials(HTTP_AUTHORIZATION="Bearer not.a.token")
    return client


@pytest.fixture
def shop(db: None) -> None:
    demo.DemoShop(by=system_actor()).open()
    level = models.Level.objects.filter(on_hand__gt=0).first()
    assert level
    promise = ReserveStock(
        variant_id=level.variant_id, warehouse_id=level.warehouse_id, quantity=Decimal(1)
    )
    container().get(ReservationService).reserve(promise, by=system_actor())


def expected(kind: str, route: Route, method: str) -> set[int]:
    """The statuses that keep somebody out; empty: he may come in."""
    if kind in STRANGERS[1:] and route.view.cls.authentication_classes:
        return {401}
    if method not in route.actions:
        return {405}
    code = route.code(method)
    if code == ANYONE:
        return set()
    if kind in STRANGERS:
        return {401}
    held = ROLES.get(kind, frozenset())
    resource = getattr(route.view.cls, "resource", None)
    if code != LOGGED_IN and route.is_about_one and f"{resource}.view" not in held:
        return {404}
    return set() if code == LOGGED_IN or code in held else {403}


def ids(owner: APIClient) -> dict[str, Any]:
    """Something that exists for every list, by the list's path."""
    found: dict[str, Any] = {}
    for route in ROUTES:
        if route.is_about_one and route.collection not in found:
            answer = owner.get(route.collection)
            results = answer.json().get("results") if answer.status_code == 200 else None
            first = results[0] if results else {}
            found[route.collection] = first.get("id", first.get("code", 1))
    return found


def send(client: APIClient, method: str, path: str) -> int:
    """The status of an empty request, which leaves nothing behind."""
    with transaction.atomic():
        arguments = () if method == "get" else ({},)
        status: int = getattr(client, method)(
            path, *arguments, HTTP_IDEMPOTENCY_KEY="k"
        ).status_code
        transaction.set_rollback(True)
    return status


def deviations(kind: str) -> Iterator[str]:
    client, known = caller(kind), ids(client_of(user_with("owner")))
    for route in ROUTES:
        path = route.path(known.get(route.collection, 1))
        for method in METHODS:
            kept_out, status = expected(kind, route, method), send(client, method, path)
            right = status in kept_out if kept_out else status not in {401, 403, 405}
            if not right:
                yield f"{kind}: {method.upper()} {route} is {status}, not {kept_out or 'allowed'}"
            fine = OK | {409} if route.is_paper else OK  # 409: there is nothing to print
            if method == "get" and not kept_out and "get" in route.actions and status not in fine:
                yield f"{kind}: GET {path} is {status}"


OK = {200, 400}  # 400: a report that needs parameters


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("kind", CALLERS)
def test_everybody_may_do_what_his_roles_say_and_nothing_else(kind: str) -> None:
    assert list(deviations(kind)) == []


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_declares_a_permission_that_exists(route: Route) -> None:
    for method in route.actions:
        assert route.code(method) in CODES | {ANYONE, LOGGED_IN}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_reading_takes_view_and_writing_takes_more(route: Route) -> None:
    for method in route.actions:
        code = str(route.code(method))
        if code in {ANYONE, LOGGED_IN}:
            assert route.template.split("/")[3] in {"", "auth", "company"}
        else:
            assert code.endswith(".view") == (method == "get"), f"{method} takes {code}"


def test_only_logging_in_is_open_to_anyone() -> None:
    open_to_all = {
        route.template
        for route in ROUTES
        for method in route.actions
        if route.code(method) == ANYONE
    }
    assert open_to_all == {
        "/api/v1/auth/token/",
        "/api/v1/auth/token/refresh/",
        "/api/v1/auth/token/revoke/",
    }


def test_docs_and_schema_need_no_log_in(db: None) -> None:
    assert APIClient().get("/api/docs/").status_code == 200
    assert APIClient().get("/api/schema/").status_code == 200
