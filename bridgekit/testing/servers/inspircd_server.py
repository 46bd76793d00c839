"""A real InspIRCd on loopback, with Anope's services: accounts, SASL, and most of IRCv3."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridgekit.testing.servers.ports import free_port
from bridgekit.testing.servers.process import HOST, Process, ServerMissing, listens

_MODULES = (
    *("accounttag", "batch", "capnotify", "chghost", "ctctags", "echomessage"),
    *("invitenotify", "labeledresponse", "msgid", "servertime"),
)
_MORE = (
    "cap",
    "cgiirc",
    "hidechans",
    "ircv3",
    "md5",
    "monitor",
    "namesx",
    "redirect",
    "sasl",
    "setname",
    "uhnames",
)
_LINKING = ("sha256", "services_account", "spanningtree")
_SYNCED = "services.test.local (Services) is done syncing"
_PASSWORD = "linkpass"  # noqa: S105 (a throw-away server's)
GATEWAY = "gatepass"
"""The password of WEBIRC, for whoever connects from loopback."""

_INSPIRCD = """\
<config format="xml">
<server name="irc.test.local" description="test" network="TestNet" id="001">
<admin name="test" nick="test" email="test@test.local">
<pid file="{folder}/inspircd.pid">
<log method="file" type="*" level="default" target="{folder}/inspircd.txt">
<bind address="{host}" port="{port}" type="clients">
<bind address="{host}" port="{link}" type="servers">
<cgihost type="webirc" password="{gateway}" mask="{host}/8">
<connect name="all" allow="*" timeout="60" pingfreq="120" hardsendq="4M" softsendq="1M"
  recvq="256K" threshold="1000000" commandrate="1000000000" fakelag="no" localmax="{limit}"
  globalmax="{limit}" limit="100000" maxchans="100" resolvehostnames="no" useident="{ident}">
<class name="all" commands="*" usermodes="*" chanmodes="*">
<performance nouserdns="yes" softlimit="100000">
<options prefixquit="" splitwhois="no">
<limits maxnick="30" maxident="11">
<uline server="services.test.local" silent="yes">
<link name="services.test.local" ipaddr="{host}" port="{link}" allowmask="{host}"
  sendpass="{password}" recvpass="{password}">
<sasl target="services.test.local" requiressl="no">
{modules}
"""
_HURRY = """\
<connflood period="10" seconds="10" maxconns="{hurry}" timeout="30" quitmsg="Throttled"
  bootwait="0">
"""
_ANOPE = """\
uplink {{ host = "{host}"; ipv6 = no; ssl = no; port = {link}; password = "{password}" }}
serverinfo {{ name = "services.test.local"; description = "Services"; id = "00A";
  pid = "{folder}/anope.pid"; motd = "{folder}/anope.motd" }}
module {{ name = "inspircd3"; use_server_side_mlock = no; use_server_side_topiclock = no }}
networkinfo {{ networkname = "TestNet"; nicklen = 30; userlen = 11; hostlen = 64; chanlen = 64;
  modelistsize = 100; vhost_chars = "abcdefghijklmnopqrstuvwxyz0123456789.-";
  allow_undotted_vhosts = no; disallow_start_or_end = ".-" }}
options {{ casemap = "rfc1459"; strictpasswords = no; badpasslimit = 0; badpasstimeout = 1h;
  updatetimeout = 5m; expiretimeout = 30m; readtimeout = 5s; warningtimeout = 4h;
  timeoutcheck = 3s; retrywait = 1s; useprivmsg = yes; usestrictprivmsg = no;
  seed = 12345; enforceruser = "enforcer"; enforcerhost = "services.test.local";
  releasetimeout = 1m; defaultlanguage = "en_US.UTF-8"; hidestatso = no; passlen = 64 }}
service {{ nick = "NickServ"; user = "services"; host = "services.test.local"; gecos = "Nicks" }}
module {{ name = "nickserv"; client = "NickServ"; forceemail = no;
  defaults = "killprotect kill_immed"; regdelay = 0s; expire = 0; kill = 60s; killquick = 20s;
  guestnickprefix = "Guest" }}
module {{ name = "ns_register"; registration = "none"; resenddelay = 90s; unconfirmedexpire = 1d }}
command {{ service = "NickServ"; name = "REGISTER"; command = "nickserv/register" }}
module {{ name = "ns_set"; allowkillimmed = yes }}
module {{ name = "ns_identify" }}
command {{ service = "NickServ"; name = "IDENTIFY"; command = "nickserv/identify" }}
module {{ name = "m_sasl" }}
module {{ name = "db_flatfile"; database = "anope.db"; keepbackups = 0; fork = no }}
module {{ name = "enc_sha256" }}
"""


@dataclass(frozen=True, slots=True)
class Inspircd:
    """A running InspIRCd and its services."""

    process: Process
    services: Process
    port: int
    host: str = HOST
    gateway: str = GATEWAY


@contextmanager
def inspircd(
    workdir: Path, *, most: int = 100_000, ident: bool = False, hurry: int = 0
) -> Iterator[Inspircd]:
    """Run both in `workdir` (made if need be) until the block ends.

    `most` is how many connections one address may have; `ident`: it asks who connects (RFC 1413).
    `hurry`: how many may come within ten seconds, before it takes nobody for a while; 0: any.
    """
    server = _program("inspircd", "/usr/lib/inspircd")
    services = _program("anope", "/usr/sbin")
    workdir.mkdir(parents=True, exist_ok=True)
    port, link = free_port(), free_port()
    about = {"host": HOST, "port": port, "link": link, "password": _PASSWORD, "folder": workdir}
    asked = (("ident",) if ident else ()) + (("connflood",) if hurry else ())
    limits = {"gateway": GATEWAY, "limit": most, "ident": "yes" if ident else "no"}
    text = _INSPIRCD.format(**about, **limits, modules=_modules(asked))
    text += _HURRY.format(hurry=hurry) if hurry else ""
    (workdir / "inspircd.conf").write_text(text, encoding="utf-8")
    (workdir / "services.conf").write_text(_ANOPE.format(**about), encoding="utf-8")
    ircd = Process(
        "inspircd",
        (server, f"--config={workdir}/inspircd.conf", "--nofork", "--nopid"),
        workdir,
        lambda: listens(port),
        unprivileged=True,
    )
    folders = [f"--{name}dir={workdir}" for name in ("conf", "db", "log", "locale")]
    anope = Process(
        "anope",
        (services, *folders, "--modulesdir=/usr/lib/anope", "--nofork", "--nothird"),
        workdir,
        lambda: _SYNCED in (workdir / "anope.log").read_text(encoding="utf-8"),
        unprivileged=True,
    )
    with ExitStack() as running:
        for one in (ircd, anope):
            one.start()
            running.callback(one.stop)
        yield Inspircd(ircd, anope, port)


def _modules(asked: tuple[str, ...]) -> str:
    """What it loads, these among it."""
    names = [f"ircv3_{name}" for name in _MODULES]
    return "\n".join(f'<module name="{name}">' for name in (*names, *_MORE, *_LINKING, *asked))


def _program(name: str, folder: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=folder)
    if found is None:
        raise ServerMissing(
            f"There is no {name} here: install the package {name} (`make servers`)."
        )
    return found
