"""Whatever goes wrong, the answer is a problem (RFC 9457) that tells nothing about the inside."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.test import APIClient

from sms_core.catalogue.services import BrandService
from sms_core.shared.errors import (
    Conflict,
    DomainError,
    Duplicate,
    Forbidden,
    InUse,
    Invalid,
    NotAuthenticated,
    NotFound,
    RuleBroken,
    Stale,
    Unknown,
    gathered,
)
from sms_django.api.middleware import BodySizeMiddleware
from tests.adapters.api.conftest import ApiAs

BRANDS = "/api/v1/brands/"
PARTS = {"type", "title", "status", "code", "detail", "instance", "errors"}


def assert_problem(answer: Any, status: int, code: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["X-Request-ID"]
    problem: dict[str, Any] = answer.json()
    assert set(problem) == PARTS
    assert problem["status"] == status
    assert problem["type"].endswith(problem["code"])
    assert problem["errors"]
    assert all(set(error) == {"pointer", "code", "detail"} for error in problem["errors"])
    if code is not None:
        assert problem["code"] == code
    return problem


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the list of brands raise something."""

    def refuse(error: BaseException) -> None:
        def search(*_: Any, **__: Any) -> Any:
            raise error

        monkeypatch.setattr(BrandService, "search", search)

    return refuse


class Throttled(DomainError):
    """Like those of the log-in."""

    retry_after = 17


class InProgress(Conflict):
    """Like that of a key in use."""

    retry_after = 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Invalid("no"), 400),
        (Unknown("no"), 400),
        (Forbidden("no"), 403),
        (NotFound("no"), 404),
        (Conflict("no"), 409),
        (Duplicate("no"), 409),
        (InUse("no"), 409),
        (Stale("no"), 412),
        (RuleBroken("no"), 422),
    ],
)
def test_each_kind_of_refusal_has_its_status(
    api: APIClient, refusing: Any, error: DomainError, status: int
) -> None:
    refusing(error)

    problem = assert_problem(api.get(BRANDS), status, error.code)

    assert problem["detail"] == "no"
    assert problem["instance"] == BRANDS


def test_not_authenticated_says_how_to(api: APIClient, refusing: Any) -> None:
    refusing(NotAuthenticated("Who are you?"))

    answer = api.get(BRANDS)

    assert_problem(answer, 401)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_refusal_that_ends_says_when(api: APIClient, refusing: Any) -> None:
    refusing(Throttled("Slow down.", code="throttled"))
    answer = api.get(BRANDS)
    assert_problem(answer, 429, "throttled")
    assert answer["Retry-After"] == "17"

    refusing(InProgress("Still running.", code="in_progress"))
    answer = api.get(BRANDS)
    assert_problem(answer, 409, "in_progress")
    assert answer["Retry-After"] == "1"


def test_several_refusals_come_together_with_the_status_of_the_gravest(
    api: APIClient, refusing: Any
) -> None:
    refusing(
        gathered(
            [
                RuleBroken("too fine", code="too_fine", pointer="/lines/0/quantity"),
                Conflict("only 3 in stock", code="insufficient_stock", pointer="/lines/1/quantity"),
            ]
        )
    )

    problem = assert_problem(api.get(BRANDS), 409, "insufficient_stock")

    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/lines/0/quantity", "too_fine"),
        ("/lines/1/quantity", "insufficient_stock"),
    ]


def test_without_a_log_in_it_is_401(db: None) -> None:
    for answer in (
        APIClient().get(BRANDS),
        APIClient().post(BRANDS, {"name": "x"}),
        APIClient().delete(f"{BRANDS}1/"),
        APIClient().get("/api/v1/"),
    ):
        assert_problem(answer, 401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing/", "/api/v2/", "/api/v1/brands/1/x/"])
def test_an_unknown_path_is_a_problem_too(api: APIClient, path: str) -> None:
    problem = assert_problem(api.get(path), 404, "not_found")
    assert problem["instance"] == path


def test_an_order_to_an_address_without_its_slash_is_not_lost_in_a_redirect(api: APIClient) -> None:
    problem = assert_problem(api.post("/api/v1/brands", {"name": "x"}), 404, "not_found")

    assert "slash" in problem["detail"]
    assert api.get("/api/v1/brands")["Location"] == BRANDS


def test_the_wrong_method_says_which_are_right(api: APIClient) -> None:
    answer = api.delete(BRANDS)

    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer["Allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}


def test_an_answer_nobody_can_give_is_406(api: APIClient) -> None:
    assert_problem(api.get(BRANDS, HTTP_ACCEPT="application/xml"), 406)
    assert_problem(api.get(f"{BRANDS}?format=xml"), 404)


def test_a_body_of_another_kind_is_415(api: APIClient) -> None:
    assert_problem(api.post(BRANDS, "<x/>", content_type="application/xml"), 415)
    assert_problem(api.post(BRANDS, "x", content_type="text/plain"), 415)
    zipped = api.post(
        BRANDS, b"\x1f\x8b", content_type="application/json", HTTP_CONTENT_ENCODING="gzip"
    )
    assert_problem(zipped, 415, "unsupported_encoding")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nothing",
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "\\u006eame": "b"}',
        b'{"x": {"y": 1, "y": 2}}',
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": -Infinity}',
        b'{"name": "\\ud800"}',
        b'{"\\udfff": "x"}',
        b'{"name": "\xff\xfe"}',
        b'\xef\xbb\xbf{"name": "x"}',
        b'{"name": "a\nb"}',
        b'["name"]',
        b'"name"',
        b"7",
        b"null",
        b"true",
        b'{"name": ' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"name":' + b"[" * 32 + b"]" * 32 + b"}",
    ],
)
def test_a_body_that_is_not_one_readable_object_is_400(api: APIClient, body: bytes) -> None:
    assert_problem(api.post(BRANDS, body, content_type="application/json"), 400, "invalid")
    assert api.get(BRANDS).json()["count"] == 0


def test_a_whole_surrogate_pair_is_a_character(api: APIClient) -> None:
    body = b'{"name": "\\ud83d\\ude00"}'
    assert api.post(BRANDS, body, content_type="application/json").json()["name"] == "\U0001f600"


def test_a_pointer_escapes_what_would_mislead(api: APIClient) -> None:
    problem = assert_problem(api.post(BRANDS, {"name": "x", "a/b": 1}), 400)
    assert problem["errors"][0]["pointer"] == "/a~1b"


def test_a_large_body_is_refused_unread(api: APIClient) -> None:
    answer = api.post(
        BRANDS, b"{}", content_type="application/json", CONTENT_LENGTH=str(100 * 1024 * 1024)
    )
    assert_problem(answer, 413, "too_large")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_one_megabyte_is_the_limit(api: APIClient) -> None:
    def body(size: int) -> bytes:
        return b'{"name": "x", "description": "' + b" " * (size - 32) + b'"}'

    assert len(body(1024 * 1024)) == 1024 * 1024
    kept = api.post(BRANDS, body(1024 * 1024), content_type="application/json")
    assert kept.status_code == 201
    over = api.post(BRANDS, body(1024 * 1024 + 1), content_type="application/json")
    assert_problem(over, 413)


def test_a_body_of_unknown_length_is_411(api: APIClient) -> None:
    answer = api.generic(
        "POST",
        BRANDS,
        b"",
        content_type="application/json",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
    )
    assert_problem(answer, 411, "length_required")


@pytest.mark.parametrize("length", ["x", "-5", "1e3", "9" * 30])
def test_a_length_that_is_no_length_is_refused(api: APIClient, length: str) -> None:
    answer = api.post(BRANDS, b"{}", content_type="application/json", CONTENT_LENGTH=length)
    assert answer.status_code in {400, 413}


def _postgresql(sqlstate: str | None) -> OperationalError:
    cause = psycopg.OperationalError("boom")
    cause.sqlstate = sqlstate  # type: ignore[misc]
    error = OperationalError("deadlock detected in relation sms_brand")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("sqlstate", ["55P03", "40P01", "40001", "57014", "57P01", "08006", None])
def test_a_database_that_cannot_just_now_is_503(
    api: APIClient, refusing: Any, monkeypatch: pytest.MonkeyPatch, sqlstate: str | None
) -> None:
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr("sms_django.api.errors.renew_pool", lambda: None)
    refusing(_postgresql(sqlstate))

    answer = api.get(BRANDS)

    problem = assert_problem(answer, 503, "busy")
    assert answer["Retry-After"] == "1"
    assert "safe to send the request again, with the same key" in problem["detail"]
    assert "sms_brand" not in answer.content.decode()


def test_a_locked_sqlite_file_is_503(
    api: APIClient, refusing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "vendor", "sqlite")
    refusing(OperationalError("database is locked"))

    assert_problem(api.get(BRANDS), 503, "busy")


def test_a_read_is_repeated_once_when_the_connection_was_lost(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = [InterfaceError("the connection is closed")]
    real = BrandService.search

    def search(self: BrandService, *args: Any, **kwargs: Any) -> Any:
        if lost:
            raise lost.pop()
        return real(self, *args, **kwargs)

    renewed: list[bool] = []
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr("sms_django.api.errors.renew_pool", lambda: renewed.append(True))
    monkeypatch.setattr(BrandService, "search", search)

    assert api.get(BRANDS).status_code == 200
    assert renewed == [True]


def test_a_write_is_not_repeated_when_the_connection_was_lost(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def create(*_: Any, **__: Any) -> Any:
        tries.append(1)
        raise InterfaceError("the connection is closed")

    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr("sms_django.api.errors.renew_pool", lambda: None)
    monkeypatch.setattr(BrandService, "create", create)

    assert_problem(api.post(BRANDS, {"name": "x"}), 503)
    assert tries == [1]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("SECRET-KEY-1234"),
        KeyError("SELECT * FROM sms_user"),
        OperationalError("no such table: sms_brand"),
        RecursionError("SECRET-KEY-1234"),
    ],
)
def test_the_last_resort_tells_nothing_about_the_inside(
    api: APIClient, refusing: Any, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "vendor", "sqlite")
    refusing(error)
    api.raise_request_exception = False

    answer = api.get(BRANDS, HTTP_X_REQUEST_ID="find-me")

    problem = assert_problem(answer, 500, "server_error")
    assert "find-me" in problem["detail"]
    body = answer.content.decode()
    assert not any(word in body for word in ("SECRET", "SELECT", "Traceback", "sms_", ".py"))


@pytest.mark.parametrize("given", ["abc-123", "x" * 64, "a/b:c"])
def test_a_sane_request_id_is_kept(api: APIClient, given: str) -> None:
    assert api.get(BRANDS, HTTP_X_REQUEST_ID=given)["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "ä", 'x"\x7f'])
def test_any_other_request_id_is_replaced(api: APIClient, given: str) -> None:
    made = api.get(BRANDS, HTTP_X_REQUEST_ID=given)["X-Request-ID"]
    assert made != given
    assert len(made) == 32


def test_answers_are_guarded_against_sniffing_and_framing(api: APIClient, api_as: ApiAs) -> None:
    for answer in (
        api.get(BRANDS),
        api.get(BRANDS, HTTP_ACCEPT="text/html"),
        api.get("/api/v1/nothing/"),
        APIClient().get(BRANDS),
    ):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"


def test_no_other_origin_is_let_in(api: APIClient) -> None:
    for method in ("get", "options"):
        answer = getattr(api, method)(BRANDS, HTTP_ORIGIN="https://evil.example")
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_the_browsable_page_stays_a_page_when_refused(api: APIClient) -> None:
    answer = api.post(BRANDS, {"name": ""}, format="multipart", HTTP_ACCEPT="text/html")

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
    assert "must not be empty" in answer.content.decode()


class Pool:
    """Counts how often it was told to look after its connections."""

    checks = 0

    def check(self) -> None:
        self.checks += 1


def test_a_lost_connection_makes_the_pool_look_after_all_of_them(
    api: APIClient, refusing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool()
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(type(connection), "pool", pool, raising=False)

    refusing(_postgresql("55P03"))
    api.get(BRANDS)
    assert pool.checks == 0

    refusing(_postgresql("57P01"))
    api.post(BRANDS, {"name": "x"})
    assert pool.checks == 0
    api.get(BRANDS)
    assert pool.checks == 2  # once for each of the two tries of a read


@pytest.mark.parametrize(
    ("path", "size", "refused"),
    [
        ("/api/v1/products/1/image/", 5 * 1024 * 1024, False),
        ("/api/v1/variants/1/image/", 5 * 1024 * 1024, False),
        ("/api/v1/products/1/image/", 6 * 1024 * 1024, True),
        ("/api/v1/products/1/", 1024 * 1024 + 1, True),
        ("/api/v1/brands/1/image/", 1024 * 1024 + 1, True),
        ("/elsewhere/", 100 * 1024 * 1024, False),
    ],
)
def test_only_pictures_may_be_larger(
    rf: RequestFactory, path: str, size: int, refused: bool
) -> None:
    request = rf.put(path, b"", content_type="image/png", CONTENT_LENGTH=str(size))
    middleware = BodySizeMiddleware(lambda request: HttpResponse("passed"))

    assert middleware(request).status_code == (413 if refused else 200)
