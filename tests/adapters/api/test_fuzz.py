"""Thousands of generated requests, right and wrong: never a server error, always as described."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sms_core.access.entities import User, system_actor
from sms_django.management import demo
from tests.adapters.api.conftest import client_of, token_of, user_with
from tests.adapters.api.routes import ROUTES, Route

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
OPERATIONS = [(route, method) for route in ROUTES for method in route.actions]
EXAMPLES = 15


@pytest.fixture(scope="session")
def openapi() -> Any:
    """The schema, and the application as a server would call it."""
    described = json.loads(json.dumps(SchemaGenerator().get_schema(public=True), default=str))
    schema = schemathesis.openapi.from_dict(described)
    schema.app = get_wsgi_application()
    return schema


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests run inside the test's transaction, so they must leave its connection open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def owner(django_db_setup: None, django_db_blocker: Any) -> Iterator[User]:
    """The owner of a shop with something in it, opened once and never kept."""
    with django_db_blocker.unblock(), transaction.atomic():
        demo.DemoShop(by=system_actor()).open()
        yield user_with("owner")
        transaction.set_rollback(True)


def known_ids(route: Route, owner: User) -> list[int]:
    """Ids that exist where the path names one thing."""
    if not route.is_about_one:
        return []
    answer = client_of(owner).get(route.collection)
    return [each["id"] for each in answer.json().get("results", []) if "id" in each]


@pytest.mark.parametrize(
    ("route", "method"), OPERATIONS, ids=[f"{method} {route}" for route, method in OPERATIONS]
)
def test_no_request_breaks_the_server(openapi: Any, owner: User, route: Route, method: str) -> None:
    ids = known_ids(route, owner)
    operation = openapi[route.template.replace("{pk}", "{id}")][method.upper()]
    can_be_wrong = bool(route.is_about_one or operation.query or operation.body)
    modes = list(GenerationMode) if can_be_wrong else [GenerationMode.POSITIVE]
    for mode in modes:
        cases = operation.as_strategy(generation_mode=mode)
        statuses = send_all(cases, ids, token=token_of(owner))
        assert statuses, mode
        assert 401 not in statuses or "auth" in route.template


@pytest.mark.parametrize(
    ("route", "method"),
    [(route, method) for route, method in OPERATIONS if method in {"post", "put"}],
    ids=lambda value: str(value),
)
def test_no_nonsense_breaks_the_page_that_shows_it(
    openapi: Any, owner: User, route: Route, method: str
) -> None:
    operation = openapi[route.template.replace("{pk}", "{id}")][method.upper()]
    if operation.body:
        cases = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        ids = known_ids(route, owner)
        assert send_all(cases, ids, token=token_of(owner), accept="text/html", examples=8)


def send_all(
    cases: Any,
    ids: list[int],
    *,
    token: str,
    accept: str = "application/json",
    examples: int = EXAMPLES,
) -> set[int]:
    """Send generated requests, about known things now and then; the statuses of the answers."""
    statuses: set[int] = set()
    headers = {"Authorization": f"Bearer {token}", "Accept": accept}
    checks = CHECKS if accept == "application/json" else CHECKS[:1]

    @given(case=cases, id=st.sampled_from([None, *ids]))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any, id: int | None) -> None:
        if id is not None:
            case.path_parameters["id"] = id
        with transaction.atomic():
            statuses.add(case.call_and_validate(headers=headers, checks=checks).status_code)
            transaction.set_rollback(True)

    with one_connection():
        send()
    return statuses
