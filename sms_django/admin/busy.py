"""What the back office says when the database cannot do something now but can soon."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from sms_django.api.errors import renew_pool, trouble

BUSY = "The system is busy. Nothing was saved: send it again, it will be entered once only."


def relieved(error: Exception) -> None:
    """Make a lost connection usable again; raises the error if it is none that passes."""
    what = trouble(error)
    if what is None:
        raise error
    if what == "lost":
        renew_pool()


class BusyMiddleware:
    """Answers a page with 503, and how to go on, where it would be an error of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page, unless it is something else or not ours to answer."""
        if request.path.startswith("/api/") or trouble(exception) is None:
            return None
        relieved(exception)
        answer = render(request, "503.html", status=503)
        answer["Retry-After"] = "1"
        return answer
