"""The wiring table: every port and its adapter, and the services that stand on them."""

# mypy: disable-error-code="type-abstract"

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, Generic, TypeVar, overload

from django.db import transaction
from injector import Binder, Injector, inject, singleton

from sms_core.catalogue.ports import BrandRepository
from sms_core.catalogue.services import BrandService
from sms_core.shared.ports import Clock, UnitOfWork
from sms_django.gateways.clock import SystemClock
from sms_django.repositories.catalogue import DjangoBrandRepository

T = TypeVar("T")

SERVICES: tuple[type[Any], ...] = (BrandService,)


def adapters(binder: Binder) -> None:
    """One line per port."""
    binder.bind(UnitOfWork, to=transaction.atomic)
    binder.bind(Clock, to=SystemClock, scope=singleton)
    # catalogue
    binder.bind(BrandRepository, to=DjangoBrandRepository, scope=singleton)


def services(binder: Binder) -> None:
    """The core's services, told from here to take their ports from the table above."""
    for service in SERVICES:
        binder.bind(service, to=inject(service), scope=singleton)


_building = Lock()
_overridden: list[Injector] = []


@cache
def _container() -> Injector:
    return Injector([adapters, services], auto_bind=False)


def container() -> Injector:
    """The one injector of this process, built when it is first asked for."""
    if _overridden:
        return _overridden[-1]
    with _building:
        return _container()


@contextmanager
def overridden(*modules: Any) -> Iterator[Injector]:
    """For tests: the same table with other adapters in some places, in all threads."""
    _overridden.append(Injector([adapters, services, *modules], auto_bind=False))
    try:
        yield _overridden[-1]
    finally:
        _overridden.pop()


class Injected(Generic[T]):
    """A class attribute that is the service of this type: `brands = Injected(BrandService)`."""

    def __init__(self, service: type[T]) -> None:
        self.service = service

    @overload
    def __get__(self, instance: None, owner: type) -> Injected[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Injected[T] | T:
        return self if instance is None else container().get(self.service)
