"""What a measured ledger is about: goods, and places for them to lie."""

from __future__ import annotations

from sms_core.shared.text import fold


def new_places(warehouses: int) -> dict[int, list[int]]:
    """New warehouses, each with the ids of its default location and of two shelves."""
    from config.container import container
    from sms_core.access.entities import system_actor
    from sms_core.stock.commands import CreateLocation, CreateWarehouse
    from sms_core.stock.places import LocationService, WarehouseService

    actor, places = system_actor(), dict[int, list[int]]()
    for n in range(warehouses):
        made = (
            container()
            .get(WarehouseService)
            .create(CreateWarehouse(code=f"BENCH-{n}", name=f"Bench {n}"), by=actor)
        )
        places[made.id] = [made.default_location_id]
        for shelf in ("A", "B"):
            command = CreateLocation(warehouse_id=made.id, code=shelf, name=f"Shelf {shelf}")
            places[made.id].append(container().get(LocationService).create(command, by=actor).id)
    return places


def new_goods(variants: int) -> dict[int, list[int | None]]:
    """The ids of new variants, and of their lots; each fourth is kept by lots."""
    from sms_django import models

    category, _ = models.Category.objects.get_or_create(
        code_key="bench", defaults={"code": "bench", "name": "Bench", "name_key": "bench"}
    )
    unit = models.Unit.objects.order_by("pk")[0]
    codes = [f"BENCH-{n:05d}" for n in range(variants)]
    products = models.Product.objects.bulk_create(
        [
            models.Product(
                type="standard",
                tax_method="exclusive",
                code=code,
                code_key=fold(code),
                name=code,
                name_key=fold(code),
                search_text=fold(code),
                category=category,
                unit=unit,
                tracks_lots=n % 4 == 0,
            )
            for n, code in enumerate(codes)
        ]
    )
    made = models.Variant.objects.bulk_create(
        [models.Variant(product=p, code=p.code, code_key=p.code_key) for p in products]
    )
    lots: dict[int, list[int | None]] = {variant.pk: [] for variant in made}
    for lot in models.Lot.objects.bulk_create(
        [
            models.Lot(variant=variant, code=code, code_key=fold(code), search_text=fold(code))
            for variant in made
            if variant.product.tracks_lots
            for code in ("L1", "L2", "L3")
        ]
    ):
        lots[lot.variant_id].append(lot.pk)
    return {id: own or [None] for id, own in lots.items()}
