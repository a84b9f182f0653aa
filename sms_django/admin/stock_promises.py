"""Promises in the back office: made, released, sent; and what is open of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.container import Injected
from sms_core.shared.errors import NotFound
from sms_core.stock.commands import ReleaseReservation, ReserveStock, ShipReservation
from sms_core.stock.kinds import Kind
from sms_core.stock.picking import plain
from sms_core.stock.reservations import ReservationService
from sms_core.stock.views import PostingView
from sms_django import models
from sms_django.admin import stock_order_forms as forms
from sms_django.admin.base import ReadOnlyAdmin, display
from sms_django.admin.stock_links import explained
from sms_django.admin.stock_orders import OrderView
from sms_django.admin.stock_typed import Typed, Values, filled_in

_LINK = '<a href="{}" class="sms-why">{}</a>'


class ReserveView(OrderView):
    """Promise goods to somebody."""

    reservations = Injected(ReservationService)
    title, verb, kind = "Reserve goods", "Reserve", Kind.RESERVATION
    permission_required = ("stock.reserve",)
    head_form = forms.ReservationForm

    def carry_out(self, head: Values, lines: list[Values]) -> PostingView:
        head, _ = Typed(self.stock, self.actor, head).checked()
        return self.reservations.reserve(filled_in(ReserveStock, head), by=self.actor)


class OfReservation(OrderView):
    """A page about one reservation that the actor sees."""

    reservations = Injected(ReservationService)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        try:
            self.reservation = self.reservations.get(kwargs["id"], by=self.actor)
        except NotFound as missing:
            raise Http404(missing.detail) from None
        code = models.Variant.objects.values_list("code", flat=True).get(
            pk=self.reservation.variant_id
        )
        whom = f" for {self.reservation.purpose}" if self.reservation.purpose else ""
        self.title = f"{self.verb} {plain(self.reservation.open_quantity)} {code}{whom}"


class ReleaseView(OfReservation):
    """Take a promise back, or a part of it."""

    verb, kind = "Release", Kind.RELEASE
    permission_required = ("stock.reserve",)
    head_form = forms.ReleaseForm

    def carry_out(self, head: Values, lines: list[Values]) -> PostingView:
        values = {**head, "reservation_id": self.reservation.id}
        return self.reservations.release(filled_in(ReleaseReservation, values), by=self.actor)


class ShipView(OfReservation):
    """Send what was promised, or a part of it."""

    verb, kind = "Ship", Kind.SHIPMENT
    permission_required = ("stock.issue",)
    head_form = forms.ShipForm

    def carry_out(self, head: Values, lines: list[Values]) -> PostingView:
        warehouse = models.Warehouse.objects.get(pk=self.reservation.warehouse_id)
        values = {**head, "warehouse": warehouse, "reservation_id": self.reservation.id}
        values, _ = Typed(self.stock, self.actor, values).checked()
        return self.reservations.ship(filled_in(ShipReservation, values), by=self.actor)


class OpenFilter(SimpleListFilter):
    """What is still promised, unless all are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(open_quantity__gt=0)

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        still, *others = super().choices(changelist)
        yield {**still, "display": "Still open"}
        yield from others


@admin.register(models.Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Reservations: what is promised to whom."""

    resource = "stock"
    warehouse_path = "warehouse"
    cost_fields = ()
    group = "Stock"
    icon = "bookmark"
    menu = (("Reserve goods", "bookmark_add", "admin:sms_reservation_reserve", "stock.reserve"),)

    list_display = (
        "purpose_shown",
        "variant",
        "warehouse",
        "open_shown",
        "quantity_shown",
        "expires_at",
        "username",
        "ways_out",
    )
    fields = (
        ("variant", "warehouse"),
        ("quantity_shown", "open_shown"),
        ("purpose", "expires_at"),
        ("occurred_at", "recorded_at"),
        ("username", "posting"),
        "ways_out",
    )
    readonly_fields = ("quantity_shown", "open_shown", "ways_out")
    list_select_related = ("variant", "warehouse")
    list_filter = (OpenFilter, "warehouse", "expires_at")
    ordering = ("-id",)
    search_fields = ("search_text", "variant__search_text", "variant__product__search_text")

    def hidden(self, request: HttpRequest) -> frozenset[str]:
        """No way out for those who may not go it."""
        may = request.user.has_perm("stock.reserve") and request.user.has_perm("stock.issue")
        return super().hidden(request) | (frozenset() if may else {"ways_out"})

    def get_urls(self) -> list[URLPattern]:
        return [
            path("reserve/", self._view(ReserveView), name="sms_reservation_reserve"),
            path("<int:id>/release/", self._view(ReleaseView), name="sms_reservation_release"),
            path("<int:id>/ship/", self._view(ShipView), name="sms_reservation_ship"),
            *super().get_urls(),
        ]

    def _view(self, view: Any) -> Any:
        return self.admin_site.admin_view(view.as_view(model_admin=self))

    @display(description="For")
    def purpose_shown(self, row: models.Reservation) -> str:
        return str(row)

    @display(description="Reserved", ordering="quantity")
    def quantity_shown(self, row: models.Reservation) -> str:
        return plain(row.quantity)

    @display(description="Still open", ordering="open_quantity")
    def open_shown(self, row: models.Reservation) -> SafeString:
        return explained(row.open_quantity, row.variant_id, row.warehouse_id)

    @display(description="What to do")
    def ways_out(self, row: models.Reservation) -> SafeString | str:
        if not row.open_quantity:
            return "Used up or released"
        release = reverse("admin:sms_reservation_release", args=[row.pk])
        if row.document_id:  # its order must know what is sent
            order = f"admin:sms_{str(row.document_type).replace('_', '')}_change"
            ways = (reverse(order, args=[row.document_id]), row.document_number)
        else:
            ways = (reverse("admin:sms_reservation_ship", args=[row.pk]), "Ship")
        return format_html(f"{_LINK} · {_LINK}", *ways, release, "Release")
