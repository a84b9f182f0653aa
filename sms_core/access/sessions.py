"""The use cases of logging in, and of the tokens that programs carry."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sms_core.access.commands import ChangePassword, LogIn
from sms_core.access.entities import (
    AccessClaims,
    Account,
    LoginAttempt,
    LoginThrottled,
    Throttle,
    TokenFamily,
    Tokens,
    User,
    is_storable,
)
from sms_core.access.ports import (
    AccessTokens,
    LoginAttemptRepository,
    Passwords,
    TokenFamilyRepository,
    UserRepository,
)
from sms_core.access.services import check_password
from sms_core.shared.errors import Invalid, NotAuthenticated
from sms_core.shared.ports import Clock, UnitOfWork
from sms_core.shared.text import fold, tidy

ACCESS_LIFE = timedelta(minutes=10)
REFRESH_LIFE = timedelta(days=7)


class BadLogin(NotAuthenticated):
    """Nobody learns whether it was the name or the password."""

    code = "bad_login"

    def __init__(self) -> None:
        super().__init__("No active account has this username and password.")


class BadToken(NotAuthenticated):
    """The same words for every token that does not work, whatever is wrong with it."""

    code = "bad_token"

    def __init__(self) -> None:
        super().__init__("The token is not valid, or not any more. Log in again.")


@dataclass(frozen=True)
class SessionService:
    """Log-ins. What a user may do is read anew for every request, never from a token."""

    uow: UnitOfWork
    clock: Clock
    users: UserRepository
    families: TokenFamilyRepository
    attempts: LoginAttemptRepository
    passwords: Passwords
    tokens: AccessTokens

    def authenticate(self, command: LogIn) -> Account:
        """Who this is; raises BadLogin, after the same time whatever is wrong, LoginThrottled."""
        key = _account_key(command.username)
        account = self._find(command.username)
        attempt_id = self._admit(key, command.address)
        matches = self._matches(command.password, account.user if account else None)
        if account is None or not account.user.is_active or not matches:
            self.attempts.mark_failed(attempt_id)
            raise BadLogin
        self.attempts.forget(account=key, address=command.address)
        self.users.note_log_in(account.user.id, self.clock.now())
        return account

    def log_in(self, command: LogIn) -> Tokens:
        """Tokens for a program; raises BadLogin, LoginThrottled."""
        user = self.authenticate(command).user
        key, secret = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        self.families.add(
            TokenFamily(
                key=key,
                digest=_digest(secret),
                user_id=user.id,
                token_version=user.token_version,
                expires_at=self.clock.now() + REFRESH_LIFE,
            )
        )
        return self._pair(user.id, user.token_version, f"{key}.{secret}")

    def refresh(self, token: str) -> Tokens:
        """A new pair for the newest refresh token of a family; raises BadToken.

        Any other token of the family is a replay: somebody else may hold a copy, so all of it
        ends. That is committed before the refusal is raised.
        """
        with self.uow:
            pair = self._rotated(token)
        if pair is None:
            raise BadToken
        return pair

    def revoke(self, token: str) -> None:
        """Log a program out; what is no token of ours is as good as revoked."""
        if _readable(token):
            self.families.revoke(token.partition(".")[0], self.clock.now())

    def account_of_token(self, token: str) -> Account:
        """Whose access token this is, as he is now; raises BadToken."""
        try:
            claims = self.tokens.read(token)
        except NotAuthenticated:
            raise BadToken from None
        account = self.account(claims.user_id)
        if account is None or account.user.token_version != claims.token_version:
            raise BadToken
        return account

    def account(self, user_id: int) -> Account | None:
        """The user as he is now, None when he may not enter (any more)."""
        account = self.users.find_account(user_id)
        return account if account and account.user.is_active else None

    def change_password(self, command: ChangePassword) -> None:
        """Change one's own password, which ends all sessions; raises Invalid, LoginThrottled."""
        user = self.users.get(command.user_id)
        key = _account_key(user.username)
        attempt_id = self._admit(key, command.address)
        if not self._matches(command.current_password, user):
            self.attempts.mark_failed(attempt_id)
            raise Invalid(
                "This is not your current password.",
                code="wrong_password",
                pointer="/current_password",
            )
        self.attempts.forget(account=key, address=command.address)
        with self.uow:
            user = self.users.get_for_update(command.user_id)
            check_password(command.new_password, user, self.passwords, field="new_password")
            user.set_password(self.passwords.scramble(command.new_password))
            self.users.save(user)

    def purge(self) -> int:
        """Forget what has no effect any more: expired families, old attempts; how many."""
        now = self.clock.now()
        with self.uow:
            return self.families.purge(now) + self.attempts.purge(now - Throttle.WINDOW)

    def _find(self, username: str) -> Account | None:
        try:
            return self.users.find_account_by_username(tidy(username, "username"))
        except Invalid:
            return None

    def _matches(self, password: str, user: User | None) -> bool:
        """Whether it is the user's password; False for nobody, but not sooner."""
        typed = password if is_storable(password) else ""
        return self.passwords.matches(typed, user.password_hash if user else None)

    def _admit(self, account: str, address: str) -> int:
        """Note an attempt, unless there were too many; its id. Raises LoginThrottled.

        It is committed before the slow look at the password: many at once do not slip through,
        and the count stays when the answer is a refusal.
        """
        now = self.clock.now()
        with self.uow:
            self.attempts.lock(address)
            earlier = self.attempts.since(address, now - Throttle.WINDOW)
            wait = Throttle.wait(earlier, account=account, now=now)
            if not wait:
                return self.attempts.add(LoginAttempt(account=account, address=address, at=now))
        raise LoginThrottled(wait)

    def _rotated(self, token: str) -> Tokens | None:
        """The new pair, None when the token is refused: then its family is revoked."""
        if not _readable(token):
            return None
        key, _, old = token.partition(".")
        now, new = self.clock.now(), secrets.token_urlsafe(32)
        family = self.families.rotate(
            key, old=_digest(old), new=_digest(new), at=now, expires_at=now + REFRESH_LIFE
        )
        account = self.account(family.user_id) if family else None
        if family is None or account is None or account.user.token_version != family.token_version:
            self.families.revoke(key, now)
            return None
        return self._pair(family.user_id, family.token_version, f"{key}.{new}")

    def _pair(self, user_id: int, token_version: int, refresh: str) -> Tokens:
        now = self.clock.now()
        claims = AccessClaims(
            user_id=user_id,
            token_version=token_version,
            issued_at=now,
            expires_at=now + ACCESS_LIFE,
        )
        return Tokens(
            access=self.tokens.sign(claims),
            refresh=refresh,
            expires_in=int(ACCESS_LIFE.total_seconds()),
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()


def _account_key(username: str) -> str:
    """What failed log-ins are counted under: any text may be typed as a name."""
    return hashlib.sha256(fold(username.strip()).encode("utf-8", "replace")).hexdigest()


def _readable(token: str) -> bool:
    return token.isascii() and token.isprintable() and len(token) <= 200 and "." in token
