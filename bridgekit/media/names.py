"""The names of files, made safe to show, to save and to send. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120  # UTF-8 bytes; file systems take 255, and a path and a header need room besides
NAMELESS = "file"

# Windows opens a device under these, whatever the ending ("Naming Files, Paths, and Namespaces").
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Controls, line separators, halves of characters, private use, and what is shown as nothing or
# turns the reading direction: "gpj.exe" must not read as "exe.jpg".
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def cleaned(name: str) -> str:
    """A name without path, control and direction marks, leading dots and reserved words."""
    last = re.split(r"[/\\]", name)[-1] or re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    shown = "".join(char for char in last if unicodedata.category(char) not in _HIDDEN)
    safe = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", shown))
    safe = re.sub(r"\s+", " ", safe).strip(" .") or NAMELESS
    if _RESERVED.match(safe):
        safe = f"_{safe}"
    return _shortened(safe)


def ending(name: str) -> str:
    """The ending of a clean name, with its dot, where it is one of the usual kind; else ""."""
    found = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
    return found[0] if found else ""


def _shortened(name: str) -> str:
    """As many characters as fit, with the ending kept."""
    if len(name.encode()) <= LONGEST:
        return name
    tail = ending(name)
    stem = name[: len(name) - len(tail)].encode()[: LONGEST - len(tail)]
    return stem.decode(errors="ignore").rstrip(" .") + tail
