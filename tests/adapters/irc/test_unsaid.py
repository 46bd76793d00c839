"""What is said to services is not kept, as it may hold a password."""

import pytest

from bridges.irc.unsaid import without_secrets


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
    assert without_secrets(line) == kept


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
    assert without_secrets(line) == line
