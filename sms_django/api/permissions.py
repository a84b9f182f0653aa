"""Who may take which action: each view declares it, one class asks."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from sms_core.shared.errors import NotFound
from sms_django.api.authentication import actor_of

ANYONE = "anyone"  # no log-in needed
LOGGED_IN = "logged in"  # whoever has an account


class DeclaredPermission(BasePermission):
    """Asks the actor for the permission that the view declares for the action.

    The core checks again and has the last word; asking here first means that nothing is parsed
    for those who may not, and that the browsable API draws only the forms one may send.
    """

    message = "You lack the permission to do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        code = view.permission_for(view.action)
        if code is None or code == ANYONE:
            return True
        if not request.user.is_authenticated:
            return False
        if code == LOGGED_IN:
            return True
        actor = actor_of(request)
        if view.lookup_url_kwarg_name in view.kwargs and not actor.may(f"{view.resource}.view"):
            raise NotFound("There is nothing here.")
        self.message = f"You lack the permission {code}."
        return actor.may(code)
