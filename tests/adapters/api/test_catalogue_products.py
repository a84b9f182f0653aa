"""Products and variants over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.test_catalogue import Limit, category, refusal
from tests.core.catalogue.conftest import d

PRODUCTS, VARIANTS = "/api/v1/products/", "/api/v1/variants/"

NOTHING_ORDERED = dict.fromkeys(("on_order", "in_transit", "incoming", "backordered"), "0.0000")


@pytest.fixture
def refs(api: APIClient) -> dict[str, int]:
    pieces = models.Unit.objects.get(code="pc")
    return {"category_id": category(api, "C")["id"], "unit_id": pieces.pk}


@pytest.fixture
def hat(api: APIClient, refs: dict[str, int]) -> dict[str, Any]:
    return product(api, refs, "HAT")


def product(api: APIClient, refs: dict[str, int], code: str, **values: Any) -> dict[str, Any]:
    answer = api.post(PRODUCTS, {"code": code, "name": code.title(), **refs, **values})
    assert answer.status_code == 201, answer.content
    return answer.json()


def put_in_stock(variant_id: int, quantity: str, code: str = "MAIN") -> models.Level:
    """What a receipt leaves behind."""
    house = models.Warehouse.objects.create(code=code, code_key=code.casefold(), name=code)
    place = models.Location.objects.create(
        warehouse=house, code="S", code_key="s", name="S", kind="storage"
    )
    level = models.Level.objects.create(
        variant_id=variant_id,
        warehouse=house,
        on_hand=d(quantity),
        value=d(quantity) * 3,
        version=1,
        last_cost=d("2.5"),
    )
    models.Bin.objects.create(level=level, location=place, on_hand=d(quantity))
    return level


def test_a_standard_product_with_its_defaults(hat: dict[str, Any], refs: dict[str, int]) -> None:
    (variant,) = hat.pop("variants")
    assert {name: hat[name] for name in hat if name not in {"created_at", "updated_at", "id"}} == {
        "type": "standard",
        "code": "HAT",
        "name": "Hat",
        **refs,
        "brand_id": None,
        "cost": None,
        "price": "0.0000",
        "tax_rate": "0.00",
        "tax_method": "exclusive",
        "description": "",
        "stock_alert": None,
        "tracks_lots": False,
        "is_for_sale": True,
        "is_active": True,
        "image": None,
        "has_variants": False,
        "net_price": "0.0000",
        "gross_price": "0.0000",
        "on_hand": "0.0000",
        "reserved": "0.0000",
        "available": "0.0000",
        **NOTHING_ORDERED,
        "expected_at": None,
        "version": 1,
        "deleted_at": None,
    }
    assert (variant["product_id"], variant["code"], variant["name"]) == (hat["id"], "HAT", "Hat")


def test_money_is_decimal_to_the_last_place(api: APIClient, refs: dict[str, int]) -> None:
    made = product(
        api,
        refs,
        "HAT",
        cost="0.123456",
        price="99999999.9999",
        tax_rate="19",
        tax_method="inclusive",
    )

    assert (made["cost"], made["price"]) == ("0.123456", "99999999.9999")
    assert (made["net_price"], made["gross_price"]) == ("84033613.4453", "99999999.9999")
    assert api.get(f"{PRODUCTS}{made['id']}/").json()["net_price"] == made["net_price"]


@pytest.mark.parametrize("price", [1.5, "1e3", "+1", " 1", "1_0", "", True, "NaN", "1" * 13, [1]])
def test_a_price_is_a_plain_decimal_text(api: APIClient, refs: dict[str, int], price: Any) -> None:
    answer = api.post(PRODUCTS, {"code": "HAT", "name": "Hat", **refs, "price": price})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/price")


@pytest.mark.parametrize(
    ("values", "status", "pointer", "code"),
    [
        ({"price": "1.00001"}, 422, "/price", "too_fine"),
        ({"price": "-1"}, 400, "/price", "negative"),
        ({"tax_rate": "1000"}, 422, "/tax_rate", "too_large"),
        ({"stock_alert": "1.5"}, 422, "/stock_alert", "too_fine"),
        ({"category_id": 10**9}, 400, "/category_id", "unknown"),
        ({"brand_id": 10**9}, 400, "/brand_id", "unknown"),
        ({"unit_id": 10**9}, 400, "/unit_id", "unknown"),
        ({"unit_id": None}, 400, "/unit_id", "null"),
        ({"type": "bundle"}, 400, "/type", "invalid_choice"),
        ({"tax_method": None}, 400, "/tax_method", "null"),
        ({"tracks_lots": "true"}, 400, "/tracks_lots", "invalid"),
        ({"on_hand": "1"}, 400, "/on_hand", "read_only"),
        ({"image": "x"}, 400, "/image", "read_only"),
        ({"color": "red"}, 400, "/color", "unknown_field"),
        ({"code": "a\u0000"}, 400, "/code", "unprintable"),
        ({"name": "x" * 121}, 400, "/name", "max_length"),
        ({"variants": [{"code": "X"}]}, 422, "/variants/0/code", "standard_product"),
        ({"variants": [{}]}, 400, "/variants/0/code", "required"),
        ({"variants": [{"code": "HAT", "id": 1}]}, 400, "/variants/0/id", "unknown_field"),
        ({"type": "variable", "stock_alert": 1}, 422, "/stock_alert", "variable_product"),
        (
            {"variants": [{"code": "HAT", "barcodes": [{"code": "1", "quantity": 0}]}]},
            400,
            "/variants/0/barcodes/0/quantity",
            "invalid",
        ),
        (
            {"variants": [{"code": "HAT", "barcodes": [{"code": "1", "quantity": "0.5"}]}]},
            422,
            "/variants/0/barcodes/0/quantity",
            "too_fine",
        ),
    ],
)
def test_a_product_is_refused_with_the_place_of_the_error(
    api: APIClient,
    refs: dict[str, int],
    values: dict[str, Any],
    status: int,
    pointer: str,
    code: str,
) -> None:
    answer = api.post(PRODUCTS, {"code": "HAT", "name": "Hat", **refs, **values})

    assert refusal(answer) == (status, pointer, code)
    assert models.Product.objects.count() == 0


def test_a_duplicate_code_on_create_is_409(
    api: APIClient, refs: dict[str, int], hat: dict[str, Any]
) -> None:
    answer = api.post(PRODUCTS, {"code": "hat", "name": "Other", **refs})

    assert refusal(answer) == (409, "/code", "duplicate")


def test_variants_are_given_on_create_only(api: APIClient, hat: dict[str, Any]) -> None:
    answer = api.patch(f"{PRODUCTS}{hat['id']}/", {"variants": []})

    assert refusal(answer) == (400, "/variants", "read_only")


def test_put_replaces_and_patch_changes(
    api: APIClient, refs: dict[str, int], hat: dict[str, Any]
) -> None:
    path = f"{PRODUCTS}{hat['id']}/"
    api.patch(path, {"price": "5", "stock_alert": "7", "is_for_sale": False})

    changed = api.patch(path, {"code": "CAP"}).json()
    assert (changed["price"], changed["stock_alert"]) == ("5.0000", "7.0000")
    assert changed["variants"][0]["code"] == "CAP"
    replaced = api.put(path, {"code": "CAP", "name": "Cap", **refs}).json()
    assert (replaced["price"], replaced["stock_alert"], replaced["is_for_sale"]) == (
        "0.0000",
        None,
        True,
    )


def test_an_update_nobody_saw_is_not_lost(api: APIClient, hat: dict[str, Any]) -> None:
    path = f"{PRODUCTS}{hat['id']}/"
    assert api.patch(path, {"name": "Cap", "version": 1}).json()["version"] == 2

    assert api.patch(path, {"name": "Hut", "version": 1}).status_code == 412
    assert api.patch(path, {"name": "Hut"}, headers={"If-Match": '"1"'}).status_code == 412
    assert api.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert api.get(path).json()["name"] == "Cap"
    assert api.patch(path, {"name": "Hut"}).status_code == 200


def test_a_product_goes_and_comes_with_its_variants(api: APIClient, refs: dict[str, int]) -> None:
    shirt = product(
        api, refs, "SHIRT", type="variable", variants=[{"code": "S-1"}, {"code": "S-2"}]
    )
    first, second = (variant["id"] for variant in shirt["variants"])
    assert api.delete(f"{VARIANTS}{second}/").status_code == 204
    path = f"{PRODUCTS}{shirt['id']}/"

    assert api.delete(path).status_code == 204
    assert api.get(f"{VARIANTS}{first}/").status_code == 404
    assert api.get(f"{PRODUCTS}?deleted=true").json()["count"] == 1
    answer = api.post(f"{path}restore/")

    assert [variant["id"] for variant in answer.json()["variants"]] == [first]
    assert api.get(f"{VARIANTS}{second}/").status_code == 404


def test_nothing_comes_back_to_what_is_archived(
    api: APIClient, refs: dict[str, int], hat: dict[str, Any]
) -> None:
    path = f"{PRODUCTS}{hat['id']}/"
    api.delete(path)
    api.delete(f"/api/v1/categories/{refs['category_id']}/")

    answer = api.post(f"{path}restore/")

    assert refusal(answer) == (409, "", "refers_to_archived")


def test_what_has_stock_is_in_use_and_says_where(api: APIClient, hat: dict[str, Any]) -> None:
    put_in_stock(hat["variants"][0]["id"], "12")

    answer = api.delete(f"{PRODUCTS}{hat['id']}/")
    assert refusal(answer) == (409, "", "in_use")
    assert "stock in warehouse MAIN (12)" in answer.json()["detail"]
    bulk = api.post(f"{PRODUCTS}bulk-delete/", {"ids": [hat["id"]]})
    assert bulk.json()["in_use_ids"] == [hat["id"]]


def test_how_it_is_counted_is_fixed_by_the_first_entry(api: APIClient, hat: dict[str, Any]) -> None:
    put_in_stock(hat["variants"][0]["id"], "0")
    metres = models.Unit.objects.get(code="m")
    path = f"{PRODUCTS}{hat['id']}/"

    for values in ({"unit_id": metres.pk}, {"tracks_lots": True}):
        assert refusal(api.patch(path, values)) == (409, "", "has_entries")
    length = product(api, {"category_id": hat["category_id"], "unit_id": metres.pk}, "ROPE")
    put_in_stock(length["variants"][0]["id"], "1", "EAST")
    answer = api.patch(f"/api/v1/units/{metres.pk}/", {"places": 1})
    assert refusal(answer) == (409, "/places", "has_entries")


def test_a_standard_products_variant_is_not_handled_alone(
    api: APIClient, hat: dict[str, Any]
) -> None:
    only = f"{VARIANTS}{hat['variants'][0]['id']}/"

    for answer in (
        api.post(VARIANTS, {"product_id": hat["id"], "code": "H2"}),
        api.delete(only),
        api.patch(only, {"code": "H2"}),
    ):
        assert refusal(answer)[0::2] == (422, "standard_product")


def test_standard_becomes_variable_and_back_with_one_variant(
    api: APIClient, hat: dict[str, Any]
) -> None:
    path = f"{PRODUCTS}{hat['id']}/"
    assert api.patch(path, {"type": "variable"}).json()["has_variants"] is True
    red = api.post(VARIANTS, {"product_id": hat["id"], "code": "H-RED"}).json()

    assert refusal(api.patch(path, {"type": "standard"}))[0] == 422
    api.delete(f"{VARIANTS}{red['id']}/")
    assert api.patch(path, {"type": "standard"}).status_code == 200


def test_a_variant_has_just_these_fields(api: APIClient, refs: dict[str, int]) -> None:
    shirt = product(api, refs, "SHIRT", type="variable")
    barcodes = [{"code": "04001"}, {"code": "case", "quantity": "12"}]

    answer = api.post(VARIANTS, {"product_id": shirt["id"], "code": "S", "barcodes": barcodes})

    assert answer.status_code == 201
    variant = answer.json()
    assert {name: variant[name] for name in variant if not name.endswith(("_at", "id"))} == {
        "code": "S",
        "name": "",
        "cost": None,
        "price": None,
        "stock_alert": None,
        "barcodes": [
            {"code": "04001", "quantity": "1.0000"},
            {"code": "case", "quantity": "12.0000"},
        ],
        "image": None,
        "on_hand": "0.0000",
        "available": "0.0000",
        **NOTHING_ORDERED,
        "average_cost": None,
        "last_cost": None,
        "version": 1,
    }


def test_a_scan_finds_one_variant(api: APIClient, hat: dict[str, Any]) -> None:
    only = hat["variants"][0]["id"]
    barcodes = [{"code": "04001", "quantity": 12}]
    assert api.patch(f"{VARIANTS}{only}/", {"barcodes": barcodes}).status_code == 200

    for text in ("4001", "0004001", "hat"):
        found = api.get(f"{VARIANTS}?barcode={text}").json()["results"]
        assert [variant["id"] for variant in found] == [only]
    assert api.get(f"{VARIANTS}?barcode=%25").json()["count"] == 0


def test_a_barcode_belongs_to_one_variant(
    api: APIClient, refs: dict[str, int], hat: dict[str, Any]
) -> None:
    cap = product(api, refs, "CAP", variants=[{"code": "CAP", "barcodes": [{"code": "77"}]}])

    for taken in ("0077", "cap"):
        answer = api.patch(
            f"{VARIANTS}{hat['variants'][0]['id']}/", {"barcodes": [{"code": taken}]}
        )
        assert refusal(answer) == (409, "/barcodes/0/code", "duplicate")
    assert api.get(f"{VARIANTS}?barcode=77").json()["results"][0]["product_id"] == cap["id"]


def test_a_barcode_in_a_patch_is_a_whole_one(api: APIClient, hat: dict[str, Any]) -> None:
    answer = api.patch(f"{VARIANTS}{hat['variants'][0]['id']}/", {"barcodes": [{"quantity": "2"}]})

    assert refusal(answer) == (400, "/barcodes/0/code", "required")


def test_stock_is_shown_as_far_as_one_sees_warehouses(
    api: APIClient, api_as: ApiAs, hat: dict[str, Any]
) -> None:
    only = hat["variants"][0]["id"]
    here, there = put_in_stock(only, "4", "HERE"), put_in_stock(only, "9", "THERE")
    models.Level.objects.filter(pk=there.pk).update(reserved=d("1"))
    limited = api_as("owner", warehouse_ids=[here.warehouse_id])
    path = f"{PRODUCTS}{hat['id']}/"

    def figures(client: APIClient) -> tuple[str, str, str]:
        shown = client.get(path).json()
        return shown["on_hand"], shown["reserved"], shown["available"]

    assert figures(api) == ("13.0000", "1.0000", "12.0000")
    assert figures(limited) == ("4.0000", "0.0000", "4.0000")
    variant = limited.get(f"{VARIANTS}{only}/").json()
    assert (variant["average_cost"], variant["last_cost"]) == ("3.000000", "2.500000")
    api.patch(path, {"stock_alert": "4"})
    assert limited.get(f"{PRODUCTS}?below_alert=true").json()["count"] == 1
    assert api.get(f"{PRODUCTS}?below_alert=true").json()["count"] == 0
    one = f"{PRODUCTS}?below_alert=true&warehouse_id={here.warehouse_id}"
    assert api.get(one).json()["results"][0]["on_hand"] == "4.0000"


def test_without_cost_view_costs_are_null_and_cannot_be_sent_or_sorted_by(
    api: APIClient, api_as: ApiAs, hat: dict[str, Any], refs: dict[str, int]
) -> None:
    path, only = f"{PRODUCTS}{hat['id']}/", hat["variants"][0]["id"]
    api.patch(path, {"cost": "3"})
    put_in_stock(only, "1")
    rights = [f"product.{verb}" for verb in ("view", "add", "change")]
    blind = api_as(permissions=rights)

    assert blind.get(path).json()["cost"] is None
    variant = blind.get(f"{VARIANTS}{only}/").json()
    assert (variant["cost"], variant["average_cost"], variant["last_cost"]) == (None, None, None)
    for answer in (
        blind.patch(path, {"cost": "1"}),
        blind.post(PRODUCTS, {"code": "X", "name": "X", **refs, "cost": "1"}),
        blind.patch(f"{VARIANTS}{only}/", {"cost": "1"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert blind.get(f"{PRODUCTS}?ordering=cost").status_code == 400
    assert api.get(f"{PRODUCTS}?ordering=-cost").status_code == 200
    assert blind.put(path, {"code": "HAT", "name": "Hat", **refs}).status_code == 200
    assert api.get(path).json()["cost"] == "3.000000"


def test_products_are_filtered_searched_and_sorted(
    api: APIClient, refs: dict[str, int], hat: dict[str, Any]
) -> None:
    below = category(api, "SUB", refs["category_id"])["id"]
    brand = api.post("/api/v1/brands/", {"name": "Acme"}).json()["id"]
    product(api, {**refs, "category_id": below}, "B_1", brand_id=brand, price="2")
    other = {**refs, "category_id": category(api, "O")["id"]}
    product(api, other, "C%", type="variable", is_active=False, price="1")

    def codes(query: str) -> list[str]:
        answer = api.get(f"{PRODUCTS}?{query}")
        assert answer.status_code == 200, answer.content
        return [each["code"] for each in answer.json()["results"]]

    assert codes("") == ["B_1", "C%", "HAT"]
    assert codes(f"category_id={refs['category_id']}") == ["B_1", "HAT"]
    assert codes(f"category_id={below}&brand_id={brand}") == codes("search=_") == ["B_1"]
    assert codes("type=variable") == codes("is_active=false") == codes("search=%25") == ["C%"]
    assert codes("ordering=-price,name") == ["B_1", "C%", "HAT"]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page_size=201",
        "page=x",
        "color=red",
        "ordering=variants",
        "ordering=__class__",
        "type=bundle",
        "below_alert=perhaps",
        "category_id=abc",
        "category_id=9223372036854775808",
        "brand_id=1&brand_id=2",
        "search=%00",
    ],
)
def test_what_a_list_does_not_understand_is_400(api: APIClient, query: str) -> None:
    answer = api.get(f"{PRODUCTS}?{query}")

    assert answer.status_code == 400, answer.content


@pytest.mark.parametrize("id", ["0", "abc", "9223372036854775808", "-1", "1e3", "%00"])
def test_an_id_that_can_be_none_is_404(api: APIClient, id: str) -> None:
    for path in (f"{PRODUCTS}{id}/", f"{VARIANTS}{id}/", f"{PRODUCTS}{id}/image/"):
        assert api.get(path).status_code in {404, 405}
        assert api.delete(path).status_code == 404


def test_statements_do_not_grow_with_the_page(
    api: APIClient, refs: dict[str, int], at_most: Limit
) -> None:
    for n in range(12):
        many = [{"code": f"V{n}-{m}", "barcodes": [{"code": f"9{n}{m}"}]} for m in range(4)]
        shirt = product(api, refs, f"P{n}", type="variable", variants=many)
        put_in_stock(shirt["variants"][0]["id"], "1", f"W{n}")

    for query in ("", "below_alert=true", "search=v", f"category_id={refs['category_id']}"):
        with at_most(5 + 2):
            api.get(f"{PRODUCTS}?{query}")
    with at_most(5 + 2):
        api.get(f"{VARIANTS}?search=v")
    with at_most(4 + 2):
        api.get(f"{PRODUCTS}{shirt['id']}/")
    with at_most(4 + 2):
        api.get(f"{VARIANTS}{shirt['variants'][0]['id']}/")
