"""Signing in, as a conversation: what the server says, what the client answers."""

import base64

import pytest
from scramp import ScramMechanism

from bridgekit import LoginError, RetryLater, Scope
from bridges.irc.features import Features
from bridges.irc.handshake import WANTED, Handshake, Identity
from bridges.irc.sasl import Account, Mechanism
from bridges.irc.wire import parse


def begin(nick="alice", length=9, username="user", **how):
    handshake = Handshake(Identity(nick, username, "Real Name", **how), length, Features())
    return handshake, handshake.start()


def tell(handshake, *lines):
    return [answer for line in lines for answer in handshake.receive(parse(line))]


def test_it_sends_all_that_needs_no_answer_at_once():
    _, said = begin(password="pass word")
    assert said == [
        "CAP LS 302",
        "PASS :pass word",
        "NICK alice",
        "USER user 0 * :Real Name",
    ]


def test_a_server_that_ignores_cap_lets_it_in():
    handshake, _ = begin()
    tell(handshake, ":localhost 001 alice :Welcome to irc.server v20.5.0.")
    tell(handshake, ":localhost 376 alice :End of MOTD command.")
    assert (handshake.done, handshake.nick, handshake.capabilities) == (True, "alice", set())


def test_it_asks_only_for_the_capabilities_that_it_uses_one_by_one():
    handshake, _ = begin()
    first = tell(handshake, ":s.x CAP * LS * :batch inspircd.org/poison away-notify")
    rest = tell(handshake, ":s.x CAP * LS :server-time echo-message sasl=EXTERNAL")
    assert first == []
    assert rest == ["CAP REQ batch", "CAP REQ echo-message", "CAP REQ server-time"]
    answers = tell(
        handshake,
        ":s.x CAP * ACK :batch",
        ":s.x CAP * NAK :echo-message",
        ":s.x CAP * ACK :server-time",
    )
    assert answers == ["CAP END"]
    assert handshake.capabilities == {"batch", "server-time"}
    assert handshake.capabilities <= WANTED


def test_a_server_without_useful_capabilities_is_let_go_on():
    handshake, _ = begin()
    assert tell(handshake, ":s.x CAP * LS :away-notify") == ["CAP END"]


def test_sasl_plain_signs_in_before_cap_ends():
    handshake, _ = begin(account=Account("account", "s:ec ret"))
    assert tell(handshake, ":s.x CAP * LS :sasl=PLAIN,EXTERNAL") == ["CAP REQ sasl"]
    assert tell(handshake, ":s.x CAP * ACK :sasl") == ["AUTHENTICATE PLAIN"]
    (answer,) = tell(handshake, "@time=2026-01-01T00:00:00.000Z AUTHENTICATE :+")
    verb, _, encoded = answer.partition(" ")
    assert verb == "AUTHENTICATE"
    assert base64.b64decode(encoded) == b"\0account\0s:ec ret"
    assert tell(handshake, ":s.x 903 * :SASL authentication successful") == ["CAP END"]


def authenticated(answer):
    verb, _, encoded = answer.partition(" ")
    assert verb == "AUTHENTICATE"
    return base64.b64decode(encoded)


def test_scram_signs_in_without_telling_the_password_and_knows_the_server_by_its_answer():
    handshake, _ = begin(account=Account("account", "pencil"))
    tell(handshake, ":s.x CAP * LS :sasl=PLAIN,SCRAM-SHA-256,EXTERNAL")
    assert tell(handshake, ":s.x CAP * ACK :sasl") == ["AUTHENTICATE SCRAM-SHA-256"]
    mechanism = ScramMechanism("SCRAM-SHA-256")
    server = mechanism.make_server(lambda _: mechanism.make_auth_info("pencil"))
    said = []
    (first,) = tell(handshake, "AUTHENTICATE +")
    said.append(authenticated(first))
    server.set_client_first(said[-1].decode())
    challenge = base64.b64encode(server.get_server_first().encode()).decode()
    (final,) = tell(handshake, f"AUTHENTICATE {challenge}")
    said.append(authenticated(final))
    server.set_client_final(said[-1].decode())
    proof = base64.b64encode(server.get_server_final().encode()).decode()
    assert tell(handshake, f"AUTHENTICATE {proof}") == ["AUTHENTICATE +"]
    assert tell(handshake, ":s.x 903 * :SASL authentication successful") == ["CAP END"]
    assert not any(b"pencil" in one for one in said)


@pytest.mark.parametrize("challenge", ["bm9uc2Vuc2U=", "/w==", "%%%"])
def test_a_server_that_is_not_what_it_says_gets_no_proof(challenge):
    handshake, _ = begin(account=Account("account", "pencil", Mechanism.SCRAM))
    tell(handshake, ":s.x CAP * LS :sasl=SCRAM-SHA-256", ":s.x CAP * ACK :sasl", "AUTHENTICATE +")
    with pytest.raises(LoginError, match=r"SCRAM|cannot be read"):
        tell(handshake, f"AUTHENTICATE {challenge}")


def test_a_certificate_signs_in_without_a_password():
    handshake, _ = begin(account=Account("account"))
    tell(handshake, ":s.x CAP * LS :sasl=PLAIN,EXTERNAL")
    assert tell(handshake, ":s.x CAP * ACK :sasl") == ["AUTHENTICATE EXTERNAL"]
    (answer,) = tell(handshake, "AUTHENTICATE +")
    assert authenticated(answer) == b"account"


def test_services_that_are_away_are_waited_for_where_there_was_sasl_before():
    account = Account("me", "secret")
    handshake, _ = begin(account=account, sasl_before=True)
    with pytest.raises(RetryLater, match="services seem to be away") as raised:
        tell(handshake, ":s.x CAP * LS :batch")
    assert raised.value.scope is Scope.LOGIN
    handshake, _ = begin(account=account)
    with pytest.raises(LoginError, match="offers no SASL"):
        tell(handshake, ":s.x CAP * LS :batch")


@pytest.mark.parametrize(
    ("modes", "features", "said"),
    [
        (None, "BOT=B", ["MODE alice +B"]),
        (None, "NICKLEN=9", []),
        (None, "BOT=", []),
        ("", "BOT=B", []),
        ("+ix", "BOT=B", ["MODE alice +ix"]),
    ],
)
def test_who_is_in_takes_the_modes_that_they_should_have(modes, features, said):
    handshake, _ = begin(modes=modes)
    welcome = (":s.x 001 alice :Hi", f":s.x 005 alice {features} :are supported")
    assert tell(handshake, *welcome) == []
    assert tell(handshake, ":s.x 422 alice :no MOTD") == said
    assert handshake.done


def test_where_there_is_no_sasl_nickserv_is_told_after_the_welcome():
    handshake, said = begin(account=Account("account", "pen cil", Mechanism.NICKSERV))
    assert not any("pen cil" in line for line in said)
    assert tell(handshake, ":s.x CAP * LS :away-notify") == ["CAP END"]
    told = tell(handshake, ":s.x 001 alice :Welcome")
    assert told == ["PRIVMSG NickServ :IDENTIFY account pen cil"]


def test_a_long_sasl_password_goes_in_pieces():
    handshake, _ = begin(account=Account("a", "p" * 597))
    tell(handshake, ":s.x CAP * LS :sasl", ":s.x CAP * ACK :sasl")
    answers = tell(handshake, "AUTHENTICATE +")
    assert [len(answer) for answer in answers] == [13 + 400, 13 + 400, 14]
    assert answers[-1] == "AUTHENTICATE +"


@pytest.mark.parametrize("numeric", ["902", "904", "905", "906", "908"])
def test_refused_sasl_stops_the_login_with_a_sentence(numeric):
    handshake, _ = begin(account=Account("a", "wrong"))
    tell(handshake, ":s.x CAP * LS :sasl", ":s.x CAP * ACK :sasl", "AUTHENTICATE +")
    with pytest.raises(LoginError, match=r"SASL.*: The server's words"):
        tell(handshake, f":s.x {numeric} alice :The server's words")


@pytest.mark.parametrize(
    "lines",
    [
        [":s.x CAP * LS :away-notify"],
        [":s.x CAP * LS :sasl=EXTERNAL"],
        [":s.x CAP * LS :sasl", ":s.x CAP * NAK :sasl"],
        [":s.x 001 alice :Welcome"],
    ],
)
def test_sasl_that_the_server_does_not_offer_is_never_passed_over(lines):
    handshake, _ = begin(account=Account("a", "b"))
    with pytest.raises(LoginError, match="SASL"):
        tell(handshake, *lines)


def test_a_taken_nick_is_varied_the_same_way_each_time():
    handshake, _ = begin(nick="wonderland", length=10)
    answers = tell(
        handshake,
        ":s.x 433 * wonderland :Nickname is already in use",
        ":s.x 433 * wonderlan_ :Nickname is already in use",
        ":s.x 436 * wonderla_2 :Nickname collision",
    )
    assert answers == ["NICK wonderlan_", "NICK wonderla_2", "NICK wonderla_3"]


def test_a_nick_that_is_too_long_for_a_server_that_has_not_said_so_is_cut():
    handshake, said = begin(nick="wonderland", length=None)
    assert "NICK wonderland" in said
    answers = tell(handshake, *([":s.x 432 * wonderland :Nickname too long"] * 3))
    assert answers == ["NICK wonderland_", "NICK wonderlan", "NICK wonderla_"]


def test_who_has_many_namesakes_is_called_by_their_user_name():
    """Of those no two are the same: however many people have one name, each has a nick."""
    handshake, _ = begin(username="alice_12")
    taken = [f":s.x 433 * a{number} :Nickname is already in use." for number in range(10)]
    assert tell(handshake, *taken)[-1] == "NICK alice_12"


def test_when_every_nick_is_taken_it_is_tried_again_later():
    handshake, _ = begin()
    with pytest.raises(RetryLater, match="alice and all its variants") as error:
        tell(handshake, *([":s.x 433 * alice :in use"] * 21))
    assert error.value.scope is Scope.LOGIN


def test_the_nick_that_the_server_grants_wins():
    handshake, _ = begin()
    tell(
        handshake, ":s.x 001 ALIC :Hi ALIC!~u@h.x", ":ALIC!~u@h.x NICK :Guest1", ":s.x 422 Guest1 :"
    )
    assert (handshake.nick, handshake.mask) == ("Guest1", "~u@h.x")


def test_a_visible_host_is_noted():
    handshake, _ = begin()
    tell(handshake, ":s.x 001 alice :Hi alice!~u@h.x", ":s.x 396 alice cloak/x :is now your host")
    assert handshake.mask == "~u@cloak/x"


def test_pings_are_answered_before_the_welcome():
    handshake, _ = begin()
    assert tell(handshake, "PING :cookie 1") == ["PONG :cookie 1"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (":s.x 464 * :Password incorrect", "server password: Password incorrect"),
        (":s.x 465 * :You are banned", "banned"),
        ("ERROR :Closing Link: K-Lined", "K-Lined"),
        ("ERROR :Closing link: (u@h) [Bad password]", "Bad password"),
        ("ERROR :Access denied: Bad password?", "Bad password"),
    ],
)
def test_a_refusal_stops_the_login_with_the_servers_words(line, sentence):
    handshake, _ = begin()
    with pytest.raises(LoginError, match=sentence):
        tell(handshake, line)


@pytest.mark.parametrize(
    ("line", "after", "scope"),
    [
        ("ERROR :Trying to reconnect too fast, throttled", 60, Scope.NETWORK),
        ("ERROR :Too many connections from your host", 60, Scope.NETWORK),
        ("ERROR :Server shutting down", None, Scope.LOGIN),
    ],
)
def test_a_busy_server_is_given_time(line, after, scope):
    handshake, _ = begin()
    with pytest.raises(RetryLater) as error:
        tell(handshake, line)
    assert (error.value.after, error.value.scope) == (after, scope)


def test_features_are_learnt_and_odd_ones_passed_over():
    features = Features()
    odd = ":s.x 005 me PREFIX= TARGMAX=x NICKLEN - CASEMAPPING=ascii NICKLEN=30 :are supported"
    features.load(parse(odd))
    features.load(parse(":s.x 005 me PREFIX=(qaohv)~&@%+ USERLEN=10 HOSTLEN=64 :are supported"))
    assert (features.case_mapping, features.nick_length) == ("ascii", 30)
    assert features.marked("~@owner!u@h") == ("owner", "qo")
    assert features.marked("+quiet") == ("quiet", "v")
    assert features.marked("nobody") == ("nobody", "")
    assert features.worst_mask("x") == "u" * 10 + "@" + "h" * 64


def test_a_server_that_says_nothing_has_the_defaults_of_the_rfc():
    features = Features()
    assert (features.case_mapping, features.nick_length) == ("rfc1459", 9)
    assert features.worst_mask("bridge") == "u" * 11 + "@" + "h" * 63
    assert features.worst_mask("a-long-user-name") == "u" * 17 + "@" + "h" * 63
