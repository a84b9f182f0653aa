"""What every request passes before any view: its number, its address, the size of its body."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.common import CommonMiddleware

from sms_django.api.errors import refusal

MAX_BODY = 1024 * 1024
# 5 MB of picture and what multipart puts around it.
MAX_UPLOAD = 5 * 1024 * 1024 + 64 * 1024
_UPLOADS = re.compile(r"/api/v1/((products|variants)/[^/]+/image|company/logo)/")
_LENGTH = re.compile(r"[0-9]{1,18}")
_SANE_ID = re.compile(r"[\x21-\x7e]{1,64}")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """Gives each request a number (or keeps the caller's) that the answer and the log repeat."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        # Bound until this thread's next request: Django logs a refusal after the middlewares.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class NoStoreMiddleware:
    """Lets no cache keep anything about log-ins, also not what no view had a part in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith("/api/v1/auth/"):
            response["Cache-Control"] = "no-store"
        return response


class SlashMiddleware(CommonMiddleware):
    """Sends readers on to the address with a slash at its end, but nobody who brings a body.

    A redirected POST becomes a GET: it would look like a success and have done nothing.
    """

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in {"GET", "HEAD"} and super().should_redirect_with_slash(request)


class BodySizeMiddleware:
    """Turns away, unread, bodies that are too large or do not tell their size."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        return _refused(request) or self.get_response(request)


def _refused(request: HttpRequest) -> HttpResponse | None:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        return refusal(request, 415, "unsupported_encoding", "Send the body uncompressed.")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length:
        if request.headers.get("Transfer-Encoding"):
            return refusal(
                request, 411, "length_required", "Send the body with its Content-Length."
            )
        return None
    if not _LENGTH.fullmatch(length):
        return refusal(request, 400, "invalid", "The Content-Length is no number.")
    upload = _UPLOADS.fullmatch(request.path) is not None
    most = MAX_UPLOAD if upload else MAX_BODY
    if int(length) > most:
        detail = f"The body is larger than {'5 MB' if upload else '1 MB'}."
        return refusal(request, 413, "too_large", detail)
    return None
