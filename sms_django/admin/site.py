"""The frame of the back office: its menu, its label and its first page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sms_core.access.entities import LoginThrottled
from sms_core.shared.errors import DomainError
from sms_django.admin.base import AuthenticationForm, CoreAdmin
from sms_django.admin.limits import Limits

GROUPS = (
    "Buying",
    "Selling",
    "Moving and counting",
    "Stock",
    "Catalogue",
    "Access",
    "System",
)
SHOWN = 6


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu: what the pages say of themselves, as far as the actor may go there."""
    overview = {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}
    work = {"title": "Work", "icon": "task", "link": reverse("work")}
    groups = [{"title": None, "items": [overview, work]}]
    for group in GROUPS:
        # What is done comes first, then what there is, then what is set up once.
        pages = sorted(
            (page for page in _pages() if page.group == group),
            key=lambda page: (not page.leads, isinstance(page, CoreAdmin)),
        )
        items = [item for page in pages for item in _deeds(page, request)]
        items += [item for page in pages for item in _list(page, request)]
        if items:
            groups.append({"title": group, "items": items})
    return _marked(groups, request.path)


def _marked(groups: list[dict[str, Any]], here: str) -> list[dict[str, Any]]:
    """The same, with the one entry marked that leads closest to `here`."""
    items = [item for group in groups for item in group["items"]]
    closest = max((item["link"] for item in items if here.startswith(item["link"])), key=len)
    for item in items:
        item["active"] = item["link"] == closest
    return groups


def deeds(request: HttpRequest) -> list[dict[str, Any]]:
    """What the actor can start with one click: what is done most, from the top of the menu."""
    leading = (page for page in _pages() if page.leads)
    return [item for page in leading for item in _deeds(page, request)][:SHOWN]


def pages_by_group() -> list[Any]:
    """All pages of ours, in the order of the menu's groups."""
    return sorted(_pages(), key=lambda page: GROUPS.index(page.group))


def _pages() -> Iterator[Any]:
    return (page for page in admin.site._registry.values() if isinstance(page, Limits))


def _deeds(page: Any, request: HttpRequest) -> Iterator[dict[str, Any]]:
    for title, icon, url_name, code in page.menu:
        if request.user.has_perm(code):
            yield {"title": title, "icon": icon, "link": reverse(url_name)}


def _list(page: Any, request: HttpRequest) -> Iterator[dict[str, Any]]:
    if page.has_module_permission(request):
        title = page.opts.verbose_name_plural
        link = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
        yield {"title": title[:1].upper() + title[1:], "icon": page.icon, "link": link}


def environment(request: HttpRequest) -> list[str] | None:
    """A label that keeps anybody from trying things out on real stock, and from fearing to."""
    return ["Local", "info"] if settings.LOCAL else None


class LoginForm(AuthenticationForm):  # type: ignore[misc]
    """The log-in; a refusal of the core stands on top of it."""

    error_messages: ClassVar[dict[str, str]] = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Username or password is not right.",
    }

    def clean(self) -> dict[str, Any]:
        try:
            return dict(super().clean())
        except DomainError as refusal:
            self.request.refusal = refusal
            raise ValidationError(refusal.detail) from refusal


def login(request: HttpRequest) -> HttpResponse:
    """The log-in page; to somebody who tried too often it says when to come back."""
    response = admin.site.login(request)
    refusal = getattr(request, "refusal", None)
    if isinstance(refusal, LoginThrottled):
        response.status_code = 429
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response
