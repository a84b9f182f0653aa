"""Stock counts over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.stock.count_commands import (
    ApproveCount,
    CancelCount,
    ChangeCount,
    CreateCount,
    EnterCounts,
    EnteredLine,
    OfCount,
    PostCount,
    RecountLines,
    StartCount,
)
from sms_core.stock.count_ports import CountFilter, CountSort
from sms_core.stock.count_services import CountService
from sms_core.stock.counts import (
    MAX_ENTERED,
    MAX_SCOPE,
    MAX_SHEET,
    WHOLE_WAREHOUSE,
    CountScope,
    CountState,
)
from sms_django import models
from sms_django.api.documents import DocumentSerializer, DocumentViewSet
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    CostField,
    DateField,
    DateTimeField,
    IdField,
    IdsField,
    NameField,
    QuantityField,
    TextField,
)
from sms_django.api.pagination import PagePagination
from sms_django.api.papers import CountPapers
from sms_django.api.references import CATEGORY, WAREHOUSE, ReferenceField
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_lines import NamedLotSerializer
from sms_django.api.stock_movements import example, optional_reason
from sms_django.api.stock_orders import RELEASE_RESERVED

BLIND = "null while people count."


class ScopeSerializer(CoreSerializer):
    """What is counted; each part narrows the others, and none of them means the whole."""

    command = CountScope

    location_ids = IdsField(default=(), max_length=MAX_SCOPE)
    category_id = ReferenceField(
        *CATEGORY, allow_null=True, default=None, help_text="With all categories below it."
    )
    variant_ids = IdsField(default=(), max_length=MAX_SCOPE)


class CountLineSerializer(CoreSerializer):
    """A bin on the sheet."""

    id = IdField(read_only=True)
    variant_id = IdField(read_only=True)
    location_id = IdField(read_only=True)
    lot_code = NameField(read_only=True, allow_null=True)
    expires_on = DateField(read_only=True, allow_null=True)
    counted_quantity = QuantityField(
        read_only=True, allow_null=True, help_text="null: nobody counted it yet."
    )
    counted_at = DateTimeField(read_only=True, allow_null=True)
    counted_by = NameField(read_only=True, allow_null=True)
    variance = QuantityField(read_only=True, allow_null=True, help_text=BLIND)
    variance_value = CostField(read_only=True, allow_null=True, help_text=BLIND)


class CountInListSerializer(DocumentSerializer):
    """A count of a list: how far it has come, without its sheet."""

    state = ChoiceField(CountState, read_only=True)
    warehouse_id = ReferenceField(*WAREHOUSE)
    scope = ScopeSerializer(default=WHOLE_WAREHOUSE)
    started_at = DateTimeField(read_only=True, allow_null=True)
    approved_by = NameField(read_only=True, allow_null=True)
    approved_at = DateTimeField(read_only=True, allow_null=True)
    line_count = serializers.IntegerField(read_only=True)
    counted_count = serializers.IntegerField(read_only=True)


@example("The drinks of one shelf", warehouse_id=1, scope={"location_ids": [4], "category_id": 2})
class StockCountSerializer(CountInListSerializer):
    variance_value = CostField(
        read_only=True,
        allow_null=True,
        help_text=f"What all differences are worth, less and more alike; {BLIND}",
    )
    lines = CountLineSerializer(many=True, read_only=True)


class CountActSerializer(CoreSerializer):
    """What every action may say: a note for the history."""

    note = TextField()


class EnteredLineSerializer(CoreSerializer):
    command = EnteredLine

    variant_id = IdField(allow_null=True, default=None)
    barcode = NameField(
        allow_null=True, default=None, help_text="Instead; it counts as many as it stands for."
    )
    location_id = IdField(
        allow_null=True,
        default=None,
        help_text="Empty: the only place of it on the sheet, else the default location.",
    )
    lot = NamedLotSerializer(allow_null=True, default=None)
    quantity = QuantityField(
        allow_null=True, default=None, help_text="So much is there; replaces what was said before."
    )
    add = QuantityField(
        allow_null=True,
        default=None,
        help_text="Instead: so much more. A barcode with neither of them adds 1.",
    )
    counted_at = DateTimeField(
        allow_null=True, default=None, help_text="When somebody looked; empty: now."
    )


class CountEntrySerializer(CoreSerializer):
    """What somebody entered on a line of the sheet."""

    line_id = IdField(read_only=True)
    quantity = QuantityField(
        read_only=True,
        allow_null=True,
        help_text="null: the line was cleared, to be counted again.",
    )
    is_added = BooleanField(read_only=True, help_text="true: on top of what was counted before.")
    counted_at = DateTimeField(read_only=True)
    recorded_at = DateTimeField(read_only=True)
    user_id = IdField(read_only=True, allow_null=True)
    username = NameField(read_only=True)


@example(
    "Typed and scanned",
    lines=[{"variant_id": 7, "location_id": 4, "quantity": "11"}, {"barcode": "4006381333931"}],
)
class EnterSerializer(CountActSerializer):
    lines = EnteredLineSerializer(many=True, default=(), max_length=MAX_ENTERED)
    zero_rest = BooleanField(
        default=False, help_text="true: nothing is in the bins that nobody counted."
    )
    done = BooleanField(default=False, help_text="true: the sheet is handed in.")


@example("Two lines look wrong", line_ids=[31, 35])
class RecountSerializer(CountActSerializer):
    line_ids = IdsField(min_length=1, max_length=MAX_SHEET, help_text="The lines to count again.")


class PostCountSerializer(CountActSerializer):
    reason_code = optional_reason("The code of the reason; empty: `count-difference`.")
    release_reserved = BooleanField(default=False, help_text=RELEASE_RESERVED)


class StockCountViewSet(CountPapers, DocumentViewSet):
    """Counting what there is while selling goes on: what was found is compared with what the
    books say of the moment of counting."""

    queryset = models.StockCount.objects.none()
    resource = "stock_count"
    tag = "Documents"
    service = Injected(CountService)
    serializer_class = StockCountSerializer
    create_command = CreateCount
    change_command = ChangeCount
    list_filter = CountFilter
    sort = CountSort
    permissions = {
        "entries": "stock_count.view",
        "start": "stock_count.change",
        "enter": "stock_count.enter",
        "recount": "stock_count.approve",
        "approve": "stock_count.approve",
        "post_count": "stock_count.post",
        "cancel": "stock_count.change",
    }
    inputs = {
        "start": CountActSerializer,
        "enter": EnterSerializer,
        "recount": RecountSerializer,
        "approve": CountActSerializer,
        "post_count": PostCountSerializer,
        "cancel": CountActSerializer,
    }
    idempotent = frozenset(inputs)
    parameters = {"entries": PagePagination.parameters}

    @extend_schema(responses=CountInListSerializer(many=True))
    def list(self, request: Request) -> Response:
        return super().list(request)

    def render_page(self, page: Any) -> Response:
        self._look_up_postings(page.items)
        context = self.get_serializer_context()
        rows = CountInListSerializer(page.items, many=True, context=context)
        return self.paginator.answer(self.request, page, rows.data)

    @extend_schema(responses=CountEntrySerializer(many=True), filters=False)
    @action(detail=True, methods=["get"])
    def entries(self, request: Request, pk: str) -> Response:
        """Everything that was ever entered, by whom and when, the newest first."""
        page = self.service.entries(self.id, self.paginator.asked(request), by=self.actor)
        rows = CountEntrySerializer(page.items, many=True)
        return self.paginator.answer(request, page, rows.data)

    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Hand out the sheet: a line for each bin with something in it."""
        return self._act(StartCount, self.service.start)

    @action(detail=True, methods=["post"])
    def enter(self, request: Request, pk: str) -> Response:
        """Take down what was found. The answer has the lines that were touched, no others."""
        return self._act(EnterCounts, self.service.enter)

    @action(detail=True, methods=["post"])
    def recount(self, request: Request, pk: str) -> Response:
        """Have some lines counted again."""
        return self._act(RecountLines, self.service.recount)

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to what others counted: 403 for whoever counted some of it."""
        return self._act(ApproveCount, self.service.approve)

    # `post` is the name of what Django calls for every POST.
    @action(detail=True, methods=["post"], url_path="post", url_name="post")
    def post_count(self, request: Request, pk: str) -> Response:
        """Make the books say what was counted."""
        return self._act(PostCount, self.service.post)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Give the count up; nothing changes."""
        return self._act(CancelCount, self.service.cancel)

    def _act(self, command: type[OfCount], use_case: Any) -> Response:
        id, values = self.id, self.read(self.request)
        return self.settle(command(id=id, version=self.seen_version, **values), use_case)
