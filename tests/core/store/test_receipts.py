"""Receipts on their way: one for each person, portal and direction."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.ids import PortalID
from bridgekit.models import Direction
from bridgekit.store.intake import Put
from bridgekit.store.receipts import ReadUpTo, ReceiptRows, forget_receipts, save_receipts

READ = ReadUpTo(PortalID(1), Direction.TO_MATRIX, "bob", "m1", 1)


async def test_rule_04_of_one_person_in_one_portal_only_the_latest_is_stored(store):
    rows = ReceiptRows(store.reader)
    await store.writer.write(save_receipts([READ, replace(READ, target="m2", at=2)]))
    await store.writer.write(Put(receipts=[replace(READ, target="m3", at=3)]))
    assert await rows.of(PortalID(1), 10) == [replace(READ, target="m3", at=3)]


async def test_directions_portals_and_people_are_apart(store):
    rows = ReceiptRows(store.reader)
    others = [
        replace(READ, direction=Direction.TO_NETWORK),
        replace(READ, portal=PortalID(2)),
        replace(READ, user="carol"),
    ]
    await store.writer.write(save_receipts([READ, *others]))
    assert set(await rows.of(PortalID(1), 10)) == {READ, others[0], others[2]}
    assert await rows.of(PortalID(2), 10) == [others[1]]
    assert await rows.waiting(PortalID(-1), 10) == [1, 2]
    assert await rows.waiting(PortalID(1), 10) == [2]


async def test_one_that_was_replaced_meanwhile_is_not_forgotten(store):
    rows = ReceiptRows(store.reader)
    await store.writer.write(save_receipts([READ]))
    newer = replace(READ, at=2)
    await store.writer.write(save_receipts([newer]))
    await store.writer.write(forget_receipts([READ]))
    assert await rows.of(PortalID(1), 10) == [newer]
    await store.writer.write(forget_receipts([newer]))
    assert await rows.of(PortalID(1), 10) == []


async def test_they_are_read_page_by_page(store):
    rows = ReceiptRows(store.reader)
    many = [replace(READ, user=f"u{number}") for number in range(5)]
    await store.writer.write(save_receipts(many))
    pages = [await rows.of(PortalID(1), 2, offset) for offset in (0, 2, 4)]
    assert [one for page in pages for one in page] == many
