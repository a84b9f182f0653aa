"""The use cases of roles and users: who may do what, and who decides it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sms_core.access.commands import ChangeUser, CreateUser
from sms_core.access.entities import (
    LastOwner,
    Role,
    User,
    check_password_length,
    require_reach,
    system_actor,
)
from sms_core.access.permissions import CATALOGUE, DELIVERED_ROLES, OWNER, Permission
from sms_core.access.ports import (
    Passwords,
    RoleFilter,
    RoleRepository,
    UserFilter,
    UserRepository,
    Warehouses,
)
from sms_core.shared.entities import UNSET, Actor, Change, Unset
from sms_core.shared.errors import DomainError, Invalid, NotFound, Unknown, gathered
from sms_core.shared.services import MasterDataService


@dataclass(frozen=True)
class RoleService(MasterDataService[Role, RoleFilter]):
    """Roles: bundle permissions; nobody touches a role that may more than he himself."""

    resource = "role"
    entity = Role

    repository: RoleRepository
    users: UserRepository

    def permissions(self, *, by: Actor) -> Sequence[Permission]:
        """All permissions there are, in the order of the catalogue."""
        by.require("role.view")
        return CATALOGUE

    def permission(self, code: str, *, by: Actor) -> Permission:
        """The permission with this code; raises NotFound."""
        for permission in self.permissions(by=by):
            if permission.code == code:
                return permission
        raise NotFound(f"There is no permission {code!r}.")

    def make_delivered(self) -> None:
        """Make the delivered roles that are missing; what the owner changed stays.

        Only the owner role is kept up to date: it holds what a new version adds.
        """
        with self.uow:
            there = self.repository.delivered()
            for role in DELIVERED_ROLES:
                if role.name not in there:
                    self.repository.add(
                        Role(
                            name=role.name,
                            label=role.label,
                            description=role.description,
                            permissions=tuple(role.permissions),
                            delivered_as=role.name,
                        )
                    )
                elif role.name == OWNER:
                    self._complete(there[OWNER].id, role.permissions)

    def _complete(self, id: int, permissions: Collection[str]) -> None:
        owner = self.repository.get_for_update(id)
        if set(owner.permissions) != set(permissions):
            owner.change(permissions=tuple(permissions))
            self.repository.save(owner)

    def guard(self, entities: Sequence[Role], *, by: Actor) -> None:
        # A role acts in all warehouses of all who have it: no matter for somebody limited to some.
        for role in entities:
            require_reach(by, permissions=role.permissions, warehouse_ids=None)

    def check(self, entity: Role, *, by: Actor) -> None:
        require_reach(by, permissions=entity.permissions)

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        owner_id = self.repository.delivered()[OWNER].id
        counts = self.users.count_by_role(set(ids) - {owner_id})  # it is refused by `archive`
        return {id: f"{n} user{'' if n == 1 else 's'}" for id, n in counts.items()}

    def archive(self, ids: Collection[int]) -> None:
        if self.repository.delivered()[OWNER].id in ids:
            raise LastOwner("The owner role cannot be archived: somebody must be able to do all.")
        super().archive(ids)


@dataclass(frozen=True)
class UserService(MasterDataService[User, UserFilter]):
    """Users: nobody gives what he has not, and one owner always remains."""

    resource = "user"
    entity = User

    repository: UserRepository
    roles: RoleRepository
    warehouses: Warehouses
    passwords: Passwords

    def create(self, command: CreateUser, *, by: Actor) -> User:
        """Take a user in; raises Invalid, Unknown, Forbidden (beyond the actor), Duplicate."""
        by.require("user.add")
        values = {name: value for name, value in vars(command).items() if name != "password"}
        with self.uow:
            user = User(**values)
            self._check_references(command, by=by)
            self.check(user, by=by)
            self._set_password(user, command.password)
            self.repository.add(user)
        return user

    def change(self, command: Change, *, by: Actor) -> User:
        """Change a user; raises as `create` does, and NotFound, Stale, LastOwner."""
        by.require("user.change")
        with self.uow:
            user = self.repository.get_for_update(command.id)
            user.expect_version(command.version)
            self.guard([user], by=by)
            values = command.values()
            password = values.pop("password", UNSET)
            self._check_references(command, before=user, by=by)
            was_owner = self._is_owner(user)
            user.change(**values)
            self.check(user, by=by)
            if was_owner and not self._is_owner(user):
                self._require_owner_besides([user.id])
            self._set_password(user, password)
            self.repository.save(user)
        return user

    def restore(self, id: int, *, by: Actor) -> User:
        """Bring a user back with those of his roles that are still there; raises NotFound."""
        by.require("user.delete")
        with self.uow:
            user = self.repository.get_archived_for_update(id)
            user.restore()
            user.change(role_ids=tuple(self.roles.hold(user.role_ids)))
            self.check(user, by=by)
            self.repository.save(user)
        return user

    def is_first_start(self) -> bool:
        """Whether there never was a user."""
        return self.repository.is_empty()

    def make_owner(self, *, username: str, password: str, email: str = "") -> User:
        """Take in somebody who may do everything, by order of whoever runs the machine."""
        owner_role = self.roles.delivered()[OWNER]
        return self.create(
            CreateUser(
                username=username, password=password, email=email, role_ids=(owner_role.id,)
            ),
            by=system_actor(),
        )

    def guard(self, entities: Sequence[User], *, by: Actor) -> None:
        for user in entities:
            self.check(user, by=by)

    def check(self, entity: User, *, by: Actor) -> None:
        """The actor must have all that the user may do, before and after what he changes."""
        roles = self.roles.hold(entity.role_ids).values()
        granted = {code for role in roles for code in role.permissions}
        require_reach(by, permissions=granted, warehouse_ids=entity.warehouse_ids)

    def archive(self, ids: Collection[int]) -> None:
        users = self.repository.lock_for_archiving(ids)
        if any(self._is_owner(user) for user in users):
            self._require_owner_besides(ids)
        for user in users:
            user.archive(self.clock.now())
            self.repository.save(user)

    def _is_owner(self, user: User) -> bool:
        owner_role = self.roles.delivered()[OWNER]
        return user.is_active and user.warehouse_ids is None and owner_role.id in user.role_ids

    def _require_owner_besides(self, ids: Collection[int]) -> None:
        # The lock makes two owners who leave at once take turns: the second one is the last.
        owner_role = self.roles.get_for_update(self.roles.delivered()[OWNER].id)
        if not self.repository.has_owner_besides(ids, owner_role_id=owner_role.id):
            raise LastOwner(
                "This is the last active owner: make somebody else an owner first,"
                " with no limit to warehouses."
            )

    def _set_password(self, user: User, password: str | Unset) -> None:
        if isinstance(password, Unset):
            return
        check_password(password, user, self.passwords, field="password")
        user.set_password(self.passwords.scramble(password))

    def _check_references(
        self, command: CreateUser | Change, *, by: Actor, before: User | None = None
    ) -> None:
        """Raise Unknown for ids that name nothing live; what the user had already may stay."""
        if not isinstance(command, CreateUser | ChangeUser):
            return
        role_ids = () if isinstance(command.role_ids, Unset) else command.role_ids
        limits = command.warehouse_ids
        warehouse_ids = () if limits is None or isinstance(limits, Unset) else limits
        # Asked first, so that the answer does not tell which other warehouses there are.
        require_reach(by, permissions=(), warehouse_ids=warehouse_ids)
        known_warehouses = self.warehouses.existing(warehouse_ids) if warehouse_ids else frozenset()
        known_roles = frozenset(self.roles.hold(role_ids))
        errors = [
            *unknown(role_ids, known_roles, field="role_ids"),
            *unknown(
                warehouse_ids,
                known_warehouses | frozenset((before and before.warehouse_ids) or ()),
                field="warehouse_ids",
            ),
        ]
        if errors:
            raise gathered(errors)


def unknown(ids: Sequence[int], known: Collection[int], *, field: str) -> list[DomainError]:
    """An error for each of `ids` that is not known, pointing at it."""
    words = field.removesuffix("_ids")
    return [
        Unknown(f"There is no {words} {id}.", pointer=f"/{field}/{n}")
        for n, id in enumerate(ids)
        if id not in known
    ]


def check_password(password: str, user: User, passwords: Passwords, *, field: str) -> None:
    """Raise Invalid, with every reason, unless this is a good password for the user."""
    check_password_length(password, field=field)
    reasons = passwords.weaknesses(password, user)
    if reasons:
        raise gathered(
            Invalid(reason, code="weak_password", pointer=f"/{field}") for reason in reasons
        )
