"""Stock counts over HTTP: from the empty sheet to the posting."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from rest_framework.test import APIClient

from sms_core.stock.lines import NamedLot
from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import LEVELS, V1, ago, done, order, refused, send
from tests.adapters.shop import Shop

COUNTS = f"{V1}/stock-counts/"
ALL = [f"stock_count.{verb}" for verb in ("view", "add", "change", "enter", "approve", "post")]
_keys = count(1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.chai = shop.variant("CHAI")  # type: ignore[attr-defined]
    shop.tea = shop.variant("TEA")  # type: ignore[attr-defined]
    shop.receive(shop.chai, "10", unit_cost="2")  # type: ignore[attr-defined]
    shop.receive(shop.tea, "5", unit_cost="4")  # type: ignore[attr-defined]
    return shop


@pytest.fixture
def other(api_as: ApiAs) -> APIClient:
    """Somebody else who may do everything."""
    return api_as("owner")


def drafted(api: APIClient, shop: Any, **body: Any) -> Any:
    answer = api.post(COUNTS, {"warehouse_id": shop.main.id, **body}, "json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def act(api: APIClient, sheet: Any, name: str, query: str = "", **body: Any) -> Any:
    key = None if "preview" in query else f"count-{next(_keys)}"
    return send(api, f"{COUNTS}{sheet['id']}/{name}/{query}", body, key=key)


def acted(api: APIClient, sheet: Any, name: str, **body: Any) -> Any:
    answer = act(api, sheet, name, **body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def started(api: APIClient, shop: Any, **body: Any) -> Any:
    return acted(api, drafted(api, shop, **body), "start")


def found(variant_id: int, quantity: str, **line: Any) -> dict[str, Any]:
    return {"variant_id": variant_id, "quantity": quantity, **line}


def enter(api: APIClient, sheet: Any, *lines: dict[str, Any], **body: Any) -> Any:
    return acted(api, sheet, "enter", lines=list(lines), **body)


def shown(api: APIClient, sheet: Any) -> Any:
    return api.get(f"{COUNTS}{sheet['id']}/").json()


def on_hand(api: APIClient, variant_id: int) -> str:
    results = api.get(f"{LEVELS}?variant_id={variant_id}").json()["results"]
    quantity: str = results[0]["on_hand"]
    return quantity


def approval_above(value: str) -> None:
    models.Company.objects.update(count_approval_value=value)


def test_a_draft_shows_its_scope(api: APIClient, shop: Any) -> None:
    place = shop.place("A1")
    scope = {
        "location_ids": [place],
        "category_id": shop.category.pk,
        "variant_ids": [shop.chai, shop.tea],
    }
    answer = api.post(COUNTS, {"warehouse_id": shop.main.id, "scope": scope, "notes": "x"}, "json")
    assert answer.status_code == 201, answer.content
    draft = answer.json()
    assert api.get(answer["Location"]).json() == draft
    assert set(draft) == {
        "id", "number", "state", "warehouse_id", "scope", "started_at", "approved_by",
        "approved_at", "line_count", "counted_count", "variance_value", "notes", "lines",
        "allowed", "postings", "version", "created_at", "updated_at", "deleted_at",
    }  # fmt: skip
    assert (draft["state"], draft["scope"], draft["lines"]) == ("draft", scope, [])
    assert draft["allowed"] == ["start", "change", "duplicate", "delete"]
    plain = drafted(api, shop)
    assert plain["scope"] == {"location_ids": [], "category_id": None, "variant_ids": []}


def test_a_draft_is_changed_and_deleted(api: APIClient, shop: Any) -> None:
    draft = drafted(api, shop)
    url = f"{COUNTS}{draft['id']}/"
    changed = api.patch(url, {"scope": {"variant_ids": [shop.chai]}, "version": 1}, "json").json()
    assert changed["scope"]["variant_ids"] == [shop.chai]
    assert api.patch(url, {"notes": "late", "version": 1}, "json").status_code == 412
    preview = api.patch(f"{url}?preview=true", {"notes": "?"}, "json").json()
    assert preview == {"ok": True, "levels": [], "errors": []}
    put = api.put(url, {"warehouse_id": shop.main.id}, "json").json()
    assert put["scope"]["variant_ids"] == []
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert api.get(f"{COUNTS}?deleted=true").json()["count"] == 1
    assert api.post(f"{url}restore/", {}, "json").status_code == 200


def test_a_count_goes_from_the_sheet_to_the_posting(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    assert (sheet["state"], sheet["line_count"]) == ("counting", 2)
    line = sheet["lines"][0]
    assert line == {
        "id": line["id"],
        "variant_id": shop.chai,
        "location_id": shop.main.default_location_id,
        "lot_code": None,
        "expires_on": None,
        "counted_quantity": None,
        "counted_at": None,
        "counted_by": None,
        "variance": None,
        "variance_value": None,
    }
    answer = enter(api, sheet, found(shop.chai, "9"))
    assert [line["counted_quantity"] for line in answer["lines"]] == ["9.0000"]
    assert (answer["line_count"], answer["counted_count"]) == (2, 1)
    assert shown(api, sheet)["lines"][0]["variance"] is None
    done(api, "issues", warehouse_id=shop.main.id, reason_code="sample",
         lines=[found(shop.chai, "3")])  # fmt: skip
    handed_in = acted(api, sheet, "enter", done=True)
    assert (handed_in["state"], handed_in["lines"]) == ("to_approve", [])
    seen = shown(api, sheet)
    assert (seen["lines"][0]["variance"], seen["lines"][0]["variance_value"]) == (
        "-1.0000",
        "-2.0000",
    )
    assert (seen["lines"][1]["variance"], seen["variance_value"]) == (None, "2.0000")
    posted = acted(api, sheet, "post", note="All shelves")
    assert (posted["state"], posted["postings"][0]["kind"]) == ("posted", "count")
    assert [line["variance"] for line in posted["lines"]] == ["-1.0000", None]
    assert (on_hand(api, shop.chai), on_hand(api, shop.tea)) == ("6.0000", "5.0000")
    posting = api.get(f"{V1}/stock/postings/{posted['postings'][0]['id']}/").json()
    assert (posting["reason_code"], posting["note"]) == ("count-difference", "All shelves")
    assert posting["document"] == {
        "type": "stock_count",
        "id": sheet["id"],
        "number": sheet["number"],
    }
    history = api.get(f"{COUNTS}{sheet['id']}/history/").json()["results"]
    assert [event["act"] for event in history] == ["create", "start", "enter", "post"]
    assert history[-1]["postings"] == [posting["number"]]


def test_lists_leave_the_sheet_out(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "9"))
    drafted(api, shop)
    (row,) = api.get(f"{COUNTS}?state=counting").json()["results"]
    assert "lines" not in row
    assert (row["line_count"], row["counted_count"]) == (2, 1)
    for query, number in (
        (f"warehouse_id={shop.main.id}", 2),
        ("warehouse_id=99", 0),
        (f"number={sheet['number'].lower()}", 1),
        (f"search={sheet['number'][-6:]}", 1),
        ("ordering=-state,number", 2),
    ):
        assert api.get(f"{COUNTS}?{query}").json()["count"] == number, query
    assert api.get(f"{COUNTS}?ordering=variance_value").status_code == 400


def test_scanners_add_and_what_is_found_comes_onto_the_sheet(api: APIClient, shop: Any) -> None:
    shop.barcode(shop.chai, "4006381333931")
    shop.barcode(shop.chai, "14006381333938", quantity=12)
    cheese = shop.variant("CHEESE", places=3, tracks_lots=True)
    sheet = started(api, shop)
    enter(api, sheet, {"barcode": "4006381333931"}, {"barcode": "04006381333931"})
    enter(api, sheet, {"barcode": "14006381333938", "add": "2"})
    lot = {"code": "L-7", "expires_on": "2031-05-31"}
    place = shop.place("A1")
    enter(api, sheet, found(cheese, "1.5", lot=lot, location_id=place))
    lines = shown(api, sheet)["lines"]
    assert lines[0]["counted_quantity"] == "26.0000"
    assert (lines[2]["lot_code"], lines[2]["expires_on"]) == ("L-7", "2031-05-31")
    assert not models.Lot.objects.exists()
    acted(api, sheet, "post")
    assert models.Lot.objects.get().code == "L-7"
    assert on_hand(api, cheese) == "1.5000"
    entries = models.StockCountEntry.objects.order_by("pk").values_list("is_added", "quantity")
    assert list(entries)[-2:] == [(True, 24), (False, models.Bin.objects.latest("pk").on_hand)]


def test_everything_that_was_entered_can_be_read(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    line = sheet["lines"][0]["id"]
    enter(api, sheet, found(shop.chai, "9"), {"variant_id": shop.chai, "add": "2"})
    acted(api, sheet, "recount", line_ids=[line])
    url = f"{COUNTS}{sheet['id']}/entries/"
    answer = api.get(url).json()
    said = [(row["line_id"], row["quantity"], row["is_added"]) for row in answer["results"]]
    assert said == [(line, None, False), (line, "2.0000", True), (line, "9.0000", False)]
    assert all(row["username"] and row["counted_at"] for row in answer["results"])
    assert api.get(f"{url}?page=2&page_size=2").json()["results"][0]["quantity"] == "9.0000"
    assert api.get(f"{url}?page=9").status_code == 404
    assert api.get(f"{url}?state=counting").status_code == 400


def test_the_rest_is_said_to_be_empty(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "10"), zero_rest=True, done=True)
    assert [line["variance"] for line in shown(api, sheet)["lines"]] == ["0.0000", "-5.0000"]
    acted(api, sheet, "post")
    assert (on_hand(api, shop.chai), on_hand(api, shop.tea)) == ("10.0000", "0.0000")


def test_a_count_that_finds_nothing_wrong_makes_no_posting(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "10"))
    posted = acted(api, sheet, "post")
    assert (posted["state"], posted["postings"]) == ("posted", [])
    assert models.Bin.objects.filter(counted_at__isnull=False).count() == 1


def test_somebody_else_approves_what_is_worth_much(
    api: APIClient, other: APIClient, shop: Any
) -> None:
    approval_above("1")
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "9"), done=True)
    assert refused(act(api, sheet, "post")) == (409, [("", "needs_approval")])
    assert refused(act(api, sheet, "approve")) == (403, [("", "own_count")])
    approved = acted(other, sheet, "approve")
    assert approved["approved_by"]
    assert acted(api, sheet, "post")["state"] == "posted"


def test_chosen_lines_are_counted_again(api: APIClient, other: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "9"), found(shop.tea, "5"), done=True)
    acted(other, sheet, "approve")
    again = acted(api, sheet, "recount", line_ids=[sheet["lines"][0]["id"]])
    assert (again["state"], again["approved_by"], again["counted_count"]) == ("counting", None, 1)
    assert [line["counted_quantity"] for line in again["lines"]] == [None, "5.0000"]


def test_a_cancelled_count_changes_nothing_and_can_be_copied(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop, scope={"variant_ids": [shop.chai]})
    enter(api, sheet, found(shop.chai, "3"))
    cancelled = acted(api, sheet, "cancel", note="Too late today")
    assert (cancelled["state"], cancelled["allowed"]) == ("cancelled", ["duplicate"])
    assert on_hand(api, shop.chai) == "10.0000"
    copy = api.post(f"{COUNTS}{sheet['id']}/duplicate/", {}, "json")
    assert copy.status_code == 201
    assert (copy.json()["state"], copy.json()["scope"]) == ("draft", sheet["scope"])


def test_posting_can_be_previewed(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "9"))
    preview = act(api, sheet, "post", "?preview=true").json()
    assert preview["ok"]
    (level,) = preview["levels"]
    assert (level["before"]["on_hand"], level["after"]["on_hand"]) == ("10.0000", "9.0000")
    assert shown(api, sheet)["state"] == "counting"
    done(api, "issues", warehouse_id=shop.main.id, reason_code="sample",
         lines=[found(shop.chai, "10")])  # fmt: skip
    refusal = act(api, sheet, "post", "?preview=true").json()
    assert not refusal["ok"]
    assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [
        ("/lines/0/counted_quantity", "insufficient_stock")
    ]
    assert act(api, sheet, "start", "?preview=true").json()["errors"][0]["code"] == (
        "document_state"
    )


def test_the_same_order_sent_twice_has_one_effect(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    url, body = f"{COUNTS}{sheet['id']}/enter/", {"lines": [{"variant_id": shop.chai, "add": "1"}]}
    first, second = (send(api, url, body, key="scan-1") for _ in range(2))
    assert second["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()
    assert shown(api, sheet)["lines"][0]["counted_quantity"] == "1.0000"
    assert send(api, url, body, key=None).status_code == 400


def test_what_is_not_readable_is_400(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    line = {"variant_id": shop.chai}
    for body, wrong in (
        ({"lines": [{**line, "quantity": 1.5}]}, ("/lines/0/quantity", "invalid")),
        ({"lines": [line]}, ("/lines/0/quantity", "one_of")),
        ({"lines": [found(shop.chai, "1", add="1")]}, ("/lines/0/quantity", "one_of")),
        ({"lines": [{"quantity": "1"}]}, ("/lines/0/variant_id", "one_of")),
        ({"lines": [{"barcode": "?"}]}, ("/lines/0/barcode", "unknown")),
        ({"lines": [found(999, "1")]}, ("/lines/0/variant_id", "unknown")),
        ({"lines": [found(shop.chai, "1", location_id=999)]}, ("/lines/0/location_id", "unknown")),
        ({"lines": [found(shop.chai, "-1")]}, ("/lines/0/quantity", "negative")),
        ({"lines": [found(shop.chai, "1")] * 1001}, ("/lines", "max_length")),
        ({}, ("/lines", "required")),
        ({"lines": [found(shop.chai, "1", lines=[])]}, ("/lines/0/lines", "unknown_field")),
    ):
        answer = act(api, sheet, "enter", **body)
        assert refused(answer) == (400, [wrong])
    assert refused(act(api, sheet, "recount", line_ids=[999])) == (400, [("/line_ids", "unknown")])
    assert act(api, sheet, "recount").status_code == 400
    enter(api, sheet, found(shop.chai, "9"))
    assert refused(act(api, sheet, "post", reason_code="nonsense")) == (
        400,
        [("/reason_code", "unknown")],
    )
    for scope, pointer in (
        ({"location_ids": [999]}, "/scope/location_ids"),
        ({"category_id": 999}, "/scope/category_id"),
        ({"variant_ids": [999]}, "/scope/variant_ids"),
    ):
        answer = api.post(COUNTS, {"warehouse_id": shop.main.id, "scope": scope}, "json")
        assert refused(answer) == (400, [(pointer, "unknown")])
    assert refused(api.post(COUNTS, {"warehouse_id": 999}, "json")) == (
        400,
        [("/warehouse_id", "unknown")],
    )


def test_what_is_against_a_rule_is_422(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    cheese = shop.variant("CHEESE", places=3, tracks_lots=True)
    for line, wrong in (
        (found(shop.chai, "1.5"), ("/lines/0/quantity", "too_fine")),
        (found(shop.chai, "1", counted_at=ago(hours=-1)), ("/lines/0/counted_at", "in_future")),
        (found(shop.chai, "1", counted_at=ago(hours=1)), ("/lines/0/counted_at", "before_start")),
        (found(cheese, "1"), ("/lines/0/lot", "lot_required")),
        (found(shop.chai, "1", lot={"code": "L"}), ("/lines/0/lot", "lot_not_tracked")),
    ):
        assert refused(act(api, sheet, "enter", lines=[line])) == (422, [wrong])


def test_what_the_state_forbids_is_409(api: APIClient, shop: Any) -> None:
    draft = drafted(api, shop)
    for name, body in (("enter", {"done": True}), ("post", {}), ("approve", {}), ("cancel", {})):
        answer = act(api, draft, name, **body)
        assert refused(answer) == (409, [("", "document_state")])
        assert "start" in answer.json()["detail"]
    sheet = started(api, shop)
    answer = act(api, draft, "start")
    assert refused(answer) == (409, [("/scope", "in_other_count")])
    assert sheet["number"] in answer.json()["detail"]
    assert refused(act(api, sheet, "post")) == (409, [("", "nothing_counted")])
    url = f"{COUNTS}{sheet['id']}/"
    assert api.patch(url, {"notes": "x"}, "json").status_code == 409
    assert api.delete(url).status_code == 409


def test_a_stale_version_is_412(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    url = f"{COUNTS}{sheet['id']}/cancel/"
    assert send(api, url, {}, key="v1", HTTP_IF_MATCH='"1"').status_code == 412
    version = f'"{sheet["version"]}"'
    assert send(api, url, {}, key="v2", HTTP_IF_MATCH=version).status_code == 200


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("start", "change"),
        ("enter", "enter"),
        ("recount", "approve"),
        ("approve", "approve"),
        ("post", "post"),
        ("cancel", "change"),
    ],
)
def test_each_act_takes_its_right(
    api: APIClient, api_as: ApiAs, shop: Any, name: str, right: str
) -> None:
    draft = drafted(api, shop)
    sheet = draft if name == "start" else acted(api, draft, "start")
    clerk = api_as(permissions=[code for code in ALL if code != f"stock_count.{right}"])
    body = {"line_ids": [1]} if name == "recount" else {}
    assert act(clerk, sheet, name, **body).status_code == 403


def test_a_count_of_another_warehouse_does_not_exist(
    api: APIClient, api_as: ApiAs, shop: Any
) -> None:
    sheet = started(api, shop)
    stranger = api_as("manager", warehouse_ids=[shop.open_warehouse("NORTH").id])
    assert stranger.get(COUNTS).json()["count"] == 0
    assert stranger.get(f"{COUNTS}{sheet['id']}/").status_code == 404
    for name in ("enter", "post", "approve", "cancel", "duplicate"):
        body = {"done": True} if name == "enter" else {}
        assert act(stranger, sheet, name, **body).status_code == 404
    answer = stranger.post(COUNTS, {"warehouse_id": shop.main.id}, "json")
    assert refused(answer) == (400, [("/warehouse_id", "unknown")])


def test_without_the_right_to_costs_differences_have_no_value(
    api: APIClient, api_as: ApiAs, shop: Any
) -> None:
    approval_above("1")
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "9"), done=True)
    clerk = api_as(permissions=ALL)
    seen = shown(clerk, sheet)
    assert (seen["variance_value"], seen["lines"][0]["variance_value"]) == (None, None)
    assert seen["lines"][0]["variance"] == "-1.0000"
    assert "(2 in all" in act(api, sheet, "post").json()["detail"]
    assert "in all" not in act(clerk, sheet, "post").json()["detail"]


def test_reserved_goods_are_released_only_on_demand(api: APIClient, shop: Any) -> None:
    promise = {"variant_id": shop.chai, "warehouse_id": shop.main.id, "quantity": "9"}
    done(api, "reservations", **promise)
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "4"))
    wrong = [("/lines/0/counted_quantity", "reserved")]
    assert refused(act(api, sheet, "post")) == (409, wrong)
    assert acted(api, sheet, "post", release_reserved=True)["state"] == "posted"


def test_what_happened_before_the_count_comes_too_late(
    api: APIClient, api_as: ApiAs, shop: Any
) -> None:
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "10"))
    acted(api, sheet, "post")
    late = {
        "warehouse_id": shop.main.id,
        "occurred_at": ago(minutes=1),
        "lines": [found(shop.chai, "1")],
    }
    assert refused(order(api, "receipts", **late)) == (409, [("/occurred_at", "counted_since")])
    clerk = api_as(permissions=["stock.view", "stock.receive"])
    assert order(clerk, "receipts", **late, despite_count=True).status_code == 403
    assert done(api, "receipts", **late, despite_count=True)
    assert on_hand(api, shop.chai) == "11.0000"
    receipt = models.Posting.objects.order_by("pk")[0]
    undo = {"occurred_at": receipt.occurred_at.isoformat()}
    path = f"postings/{receipt.pk}/reverse"
    assert refused(order(api, path, **undo)) == (409, [("/occurred_at", "counted_since")])
    assert done(api, path, **undo, despite_count=True)


def test_documents_too_say_what_happened_despite_a_count(api: APIClient, shop: Any) -> None:
    north = shop.open_warehouse("NORTH")
    early = {"warehouse_id": shop.main.id, "occurred_at": ago(hours=1)}
    done(api, "receipts", **early, lines=[found(shop.chai, "1")])
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "11"))
    acted(api, sheet, "post")
    body = {
        "from_warehouse_id": shop.main.id,
        "to_warehouse_id": north.id,
        "lines": [found(shop.chai, "1")],
    }
    transfer = api.post(f"{V1}/stock-transfers/", body, "json").json()
    url, late = f"{V1}/stock-transfers/{transfer['id']}/dispatch/", {"occurred_at": ago(minutes=1)}
    wrong = (409, [("/occurred_at", "counted_since")])
    assert refused(send(api, url, late, key="late")) == wrong
    sent = send(api, url, {**late, "despite_count": True}, key="despite")
    assert sent.json()["state"] == "in_transit"


def test_an_undone_count_stays_posted(api: APIClient, shop: Any) -> None:
    sheet = started(api, shop)
    enter(api, sheet, found(shop.chai, "9"))
    (posting,) = acted(api, sheet, "post")["postings"]
    done(api, f"postings/{posting['id']}/reverse")
    seen = shown(api, sheet)
    assert (seen["state"], seen["lines"][0]["variance"]) == ("posted", "-1.0000")
    assert [each["reverses_id"] for each in seen["postings"]] == [None, posting["id"]]
    history = api.get(f"{COUNTS}{sheet['id']}/history/").json()["results"]
    assert history[-1]["act"] == "reverse"


def test_lots_are_counted_one_by_one(api: APIClient, shop: Any) -> None:
    cheese = shop.variant("CHEESE", places=3, tracks_lots=True)
    for code in ("L1", "L2"):
        shop.receive(cheese, "2", unit_cost="8", lot=NamedLot(code=code))
    sheet = started(api, shop, scope={"variant_ids": [cheese]})
    assert [line["lot_code"] for line in sheet["lines"]] == ["L1", "L2"]
    enter(api, sheet, found(cheese, "1.5", lot={"code": "l2"}), done=True)
    assert [line["variance"] for line in shown(api, sheet)["lines"]] == [None, "-0.5000"]
    acted(api, sheet, "post")
    assert on_hand(api, cheese) == "3.5000"
