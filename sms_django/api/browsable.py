"""The API in a browser: DRF's pages with forms that can do everything a program can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from sms_django.api.once import FORM_PARAMETER


class _FreshKey:
    """The request as the page's forms see it: what they send carries an idempotency key.

    A form cannot send headers; so the key stands in the address that it posts to.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._path = replace_query_param(request.get_full_path(), FORM_PARAMETER, uuid4().hex)

    def get_full_path(self) -> str:
        return self._path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


class BrowsableRenderer(BrowsableAPIRenderer):
    """Draws the page; `view.idempotent` names the actions whose forms need a key."""

    def get_context(
        self, data: Any, accepted_media_type: str | None, renderer_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        context = super().get_context(data, accepted_media_type, renderer_context)
        view, request = renderer_context["view"], renderer_context["request"]
        actions = set(getattr(view, "action_map", {}).values())
        if actions & set(getattr(view, "idempotent", ())):
            context["request"] = _FreshKey(request)
        return context

    def get_filter_form(self, data: Any, view: Any, request: Request) -> str | None:
        if not hasattr(view, "list_filter"):
            return None
        if isinstance(data, Mapping) and data.get("status") == 400:
            data = []  # what was asked wrong can be asked again
        form: str | None = super().get_filter_form(data, view, request)
        return form
