"""The page on which people of the back office change their own password, through the core."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from config.container import Injected
from sms_core.access.commands import ChangePassword
from sms_core.access.sessions import SessionService
from sms_core.shared.errors import DomainError
from sms_django.actors import address_of
from sms_django.admin.base import OwnPasswordChangeForm

FIELDS = {"/current_password": "old_password", "/new_password": "new_password1"}


class OwnPasswordForm(OwnPasswordChangeForm):  # type: ignore[misc]
    """The theme's form; the core looks at the old password, and counts the wrong ones."""

    sessions = Injected(SessionService)
    address: str

    def clean_old_password(self) -> str:
        return str(self.cleaned_data["old_password"])

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors:
            self._change()
        return dict(self.cleaned_data)

    def _change(self) -> None:
        command = ChangePassword(
            user_id=self.user.pk,
            current_password=self.cleaned_data["old_password"],
            new_password=self.cleaned_data["new_password1"],
            address=self.address,
        )
        try:
            self.sessions.change_password(command)
        except DomainError as refusal:
            for error in refusal.errors:
                self.add_error(FIELDS.get(error.pointer, "old_password"), error.detail)

    def save(self, commit: bool = True) -> Any:
        """Nothing is left to store; the page's own session goes on with the new password."""
        self.user.refresh_from_db()
        return self.user


def change_own_password(request: HttpRequest) -> HttpResponseBase:
    """The page, for whoever may enter the back office."""
    return admin.site.admin_view(_page)(request)


def _page(request: HttpRequest) -> HttpResponseBase:
    form = type("Form", (OwnPasswordForm,), {"address": address_of(request)})
    view = PasswordChangeView.as_view(
        form_class=form,
        success_url=reverse("admin:password_change_done"),
        extra_context=admin.site.each_context(request),
    )
    return view(request)
