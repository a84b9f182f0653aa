"""Every refusal under /api/ as problem details (RFC 9457), with the status its kind stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.utils.serializer_helpers import ReturnDict

from sms_core.shared import errors as core

PROBLEM_JSON = "application/problem+json"
_STATUS: tuple[tuple[type[core.DomainError], int], ...] = (
    (core.Invalid, 400),
    (core.NotAuthenticated, 401),
    (core.Forbidden, 403),
    (core.NotFound, 404),
    (core.Stale, 412),
    (core.Conflict, 409),
    (core.RuleBroken, 422),
)
# Lock timeout, deadlock, serialisation failure, statement timeout.
_BUSY = {"55P03", "40P01", "40001", "57014"}
# Connection failures, too few resources, shut down.
_LOST = ("08", "53", "57P")
_CODES = {
    400: "invalid",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


def handle(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to what a view raised; None leaves it to the last resort, `server_error`."""
    request, view = context["request"], context["view"]
    found = _found(exc)
    if found is None:
        return None
    lost = trouble(exc) == "lost"
    if lost:
        renew_pool()
    status, code, detail, errors, headers = found
    body = problem(status, code, detail, instance=request.path, errors=errors)
    form = getattr(view, "form", None)
    if form is not None:
        # With its serializer at hand the browsable page draws the form again, input and all.
        _show_in_form(form, errors)
        body = ReturnDict(body, serializer=form)
    response = Response(body, status=status, headers=headers)
    if getattr(request, "accepted_renderer", None) is None or (
        request.accepted_renderer.format in {"json", "pdf"}
    ):
        response.content_type = PROBLEM_JSON
    response.lost_connection = lost  # type: ignore[attr-defined]
    return response


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    instance: str,
    errors: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """The body of a refusal; `errors` says which part of the input each one is about."""
    return {
        "type": f"/problems/{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": instance,
        "errors": list(errors) or [{"pointer": "", "code": code, "detail": detail}],
    }


def refusal(
    request: HttpRequest, status: int, code: str, detail: str, **headers: str
) -> HttpResponse:
    """A refusal from outside the views: by a middleware, or for a path that does not exist."""
    body = problem(status, code, detail, instance=request.path)
    return JsonResponse(body, status=status, headers=headers, content_type=PROBLEM_JSON)


def trouble(exc: BaseException) -> str | None:
    """ "busy" or "lost" when the database could not do it now but can soon; else None."""
    if not isinstance(exc, OperationalError | InterfaceError):
        return None
    if connection.vendor == "sqlite":
        return "busy" if "locked" in str(exc) or "busy" in str(exc) else None
    sqlstate = getattr(exc.__cause__, "sqlstate", None)
    if sqlstate in _BUSY:
        return "busy"
    # No code at all: the line broke, or the pool had no connection in time.
    return "lost" if sqlstate is None or sqlstate.startswith(_LOST) else None


Found = tuple[int, str, str, list[dict[str, str]], dict[str, str]]


def _found(exc: Exception) -> Found | None:
    if isinstance(exc, core.DomainError):
        return _from_core(exc)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound("There is nothing here.")
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, RequestDataTooBig):
        return 413, "too_large", "The body is larger than 1 MB.", [], {}
    elif isinstance(exc, SuspiciousOperation):
        exc = exceptions.ParseError("The request cannot be read.")
    if isinstance(exc, exceptions.APIException):
        return _from_framework(exc)
    if trouble(exc):
        detail = "The system is busy. It is safe to send the request again, with the same key."
        return 503, "busy", detail, [], {"Retry-After": "1"}
    return None


def _from_core(exc: core.DomainError) -> Found:
    retry_after = getattr(exc, "retry_after", None)
    fallback = 400 if retry_after is None else 429
    status = next((status for kind, status in _STATUS if isinstance(exc, kind)), fallback)
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    errors = [
        {"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in exc.errors
    ]
    return status, exc.code, exc.detail, errors, headers


def _from_framework(exc: exceptions.APIException) -> Found:
    headers: dict[str, str] = {}
    if header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_flat(exc.detail))
        first = errors[0]
        more = f" ({len(errors)} problems in all)" if len(errors) > 1 else ""
        return 400, first["code"], f"{_named(first)}{more}", errors, headers
    code = _CODES.get(exc.status_code) or str(exc.default_code)
    return exc.status_code, code, str(exc.detail), [], headers


def _flat(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """The errors of a serializer in a flat list; rows are known by their index."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            step = "" if key == "non_field_errors" else f"/{_escaped(str(key))}"
            yield from _flat(value, pointer + step)
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            inner = f"{pointer}/{index}" if isinstance(value, Mapping | list) else pointer
            yield from _flat(value, inner)
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield {"pointer": pointer, "code": code, "detail": str(detail)}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _named(error: Mapping[str, str]) -> str:
    field = error["pointer"].lstrip("/")
    return f"{field}: {error['detail']}" if field else error["detail"]


def _show_in_form(form: Any, errors: Sequence[Mapping[str, str]]) -> None:
    """Put the core's refusals beside the fields they are about."""
    if not hasattr(form, "_errors") or form._errors:
        return
    form._errors = {}
    for error in errors:
        steps = [step for step in error["pointer"].split("/") if step] or ["non_field_errors"]
        at = form._errors
        for step in steps[:-1]:
            at = at.setdefault(int(step) if step.isdigit() else step, {})
        if isinstance(at, dict):
            at.setdefault(steps[-1], [])
            if isinstance(at[steps[-1]], list):
                at[steps[-1]].append(error["detail"])


def renew_pool() -> None:
    """Drop the pool's dead connections at once, instead of one by one as requests meet them."""
    connection.close()
    if pool := getattr(connection, "pool", None):
        pool.check()


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answers for a path that does not exist."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    hint = "" if request.path.endswith("/") else " Addresses end with a slash."
    return refusal(request, 404, "not_found", f"There is nothing at this address.{hint}")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answers for a request that Django itself turns away."""
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    return refusal(request, 400, "invalid", "The request cannot be read.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """The last resort: nothing about the inside leaves; the log has it under the request's id."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    request_id = getattr(request, "request_id", "")
    detail = f"Something went wrong on our side. Please report it with the number {request_id}."
    return refusal(request, 500, "server_error", detail)
