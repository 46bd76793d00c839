"""Identifiers that stay the same for ever, and that no two things share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.ids import ChatID, LoginID, NetworkName, PortalID, PortalKey, RoomID, UserID
from bridgekit.signing import Signer, carries_tag

SIGNER = Signer(b"a secret of the configuration", "0123456789abcdef")
PORTAL, ROOM = PortalID(7), RoomID("!room:example.org")
KEY = PortalKey(NetworkName("libera"), ChatID("#python"))
WORDS = st.lists(st.text(st.characters(), max_size=8), max_size=4)


def everything(signer: Signer) -> dict[str, str]:
    return {
        "txn": signer.txn(PORTAL, "m1", "message", 2),
        "notice": signer.txn("notice", "key", ROOM),
        "remote_txn": signer.remote_txn(PORTAL, "$event", 0),
        "portal_tag": signer.portal_tag(PORTAL),
        "marker": signer.marker(PORTAL, ROOM, "m1", 0, 1767323045678),
        "room_alias": signer.room_alias(KEY),
        "creation_mark": signer.creation_mark(KEY),
        "login_id": signer.login_id(NetworkName("libera"), UserID("@ann:example.org")),
    }


# What was sent under these before an update must be known by them after it (delivery rule 12).
GOLDEN = {
    "txn": "bk9eb2f881d2db55a562413b73c511a643",
    "notice": "bk1cf790330270bc36ab58f456c3781c9d",
    "remote_txn": "9bd7d5d2db7725610eedc2a9b00778c3",
    "portal_tag": "64441f24",
    "marker": "64441f24.23cffb4cf66810486518ecf3b809336d",
    "room_alias": "8cb00e5b053748b88d9b30957afeda97",
    "creation_mark": "8a61cd85428ece06dc0db4d18c3006ad",
    "login_id": "libera:7f54d121f064cefc",
}


def test_they_are_the_same_for_ever() -> None:
    assert everything(SIGNER) == GOLDEN


@pytest.mark.parametrize(
    "other",
    [
        Signer(b"another secret", "0123456789abcdef"),
        Signer(b"a secret of the configuration", "fedcba9876543210"),
    ],
)
def test_another_secret_or_database_makes_others(other: Signer) -> None:
    ours, theirs = everything(SIGNER), everything(other)
    assert not {*ours.values()} & {*theirs.values()}


@given(WORDS, WORDS)
def test_no_two_lists_of_words_are_signed_alike(one: list[str], other: list[str]) -> None:
    assert (SIGNER._sign(*one) == SIGNER._sign(*other)) == (one == other)


@given(st.text(max_size=6), st.text(max_size=6), st.integers(0, 5))
def test_words_cannot_be_cut_elsewhere(one: str, other: str, part: int) -> None:
    names = {
        SIGNER.txn(PORTAL, one, other, part),
        SIGNER.txn(PORTAL, one + other, "", part),
        SIGNER.txn(PORTAL, "", one + other, part),
        SIGNER.txn(PortalID(8), one, other, part),
        SIGNER.txn(PORTAL, one, other, part + 1),
    }
    same = {(one, other), (one + other, ""), ("", one + other)}
    assert len(names) == len(same) + 2


def test_uses_do_not_share_names() -> None:
    values = everything(SIGNER).values()
    assert len({value.removeprefix("bk") for value in values}) == len(values)


def test_a_private_chat_of_two_people_is_two_portals() -> None:
    ann, ben = (KEY._replace(receiver=LoginID(f"libera:{name}")) for name in ("ann", "ben"))
    assert len({SIGNER.room_alias(key) for key in (KEY, ann, ben)}) == 3


def test_what_goes_to_a_network_fits_its_rules() -> None:
    txn = SIGNER.remote_txn(PORTAL, "$event", 0)
    assert len(txn) <= 36
    assert txn.isascii()
    assert txn.isalnum()


def test_a_marker_is_of_its_portal_room_source_part_and_time_only() -> None:
    marker = SIGNER.marker(PORTAL, ROOM, "m1", 0, 5)
    others = {
        SIGNER.marker(PortalID(8), ROOM, "m1", 0, 5),
        SIGNER.marker(PORTAL, RoomID("!other:example.org"), "m1", 0, 5),
        SIGNER.marker(PORTAL, ROOM, "m2", 0, 5),
        SIGNER.marker(PORTAL, ROOM, "m1", 1, 5),
        SIGNER.marker(PORTAL, ROOM, "m1", 0, 6),
    }
    assert len(others | {marker}) == 6
    assert carries_tag(marker, SIGNER.portal_tag(PORTAL))
    assert not carries_tag(marker, SIGNER.portal_tag(PortalID(8)))


@pytest.mark.parametrize("marker", [None, 5, "", ["a.b"], {"a": "b"}, "."])
def test_what_is_no_marker_carries_no_tag(marker: object) -> None:
    assert not carries_tag(marker, SIGNER.portal_tag(PORTAL))
