"""The clock of the back office: it shows times as they are where the company is."""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from sms_django.stock_figures import company_zone


class CompanyTimeMiddleware:
    """Renders the pages of the back office in the company's zone; what is stored stays UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.root = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(self.root):
            return self.get_response(request)
        try:
            zone = company_zone()
        except (OperationalError, InterfaceError):
            # The page itself will say that the database is away.
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)
