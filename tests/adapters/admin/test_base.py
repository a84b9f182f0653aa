"""What every page of master data does, shown on brands: the core decides, the clerk is told."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from config.container import container, overridden
from sms_core.access.entities import system_actor
from sms_core.access.services import UserService
from sms_core.catalogue.commands import CreateBrand
from sms_core.catalogue.ports import Usage
from sms_core.catalogue.services import BrandService
from sms_django import models
from sms_django.admin.base import written
from sms_django.admin.forms import field_of
from tests.adapters.admin.conftest import LogIn

pytestmark = pytest.mark.django_db


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:sms_brand_{page}", args=args)


def brand(name: str, description: str = "") -> int:
    command = CreateBrand(name=name, description=description)
    return container().get(BrandService).create(command, by=system_actor()).id


def post(client: Client, address: str, **data: Any) -> HttpResponse:
    return client.post(address, data)


def words(answer: HttpResponse) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in get_messages(answer.wsgi_request)]


def history() -> list[tuple[int, str]]:
    return [(entry.action_flag, entry.object_id) for entry in LogEntry.objects.order_by("pk")]


def names(answer: HttpResponse) -> list[str]:
    return [row.name for row in answer.context["cl"].result_list]


def test_an_added_brand_is_the_cores(owner: Client) -> None:
    answer = post(owner, url("add"), name="  Chef  Anton ", description="Spices")

    row = models.Brand.objects.get()
    assert answer.status_code == 302
    assert (row.name, row.name_key, row.search_text) == (
        "Chef  Anton",
        "chef  anton",
        "chef  anton\nspices",
    )
    assert history() == [(ADDITION, str(row.pk))]
    assert "added successfully" in words(answer)[0]


def test_a_refused_addition_keeps_the_input_and_leaves_no_trace(owner: Client) -> None:
    brand("Acme")

    answer = post(owner, url("add"), name="ACME", description="typed with care")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {
        "name": ["There is another brand with this name."]
    }
    assert "typed with care" in page
    assert 'value="ACME"' in page
    assert "added successfully" not in page
    assert "/None/" not in page
    assert models.Brand.objects.count() == 1
    assert history() == []


def test_what_the_core_says_of_the_whole_stands_on_top(owner: Client) -> None:
    id = brand("Acme")
    post(owner, url("change", id), name="Acme Ltd", version=1)

    answer = post(owner, url("change", id), name="Acme Inc", description="mine", version=1)

    form = answer.context["adminform"].form
    assert "changed by someone else" in form.non_field_errors()[0]
    assert form["name"].value() == "Acme Inc"
    assert form["description"].value() == "mine"
    assert form["version"].value() == "1"
    assert models.Brand.objects.get().name == "Acme Ltd"
    assert history() == [(CHANGE, str(id))]


def test_the_form_carries_the_version_that_was_seen(owner: Client) -> None:
    id = brand("Acme")
    post(owner, url("change", id), name="Acme Ltd", version=1)

    page = owner.get(url("change", id)).content.decode()

    assert '<input type="hidden" name="version" value="2"' in page


def test_a_change_says_only_what_was_changed(owner: Client) -> None:
    id = brand("Acme", description="Anvils")

    post(owner, url("change", id), name="Acme", description="Rockets", version=1)

    entry = LogEntry.objects.get()
    assert entry.get_change_message() == "Changed Description."
    assert models.Brand.objects.get().version == 2


@pytest.mark.parametrize("version", ["0", "-1", "x", "9" * 30])
def test_a_version_that_is_none_changes_nothing(owner: Client, version: str) -> None:
    id = brand("Acme")
    answer = post(owner, url("change", id), name="Other", version=version)
    assert answer.status_code == 200
    assert models.Brand.objects.get().name == "Acme"


def test_archiving_asks_first_and_can_be_undone(owner: Client) -> None:
    id = brand("Acme")

    assert "Archive the brand" in owner.get(url("delete", id)).content.decode()
    assert models.Brand.objects.get().deleted_at is None
    answer = post(owner, url("delete", id), post="yes")
    assert words(answer) == ["The brand “Acme” is archived. It can be restored."]
    assert models.Brand.objects.get().deleted_at is not None

    assert "is archived since" in owner.get(url("change", id)).content.decode()
    assert words(post(owner, url("restore", id))) == ["1 brand restored."]
    assert models.Brand.objects.get().deleted_at is None
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Archived.",
        "Restored.",
    ]


def test_an_archived_brand_is_read_only(owner: Client) -> None:
    id = brand("Acme")
    post(owner, url("delete", id), post="yes")

    assert 'name="_save"' not in owner.get(url("change", id)).content.decode()
    assert owner.get(url("delete", id)).status_code == 403
    answer = post(owner, url("change", id), name="Other", version=2)
    assert answer.context["adminform"].form.non_field_errors() == [f"There is no brand {id}."]


def test_a_brand_whose_name_was_taken_meanwhile_is_not_restored(owner: Client) -> None:
    id = brand("Acme")
    post(owner, url("delete", id), post="yes")
    brand("acme")

    answer = post(owner, url("restore", id))

    assert words(answer)[-1] == "Not restored: “Acme”: There is another brand with this name."
    assert models.Brand.objects.get(pk=id).deleted_at is not None
    assert len(history()) == 1


def test_restoring_takes_a_post(owner: Client) -> None:
    id = brand("Acme")
    assert owner.get(url("restore", id)).status_code == 405
    assert post(owner, url("restore", 999)).status_code == 302


class Carried(Usage):
    """Products carry the brands with these ids."""

    def __init__(self, *ids: int) -> None:
        self.ids = ids

    def of_brands(self, ids: Collection[int]) -> dict[int, str]:
        return {id: "3 products" for id in ids if id in self.ids}


for name in Usage.__abstractmethods__ - {"of_brands"}:
    setattr(Carried, name, lambda self, *args, **kwargs: {})
Carried.__abstractmethods__ = frozenset()


def test_what_is_in_use_is_not_archived_and_the_page_says_by_what(owner: Client) -> None:
    id = brand("Acme")
    with overridden(lambda binder: binder.bind(Usage, to=Carried(id))):
        answer = post(owner, url("delete", id), post="yes")

    assert answer.headers["Location"] == url("change", id)
    assert words(answer) == ["This brand is in use by 3 products."]
    assert models.Brand.objects.get().deleted_at is None
    assert history() == []


def test_many_are_archived_at_once_except_those_in_use(owner: Client) -> None:
    ids = [brand(name) for name in ("Acme", "Bolt", "Crown")]
    chosen = {"action": "archive_selected", "_selected_action": ids}

    asked = owner.post(url("changelist"), chosen)
    assert "Archive 3 brands?" in asked.content.decode()
    assert models.Brand.objects.filter(deleted_at=None).count() == 3
    with overridden(lambda binder: binder.bind(Usage, to=Carried(ids[1]))):
        answer = owner.post(url("changelist"), {**chosen, "post": "yes"})

    assert words(answer) == [
        "2 brands archived.",
        "Not archived: “Bolt”: This brand is in use by 3 products.",
    ]
    assert list(models.Brand.objects.filter(deleted_at=None)) == [
        models.Brand.objects.get(name="Bolt")
    ]
    assert history() == [(CHANGE, str(ids[0])), (CHANGE, str(ids[2]))]


def test_many_are_restored_at_once(owner: Client) -> None:
    ids = [brand(name) for name in ("Acme", "Bolt")]
    for id in ids:
        post(owner, url("delete", id), post="yes")

    answer = owner.post(
        url("changelist") + "?archived=yes", {"action": "restore_selected", "_selected_action": ids}
    )

    assert words(answer)[-1] == "2 brands restored."
    assert models.Brand.objects.filter(deleted_at=None).count() == 2


def test_nothing_is_ever_deleted_from_the_list(owner: Client) -> None:
    id = brand("Acme")
    owner.post(
        url("changelist"), {"action": "delete_selected", "_selected_action": [id], "post": "yes"}
    )
    assert models.Brand.objects.get().deleted_at is None


def test_the_list_shows_what_is_in_use_and_on_demand_what_is_archived(owner: Client) -> None:
    brand("Live")
    post(owner, url("delete", brand("Gone")), post="yes")

    assert names(owner.get(url("changelist"))) == ["Live"]
    archived = owner.get(url("changelist"), {"archived": "yes"})
    assert names(archived) == ["Gone"]
    assert "deleted_at" in archived.context["cl"].list_display


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("ÉCL", ["Éclair"]),
        ("straße", ["STRASSE"]),
        ("%", []),
        ("_", []),
        ("l", ["Éclair", "Lime"]),
        ("  lime ", ["Lime"]),
    ],
)
def test_search_ignores_case_in_any_script_and_knows_no_wildcards(
    owner: Client, term: str, found: list[str]
) -> None:
    for name in ("Éclair", "STRASSE", "Lime"):
        brand(name)
    assert sorted(names(owner.get(url("changelist"), {"q": term})), key=str) == sorted(
        found, key=str
    )


def test_a_search_for_what_no_text_holds_is_answered_not_crashed(owner: Client) -> None:
    brand("Acme")
    answer = owner.get(url("changelist"), {"q": "\x00"})
    assert answer.status_code == 200
    assert words(answer) == ["Null characters are not allowed."]


def test_names_sort_without_regard_to_case(owner: Client) -> None:
    for name in ("beta", "Alpha", "Zeta", "gamma"):
        brand(name)
    answer = owner.get(url("changelist"), {"o": "1"})
    assert names(answer) == ["Alpha", "beta", "gamma", "Zeta"]


@pytest.mark.parametrize("role", ["clerk", "auditor"])
def test_who_may_only_look_changes_nothing(log_in: LogIn, role: str) -> None:
    id = brand("Acme")
    client = log_in(role)

    assert client.get(url("changelist")).status_code == 200
    page = client.get(url("change", id))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert client.get(url("add")).status_code == 403
    assert post(client, url("add"), name="New").status_code == 403
    assert post(client, url("change", id), name="New", version=1).status_code == 403
    assert post(client, url("delete", id), post="yes").status_code == 403
    assert post(client, url("restore", id)).status_code == 403
    client.post(
        url("changelist"), {"action": "archive_selected", "_selected_action": [id], "post": "yes"}
    )
    row = models.Brand.objects.get()
    assert (row.name, row.version, row.deleted_at) == ("Acme", 1, None)


def test_who_is_not_logged_in_sees_the_door(client: Client) -> None:
    answer = client.get(url("changelist"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/name", "name"),
        ("/category_id", "category"),
        ("/role_ids", "roles"),
        ("/role_ids/1", "roles"),
        ("/version", None),
        ("/unheard_of", None),
        ("", None),
    ],
)
def test_a_pointer_finds_its_field(pointer: str, field: str | None) -> None:
    assert field_of(pointer, ["name", "category", "roles", "version"]) == field


def try_to_log_in(client: Client, password: str) -> HttpResponse:
    data = {"username": "grace", "password": password, "next": reverse("admin:index")}
    return client.post(reverse("admin:login"), data)


@pytest.fixture
def grace(db: None) -> None:
    container().get(UserService).make_owner(username="grace", password="correct horse battery")


@pytest.mark.usefixtures("grace")
def test_the_door_opens_for_the_right_password(client: Client) -> None:
    answer = try_to_log_in(client, "correct horse battery")
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("admin:index"))


@pytest.mark.usefixtures("grace")
def test_who_tries_too_often_is_told_when_to_come_back(client: Client) -> None:
    wrong = [try_to_log_in(client, "wrong").status_code for _ in range(5)]
    answer = try_to_log_in(client, "correct horse battery")

    assert wrong == [200] * 5
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many failed log-ins. Try again in" in answer.content.decode()
    assert 'value="grace"' in answer.content.decode()


@pytest.mark.parametrize("address", ["/", "/admin/login/"])
def test_pages_may_load_nothing_from_elsewhere(client: Client, address: str) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_who_may_not_is_told_so_in_plain_words(log_in: LogIn) -> None:
    page = log_in("clerk").get(url("add"))
    assert page.status_code == 403
    assert "The owner of this system can give you another role." in page.content.decode()


def test_a_wrong_address_is_answered_in_plain_words(client: Client) -> None:
    page = client.get("/nowhere/")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()


def test_a_form_without_its_token_is_not_taken(owner: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = owner.cookies
    page = strict.post(url("add"), {"name": "Forged"})
    assert page.status_code == 403
    assert "Go back, load the page again" in page.content.decode()
    assert not models.Brand.objects.exists()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("7.0000", "7"),
        ("11.9000", "11.90"),
        ("0.1250", "0.125"),
        ("-6.5000", "-6.50"),
        ("1000000.0000", "1000000"),
        ("0.0000", "0"),
    ],
)
def test_decimals_are_written_as_people_do(value: str, text: str) -> None:
    assert written(Decimal(value)) == text
    assert written(Decimal("7.0000"), money=True) == "7.00"
