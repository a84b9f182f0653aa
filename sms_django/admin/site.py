"""The frame of the back office: its menu, its label and its first page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from sms_django.admin.limits import Limits

GROUPS = ("Stock", "Catalogue", "Access", "System")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu: what the pages say of themselves, as far as the actor may go there."""
    overview = {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}
    groups = [{"title": None, "items": [overview]}]
    for group in GROUPS:
        items = [item for page in _pages(group) for item in _items(page, request)]
        if items:
            groups.append({"title": group, "items": items})
    return groups


def _pages(group: str) -> Iterator[Any]:
    for page in admin.site._registry.values():
        if isinstance(page, Limits) and page.group == group:
            yield page


def _items(page: Any, request: HttpRequest) -> Iterator[dict[str, Any]]:
    for title, icon, url_name, code in page.menu:
        if request.user.has_perm(code):
            yield {"title": title, "icon": icon, "link": reverse(url_name)}
    if page.has_module_permission(request):
        title = page.opts.verbose_name_plural
        link = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
        yield {"title": title[:1].upper() + title[1:], "icon": page.icon, "link": link}


def environment(request: HttpRequest) -> list[str] | None:
    """A label that keeps anybody from trying things out on real stock, and from fearing to."""
    return ["Local", "info"] if settings.LOCAL else None
