"""The catalogue's pages: categories, units, products with their variants, barcodes, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from config.container import container
from sms_core.access.entities import system_actor
from sms_core.catalogue.commands import CreateCategory, CreateProduct, NewVariant
from sms_core.catalogue.product_services import ProductService
from sms_core.catalogue.products import Barcode, Product
from sms_core.catalogue.services import CategoryService
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.test_base import words
from tests.adapters.api.test_catalogue_products import put_in_stock
from tests.adapters.test_images import encoded
from tests.core.catalogue.conftest import d

pytestmark = pytest.mark.django_db


def url(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:sms_{model}_{page}", args=args)


def category(code: str = "C", parent_id: int | None = None) -> int:
    command = CreateCategory(code=code, name=f"{code} name", parent_id=parent_id)
    return container().get(CategoryService).create(command, by=system_actor()).id


def product(code: str = "HAT", **values: Any) -> Product:
    category_id = models.Category.objects.values_list("pk", flat=True).first() or category()
    pieces = models.Unit.objects.get(code="pc").pk
    given = {"name": code.title(), "category_id": category_id, "unit_id": pieces, **values}
    command = CreateProduct(code=code, **given)
    return container().get(ProductService).create(command, by=system_actor())


def filled(**values: Any) -> dict[str, Any]:
    """The product form as a clerk sends it."""
    return {
        "type": "standard",
        "code": "HAT",
        "name": "Hat",
        "category": models.Category.objects.values_list("pk", flat=True).first() or category(),
        "unit": models.Unit.objects.get(code="pc").pk,
        "price": "9.90",
        "tax_rate": "20",
        "tax_method": "exclusive",
        "is_for_sale": "on",
        "is_active": "on",
        **values,
    }


def errors(answer: HttpResponse) -> Any:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def barcodes(variant: models.Variant) -> list[tuple[str, Any]]:
    return list(
        variant.barcodes.filter(is_code=False).order_by("pk").values_list("code", "quantity")
    )


def test_a_category_is_moved_but_never_below_itself(owner: Client) -> None:
    tools = category("T")
    saws = category("S", tools)

    moved = {"code": "T", "name": "T name", "parent": saws, "version": 1}
    refused = owner.post(url("category", "change", tools), moved)
    assert "cannot lie below itself" in errors(refused)["parent"][0]

    answer = owner.post(
        url("category", "change", saws), {"code": "S", "name": "Saws", "parent": "", "version": 1}
    )
    assert answer.status_code == 302
    assert models.Category.objects.get(pk=saws).parent_id is None


def test_a_category_in_use_stays_and_the_page_says_by_what(owner: Client) -> None:
    product()
    used = models.Category.objects.get()

    answer = owner.post(url("category", "delete", used.pk), {"post": "yes"}, follow=True)

    assert "in use by 1 product" in answer.content.decode()
    assert models.Category.objects.get().deleted_at is None


def test_a_unit_is_added_and_keeps_its_places_once_there_are_entries(owner: Client) -> None:
    owner.post(url("unit", "add"), {"code": "t", "name": "Tonne", "places": 3})
    tonne = models.Unit.objects.get(code="t")
    coal = product("COAL", unit_id=tonne.pk)
    put_in_stock(coal.variants[0].id, "0")

    answer = owner.post(
        url("unit", "change", tonne.pk), {"code": "t", "name": "Tonne", "places": 2, "version": 1}
    )

    assert "fewer decimal places" in errors(answer)["places"][0]


def test_a_standard_product_is_added_with_reorder_level_and_barcodes(owner: Client) -> None:
    lines = "4006381333931\r\n\r\nCASE 1 x 12\r\n"

    answer = owner.post(url("product", "add"), filled(stock_alert="5", barcodes=lines))

    assert answer.status_code == 302, errors(answer)
    made = models.Product.objects.get()
    only = made.variants.get()
    assert (made.code, made.price, made.tax_rate) == ("HAT", d("9.9"), 20)
    assert (only.code, only.name, only.stock_alert) == ("HAT", "Hat", 5)
    assert barcodes(only) == [("4006381333931", 1), ("CASE 1", 12)]


def test_the_page_of_a_product_begins_with_what_its_variant_has(owner: Client) -> None:
    hat = product(
        stock_alert=d("5"),
        variants=(NewVariant(code="HAT", barcodes=(Barcode("1"), Barcode("2", d("12")))),),
    )

    form = owner.get(url("product", "change", hat.id)).context["adminform"].form

    assert (form.initial["stock_alert"], form.initial["barcodes"]) == ("5", "1\n2 x 12")
    same = filled(price="0", tax_rate="0", stock_alert="5", barcodes="1\r\n2 x 12", version=1)
    owner.post(url("product", "change", hat.id), same)
    assert barcodes(models.Variant.objects.get()) == [("1", 1), ("2", 12)]
    assert models.Variant.objects.get().version == 1


def test_barcodes_and_reorder_level_are_changed_on_the_products_page(owner: Client) -> None:
    hat = product()

    answer = owner.post(
        url("product", "change", hat.id), filled(barcodes="77 × 6", stock_alert="2", version=1)
    )

    assert answer.status_code == 302, errors(answer)
    only = models.Variant.objects.get()
    assert (barcodes(only), only.stock_alert) == ([("77", 6)], 2)


@pytest.mark.parametrize("page", ["add", "change"])
def test_a_refusal_stands_beside_its_field_and_nothing_is_changed(owner: Client, page: str) -> None:
    product("CAP", variants=(NewVariant(code="CAP", barcodes=(Barcode("77"),)),))
    args = (product("HAT").id,) if page == "change" else ()

    answer = owner.post(url("product", page, *args), filled(name="Cap", barcodes="077"))

    assert "scanned as 77" in errors(answer)["barcodes"][0]
    assert "077" in answer.content.decode()
    assert not models.Product.objects.filter(code="HAT", name="Cap").exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": ""}, "code"),
        ({"price": "1.00001"}, "price"),
        ({"price": "-1"}, "price"),
        ({"tax_rate": "x"}, "tax_rate"),
        ({"stock_alert": "1.5"}, "stock_alert"),
        ({"category": "999"}, "category"),
        ({"type": "bundle"}, "type"),
        ({"barcodes": "77 x 0"}, "barcodes"),
        ({"type": "variable", "barcodes": "77"}, "barcodes"),
        ({"type": "variable", "stock_alert": "1"}, "stock_alert"),
    ],
)
def test_wrong_input_is_told_beside_its_field(
    owner: Client, values: dict[str, Any], field: str
) -> None:
    answer = owner.post(url("product", "add"), filled(**values))

    assert field in errors(answer)
    assert models.Product.objects.count() == 0


def test_variants_of_a_variable_product_have_their_own_page(owner: Client) -> None:
    shirt = product("SHIRT", type="variable")
    shown = owner.get(url("product", "change", shirt.id)).content.decode()
    assert f"{url('variant', 'add')}?product={shirt.id}" in shown

    answer = owner.post(
        url("variant", "add"), {"product": shirt.id, "code": "S-M", "price": "5", "barcodes": "9"}
    )

    assert answer.status_code == 302, errors(answer)
    medium = models.Variant.objects.get(code="S-M")
    assert (medium.product_id, medium.price, barcodes(medium)) == (shirt.id, 5, [("9", 1)])
    listed = owner.get(url("product", "change", shirt.id)).content.decode()
    assert url("variant", "change", medium.pk) in listed
    owner.post(url("variant", "change", medium.pk), {"code": "S-M", "name": "M", "version": 1})
    medium.refresh_from_db()
    assert (medium.name, medium.price, barcodes(medium)) == ("M", None, [])


def test_a_standard_products_variant_keeps_its_code_and_is_not_archived_alone(
    owner: Client,
) -> None:
    only = product().variants[0].id
    page = owner.get(url("variant", "change", only))
    assert {"code", "name", "product"} <= set(page.context["adminform"].readonly_fields)

    owner.post(url("variant", "change", only), {"price": "3", "version": 1})
    assert models.Variant.objects.get().price == 3
    answer = owner.post(url("variant", "delete", only), {"post": "yes"}, follow=True)
    assert "comes and goes with it" in answer.content.decode()
    assert models.Variant.objects.get().deleted_at is None


def test_a_variant_is_added_to_variable_products_only(owner: Client) -> None:
    answer = owner.post(url("variant", "add"), {"product": product().id, "code": "H2"})

    assert "standard product" in str(errors(answer))


def test_a_product_goes_to_the_archive_and_back_with_its_variants(owner: Client) -> None:
    hat = product()
    changelist = url("product", "changelist")

    chosen = {"action": "archive_selected", "_selected_action": [hat.id], "post": "yes"}
    owner.post(changelist, chosen)
    assert models.Variant.objects.get().deleted_at is not None
    assert owner.get(changelist).context["cl"].result_count == 0
    archived = owner.get(changelist, {"archived": "yes"}).context["cl"]
    assert [row.pk for row in archived.result_list] == [hat.id]
    assert owner.get(url("product", "change", hat.id)).status_code == 200

    answer = owner.post(url("product", "restore", hat.id))
    assert words(answer) == ["1 product restored."]
    assert models.Variant.objects.get().deleted_at is None


def test_what_has_stock_stays_out_of_the_archive(owner: Client) -> None:
    hat = product()
    put_in_stock(hat.variants[0].id, "12")

    answer = owner.post(url("product", "delete", hat.id), {"post": "yes"}, follow=True)

    assert "stock in warehouse MAIN (12)" in answer.content.decode()


def test_the_list_shows_stock_as_far_as_one_sees_warehouses(owner: Client, log_in: LogIn) -> None:
    hat = product(stock_alert=d("4"), price=d("9.9"), cost=d("1.25"))
    product("CAP")
    here = put_in_stock(hat.variants[0].id, "4", "HERE")
    put_in_stock(hat.variants[0].id, "9", "THERE")
    models.Level.objects.filter(pk=here.pk).update(reserved=d("1"))

    def cells(client: Client) -> str:
        rows = client.get(url("product", "changelist"), {"q": "hat"}).context["results"]
        return " ".join("".join(row) for row in rows)

    for text in ("9.90", "1.25", ">13<", ">12<"):
        assert text in cells(owner)
    limited = log_in("clerk", warehouse_ids=[here.warehouse_id])
    assert ">4<" in cells(limited)
    assert ">3<" in cells(limited)
    assert "1.25" not in cells(limited)
    short = {"below_alert": "true"}
    assert owner.get(url("product", "changelist"), short).context["cl"].result_count == 0
    assert limited.get(url("product", "changelist"), short).context["cl"].result_count == 1
    assert (
        owner.get(url("product", "changelist"), {"type": "variable"}).context["cl"].result_count
        == 0
    )


def test_a_search_finds_products_by_barcode_and_takes_signs_as_they_are(owner: Client) -> None:
    product("HAT", variants=(NewVariant(code="HAT", barcodes=(Barcode("4006"),)),))

    for text, found in (("4006", 1), ("hat", 1), ("%", 0), ("_", 0)):
        listed = owner.get(url("product", "changelist"), {"q": text}).context["cl"]
        assert listed.result_count == found


def test_autocomplete_offers_live_rows(owner: Client) -> None:
    category("OLD")
    models.Category.objects.update(deleted_at="2026-01-01T00:00Z")
    category("NEW")

    answer = owner.get(
        reverse("admin:autocomplete"),
        {"app_label": "sms", "model_name": "product", "field_name": "category"},
    )

    assert [found["text"] for found in answer.json()["results"]] == ["NEW name"]


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_a_picture_is_put_shown_and_removed(owner: Client, folder: Path) -> None:
    upload = SimpleUploadedFile("hat.png", encoded("PNG"), "image/png")
    answer = owner.post(url("product", "add"), filled(file=upload))
    assert answer.status_code == 302, errors(answer)
    made = models.Product.objects.get()
    page = url("product", "change", made.pk)
    assert f"/media/{made.image}" in owner.get(page).content.decode()

    owner.post(page, filled(remove_picture="on"))

    assert models.Product.objects.get().image == ""
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"<svg/>", b"x" * (5 * 1024 * 1024 + 1)])
def test_what_is_no_picture_is_told_and_the_product_is_not_made(
    owner: Client, folder: Path, content: bytes
) -> None:
    upload = SimpleUploadedFile("hat.png", content, "image/png")

    answer = owner.post(url("product", "add"), filled(file=upload))

    assert "file" in errors(answer)
    assert models.Product.objects.count() == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("role", ["clerk", "auditor"])
def test_who_may_only_look_sees_the_pages_without_inputs(log_in: LogIn, role: str) -> None:
    hat = product(cost=d("1.25"), stock_alert=d("3"))
    reader = log_in(role)

    for page in (("product", hat.id), ("variant", hat.variants[0].id)):
        shown = reader.get(url(page[0], "change", page[1]))
        assert shown.status_code == 200
        assert 'type="file"' not in shown.content.decode()
        assert reader.post(url(page[0], "change", page[1]), filled()).status_code == 403
    assert reader.get(url("product", "add")).status_code == 403
