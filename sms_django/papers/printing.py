"""The papers: which columns, facts and totals each of them has."""

from __future__ import annotations

from decimal import Decimal

from sms_core.papers.views import (
    CountRow,
    CountSheet,
    DeliveryNote,
    GoodsRow,
    Party,
    PickList,
    PurchasePaper,
    ReceivedNote,
)
from sms_core.purchasing.orders import PurchaseLine, PurchaseState
from sms_core.selling.orders import SalesOrder
from sms_django.papers import words
from sms_django.papers.sheets import Column, Labelled, Sheet, pdf

SIGNED = ("Date", "Name", "Signature")


def purchase_order(paper: PurchasePaper) -> bytes:
    """What we want of a supplier; with what it costs if whoever prints it may know."""
    order, company = paper.order, paper.company
    said = {PurchaseState.DRAFT: " (draft)", PurchaseState.CANCELLED: " (cancelled)"}
    lines = [line for line in order.lines if line.quantity]
    rows = [_bought(number, line, paper) for number, line in enumerate(lines, start=1)]
    columns = [Column("#", 4, right=True), Column("Code", 13), Column("Your code", 12)]
    columns += [Column("Description", 32), Column("Quantity", 14, right=True)]
    if paper.shows_costs:
        columns += [Column("Cost", 10, right=True), Column("Discount", 11, right=True)]
        columns += [Column(f"Net {company.currency}", 12, right=True)]
    return pdf(
        Sheet(
            **words.head(paper),
            title=f"Purchase order{said.get(order.state, '')}",
            number=order.number,
            blocks=(
                ("Supplier", words.party(paper.supplier)),
                ("Deliver to", words.site(paper)),
            ),
            facts=words.given(
                ("Date", words.day(order.placed_at or order.created_at, company)),
                ("Expected", words.day(order.expected_at, company)),
                ("Reference", order.reference),
            ),
            columns=columns,
            rows=rows,
            totals=_purchase_totals(paper) if paper.shows_costs else (),
            closing=words.given(("Notes", order.notes)),
        )
    )


def _bought(number: int, line: PurchaseLine, paper: PurchasePaper) -> list[str]:
    item = paper.items[line.variant_id]
    row = [str(number), item.code, paper.supplier_codes.get(line.variant_id, ""), item.name]
    row.append(words.packs(line.quantity, line.pack_size, item))
    if paper.shows_costs:
        company = paper.company
        row += [words.money(line.unit_cost, company), words.percent(line.discount_percent)]
        row.append(words.money(line.net, company))
    return row


def _purchase_totals(paper: PurchasePaper) -> tuple[Labelled, ...]:
    order, company = paper.order, paper.company
    if order.net is None:
        return ()
    rates: dict[Decimal, Decimal] = {}
    for line in order.lines:
        rates[line.tax_rate] = rates.get(line.tax_rate, Decimal(0)) + (line.tax or 0)
    taxes = [
        (f"Tax {words.percent(rate)}", words.money(tax, company))
        for rate, tax in sorted(rates.items())
        if rate
    ]
    gross = (f"Total {company.currency}", words.money(order.gross, company))
    return (("Net", words.money(order.net, company)), *taxes, gross)


def pick_list(paper: PickList) -> bytes:
    """Where to fetch what, in the order in which one walks by, with a box to tick."""
    company, order = paper.company, paper.order
    rows = [
        [
            pick.location_code,
            pick.item.code,
            pick.item.name,
            words.lot(pick.lot_code, pick.expires_on, company),
            words.quantity(pick.quantity, pick.item),
            "☐",
        ]
        for pick in paper.picks
    ]
    return pdf(
        Sheet(
            **words.head(paper),
            title="Pick list",
            number=order.number,
            blocks=(("For", _recipient(paper.customer, order)), ("Fetch in", words.site(paper))),
            facts=words.given(
                ("Promised", words.day(order.promised_at, company)),
                ("Priority", str(order.priority) if order.priority else ""),
                ("Reference", order.reference),
            ),
            columns=(
                *(Column("Location", 13), Column("Code", 16), Column("Description", 36)),
                *(Column("Lot", 17), Column("Quantity", 13, right=True), Column("", 5)),
            ),
            rows=rows,
            closing=words.given(
                ("Reserved, but not to be found in storage", words.listed(paper.missing)),
                ("Notes", order.notes),
            ),
            signatures=("Fetched by", "Checked by", "Date"),
        )
    )


def delivery_note(paper: DeliveryNote) -> bytes:
    """What goes along with a parcel."""
    company, order, posting = paper.company, paper.order, paper.posting
    parcel = next((one for one in order.shipments if one.posting_id == posting.id), None)
    return pdf(
        Sheet(
            **words.head(paper),
            title="Delivery note",
            number=posting.number,
            blocks=(("Deliver to", _recipient(paper.customer, order)),),
            facts=words.given(
                ("Date", words.day(posting.occurred_at, company)),
                ("Order", order.number),
                ("Your reference", order.reference),
                ("Carrier", parcel.carrier if parcel else ""),
                ("Tracking", parcel.tracking if parcel else ""),
                ("From", paper.warehouse.name),
            ),
            columns=(
                *(Column("#", 4, right=True), Column("Code", 18), Column("Description", 44)),
                *(Column("Lot", 18), Column("Quantity", 16, right=True)),
            ),
            rows=[_delivered(number, row, paper) for number, row in enumerate(paper.goods, 1)],
            closing=words.given(("Still to follow", words.listed(paper.to_follow))),
            signatures=SIGNED,
        )
    )


def _delivered(number: int, row: GoodsRow, paper: DeliveryNote) -> list[str]:
    lot = words.lot(row.lot_code, row.expires_on, paper.company)
    return [str(number), row.item.code, row.item.name, lot, words.quantity(row.quantity, row.item)]


def _recipient(customer: Party | None, order: SalesOrder) -> str:
    """Where the goods go: the address of the order, else the customer's."""
    if customer is None:
        return order.ship_to or "Walk-in customer"
    name = order.customer_name or customer.name
    address = order.ship_to or customer.address
    return address if address.startswith(name) else f"{name}\n{address}"


def goods_received(paper: ReceivedNote) -> bytes:
    """What came in, where it was put, and what was not accepted."""
    company, posting = paper.company, paper.posting
    rows = [
        [
            str(number),
            row.item.code,
            row.item.name,
            row.location_code,
            row.lot_code or "",
            words.quantity(row.quantity, row.item),
        ]
        for number, row in enumerate(paper.goods, start=1)
    ]
    rejected = "\n".join(
        f"{words.quantity(one.quantity, one.item)}  {one.item.code}  {one.item.name}: "
        f"{one.reason}{', kept to be sent back' if one.kept else ', refused'}"
        for one in paper.rejected
    )
    return pdf(
        Sheet(
            **words.head(paper),
            title="Goods received note",
            number=posting.number,
            blocks=words.given(
                ("From", words.party(paper.supplier) if paper.supplier else ""),
                ("Received in", words.site(paper)),
            ),
            facts=words.given(
                ("Date", words.day(posting.occurred_at, company)),
                ("Delivery note", posting.reference),
                ("Order", posting.document.number if posting.document else ""),
                ("Recorded by", posting.username),
            ),
            columns=(
                *(Column("#", 4, right=True), Column("Code", 16), Column("Description", 38)),
                *(Column("Location", 13), Column("Lot", 15), Column("Quantity", 14, right=True)),
            ),
            rows=rows,
            closing=words.given(("Not accepted", rejected), ("Notes", posting.note)),
            signatures=("Received by", "Date", "Signature"),
        )
    )


def count_sheet(paper: CountSheet) -> bytes:
    """Places to look into, each with room to write down what lies there."""
    company, count = paper.company, paper.count
    return pdf(
        Sheet(
            **words.head(paper),
            title="Count sheet",
            number=count.number,
            blocks=(("Count in", words.site(paper)),),
            facts=words.given(("Started", words.day(count.started_at, company))),
            columns=(
                *(Column("Location", 13), Column("Code", 16), Column("Description", 34)),
                *(Column("Lot", 17), Column("Unit", 6), Column("Counted", 14, right=True)),
            ),
            rows=[_to_count(row, paper) for row in paper.bins],
            closing=words.given(("Notes", count.notes)),
            signatures=("Counted by", "Date and time", "Signature"),
        )
    )


def _to_count(row: CountRow, paper: CountSheet) -> list[str]:
    lot = words.lot(row.lot_code, row.expires_on, paper.company)
    room = "." * 18
    return [row.location_code, row.item.code, row.item.name, lot, row.item.unit, room]
