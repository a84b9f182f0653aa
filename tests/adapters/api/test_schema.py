"""The schema describes everything, and the documentation shows it without a network."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from sms_django.api.permissions import ANYONE
from tests.adapters.api.routes import ROUTES, Route


@pytest.fixture(scope="module")
def schema() -> Any:
    return SchemaGenerator().get_schema(public=True)


def operation(schema: Any, route: Route, method: str) -> Any:
    return schema["paths"][route.template.replace("{pk}", "{id}")][method]


def test_the_schema_is_valid_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_it_is_openapi_3_1(schema: Any) -> None:
    assert schema["openapi"].startswith("3.1")


def test_it_describes_every_route_and_nothing_else(schema: Any) -> None:
    described = {
        (path, method) for path, operations in schema["paths"].items() for method in operations
    }
    assert described == {
        (route.template.replace("{pk}", "{id}"), method)
        for route in ROUTES
        for method in route.actions
    }


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_operation_is_told_in_words(schema: Any, route: Route) -> None:
    for method in route.actions:
        described = operation(schema, route, method)
        assert described["summary"]
        assert described["description"]
        assert described["tags"] != ["Other"]


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_operation_has_the_problem_as_its_refusal(schema: Any, route: Route) -> None:
    for method in route.actions:
        refusal = operation(schema, route, method)["responses"]["default"]["content"]
        assert refusal == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_operation_says_how_to_log_in(schema: Any, route: Route) -> None:
    for method in route.actions:
        security = operation(schema, route, method)["security"]
        if route.code(method) == ANYONE:
            assert security == [{}]
        else:
            assert security == [{"bearer": []}, {"session": []}]


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_body_of_a_creation_has_an_example(schema: Any, route: Route) -> None:
    if "post" not in route.actions or route.is_about_one or "bulk-delete" in route.template:
        return
    body = operation(schema, route, "post").get("requestBody")
    assert body is not None
    assert body["content"]["application/json"]["examples"]


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_orders_that_run_once_take_a_key(schema: Any, route: Route) -> None:
    for method, action in route.actions.items():
        names = {each["name"] for each in operation(schema, route, method).get("parameters", ())}
        assert ("Idempotency-Key" in names) == (action in getattr(route.view.cls, "idempotent", ()))


def test_ids_in_paths_are_integers(schema: Any) -> None:
    for path, operations in schema["paths"].items():
        for described in operations.values():
            for parameter in described.get("parameters", ()):
                if parameter["in"] == "path" and not path.startswith("/api/v1/permissions/"):
                    assert parameter["schema"]["type"] == "integer"


def test_the_documentation_loads_nothing_from_elsewhere(client: Any) -> None:
    page = APIClient().get("/api/docs/").content.decode()

    assert "swagger-ui-bundle.js" in page
    assert re.findall(r"""(?:src|href)=["'](https?:)?//""", page) == []


def test_the_schema_can_be_read_as_json_and_yaml() -> None:
    answer = APIClient().get("/api/schema/?format=json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Stock management"
    assert APIClient().get("/api/schema/").content.startswith(b"openapi:")
