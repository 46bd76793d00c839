"""Names of ghosts and aliases: injective, reversible, valid on every homeserver, bounded."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.namespaces import ChatName, Namespaces, Overflow, RemoteUser

LIBERA = NetworkName("libera")
LIBERA_TWO = NetworkName("libera-2")
NAMES = Namespaces(
    domain="example.org",
    bot="bridgebot",
    appservice="bridgekit",
    networks=frozenset({LIBERA, LIBERA_TWO}),
)
# Any str that Python can hold, lone surrogates included; the second kind is rich in escapes.
anything = st.text(st.characters(exclude_categories=()), max_size=400)
awkward = st.text(st.sampled_from("aAzZ09_=-./+:[]|é€😀\ud800 \x00\n#@"), max_size=120)
remote_ids = (anything | awkward).map(RemoteUserID)
networks = st.sampled_from([LIBERA, LIBERA_TWO])


@pytest.mark.parametrize(
    ("user", "localpart"),
    [
        ("alice", "libera_alice"),
        ("Alice", "libera__alice"),
        ("a_b", "libera_a__b"),
        ("_A", "libera____a"),
        ("a=b", "libera_a=3db"),
        ("[away]", "libera_=5baway=5d"),
        ("user@host", "libera_user=40host"),
        ("é", "libera_=c3=a9"),
        ("\ud800", "libera_=ed=a0=80"),
        ("a.b-c/d+e", "libera_a.b-c/d+e"),
    ],
)
def test_ghost_names_follow_the_appendix_of_the_spec(user: str, localpart: str) -> None:
    assert NAMES.ghost(LIBERA, RemoteUserID(user)) == f"@{localpart}:example.org"


@given(networks, remote_ids)
def test_every_ghost_name_is_valid_and_tells_whose_it_is(
    network: NetworkName, user: RemoteUserID
) -> None:
    mxid = NAMES.ghost(network, user)
    assert len(mxid.encode()) <= 255
    assert re.fullmatch(r"@[a-z0-9._=/+-]+:example\.org", mxid)
    assert NAMES.is_ours(mxid)
    back = NAMES.remote_user(mxid)
    if isinstance(back, Overflow):
        assert back == (network, mxid[1:].removesuffix(":example.org"))
    else:
        assert back == RemoteUser(network, user)


@given(networks, remote_ids, networks, remote_ids)
def test_two_remote_users_never_share_a_ghost(
    network: NetworkName, user: RemoteUserID, other: NetworkName, another: RemoteUserID
) -> None:
    same = (network, user) == (other, another)
    assert (NAMES.ghost(network, user) == NAMES.ghost(other, another)) is same


@given(st.text(st.sampled_from("libera_=-5dAaz%:@.orgexmp"), max_size=40))
def test_an_mxid_that_we_would_not_write_is_nobodys(localpart: str) -> None:
    mxid = f"@libera_{localpart}:example.org"
    back = NAMES.remote_user(mxid)
    if isinstance(back, RemoteUser):
        assert NAMES.ghost(*back) == mxid


def test_ids_that_are_too_long_differ_by_hash_and_stay_readable() -> None:
    one = NAMES.ghost(LIBERA, RemoteUserID("x" * 300 + "1"))
    two = NAMES.ghost(LIBERA, RemoteUserID("x" * 300 + "2"))
    assert one != two
    assert len(one) == len(two) == 255
    assert one.startswith("@libera_xxx")
    assert isinstance(NAMES.remote_user(one), Overflow)


def test_a_remote_id_cannot_pose_as_an_overflow() -> None:
    sneaky = RemoteUserID("x=-" + "0" * 32)
    assert NAMES.remote_user(NAMES.ghost(LIBERA, sneaky)) == RemoteUser(LIBERA, sneaky)


def test_the_empty_id_has_a_ghost_inside_the_namespace() -> None:
    mxid = NAMES.ghost(LIBERA, RemoteUserID(""))
    assert isinstance(NAMES.remote_user(mxid), Overflow)


@pytest.mark.parametrize(
    "mxid",
    [
        "@alice:example.org",
        "@libera_alice:other.org",
        "@libera_:example.org",
        "@libera_=61:example.org",  # "a" has no need of an escape
        "@libera_=C3=A9:example.org",
        "@libera_Alice:example.org",
        "@libera_=ff:example.org",
        "@libera_a=3:example.org",
        "@oftc_alice:example.org",
        "#libera_alice:example.org",
        "libera_alice",
        "",
    ],
)
def test_foreign_and_misspelt_users_are_not_ours(mxid: str) -> None:
    assert NAMES.remote_user(mxid) is None
    assert not NAMES.is_ours(mxid)


def test_the_bot_is_ours_and_nobodys_ghost() -> None:
    assert NAMES.is_ours("@bridgebot:example.org")
    assert NAMES.remote_user("@bridgebot:example.org") is None


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("#python", "#libera_#python:example.org"),
        ("#Größe", "#libera_#Größe:example.org"),
        ("#a:b", "#libera_#a=3ab:example.org"),
        ("#c=d", "#libera_#c=3dd:example.org"),
        ("two words", "#libera_two=20words:example.org"),
        ("\u202e", "#libera_=e2=80=ae:example.org"),
        ("#_x", "#libera_#_x:example.org"),
    ],
)
def test_aliases_keep_what_people_can_read(name: str, alias: str) -> None:
    assert NAMES.alias(LIBERA, name) == alias
    assert NAMES.alias_name(alias) == ChatName(LIBERA, name)


@given(networks, anything | awkward)
def test_every_alias_is_valid_and_tells_its_chat(network: NetworkName, name: str) -> None:
    alias = NAMES.alias(network, name)
    if alias is None:
        assert not name or len(name.encode("utf-8", "surrogatepass")) > 70
        return
    localpart = alias[1:].removesuffix(":example.org")
    assert len(alias.encode()) <= 255  # which also says that it can be encoded
    assert ":" not in localpart
    assert "\0" not in localpart
    assert not any(character.isspace() for character in localpart)
    assert NAMES.alias_name(alias) == ChatName(network, name)


@pytest.mark.parametrize(
    "alias",
    [
        "#libera_:example.org",
        "#libera_#python:other.org",
        "#libera_=61:example.org",
        "#libera_=3D:example.org",
        "#libera_a=:example.org",
        "#libera_=ff:example.org",
        "#libera_two words:example.org",
        "#python:example.org",
        "@libera_python:example.org",
    ],
)
def test_foreign_and_misspelt_aliases_name_no_chat(alias: str) -> None:
    assert NAMES.alias_name(alias) is None


def test_the_alias_of_a_room_in_the_making_is_no_chats() -> None:
    alias = NAMES.private_alias("0f" * 16)
    assert alias == f"#_bridgekit_bridgekit_{'0f' * 16}:example.org"
    assert NAMES.alias_name(alias) is None


@given(networks, remote_ids, anything)
def test_the_registration_claims_whatever_we_make(
    network: NetworkName, user: RemoteUserID, name: str
) -> None:
    users, aliases = NAMES.user_regexes(), NAMES.alias_regexes()
    assert sum(bool(re.search(regex, NAMES.ghost(network, user))) for regex in users) == 1
    assert sum(bool(re.search(regex, NAMES.private_alias("ab12"))) for regex in aliases) == 1
    if alias := NAMES.alias(network, name):
        assert sum(bool(re.search(regex, alias)) for regex in aliases) == 1


@pytest.mark.parametrize(
    "foreign",
    ["@alice:example.org", "@libera_x:example_org", "@libera_x:example.org.evil.net", "@libera_:x"],
)
def test_the_registration_claims_nothing_else(foreign: str) -> None:
    assert not any(re.search(regex, foreign) for regex in NAMES.user_regexes())


def test_two_application_services_never_claim_each_others_rooms() -> None:
    one = Namespaces("example.org", "bot", "a", frozenset())
    two = Namespaces("example.org", "bot2", "a_ab", frozenset())
    assert not re.search(one.alias_regexes()[0], two.private_alias("00ff"))
    assert not re.search(two.alias_regexes()[0], one.private_alias("00ff"))


def test_where_names_of_chats_are_nobodys_business_no_chat_has_an_alias():
    numbers = NetworkName("sms")
    names = Namespaces("example.org", "bot", "a", frozenset({numbers}), frozenset({numbers}))
    assert names.alias(numbers, "+14155550101") is None
    assert names.alias_name("#sms_+14155550101:example.org") is None
    assert "^#sms_.+:example\\.org$" in names.alias_regexes(), "they are nobody else's"
