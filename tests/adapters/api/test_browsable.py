"""The API in a browser: what a program can do, a form can do too, and only where one may."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from rest_framework.renderers import HTMLFormRenderer
from rest_framework.test import APIClient

from sms_core.access.entities import system_actor
from sms_core.shared.errors import Forbidden
from sms_django import models
from sms_django.api.errors import _show_in_form
from sms_django.api.fields import BooleanField, CostField, IdField, NameField, QuantityField
from sms_django.api.serializers import CoreSerializer
from sms_django.management import demo
from tests.adapters.api.conftest import user_with

BRANDS = "/api/v1/brands/"
Browser = Any


@pytest.fixture
def browse(db: None) -> Browser:
    """A browser in which somebody with these rights is logged in."""

    def log_in(role: str | None = None, **rights: Any) -> Client:
        client = Client(headers={"accept": "text/html"}, enforce_csrf_checks=True)
        client.force_login(models.User.objects.get(pk=user_with(role, **rights).id))
        return client

    return log_in


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer["Content-Type"].startswith("text/html")
    return answer.content.decode()


def csrf(html: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html)
    assert found
    return found[1]


def test_the_start_page_groups_what_one_may_use(browse: Browser) -> None:
    owner = page(browse("owner"), "/api/v1/")
    viewer = page(browse(permissions=["brand.view"]), "/api/v1/")

    assert "<title>Start – Stock management</title>" in owner
    assert "/api/v1/brands/" in owner
    assert "/api/v1/users/" in owner
    assert "/api/v1/brands/" in viewer
    assert "/api/v1/users/" not in viewer
    assert 'href="/api/docs/"' in viewer


def test_a_stranger_is_shown_the_way_in(db: None) -> None:
    answer = Client(headers={"accept": "text/html"}).get(BRANDS)

    assert answer.status_code == 401
    assert "/admin/login/?next=/api/v1/brands/" in answer.content.decode()


def test_somebody_logged_in_is_shown_the_way_out(browse: Browser) -> None:
    html = page(browse("owner"), BRANDS)

    assert re.search(r'method="post" action="/admin/logout/', html)
    assert "/admin/login/" not in html


def test_a_brand_is_created_with_the_form(browse: Browser) -> None:
    client = browse("owner")
    html = page(client, BRANDS)

    answer = client.post(
        BRANDS, {"name": "Acme", "description": "", "csrfmiddlewaretoken": csrf(html)}
    )

    assert answer.status_code == 201
    assert models.Brand.objects.get().name == "Acme"


def test_without_the_csrf_token_a_form_is_refused(browse: Browser) -> None:
    client = browse("owner")
    page(client, BRANDS)

    answer = client.post(BRANDS, {"name": "Acme"})

    assert answer.status_code == 403
    assert not models.Brand.objects.exists()


def test_a_refused_form_keeps_the_input_and_says_why_at_the_field(browse: Browser) -> None:
    client = browse("owner")
    token = csrf(page(client, BRANDS))
    values = {"name": "Acme", "description": "Traps", "csrfmiddlewaretoken": token}
    client.post(BRANDS, values)

    answer = client.post(BRANDS, {**values, "description": "Not only traps"})

    assert answer.status_code == 409
    form = form_of(answer.content.decode())
    assert 'value="Acme"' in form
    assert "Not only traps" in form
    assert "There is another brand with this name." in form


def form_of(html: str) -> str:
    """The HTML form of a page, without the answer and the raw data beside it."""
    found = re.search(r'id="(?:post|put)-object-form">.*?</form>', html, re.DOTALL)
    assert found
    return unescape(found[0])


def test_forms_are_drawn_only_where_one_may_send_them(browse: Browser) -> None:
    brand = models.Brand.objects.create(name="Acme", name_key="acme")
    viewer, adder = (
        browse(permissions=["brand.view"]),
        browse(permissions=["brand.view", "brand.add"]),
    )

    assert 'id="post-object-form"' not in page(viewer, BRANDS)
    assert 'id="post-object-form"' in page(adder, BRANDS)
    detail = page(adder, f"{BRANDS}{brand.pk}/")
    assert 'id="put-object-form"' not in detail
    assert 'data-method="DELETE"' not in detail
    full = page(browse("owner"), f"{BRANDS}{brand.pk}/")
    assert 'id="put-object-form"' in full
    assert 'data-method="DELETE"' in full


def test_the_change_form_carries_the_version_it_was_drawn_from(browse: Browser) -> None:
    brand = models.Brand.objects.create(name="Acme", name_key="acme", version=4)
    client = browse("owner")
    html = page(client, f"{BRANDS}{brand.pk}/")

    assert '<input type="hidden" name="version" value="4">' in form_of(html)


def test_lists_have_a_form_to_search_and_filter(browse: Browser) -> None:
    html = page(browse("owner"), f"{BRANDS}?search=50%25&ordering=-name")

    assert 'name="search" type="text" value="50%"' in html
    assert '<option value="-name" selected>' in html


def test_pages_are_linked(browse: Browser) -> None:
    for number in range(3):
        models.Brand.objects.create(name=str(number), name_key=str(number))

    html = page(browse("owner"), f"{BRANDS}?page_size=2")

    assert 'href="http://testserver/api/v1/brands/?page=2&amp;page_size=2"' in html


def test_the_page_of_an_action_has_its_form(browse: Browser) -> None:
    client = browse("owner")
    brand = models.Brand.objects.create(name="Acme", name_key="acme")
    html = page(client, f"{BRANDS}bulk-delete/")

    assert 'name="ids"' in form_of(html)
    answer = client.post(
        f"{BRANDS}bulk-delete/", {"ids": f"{brand.pk}, 77", "csrfmiddlewaretoken": csrf(html)}
    )
    assert answer.status_code == 200
    assert models.Brand.objects.get(pk=brand.pk).deleted_at is not None


def test_a_receipt_is_posted_with_the_form_and_only_once(browse: Browser) -> None:
    demo.DemoShop(by=system_actor()).open()
    warehouse = models.Warehouse.objects.first()
    variant = models.Variant.objects.filter(product__tracks_lots=False).first()
    client = browse("owner")
    html = page(client, "/api/v1/stock/receipts/")
    assert "fill in the form below" in html
    action = re.search(r'<form action="([^"]*idempotency_key=\w{32})" method="POST"', html)
    assert action
    assert warehouse
    assert variant
    before = models.Posting.objects.count()
    values = {
        "csrfmiddlewaretoken": csrf(html),
        "warehouse_id": warehouse.pk,
        "reference": "N-1",
        "note": "",
        "lines[0]variant_id": "",
        "lines[0]quantity": "",
        "lines[1]variant_id": variant.pk,
        "lines[1]quantity": "2",
        "lines[1]unit_cost": "",
        "lines[1]lot.code": "",
    }

    answers = [client.post(action[1], values) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert models.Posting.objects.count() == before + 1
    again = re.search(r"idempotency_key=(\w{32})", answers[1].content.decode())
    assert again
    assert again[1] not in action[1]


def test_a_form_suggests_what_one_may_refer_to(browse: Browser) -> None:
    demo.DemoShop(by=system_actor()).open()
    category = models.Category.objects.get(code="coffee")
    rights = ["product.view", "product.add", "category.view"]

    form = form_of(page(browse(permissions=rights), "/api/v1/products/"))

    assert f'<option value="{category.pk}">coffee – Coffee</option>' in form
    assert re.search(r'name="category_id"[^>]*list="category_id-options"', form)
    assert 'id="category_id-options"' in form
    # Brands and units are not his to see.
    assert 'name="unit_id"' in form
    assert 'id="unit_id-options"' not in form
    assert 'id="brand_id-options"' not in form


def test_suggestions_are_few_and_shared_by_the_rows(
    browse: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.DemoShop(by=system_actor()).open()
    monkeypatch.setattr("sms_django.api.references.MOST", 3)

    form = form_of(page(browse("owner"), "/api/v1/stock/receipts/"))

    assert form.count('list="variant_id-options"') == 5
    (variants,) = re.findall(r'<datalist id="variant_id-options">.*?</datalist>', form, re.DOTALL)
    assert variants.count("<option") == 3


def test_a_change_form_shows_what_is_referred_to(browse: Browser) -> None:
    demo.DemoShop(by=system_actor()).open()
    product = models.Product.objects.first()
    assert product

    form = form_of(page(browse("owner"), f"/api/v1/products/{product.pk}/"))

    assert re.search(rf'name="category_id"[^>]*value="{product.category_id}"', form)
    assert re.search(r'name="brand_id"[^>]*value="(\d*)"', form)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lines": 5},
        {"lines": "x"},
        {"lines": {"0": {}}},
        {"lines": ["x", None, 5, [], {}]},
        {"lines": [{"variant_id": {"a": 1}, "lot": "x"}]},
        {"lines": [{"lot": {"code": ["x"]}}, {"lot": []}, {"lot": {"nothing": 1}}]},
        {"warehouse_id": {"a": [1]}, "reference": [1], "note": True},
    ],
)
def test_nonsense_can_be_shown_in_a_form_too(api: APIClient, body: Any) -> None:
    answer = api.post(
        "/api/v1/stock/receipts/", body, HTTP_ACCEPT="text/html", HTTP_IDEMPOTENCY_KEY="k"
    )

    assert answer.status_code == 400
    assert 'id="post-object-form"' in answer.content.decode()


def test_a_program_may_not_put_its_key_into_the_address(api: APIClient) -> None:
    answer = api.post("/api/v1/stock/receipts/?idempotency_key=abc", {})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/idempotency_key"


@dataclass(frozen=True)
class NewLot:
    """What a line names."""

    code: str


@dataclass(frozen=True)
class Line:
    """What a line becomes."""

    variant_id: int
    quantity: Decimal
    checked: bool = False
    lot: NewLot | None = None


class LotSerializer(CoreSerializer):
    command = NewLot
    code = NameField()


class LineSerializer(CoreSerializer):
    command = Line
    variant_id = IdField()
    quantity = QuantityField()
    checked = BooleanField(default=False)
    lot = LotSerializer(default=None, allow_null=True)


class NoteSerializer(CoreSerializer):
    reference = NameField()
    lines = LineSerializer(many=True, allow_empty=False)


class CostedSerializer(CoreSerializer):
    unit_cost = CostField(places=6, default=None, allow_null=True)


def note(**fields: str) -> NoteSerializer:
    query = QueryDict(mutable=True)
    query.update({name.replace("__", "."): value for name, value in fields.items()})
    return NoteSerializer(data=query)


FILLED = {
    "reference": "N-1",
    "lines[0]variant_id": "",
    "lines[0]quantity": "",
    "lines[0]lot.code": "",
    "lines[1]variant_id": "7",
    "lines[1]quantity": "2.50",
    "lines[1]checked": "true",
    "lines[1]lot.code": "L1",
    "lines[2]variant_id": "8",
    "lines[2]quantity": "3",
    "lines[2]lot.code": " ",
}


def test_rows_of_a_form_become_lines_and_blank_ones_do_not_count() -> None:
    form = note(**FILLED)

    assert form.is_valid(), form.errors
    assert form.validated_data["lines"] == (
        Line(7, Decimal("2.5"), True, NewLot("L1")),
        Line(8, Decimal(3), False, None),
    )


def test_a_form_with_blank_rows_only_has_no_lines() -> None:
    form = note(**{"reference": "N-1", "lines[0]variant_id": "", "lines[0]quantity": ""})

    assert not form.is_valid()
    assert form.errors["lines"][0].code == "empty"


def test_a_patch_may_leave_out_lines_but_not_parts_of_a_line() -> None:
    without = NoteSerializer(data={"reference": "N-2"}, partial=True)
    assert without.is_valid()
    assert without.validated_data == {"reference": "N-2"}

    half = NoteSerializer(data={"lines": [{"variant_id": 7, "lot": {}}]}, partial=True)
    assert not half.is_valid()
    assert set(half.errors) == {"lines"}
    assert set(half.errors["lines"][0]) == {"quantity", "lot"}

    whole = NoteSerializer(data={"lines": [{"variant_id": 7, "quantity": "1"}]}, partial=True)
    assert whole.is_valid()
    assert whole.validated_data == {"lines": (Line(7, Decimal(1)),)}


def drawn(form: Any) -> str:
    style = {"template_pack": "rest_framework/horizontal"}
    return str(HTMLFormRenderer().render(form.data, None, {"style": style}))


def test_an_empty_form_offers_five_rows() -> None:
    html = drawn(NoteSerializer())

    for row in range(5):
        for name in ("variant_id", "quantity", "checked", "lot.code"):
            assert html.count(f'name="lines[{row}]{name}"') == 1
    assert "lines[5]" not in html
    assert "<th>Lot code</th>" in html


def test_a_refused_form_draws_its_rows_again_with_what_is_wrong() -> None:
    form = note(**{**FILLED, "lines[1]quantity": "1e3"})
    assert not form.is_valid()

    html = drawn(form)

    assert 'value="1e3"' in html
    assert 'value="L1"' in html
    assert "plain decimal" in unescape(html)
    assert html.count("<tr>") == 1 + 2 + 5


@pytest.mark.parametrize(
    ("pointer", "control"),
    [
        ("/lines/1/quantity", "lines[1]quantity"),
        ("/lines/0/lot/code", "lines[0]lot.code"),
        ("/lines/0/lot", "lines[0]lot.code"),
    ],
)
def test_what_the_core_refuses_is_shown_at_its_line(pointer: str, control: str) -> None:
    form = note(**FILLED)
    assert form.is_valid()

    _show_in_form(form, [{"pointer": pointer, "code": "refused", "detail": "only 2"}])

    cell = re.search(r"<td[^>]*has-error.*?</td>", drawn(form), re.DOTALL)
    assert cell
    assert control in cell[0]
    assert "only 2" in cell[0]


@pytest.mark.parametrize(
    "pointer", ["", "/", "/nowhere", "/lines", "/lines/9/quantity", "/lines/x"]
)
def test_what_the_core_refuses_elsewhere_does_not_break_the_form(pointer: str) -> None:
    form = note(**FILLED)
    assert form.is_valid()

    _show_in_form(form, [{"pointer": pointer, "code": "refused", "detail": "only 2"}] * 2)

    assert 'value="7"' in drawn(form)


class Somebody:
    """An actor who may see costs, or not."""

    def __init__(self, *codes: str) -> None:
        self.codes = codes

    def may(self, code: str) -> bool:
        return code in self.codes


def test_costs_are_hidden_from_those_who_may_not_know_them() -> None:
    thing = {"unit_cost": Decimal("1.5")}
    blind, seeing = ({"actor": Somebody()}, {"actor": Somebody("cost.view")})

    assert CostedSerializer(thing, context=seeing).data == {"unit_cost": "1.500000"}
    assert CostedSerializer(thing, context=blind).data == {"unit_cost": None}
    assert "unit_cost" not in drawn(CostedSerializer(context=blind))
    assert "unit_cost" in drawn(CostedSerializer(context=seeing))


@pytest.mark.parametrize("value", ["1.5", None, "nonsense"])
def test_sending_a_cost_takes_the_right_to_see_it(value: Any) -> None:
    form = CostedSerializer(data={"unit_cost": value}, context={"actor": Somebody()})

    with pytest.raises(Forbidden) as refusal:
        form.is_valid()
    assert refusal.value.pointer == "/unit_cost"
    assert CostedSerializer(data={}, context={"actor": Somebody()}).is_valid()
