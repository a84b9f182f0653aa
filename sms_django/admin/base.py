"""The bases of all pages of the back office; the theme is reached through this module alone.

An admin page is a driving adapter: it reads tables, limited to what the actor may see, and writes
through the core's services. A refusal leaves the view as an exception, so that the view's own
transaction rolls back, and is shown on the page that the clerk came from.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import TextField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold import widgets
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import AdminOwnPasswordChangeForm as OwnPasswordChangeForm
from unfold.forms import AuthenticationForm
from unfold.views import ChangeList, UnfoldModelAdminViewMixin

from sms_core.shared.errors import DomainError
from sms_django.admin.archiving import Archiving
from sms_django.admin.forms import CoreForm, refused
from sms_django.admin.limits import Limits
from sms_django.models.base import ScaledDecimalField

__all__ = [
    "AuthenticationForm",
    "CoreAdmin",
    "DecimalInput",
    "LimitedAdmin",
    "OwnPasswordChangeForm",
    "ReadOnlyAdmin",
    "TabularInline",
    "UnfoldModelAdminViewMixin",
    "display",
    "widgets",
    "written",
]


MONEY = ("price",)  # besides the cost fields


def written(value: Decimal, *, money: bool = False) -> str:
    """A decimal as people write it: 7, 11.90 and 0.125; as money 7.00."""
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction:0<2}" if fraction or money else whole


class DecimalInput(widgets.UnfoldAdminDecimalFieldWidget):  # type: ignore[misc]
    """A field for decimals."""

    def format_value(self, value: Any) -> str | None:
        return written(value) if isinstance(value, Decimal) else super().format_value(value)


class Figure:
    """A column of decimals in a list."""

    def __init__(self, field: ScaledDecimalField, *, money: bool) -> None:
        self.money = money
        self.__name__ = self.admin_order_field = field.name
        self.short_description = field.verbose_name

    def __call__(self, row: Any) -> str | None:
        value = getattr(row, self.__name__)
        return None if value is None else written(value, money=self.money)


class Rows(ChangeList):  # type: ignore[misc]
    """A list; names and codes sort by their folded twins, as everywhere else, and what a row
    refers to by its code or name."""

    def get_ordering_field(self, field_name: Any) -> Any:
        field = super().get_ordering_field(field_name)
        columns = {column.name: column for column in self.lookup_opts.get_fields()}
        if f"{field}_key" in columns:
            return f"{field}_key"
        related = getattr(columns.get(field), "related_model", None)
        known = {column.name for column in related._meta.get_fields()} if related else set()
        keys = (f"{field}__{key}" for key in ("code_key", "name_key") if key in known)
        return next(keys, field)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.filter_params:
            self.full_result_count = self.result_count  # nothing is left out, so no "show all"


class LimitedAdmin(Limits, ModelAdmin):  # type: ignore[misc]
    """A page that shows what its actor may see; subclasses declare what `Limits` asks for."""

    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    formfield_overrides: ClassVar[Any] = {
        TextField: {"widget": widgets.UnfoldAdminTextareaWidget(attrs={"rows": 4})},
        ScaledDecimalField: {"widget": DecimalInput},
    }

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Rows

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        figures = {f.name: f for f in self.opts.fields if isinstance(f, ScaledDecimalField)}
        columns = super().get_list_display(request)
        money = {*self.cost_fields, *MONEY}
        return [
            Figure(figures[name], money=name in money) if name in figures else name
            for name in columns
        ]

    def url(self, page: str, *args: Any) -> str:
        """The address of one of this table's pages."""
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=args)


class ReadOnlyAdmin(LimitedAdmin):
    """A page to look at: facts are written by postings and changed by nobody."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CoreAdmin(Archiving, LimitedAdmin):
    """Pages of master data: every write is a use case of `service`.

    Subclasses name the service and its two commands; where that is not enough they override
    `create` and `update`.
    """

    service: ClassVar[Any]
    create_command: ClassVar[type[Any]]
    change_command: ClassVar[type[Any]]
    form = CoreForm
    warn_unsaved_form = True

    def create(self, request: HttpRequest, values: dict[str, Any]) -> int:
        """Tell the core to make one; its id."""
        made = self.service.create(self.create_command(**values), by=self.actor(request))
        return int(made.id)

    def update(
        self, request: HttpRequest, id: int, version: int | None, values: dict[str, Any]
    ) -> None:
        """Tell the core what changed."""
        command = self.change_command(id=id, version=version, **values)
        self.service.change(command, by=self.actor(request))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        values = form.values(changed_only=change)
        if change:
            self.update(request, obj.pk, form.cleaned_data.get("version"), values)
        else:
            obj.pk = self.create(request, values)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: the command held the references, and inlines only show."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        refusal = getattr(request, "refusal", None)
        return refused(form, refusal) if refusal else form

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changelist_view(request, *args, **kwargs)
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return redirect(request.get_full_path())
