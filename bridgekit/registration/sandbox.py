"""What systemd hides from Synapse, by its unit: the modes of a file do not tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PLACES = tuple(
    Path(where) / "systemd/system" for where in ("/etc", "/run", "/usr/local/lib", "/usr/lib")
)
_UNIT = "matrix-synapse.service"
_YES = ("yes", "true", "on", "1")
_HIDES = {
    "ProtectHome": ((*_YES, "tmpfs"), ("/home", "/root", "/run/user")),
    "PrivateTmp": ((*_YES, "disconnected"), ("/tmp", "/var/tmp")),  # noqa: S108 (nothing is put there)
}
_PATHS = ("InaccessiblePaths", "InaccessibleDirectories")


def hidden(file: Path) -> str | None:
    """The setting of Synapse's unit that hides this file from it; None: none, or no such unit."""
    whole = file.resolve()
    for setting, folders in _hiding():
        if any(whole.is_relative_to(folder) for folder in folders):
            return setting
    return None


def _hiding() -> Iterator[tuple[str, tuple[str, ...]]]:
    last: dict[str, str] = {}
    paths: dict[str, str] = {}
    for key, value in _settings():
        if key in _HIDES:
            last[key] = value
        elif key in _PATHS:
            named = {one.lstrip("-+"): f"{key}={value}" for one in value.split()}
            paths = {**paths, **named} if named else {}  # an empty one takes back those before
    for key, value in last.items():
        words, folders = _HIDES[key]
        if value.lower() in words:
            yield f"{key}={value}", folders
    for path, setting in paths.items():
        yield setting, (path,)


def _settings() -> Iterator[tuple[str, str]]:
    """Of the unit and of what is added to it, in the order in which systemd reads them."""
    unit = next((one for place in PLACES if (one := place / _UNIT).is_file()), None)
    if unit is None:
        return
    added = {one.name: one for place in reversed(PLACES) for one in place.glob(f"{_UNIT}.d/*.conf")}
    for file in (unit, *(added[name] for name in sorted(added))):
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            key, equals, value = line.strip().partition("=")
            if equals and not key.startswith(("#", ";")):
                yield key.strip(), value.strip()
