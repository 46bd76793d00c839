"""What in Kannel's configuration would lose texts, or have it text what nobody wrote. Pure.

https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html, chapters 4 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator

_OFTEN = 100  # tries of a call; after fewer, an outage of some minutes loses what people text
_NEEDED = {  # of our sms-service: what it leads to otherwise
    "omit-empty": ("true", "without omit-empty Kannel texts people that our answer is empty."),
    "max-messages": ("0", "Kannel may text people what it is answered."),
}
_GROUPS = """\
group = smsbox
http-request-retry = 8640
http-queue-delay = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
omit-empty = true
concatenation = true
get-url = "{}"
"""


def groups(address: str) -> str:
    """What is to stand in it: the empty answer and `omit-empty` keep Kannel from texting people."""
    return _GROUPS.format(address)


def faults(text: str, url: str) -> Iterator[tuple[str, str, str]]:
    """Each fault, what to do, and its name, in a configuration that is to call `url`."""
    there = list(_groups(text))
    ours = [one for one in there if one.get("get-url", "").startswith(url)]
    if not ours:
        why = f"no sms-service has a get-url that calls {url.rpartition('/')[0]}/…."
        yield why, "Put the address there that `bridgekit setup sms` prints.", "sms-hook-not-set"
    for one in ours:
        for key, (value, why) in _NEEDED.items():
            if one.get(key) != value:
                yield why, f"Write `{key} = {value}` into that sms-service.", "kannel-reply"
    for box in (one for one in there if one.get("group") == "smsbox"):
        tries = box.get("http-request-retry", "0")
        if not tries.isdecimal() or int(tries) < _OFTEN:
            why = f"Kannel gives a text up after {tries} tries to call the bridge."
            yield why, "Write `http-request-retry = 8640` and `http-queue-delay = 10` there.", ""


def _groups(text: str) -> Iterator[dict[str, str]]:
    """Each group's settings; a group ends at an empty line, or where the next one begins."""
    group: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        key = name.strip()
        if key == "group" and group:
            yield group
            group = {}
        if equals and not key.startswith("#"):
            group[key] = value.strip().strip('"')
    if group:
        yield group
