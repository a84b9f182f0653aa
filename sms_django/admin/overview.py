"""The first page of the back office: what waits, what there is, what runs out, what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse

from config.container import Injected
from sms_core.catalogue.ports import ProductFilter
from sms_core.catalogue.product_services import ProductService
from sms_core.catalogue.products import Product
from sms_core.company.services import CompanyService
from sms_core.shared.entities import Actor
from sms_core.shared.numbers import rounded
from sms_core.shared.paging import CursorRequest, PageRequest
from sms_core.stock.ports import PostingFilter
from sms_core.stock.services import StockService
from sms_django import models
from sms_django.actors import actor_of
from sms_django.admin.site import deeds
from sms_django.admin.stock_links import card_url
from sms_django.admin.work import WorkList

SHOWN = 8


@dataclass(frozen=True)
class Card:
    """One figure and where to look closer."""

    title: str
    figure: str
    icon: str
    link: str
    warns: bool = False


class Overview:
    """Everything the page shows, as far as the actor may see it."""

    company = Injected(CompanyService)
    products = Injected(ProductService)
    stock = Injected(StockService)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor: Actor = actor_of(request)

    def context(self) -> dict[str, Any]:
        """The values of the template."""
        return {
            "title": "Overview",
            "cards": list(self.cards()),
            "running_out": self.running_out,
            "postings": self.last_postings(),
            "deeds": deeds(self.request),
            "waiting": WorkList(self.request).waiting(),
        }

    def cards(self) -> Iterator[Card]:
        """The figures on top."""
        self.running_out: list[dict[str, Any]] = []
        if self.actor.may("product.view"):
            link = reverse("admin:sms_product_changelist")
            yield Card("Products", f"{self._products_in_use():,}", "inventory_2", link)
            yield self._reorder_card(link)
        if self.actor.may("stock.view"):
            yield from self._stock_cards(reverse("admin:sms_level_changelist"))

    def _products_in_use(self) -> int:
        return self.products.search(ProductFilter(), PageRequest(size=1), by=self.actor).total

    def _reorder_card(self, link: str) -> Card:
        low = self.products.search(
            ProductFilter(below_alert=True, is_active=True), PageRequest(size=SHOWN), by=self.actor
        )
        self.running_out = [row for product in low.items for row in _low_variants(product)]
        listed = f"{link}?below_alert=true&is_active__exact=1"
        return Card(
            "At or below reorder level", f"{low.total:,}", "warning", listed, warns=low.total > 0
        )

    def _stock_cards(self, link: str) -> Iterator[Card]:
        levels = admin.site.get_model_admin(models.Level).get_queryset(self.request)
        found = levels.aggregate(
            value=Sum("value"),
            stocked=Count("variant", filter=Q(on_hand__gt=0), distinct=True),
        )
        yield Card("Items in stock", f"{found['stocked']:,}", "warehouse", link)
        if self.actor.may("cost.view"):
            company = self.company.get(by=self.actor)
            worth = rounded(found["value"] or Decimal(0), company.currency_places)
            yield Card("Stock value", f"{worth:,} {company.currency}", "payments", link)

    def last_postings(self) -> list[dict[str, Any]]:
        """What was posted last, newest first."""
        if not self.actor.may("stock.view"):
            return []
        found = self.stock.postings(PostingFilter(), CursorRequest(limit=SHOWN), by=self.actor)
        return [
            {"posting": view, "link": reverse("admin:sms_posting_change", args=[view.id])}
            for view in found.items
        ]


def _low_variants(product: Product) -> Iterator[dict[str, Any]]:
    for variant in product.variants:
        if variant.stock_alert is not None and variant.stock.available <= variant.stock_alert:
            yield {
                "name": product.name if product.is_standard else f"{product.name}, {variant.name}",
                "code": variant.code,
                "available": variant.stock.available,
                "card": card_url(variant.id),
                "stock_alert": variant.stock_alert,
                "link": reverse("admin:sms_product_change", args=[product.id]),
            }


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the theme asks for when it draws the first page."""
    return {**context, **Overview(request).context()}
