"""Stock transfers over HTTP: from the draft until everything is settled."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

import pytest
from rest_framework.test import APIClient

from sms_core.stock.lines import NamedLot
from sms_django import models
from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.orders import BINS, LEVELS, V1, ago, pointers, refused, send
from tests.adapters.shop import Shop

TRANSFERS = f"{V1}/stock-transfers/"
_keys = count(1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.north = shop.open_warehouse("NORTH")  # type: ignore[attr-defined]
    shop.chai = shop.variant("CHAI")  # type: ignore[attr-defined]
    shop.receive(shop.chai, "100", unit_cost="2")  # type: ignore[attr-defined]
    return shop


def body(shop: Any, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "from_warehouse_id": shop.main.id,
        "to_warehouse_id": shop.north.id,
        "lines": list(lines) or [{"variant_id": shop.chai, "quantity": "10"}],
        **more,
    }


def drafted(api: APIClient, shop: Any, *lines: dict[str, Any]) -> Any:
    answer = api.post(TRANSFERS, body(shop, *lines), "json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def act(api: APIClient, transfer: Any, name: str, query: str = "", **values: Any) -> Any:
    key = None if "preview" in query else f"act-{next(_keys)}"
    return send(api, f"{TRANSFERS}{transfer['id']}/{name}/{query}", values, key=key)


def done(api: APIClient, transfer: Any, name: str, **values: Any) -> Any:
    answer = act(api, transfer, name, **values)
    assert answer.status_code == 200, answer.content
    return answer.json()


def on_hand(api: APIClient, warehouse_id: int) -> str:
    results = api.get(f"{LEVELS}?warehouse_id={warehouse_id}").json()["results"]
    return results[0]["on_hand"] if results else "0.0000"


def test_a_transfer_goes_from_draft_to_received(api: APIClient, shop: Any) -> None:
    answer = api.post(TRANSFERS, body(shop, notes="With the van"), "json")
    assert answer.status_code == 201
    transfer = answer.json()
    assert answer["Location"].endswith(f"/stock-transfers/{transfer['id']}/")
    assert api.get(answer["Location"]).json() == transfer
    assert set(transfer) == {
        "id", "number", "state", "from_warehouse_id", "to_warehouse_id", "notes", "lines",
        "allowed", "postings", "version", "created_at", "updated_at", "deleted_at",
    }  # fmt: skip
    assert (transfer["state"], transfer["postings"]) == ("draft", [])
    (line,) = transfer["lines"]
    assert set(line) == {
        "id", "variant_id", "quantity", "lot_code", "dispatched_quantity", "received_quantity",
        "in_transit_quantity",
    }  # fmt: skip

    transfer = done(api, transfer, "dispatch")
    assert (transfer["state"], transfer["allowed"]) == (
        "in_transit",
        ["receive", "close", "duplicate"],
    )
    assert transfer["lines"][0]["dispatched_quantity"] == "10.0000"
    assert (on_hand(api, shop.main.id), on_hand(api, shop.north.id)) == ("90.0000", "0.0000")

    part = [{"line_id": line["id"], "quantity": "4"}]
    transfer = done(api, transfer, "receive", lines=part, note="The rest tomorrow")
    assert transfer["state"] == "partially_received"
    assert transfer["lines"][0]["in_transit_quantity"] == "6.0000"
    transfer = done(api, transfer, "receive")
    assert transfer["state"] == "received"
    assert on_hand(api, shop.north.id) == "10.0000"

    assert [posting["kind"] for posting in transfer["postings"]] == [
        "dispatch",
        "arrival",
        "arrival",
    ]
    assert transfer["postings"][1]["note"] == "The rest tomorrow"
    posting = api.get(f"{V1}/stock/postings/{transfer['postings'][0]['id']}/").json()
    assert posting["document"] == {
        "type": "stock_transfer",
        "id": transfer["id"],
        "number": transfer["number"],
    }
    history = api.get(f"{TRANSFERS}{transfer['id']}/history/").json()["results"]
    assert [event["act"] for event in history] == ["create", "dispatch", "receive", "receive"]
    assert history[1]["postings"] == [transfer["postings"][0]["number"]]
    assert history[0]["username"] == transfer["postings"][0]["username"]


def test_a_draft_is_changed_line_by_line(api: APIClient, shop: Any) -> None:
    tea = shop.variant("TEA")
    transfer = drafted(api, shop, {"variant_id": shop.chai, "quantity": "1"})
    (line,) = transfer["lines"]
    path = f"{TRANSFERS}{transfer['id']}/"

    answer = api.patch(
        path,
        {
            "lines": [
                {"variant_id": tea, "quantity": "5"},
                {"id": line["id"], "variant_id": shop.chai, "quantity": "3", "lot_code": None},
            ]
        },
        "json",
    )

    assert answer.status_code == 200, answer.content
    first, second = answer.json()["lines"]
    assert (first["variant_id"], second["id"], second["quantity"]) == (tea, line["id"], "3.0000")
    assert answer.json()["version"] == 2
    (event,) = [e for e in api.get(f"{path}history/").json()["results"] if e["act"] == "change"]
    assert event["changes"] == {"lines": ["CHAI 1", "TEA 5; CHAI 3"]}

    answer = api.patch(path, {"lines": [{"id": second["id"]}]}, "json")
    assert refused(answer) == (
        400,
        [("/lines/0/variant_id", "required"), ("/lines/0/quantity", "required")],
    )
    answer = api.patch(path, {"notes": "x"}, "json", HTTP_IF_MATCH='"1"')
    assert answer.status_code == 412
    answer = api.put(path, body(shop), "json")
    assert [each["id"] == line["id"] for each in answer.json()["lines"]] == [False]


def test_a_form_keeps_lines_and_drops_those_that_are_blanked(api: APIClient, shop: Any) -> None:
    lines = ({"variant_id": shop.chai, "quantity": quantity} for quantity in ("1", "2"))
    transfer = drafted(api, shop, *lines)
    path = f"{TRANSFERS}{transfer['id']}/"
    page = api.get(path, HTTP_ACCEPT="text/html").content.decode()
    first, second = (line["id"] for line in transfer["lines"])
    assert f'<input type="hidden" name="lines[1]id" value="{second}">' in page
    assert "<th>Id</th>" not in page

    form = {
        "from_warehouse_id": shop.main.id,
        "to_warehouse_id": shop.north.id,
        "lines[0]id": first,
        "lines[0]variant_id": "",
        "lines[0]quantity": "",
        "lines[1]id": second,
        "lines[1]variant_id": shop.chai,
        "lines[1]quantity": "5",
        "lines[2]variant_id": "",
        "lines[2]quantity": "",
    }
    answer = api.put(path, form, format="multipart")

    assert answer.status_code == 200, answer.content
    assert [(line["id"], line["quantity"]) for line in answer.json()["lines"]] == [
        (second, "5.0000")
    ]


def test_a_change_can_be_previewed(api: APIClient, shop: Any) -> None:
    transfer = drafted(api, shop)
    path = f"{TRANSFERS}{transfer['id']}/"

    answer = api.patch(f"{path}?preview=true", {"notes": "x"}, "json")

    assert answer.json() == {"ok": True, "levels": [], "errors": []}
    assert api.get(path).json() == transfer
    lines = [{"variant_id": shop.chai, "quantity": "0.5"}]
    answer = api.patch(f"{path}?preview=true", {"lines": lines}, "json")
    assert (answer.json()["ok"], pointers(answer)) == (False, [("/lines/0/quantity", "too_fine")])


def test_a_dispatch_can_be_previewed(api: APIClient, shop: Any) -> None:
    transfer = drafted(api, shop)

    answer = act(api, transfer, "dispatch", "?preview=true").json()

    assert answer["ok"]
    assert [
        (level["warehouse_id"], level["in_transit"], level["after"]["on_hand"])
        for level in answer["levels"]
    ] == [(shop.main.id, False, "90.0000"), (shop.north.id, True, "10.0000")]
    assert api.get(f"{TRANSFERS}{transfer['id']}/").json() == transfer
    assert not models.Posting.objects.filter(kind="dispatch").exists()


def test_an_action_is_carried_out_once_per_key(api: APIClient, shop: Any) -> None:
    transfer = drafted(api, shop)
    path = f"{TRANSFERS}{transfer['id']}/dispatch/"

    assert send(api, path, {}, key=None).status_code == 400
    first, again = (send(api, path, {}, key="same") for _ in range(2))

    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert send(api, path, {}, key="other").json()["code"] == "document_state"


def test_a_replay_is_for_those_who_still_see_the_transfer(api_as: ApiAs, shop: Any) -> None:
    api = api_as("owner")
    path = f"{TRANSFERS}{drafted(api, shop)['id']}/dispatch/"
    send(api, path, {}, key="same")
    username = api.get(f"{V1}/auth/me/").json()["username"]
    south = shop.open_warehouse("SOUTH").id
    models.User.objects.filter(username=username).update(warehouse_ids=[south])

    assert send(api, path, {}, key="same").status_code == 404


def test_the_wrong_state_names_it_and_what_is_allowed(api: APIClient, shop: Any) -> None:
    transfer = drafted(api, shop)

    answer = act(api, transfer, "receive")

    assert (answer.status_code, answer.json()["code"]) == (409, "document_state")
    assert "is draft" in answer.json()["detail"]
    assert "dispatch, change, cancel, delete, duplicate" in answer.json()["detail"]
    transfer = done(api, transfer, "dispatch")
    path = f"{TRANSFERS}{transfer['id']}/"
    assert api.patch(path, {"notes": "x"}, "json").json()["code"] == "document_state"
    assert api.delete(path).json()["code"] == "document_state"
    assert act(api, transfer, "cancel").json()["code"] == "document_state"


def test_a_stale_version_is_412(api: APIClient, shop: Any) -> None:
    transfer = drafted(api, shop)
    path = f"{TRANSFERS}{transfer['id']}/"
    api.patch(path, {"notes": "x"}, "json")
    for name in ("dispatch", "cancel"):
        answer = send(api, f"{path}{name}/", {}, key=name, HTTP_IF_MATCH='"1"')
        assert answer.status_code == 412


@pytest.mark.parametrize(
    ("values", "status", "pointer", "code"),
    [
        ({"to_warehouse_id": "from"}, 422, "/to_warehouse_id", "same_place"),
        ({"to_warehouse_id": 9_999}, 400, "/to_warehouse_id", "unknown"),
        ({"from_warehouse_id": 9_999}, 400, "/from_warehouse_id", "unknown"),
        ({"to_warehouse_id": None}, 400, "/to_warehouse_id", "null"),
        (
            {"lines": [{"variant_id": 9_999, "quantity": "1"}]},
            400,
            "/lines/0/variant_id",
            "unknown",
        ),
        ({"lines": [{"quantity": "1"}]}, 400, "/lines/0/variant_id", "required"),
        ({"lines": [{"variant_id": 1, "quantity": "0"}]}, 400, "/lines/0/quantity", "not_positive"),
        ({"lines": [{"variant_id": 1, "quantity": 1.5}]}, 400, "/lines/0/quantity", "invalid"),
        ({"lines": [{"variant_id": 1, "quantity": "1.5"}]}, 422, "/lines/0/quantity", "too_fine"),
        (
            {"lines": [{"variant_id": 1, "quantity": "1", "lot_code": "L"}]},
            422,
            "/lines/0/lot_code",
            "lot_not_tracked",
        ),
        (
            {"lines": [{"variant_id": 1, "quantity": "1", "id": 77}]},
            400,
            "/lines/0/id",
            "unknown",
        ),
        (
            {"lines": [{"variant_id": 1, "quantity": "1", "received_quantity": "1"}]},
            400,
            "/lines/0/received_quantity",
            "read_only",
        ),
        ({"lines": [{"variant_id": 1, "quantity": "1"}] * 1_001}, 400, "/lines", "max_length"),
        ({"lines": "x"}, 400, "/lines", "not_a_list"),
        ({"number": "ST-1"}, 400, "/number", "read_only"),
        ({"state": "received"}, 400, "/state", "read_only"),
        ({"postings": []}, 400, "/postings", "read_only"),
        ({"colour": "red"}, 400, "/colour", "unknown_field"),
    ],
)
def test_a_bad_draft_is_refused(
    api: APIClient, shop: Any, values: dict[str, Any], status: int, pointer: str, code: str
) -> None:
    for line in values.get("lines", ()):
        if isinstance(line, dict) and line.get("variant_id") == 1:
            line["variant_id"] = shop.chai
    if values.get("to_warehouse_id") == "from":
        values = {"to_warehouse_id": shop.main.id}

    answer = api.post(TRANSFERS, body(shop, **values), "json")

    assert (answer.status_code, pointers(answer)[0]) == (status, (pointer, code)), answer.content
    assert not models.StockTransfer.objects.exists()


def test_more_than_is_on_its_way_is_409_with_the_way_out(api: APIClient, shop: Any) -> None:
    transfer = done(api, drafted(api, shop), "dispatch")
    line = transfer["lines"][0]["id"]

    answer = act(api, transfer, "receive", lines=[{"line_id": line, "quantity": "11"}])

    assert refused(answer) == (409, [("/lines/0/quantity", "more_than_dispatched")])
    assert "Of CHAI only 10 of ST-" in answer.json()["detail"]
    assert "adjustment" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "values", "status", "pointer", "code"),
    [
        ("receive", {"lines": []}, 400, "/lines", "empty"),
        ("receive", {"lines": [{"quantity": "1"}]}, 400, "/lines/0/line_id", "required"),
        (
            "receive",
            {"lines": [{"line_id": 9, "quantity": "1"}]},
            400,
            "/lines/0/line_id",
            "unknown",
        ),
        ("receive", {"reference": "x"}, 400, "/reference", "unknown_field"),
        ("receive", {"occurred_at": ago(hours=2)}, 422, "/occurred_at", "before_origin"),
        ("close", {}, 400, "/reason_code", "one_of"),
        ("close", {"reason_code": "lost", "found_at": "source"}, 400, "/reason_code", "one_of"),
        ("close", {"found_at": "target"}, 400, "/found_at", "invalid_choice"),
        ("close", {"reason_code": "nonsense"}, 400, "/reason_code", "unknown"),
        ("close", {"reason_code": "gift"}, 422, "/reason_code", "reason_not_offered"),
    ],
)
def test_a_bad_action_is_refused(
    api: APIClient,
    shop: Any,
    name: str,
    values: dict[str, Any],
    status: int,
    pointer: str,
    code: str,
) -> None:
    transfer = done(api, drafted(api, shop), "dispatch")

    answer = act(api, transfer, name, **values)

    assert refused(answer) == (status, [(pointer, code)]), answer.content
    assert api.get(f"{TRANSFERS}{transfer['id']}/").json() == transfer


def test_what_is_not_there_is_not_dispatched(api: APIClient, shop: Any) -> None:
    transfer = drafted(api, shop, {"variant_id": shop.chai, "quantity": "101"})

    answer = act(api, transfer, "dispatch")
    assert refused(answer) == (409, [("/lines/0/quantity", "insufficient_stock")])
    answer = act(api, transfer, "dispatch", from_location_id=9_999)
    assert refused(answer) == (400, [("/from_location_id", "unknown")])
    empty = drafted(api, shop)
    api.patch(f"{TRANSFERS}{empty['id']}/", {"lines": []}, "json")
    assert refused(act(api, empty, "dispatch")) == (422, [("/lines", "no_lines")])


def test_what_did_not_arrive_is_written_off_or_put_back(api: APIClient, shop: Any) -> None:
    lost = done(api, drafted(api, shop), "dispatch")
    lost = done(api, lost, "close", reason_code="transfer-shortage")
    assert (lost["state"], lost["postings"][-1]["kind"]) == ("closed", "adjustment")
    found = done(api, drafted(api, shop), "dispatch")
    found = done(api, found, "close", found_at="source")
    assert (found["state"], found["postings"][-1]["kind"]) == ("closed", "transfer")
    assert (on_hand(api, shop.main.id), on_hand(api, shop.north.id)) == ("90.0000", "0.0000")


def test_writing_off_takes_the_right_to_adjust(api_as: ApiAs, shop: Any) -> None:
    clerk = api_as(permissions=[f"stock_transfer.{x}" for x in ("view", "receive")])
    transfer = done(api := api_as("owner"), drafted(api, shop), "dispatch")
    assert act(clerk, transfer, "close", reason_code="lost").status_code == 403
    assert act(clerk, transfer, "close", found_at="source").status_code == 200


def test_goods_keep_their_lots_and_arrive_by_expiry(api: APIClient, shop: Any) -> None:
    cheese = shop.variant("CHEESE", places=3, tracks_lots=True)
    for code, day in (("LATE", date(2032, 1, 1)), ("NEVER", None), ("SOON", date(2031, 1, 1))):
        shop.receive(cheese, "3", unit_cost="1", lot=NamedLot(code=code, expires_on=day))
    other = drafted(api, shop, {"variant_id": cheese, "quantity": "1", "lot_code": "soon"})
    done(api, other, "dispatch")
    transfer = drafted(api, shop, {"variant_id": cheese, "quantity": "7.5"})
    transfer = done(api, transfer, "dispatch")
    line = transfer["lines"][0]["id"]

    def arrived() -> dict[str, str]:
        bins = api.get(f"{BINS}?warehouse_id={shop.north.id}").json()["results"]
        return {
            bin["lot_code"]: bin["on_hand"]
            for bin in bins
            if bin["location_id"] == shop.north.default_location_id
        }

    done(api, transfer, "receive", lines=[{"line_id": line, "quantity": "4"}])
    assert arrived() == {"SOON": "2.0000", "LATE": "2.0000"}
    named = [{"line_id": line, "quantity": "0.5", "lot_code": "never"}]
    done(api, transfer, "receive", lines=named)
    assert arrived() == {"SOON": "2.0000", "LATE": "2.0000", "NEVER": "0.5000"}
    wrong = [{"line_id": line, "quantity": "1", "lot_code": "SOON"}]
    answer = act(api, transfer, "receive", lines=wrong)
    assert refused(answer) == (409, [("/lines/0/quantity", "more_than_dispatched")])
    assert done(api, transfer, "receive")["state"] == "received"
    assert arrived() == {"SOON": "2.0000", "LATE": "3.0000", "NEVER": "2.5000"}
    assert done(api, other, "receive")["state"] == "received"
    assert arrived()["SOON"] == "3.0000"


def test_undoing_a_posting_moves_the_transfer_back(api: APIClient, shop: Any) -> None:
    transfer = done(api, drafted(api, shop), "dispatch")
    transfer = done(api, transfer, "receive")
    dispatch, arrival = (posting["id"] for posting in transfer["postings"])

    def undo(posting: int) -> Any:
        return send(api, f"{V1}/stock/postings/{posting}/reverse/", {}, key=f"undo-{posting}")

    assert undo(arrival).status_code == 201
    shown = api.get(f"{TRANSFERS}{transfer['id']}/").json()
    assert (shown["state"], shown["postings"][-1]["reverses_id"]) == ("in_transit", arrival)
    assert undo(dispatch).status_code == 201
    shown = api.get(f"{TRANSFERS}{transfer['id']}/").json()
    assert (shown["state"], on_hand(api, shop.main.id)) == ("draft", "100.0000")


def test_a_copy_is_a_draft(api: APIClient, shop: Any) -> None:
    transfer = done(api, drafted(api, shop), "dispatch")

    answer = api.post(f"{TRANSFERS}{transfer['id']}/duplicate/", {}, "json")

    assert answer.status_code == 201
    assert answer.json()["state"] == "draft"
    assert answer.json()["id"] != transfer["id"]
    assert answer["Location"].endswith(f"/stock-transfers/{answer.json()['id']}/")


def test_a_deleted_draft_is_listed_apart_and_restored(api: APIClient, shop: Any) -> None:
    transfer = drafted(api, shop)
    path = f"{TRANSFERS}{transfer['id']}/"

    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.get(TRANSFERS).json()["count"] == 0
    assert api.get(f"{TRANSFERS}?deleted=true").json()["count"] == 1
    assert api.post(f"{path}restore/").json()["state"] == "draft"


def test_the_list_is_filtered_and_sorted(api: APIClient, shop: Any) -> None:
    tea = shop.variant("TEA")
    first = done(api, drafted(api, shop), "dispatch")
    second = drafted(api, shop, {"variant_id": tea, "quantity": "1"})

    def found(query: str) -> list[int]:
        answer = api.get(f"{TRANSFERS}?{query}")
        assert answer.status_code == 200, answer.content
        return [each["id"] for each in answer.json()["results"]]

    both = [second["id"], first["id"]]
    assert found("") == both
    assert found("ordering=number") == found("ordering=created_at") == both[::-1]
    assert found("ordering=-updated_at") == both
    assert found("ordering=state") == both
    assert found("state=in_transit") == found("is_open=true") == [first["id"]]
    assert found("is_open=false") == found(f"variant_id={tea}") == [second["id"]]
    assert found(f"number={first['number']}") == found(f"search={first['number'].lower()}")
    assert found(f"from_warehouse_id={shop.main.id}") == both
    assert found(f"to_warehouse_id={shop.main.id}") == []
    assert api.get(f"{TRANSFERS}?state=lost").status_code == 400


def test_a_clerk_of_one_end_sees_the_transfer_and_does_that_part(api_as: ApiAs, shop: Any) -> None:
    rights = [f"stock_transfer.{x}" for x in ("view", "add", "change", "dispatch", "receive")]
    owner = api_as("owner")
    sender = api_as(permissions=rights, warehouse_ids=[shop.main.id])
    receiver = api_as(permissions=rights, warehouse_ids=[shop.north.id])
    stranger = api_as(permissions=rights, warehouse_ids=[shop.open_warehouse("SOUTH").id])
    transfer = drafted(owner, shop)
    path = f"{TRANSFERS}{transfer['id']}/"

    assert [api.get(path).status_code for api in (sender, receiver, stranger)] == [200, 200, 404]
    assert stranger.get(TRANSFERS).json()["count"] == 0
    assert stranger.get(f"{path}history/").status_code == 404
    answer = sender.post(TRANSFERS, body(shop), "json")
    assert refused(answer) == (400, [("/to_warehouse_id", "unknown")])
    assert sender.patch(path, {"notes": "x"}, "json").status_code == 403
    assert act(stranger, transfer, "dispatch").status_code == 404
    assert act(receiver, transfer, "dispatch").status_code == 403
    tried = act(sender, transfer, "dispatch", "?preview=true").json()
    assert [level["warehouse_id"] for level in tried["levels"]] == [shop.main.id]
    done(sender, transfer, "dispatch")
    assert act(sender, transfer, "receive").status_code == 403
    assert act(receiver, transfer, "close", found_at="source").status_code == 403
    received = done(receiver, transfer, "receive")
    assert [posting["kind"] for posting in received["postings"]] == ["dispatch", "arrival"]
    # What arrives touches only the receiver's warehouse.
    assert [posting["kind"] for posting in sender.get(path).json()["postings"]] == ["dispatch"]


def test_a_long_transfer_takes_as_many_statements_as_a_short_one(
    api: APIClient, shop: Any, django_assert_max_num_queries: Any
) -> None:
    goods = [shop.variant(f"V{number}") for number in range(60)]
    for variant in goods:
        shop.receive(variant, "5", unit_cost="1")
    long = drafted(api, shop, *({"variant_id": id, "quantity": "1"} for id in goods))
    drafted(api, shop)

    with django_assert_max_num_queries(46):
        done(api, long, "dispatch")
    with django_assert_max_num_queries(46):
        done(api, long, "receive")
    with django_assert_max_num_queries(8):
        assert api.get(TRANSFERS).json()["count"] == 2
