"""What a browser sends from the forms that change stock, and what they answer."""

from __future__ import annotations

from typing import Any

from django.forms import ChoiceField, ModelChoiceField


def filled(page: Any, *lines: dict[str, Any], **head: Any) -> dict[str, Any]:
    """What a browser sends from this page when these lines and this head are filled in."""
    data = {}
    for field in page.context["head"]:
        value = field.value()
        if (
            value is None
            and isinstance(field.field, ChoiceField)
            and not isinstance(field.field, ModelChoiceField)
        ):
            value = field.field.choices[0][0]  # a browser chooses the first
        if value not in (None, False, ""):
            data[field.html_name] = value
    if page.context["lines"] is not None:
        data |= {"lines-TOTAL_FORMS": "5", "lines-INITIAL_FORMS": "0"}
    for number, line in enumerate(lines):
        data |= {f"lines-{number}-{name}": value for name, value in line.items()}
    return {**data, **head}


def sent(page: Any) -> dict[str, Any]:
    """What a browser sends from this page when nothing is changed in it."""
    rows = [
        {field.name: field.value() for field in form if field.value() is not None}
        for form in page.context["lines"].forms
    ]
    return {**filled(page, *rows), "lines-TOTAL_FORMS": str(len(rows))}


def errors(page: Any) -> dict[str, list[str]]:
    """What the page says is wrong, by the name of the input."""
    found = {name: list(texts) for name, texts in page.context["head"].errors.items()}
    lines = page.context["lines"]
    for number, form in enumerate(lines.forms if lines is not None else ()):
        for name, texts in form.errors.items():
            found[f"lines-{number}-{name}"] = list(texts)
    return found


def figures(page: Any) -> list[list[tuple[str, str | None]]]:
    """The preview: before and after of each level's figures."""
    return [
        [(figure["before"], figure["after"]) for figure in change["figures"]]
        for change in page.context["changes"]
    ]
