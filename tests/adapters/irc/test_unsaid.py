"""What is said to services is not kept, as it may hold a password."""

import pytest

from bridges.irc.unsaid import Unsaid


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (b":me!u@h PRIVMSG NickServ :IDENTIFY me secret", b":me!u@h PRIVMSG NickServ :***"),
        (b":me!u@h PRIVMSG nickserv IDENTIFY", b":me!u@h PRIVMSG nickserv ***"),
        (
            b"@label=bk1;msgid=x :me!u@h PRIVMSG NickServ@services.net :REGISTER secret a@b.c",
            b"@label=bk1;msgid=x :me!u@h PRIVMSG NickServ@services.net :***",
        ),
        (b":me!u@h NOTICE ChanServ :IDENTIFY #c secret", b":me!u@h NOTICE ChanServ :***"),
        (b":me!u@h SQUERY UserServ :LOGIN me secret", b":me!u@h SQUERY UserServ :***"),
        (b":me!u@h PRIVMSG Q@CServe.net :AUTH me s", b":me!u@h PRIVMSG Q@CServe.net :***"),
        (b":me!u@h PRIVMSG X :login me secret", b":me!u@h PRIVMSG X :***"),
    ],
)  # fmt: skip
def test_what_we_say_to_services_is_left_out(line, kept):
    assert Unsaid().kept(line) == kept


@pytest.mark.parametrize(
    "line",
    [
        b":NickServ!s@services PRIVMSG me :This nickname is registered",
        b":NickServ!s@services NOTICE me :IDENTIFY first",
        b":ann!a@h PRIVMSG #serv :NickServ is slow",
        b":ann!a@h PRIVMSG #nickserv :IDENTIFY",
        b":ann!a@h PRIVMSG me :PRIVMSG NickServ :IDENTIFY x",
        b":ann!a@h PRIVMSG server :hello",
        b":ann!a@h TOPIC NickServ :x",
        b"PING :NickServ",
        b"\xff\xfe",
        b"",
    ],
)
def test_all_else_stays(line):
    assert Unsaid().kept(line) == line


@pytest.mark.parametrize(
    "told",
    [
        [b":s.x 001 Observ :Welcome"],
        [b"@time=x :s.x 001 ann :Welcome", b":ANN!a@h NICK :Observ"],
        [b":s.x 001 ann :Welcome", b":ann!a@h NICK X", b":x!a@h NICK Observ"],
    ],
)
def test_what_is_said_to_us_stays_whatever_we_are_called(told):
    unsaid = Unsaid()
    assert [unsaid.kept(line) for line in told] == told
    line = b":bob!b@h PRIVMSG observ :are you there?"
    assert unsaid.kept(line) == line
    assert unsaid.kept(b":Observ!o@h PRIVMSG NickServ :IDENTIFY secret").endswith(b":***")
    unsaid.kept(b":bob!b@h NICK conserv")
    assert unsaid.kept(b":Observ!o@h PRIVMSG conserv :secret").endswith(b":***")
