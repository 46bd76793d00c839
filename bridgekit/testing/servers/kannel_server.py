"""A real Kannel on loopback: its bearerbox and smsbox, with one link to the phone network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from bridgekit.testing.servers.ports import free_port
from bridgekit.testing.servers.process import HOST, Process, ServerMissing, listens

# A temporary error is tried again after a second instead of a minute, as are calls of ours that
# were not answered; real ones should set `http-request-retry` as high, and the delay to 10.
_CONFIG = """\
group = core
admin-port = {admin}
admin-interface = {host}
admin-password = admin-pass
status-password = status-pass
smsbox-port = {box}
smsbox-interface = {host}
log-level = 0
box-allow-ip = "{host}"
store-type = file
store-location = "{folder}/kannel.store"
store-dump-freq = 1
dlr-storage = internal
sms-resend-freq = 1
sms-resend-retry = 3

{link}

group = smsbox
bearerbox-host = {host}
bearerbox-port = {box}
sendsms-port = {send}
sendsms-interface = {host}
log-level = 0
http-request-retry = 1000
http-queue-delay = 1

group = sendsms-user
username = {user}
password = {password}
max-messages = 10
concatenation = true
forced-smsc = main

group = sms-service
keyword = default
catch-all = true
max-messages = 0
omit-empty = true
concatenation = true
get-url = "{hook}"
"""
_FAKE = """\
group = smsc
smsc = fake
smsc-id = main
host = {host}
port = {port}
connect-allow-ip = {host}
"""
_SMPP = """\
group = smsc
smsc = smpp
smsc-id = main
interface-version = 34
host = {host}
port = {port}
transceiver-mode = true
smsc-username = kannel
smsc-password = kannel
system-type = ""
enquire-link-interval = 10
reconnect-delay = 1
source-addr-autodetect = true
msg-id-type = 0
"""


@dataclass(frozen=True, slots=True)
class Kannel:
    """A running Kannel. `phones` is the port of its line protocol (one client), or of the SMSC."""

    boxes: tuple[Process, ...]
    url: str
    phones: int
    user: str = "bridge"
    password: str = "bridge-pass"  # noqa: S105  a throw-away server's


@contextmanager
def kannel(workdir: Path, hook: str, *, smpp: int | None = None) -> Iterator[Kannel]:
    """Run Kannel in `workdir` until the block ends; it calls `hook` with what is texted.

    `smpp` is the port of an SMSC that it signs in to; without one, whoever connects to `phones`
    is the phone network.
    """
    programs = [shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("bearerbox", "smsbox")]
    if None in programs:
        raise ServerMissing("There is no Kannel here: install the package kannel (`make servers`).")
    workdir.mkdir(parents=True, exist_ok=True)
    admin, box, send = free_port(), free_port(), free_port()
    phones = smpp or free_port()
    config = workdir / "kannel.conf"
    server = Kannel((), f"http://{HOST}:{send}", phones)
    told = {"admin": admin, "box": box, "send": send, "hook": hook, "folder": workdir}
    told |= {"host": HOST, "user": server.user, "password": server.password}
    told["link"] = (_SMPP if smpp else _FAKE).format(host=HOST, port=phones)
    config.write_text(_CONFIG.format(**told), encoding="utf-8")

    def linked() -> bool:
        return listens(send) and _boxes(admin)

    bearerbox, smsbox = (str(program) for program in programs)
    first = _process(bearerbox, config, lambda: listens(box))
    second = _process(smsbox, config, linked)
    with ExitStack() as running:
        for process in (first, second):
            process.start()
            running.callback(process.stop)
        yield Kannel((first, second), server.url, phones)


def _process(program: str, config: Path, ready: Callable[[], bool]) -> Process:
    command = (program, "-v", "1", str(config))
    name, folder = Path(program).name, config.parent
    return Process(name, command, folder, ready, unprivileged=True)


def _boxes(admin: int) -> bool:
    """Whether the smsbox has found its bearerbox."""
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(
            f"http://{HOST}:{admin}/status.txt?password=status-pass", timeout=2
        ) as page:
            status: bytes = page.read()
    except (URLError, OSError):
        return False
    return b"smsbox" in status.split(b"Box connections", 1)[-1]
