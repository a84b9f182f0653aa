"""The forms of products and variants, with what their tables keep elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from sms_core.catalogue.products import Barcode, ProductType, TaxMethod
from sms_django import models
from sms_django.admin.base import DecimalInput, widgets
from sms_django.admin.forms import CoreForm

MAX_PICTURE = 5 * 1024 * 1024
_LINE = re.compile(r"(?P<code>.*?)(?:\s+[x×]\s*(?P<quantity>[0-9]{1,12}(\.[0-9]{1,4})?))?")


class BarcodesField(forms.CharField):
    """Barcodes as a clerk lists them: one a line, "4006381333931 x 12" for a case of 12."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            help_text="One a line. A case of 12 is written “4006381333931 x 12”.",
        )

    def to_python(self, value: Any) -> Any:
        lines = str(super().to_python(value) or "").splitlines()
        return tuple(barcode_of(line.strip()) for line in lines if line.strip())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "").split() != str(data or "").split()


def barcode_of(line: str) -> Barcode:
    """The barcode that a line describes."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValidationError(f"“{line}” cannot be read as a barcode.")
    return Barcode(match["code"], Decimal(match["quantity"] or 1))


def lines_of(barcodes: Iterable[models.Barcode]) -> str:
    """The lines that describe these barcodes."""
    return "\n".join(
        b.code if b.quantity == 1 else f"{b.code} x {b.quantity.normalize():f}" for b in barcodes
    )


def picture_field() -> forms.FileField:
    """Takes a new picture; what it is worth says the core."""
    return forms.FileField(
        label="New picture",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text="PNG, JPEG or WebP, at most 5 MB.",
    )


class PictureForm(CoreForm):
    """A form that also takes a picture, or takes it away."""

    file = picture_field()
    remove_picture = forms.BooleanField(
        required=False, widget=widgets.UnfoldBooleanSwitchWidget, label="Remove the picture"
    )
    barcodes = BarcodesField()

    def clean_file(self) -> Any:
        file = self.cleaned_data.get("file")
        if file and file.size > MAX_PICTURE:
            raise ValidationError("The picture is larger than 5 MB.")
        return file

    def show_barcodes_of(self, variant: models.Variant | None) -> None:
        """Begin with what this variant has."""
        if variant is not None:
            listed = variant.barcodes.filter(is_code=False).order_by("pk")
            self.initial["barcodes"] = lines_of(listed)


class ProductForm(PictureForm):
    """A product; reorder level and barcodes are its variant's while it is a standard one."""

    type = forms.ChoiceField(
        choices=[(kind.value, kind.value.capitalize()) for kind in ProductType],
        initial=ProductType.STANDARD.value,
        widget=widgets.UnfoldAdminSelectWidget,
        help_text="A variable product has variants of its own, each with code and barcodes.",
    )
    tax_method = forms.ChoiceField(
        choices=[(method.value, method.value.capitalize()) for method in TaxMethod],
        initial=TaxMethod.EXCLUSIVE.value,
        widget=widgets.UnfoldAdminSelectWidget,
        help_text="Exclusive: tax is added to the price. Inclusive: the price holds it.",
    )
    stock_alert = forms.DecimalField(
        label="Reorder level",
        required=False,
        min_value=0,
        widget=DecimalInput,
        help_text="Of a standard product. Empty: none.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.only = only_variant(self.instance)
        if self.only is not None and self.only.stock_alert is not None:
            self.initial["stock_alert"] = f"{self.only.stock_alert.normalize():f}"
        self.show_barcodes_of(self.only)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        is_variable = values.get("type") == ProductType.VARIABLE
        if is_variable and values.get("barcodes") and "barcodes" in self.changed_data:
            self.add_error("barcodes", "Give the barcodes to the variants of the product.")
        return values


def only_variant(product: models.Product) -> models.Variant | None:
    """The variant of a standard product."""
    if product.pk is None or product.type != ProductType.STANDARD:
        return None
    return product.variants.filter(deleted_at=None).first()


class VariantForm(PictureForm):
    """A variant by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.show_barcodes_of(self.instance if self.instance.pk else None)
