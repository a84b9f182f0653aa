"""Who is asking, and from where: the same answer for the API, the back office and the log-in."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from config.container import container
from sms_core.access.entities import Account
from sms_core.access.sessions import SessionService
from sms_core.shared.entities import Actor
from sms_core.shared.errors import NotAuthenticated
from sms_django import models


def actor_of(request: Any) -> Actor:
    """The user of the request with his rights as they are now; raises NotAuthenticated."""
    account = account_of(request.user)
    if account is None:
        raise NotAuthenticated("Log in first.")
    return account.actor(getattr(request, "request_id", ""))


def account_of(user: Any) -> Account | None:
    """What the core knows about Django's user, asked once; None for those who may not enter."""
    if not isinstance(user, models.User) or not user.is_active:
        return None
    if user.account is None:
        user.account = container().get(SessionService).account(user.pk)
    return user.account


def user_of(account: Account) -> models.User:
    """Django's user for an account, without asking the database again."""
    user = account.user
    made = models.User(
        id=user.id,
        version=user.version,
        username=user.username,
        password=user.password_hash,
        first_name=user.first_name,
        last_name=user.last_name,
        email=user.email,
        phone=user.phone,
        is_active=user.is_active,
        token_version=user.token_version,
        warehouse_ids=user.warehouse_ids,
        last_login=user.last_login,
    )
    made.account = account
    made._state.adding = False
    made._state.db = "default"
    return made


def address_of(request: HttpRequest) -> str:
    """The network address that a request comes from.

    Each of our own proxies appends the address that it saw to `X-Forwarded-For`; what stands
    before those entries was written by the client and means nothing.
    """
    seen = request.META.get("REMOTE_ADDR") or "unknown"
    proxies = settings.SMS_TRUSTED_PROXIES
    if proxies:
        entries = [entry.strip() for entry in request.headers.get("X-Forwarded-For", "").split(",")]
        seen = (entries[-proxies] if len(entries) >= proxies else "") or seen
    return _network(seen)


def _network(address: str) -> str:
    """An address as log-ins are counted by: of IPv6 the network, which one customer has whole."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))
