"""Forms of the back office: what the clerk typed, turned into orders, and the core's refusals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from sms_core.shared.errors import DomainError


class VersionField(forms.IntegerField):
    """The version of the row that the clerk saw, carried along unseen."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, min_value=1)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class CoreForm(forms.ModelForm):
    """A form over a table whose rules are the core's; it only checks what each field can."""

    version = VersionField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version if self.instance.pk else None

    def clean(self) -> dict[str, Any]:
        # Without the call of super() Django looks for no duplicates: the core words them.
        return self.cleaned_data

    def _get_validation_exclusions(self) -> set[str]:
        # Nor does it check the table's constraints, which say in SQL what the core says.
        return {field.name for field in self.instance._meta.get_fields()}

    def values(self, *, changed_only: bool) -> dict[str, Any]:
        """The attributes of a command: references as ids, the version left out."""
        names = self.changed_data if changed_only else list(self.fields)
        return dict(
            plain(name, self.fields[name], self.cleaned_data[name])
            for name in names
            if name != "version" and name in self.cleaned_data
        )


def plain(name: str, field: forms.Field, value: Any) -> tuple[str, Any]:
    """A form's name and value as the core spells them: `category` is `category_id`."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return f"{name.removesuffix('s')}_ids", tuple(row.pk for row in value)
    if isinstance(field, forms.ModelChoiceField):
        return f"{name}_id", None if value is None else value.pk
    return name, value


def refused(form: type[forms.BaseForm], refusal: DomainError) -> type[forms.BaseForm]:
    """The same form, which shows this refusal beside what was typed."""

    def full_clean(self: Any) -> None:
        super(shown, self).full_clean()
        for error in refusal.errors:
            self.add_error(field_of(error.pointer, self.fields), error.detail)

    shown: type[forms.BaseForm] = type(form.__name__, (form,), {"full_clean": full_clean})
    return shown


def field_of(pointer: str, names: Iterable[str]) -> str | None:
    """The form's field that a pointer into the command means; None: the form as a whole."""
    attribute = pointer.removeprefix("/").split("/")[0]
    spellings = (
        attribute,
        attribute.removesuffix("_id"),
        f"{attribute.removesuffix('_ids')}s",
    )
    known = set(names) - {"version"}
    return next((name for name in spellings if name in known), None)
