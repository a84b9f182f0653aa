"""Django's questions about users, answered by the core: who is this, and what may he do?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from config.container import container
from sms_core.access.commands import LogIn
from sms_core.access.permissions import ALL_CODES
from sms_core.access.sessions import BadLogin, SessionService
from sms_django import models
from sms_django.actors import account_of, address_of, user_of

# Tables that are ruled by the permissions of something else.
_RESOURCES = {code.split(".")[0].replace("_", ""): code.split(".")[0] for code in ALL_CODES} | {
    "variant": "product",
    "barcode": "product",
}
_CODES = {
    **{f"view_{table}": "stock.view" for table in ("level", "bin", "posting", "entry", "lot")},
    **{f"{deed}_lot": "stock.adjust" for deed in ("add", "change")},
}
_OPEN = {"view_company"}


class RoleBackend(BaseBackend):
    """The one backend: log-ins are counted, rights come from roles, nothing goes round them."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> models.User | None:
        """The user with this password; raises LoginThrottled after too many failures."""
        if username is None or password is None:
            return None
        address = address_of(request) if request is not None else "local"
        command = LogIn(username=username, password=password, address=address)
        try:
            return user_of(container().get(SessionService).authenticate(command))
        except BadLogin:
            return None

    def get_user(self, user_id: int) -> models.User | None:
        account = container().get(SessionService).account(user_id)
        return user_of(account) if account else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        account = account_of(user_obj)
        return set(account.permissions) if account else set()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Knows both spellings: `brand.view` as the core's, `sms.view_brand` as Django's."""
        account = account_of(user_obj)
        if account is None:
            return False
        app, _, deed = perm.partition(".")
        if app == "sms" and deed in _OPEN:
            return True
        code = perm if app != "sms" else _core_code(deed)
        return code in account.permissions

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        account = account_of(user_obj)
        return app_label == "sms" and account is not None and bool(account.roles)


def _core_code(deed: str) -> str | None:
    verb, _, table = deed.partition("_")
    return _CODES.get(deed) or (f"{_RESOURCES[table]}.{verb}" if table in _RESOURCES else None)
