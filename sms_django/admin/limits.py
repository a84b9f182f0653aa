"""What an actor gets to see in the back office: his rows, his columns, his buttons."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.contrib.admin.utils import lookup_spawns_duplicates
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from sms_core.shared.entities import Actor
from sms_core.shared.text import fold
from sms_django.actors import actor_of
from sms_django.admin.filters import VisibleRelatedFilter


class Limits:
    """Shows an actor the rows of his warehouses, and costs only with `cost.view`.

    Every page declares `resource` (whose permission codes rule it), `warehouse_path` (the look-up
    from a row to its warehouse, several for rows between warehouses, or None) and `cost_fields`
    (columns that tell costs or values).
    `group` and `icon` place it in the menu; `menu` adds entries (title, icon, URL name, code);
    those of a page that `leads` come first, and the first of them stand on the overview.
    """

    resource: ClassVar[str]
    warehouse_path: ClassVar[str | tuple[str, ...] | None]
    cost_fields: ClassVar[Collection[str]]
    group: ClassVar[str]
    icon: ClassVar[str] = "list"
    menu: ClassVar[Collection[tuple[str, str, str, str]]] = ()
    leads: ClassVar[bool] = False

    def actor(self, request: HttpRequest) -> Actor:
        """Who is at the keyboard."""
        return actor_of(request)

    def may(self, request: HttpRequest, action: str) -> bool:
        """Whether the actor's roles grant this action on what the page is about."""
        return bool(request.user.has_perm(f"{self.resource}.{action}"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "view")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        seen = self.actor(request).warehouse_ids
        if not self.warehouse_paths or seen is None:
            return rows
        within = self.within(sorted(seen))
        if any(lookup_spawns_duplicates(self.opts, path) for path in self.warehouse_paths):
            return rows.filter(pk__in=self.model._default_manager.filter(within).values("pk"))
        return rows.filter(within)

    @property
    def warehouse_paths(self) -> tuple[str, ...]:
        """The look-ups from a row to its warehouses; none: all see it."""
        path = self.warehouse_path
        return (path,) if isinstance(path, str) else path or ()

    def within(self, warehouse_ids: Iterable[int]) -> Q:
        """The rows of these warehouses; a row between two is in both."""
        seen = list(warehouse_ids)
        return reduce(or_, (Q(**{f"{path}__in": seen}) for path in self.warehouse_paths))

    def choices(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that others may refer to: visible and in use, in the order of the list."""
        rows = self.get_queryset(request).order_by(*(self.get_ordering(request) or ("pk",)))
        return rows.filter(deleted_at=None) if self.archives else rows

    @property
    def archives(self) -> bool:
        """Whether rows of this table can be archived."""
        return any(field.name == "deleted_at" for field in self.opts.get_fields())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if self.archives and _fills_a_form(request):
            queryset = queryset.filter(deleted_at=None)
        term, columns = search_term.strip(), self.get_search_fields(request)
        if not term:
            return queryset, False
        if "\x00" in term:  # PostgreSQL takes none, so no text holds one
            return queryset.none(), False
        found = reduce(or_, (_holds(column, term) for column in columns), Q())
        many = any(lookup_spawns_duplicates(self.opts, column) for column in columns)
        return queryset.filter(found), many

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        related = db_field.is_relation and self.admin_site._registry.get(db_field.related_model)
        if isinstance(related, Limits):
            kwargs.setdefault("queryset", related.choices(request))
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_delete_related = False  # archiving has its own page
        return field

    def hidden(self, request: HttpRequest) -> frozenset[str]:
        """The columns that this actor must not see."""
        may_see = request.user.has_perm("cost.view")
        return frozenset() if may_see else frozenset(self.cost_fields)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return _without(self.hidden(request), super().get_list_display(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        hidden = self.hidden(request)
        return [
            (title, {**options, "fields": _without(hidden, options["fields"])})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        filters = _without(self.hidden(request), super().get_list_filter(request))
        return [self._limited(item) for item in filters]

    def _limited(self, item: Any) -> Any:
        if not isinstance(item, str) or "__" in item:
            return item
        return (item, VisibleRelatedFilter) if self.opts.get_field(item).is_relation else item

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        if self.hidden(request) & set(lookup.split("__")):
            return False
        return bool(super().lookup_allowed(lookup, value, request))


def _fills_a_form(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name == "autocomplete"


def _holds(column: str, term: str) -> Q:
    """The term as it stands somewhere in a column; only `search_text` is folded."""
    if column.endswith("search_text"):
        return Q(**{f"{column}__contains": fold(term)})
    return Q(**{f"{column}__icontains": term})


def _without(hidden: Collection[str], items: Iterable[Any]) -> list[Any]:
    """The items of a list display, a fieldset or a filter list that are not about `hidden`."""
    kept = []
    for item in items:
        if isinstance(item, (list, tuple)) and all(isinstance(part, str) for part in item):
            if row := tuple(part for part in item if part not in hidden):
                kept.append(row)
        elif _subject(item) not in hidden:
            kept.append(item)
    return kept


def _subject(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, (list, tuple)):
        return str(item[0])
    return str(getattr(item, "parameter_name", None) or getattr(item, "__name__", ""))
