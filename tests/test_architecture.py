"""The shape of the code, kept by tests: who may import whom, and what each side may say."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from config.container import container
from config.services import SERVICES

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "sms_core", "sms_django")
MOST_LINES = 320


def sources(*folders: str) -> Iterator[Path]:
    """All our modules below these folders, migrations aside."""
    for folder in folders:
        yield from (p for p in (ROOT / folder).rglob("*.py") if "migrations" not in p.parts)


def dotted(path: Path) -> str:
    """The name under which this file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_imports_follow_the_contracts() -> None:
    status = lint_imports(
        config_filename=str(ROOT / "config" / "importlinter.ini"),
        no_cache=True,
        no_logo=True,
    )
    assert status == EXIT_STATUS_SUCCESS


def test_every_capability_of_the_core_is_in_the_layers() -> None:
    contracts = (ROOT / "config" / "importlinter.ini").read_text()
    capabilities = {p.parent.name for p in (ROOT / "sms_core").glob("*/__init__.py")}
    assert [name for name in capabilities if f"    sms_core.{name}\n" not in contracts] == []


def test_every_service_of_the_core_is_wired() -> None:
    modules = [p for p in sources("sms_core") if p.parent.name != "shared"]
    services = {
        value
        for path in modules
        for value in vars(import_module(dotted(path))).values()
        if isinstance(value, type)
        and value.__name__.endswith("Service")
        and value.__module__ == dotted(path)
    }
    services -= {base for service in services for base in service.__mro__[1:]}
    assert services <= set(SERVICES)
    for service in SERVICES:
        assert isinstance(container().get(service), service)


def test_tables_have_neither_order_nor_behaviour() -> None:
    for model in apps.get_app_config("sms").get_models():
        assert not model._meta.ordering, model
        assert "save" not in vars(model), model


def test_the_api_says_nothing_to_the_orm_but_none() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources("sms_django/api")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in {"objects", "_default_manager"}
        and node.attr != "none"
    ]
    assert found == []


@pytest.mark.parametrize("framework", ["ModelSerializer", "HyperlinkedModelSerializer"])
def test_the_api_writes_its_fields_out(framework: str) -> None:
    assert [p for p in sources("sms_django/api") if framework in p.read_text()] == []


def test_only_the_base_of_the_admin_and_the_settings_know_unfold() -> None:
    allowed = {ROOT / "sms_django" / "admin" / "base.py", ROOT / "config" / "settings.py"}
    imports = [
        path
        for path in sources(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "unfold")
        or (isinstance(node, ast.Import) and any(a.name.startswith("unfold") for a in node.names))
    ]
    assert set(imports) <= allowed


def test_modules_stay_readable() -> None:
    lengths = {str(p): len(p.read_text().splitlines()) for p in sources(*PACKAGES)}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    trees = {str(path): ast.parse(path.read_text()) for path in sources(*PACKAGES)}
    assert [p for p, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []
