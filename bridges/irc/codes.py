"""mIRC formatting: text with control codes to styled runs and back.

https://modern.ircdocs.horse/formatting.html. The same runs always give the same bytes, so that
a cut text can be measured before it is sent.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from bridges.irc import palette


@dataclass(frozen=True, slots=True)
class Style:
    """How a run looks; colours are `#rrggbb`, None is the reader's own."""

    foreground: str | None = None
    background: str | None = None
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    mono: bool = False


Run = tuple[str, Style]
PLAIN = Style()

_BOLD, _ITALIC, _UNDERLINE, _STRIKE, _MONO = "\x02", "\x1d", "\x1f", "\x1e", "\x11"
_COLOR, _HEX_COLOR, _REVERSE, _RESET = "\x03", "\x04", "\x16", "\x0f"
_TOGGLES: dict[str, Callable[[Style], Style]] = {
    _BOLD: lambda style: replace(style, bold=not style.bold),
    _ITALIC: lambda style: replace(style, italic=not style.italic),
    _UNDERLINE: lambda style: replace(style, underline=not style.underline),
    _STRIKE: lambda style: replace(style, strike=not style.strike),
    _MONO: lambda style: replace(style, mono=not style.mono),
}
_NOTHING = _BOLD + _BOLD  # parts a colour's digits from a comma of the text

_WHITE, _BLACK = "#ffffff", "#000000"
_CODE = re.compile(
    "(\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?"
    "|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?"
    "|[\x02\x0f\x11\x16\x1d\x1e\x1f])"
)
_OTHER_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


def merge(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The same look with as few runs as can be."""
    joined = (
        ("".join(text for text, _ in group), style)
        for style, group in groupby(runs, key=itemgetter(1))
    )
    return tuple(run for run in joined if run[0])


def encode(runs: Iterable[Run]) -> str:
    """`runs`, whose texts hold no controls, with codes between them.

    Nothing is closed at the end: every line starts plain.
    """
    match runs:
        case ((text, style),) if style is PLAIN:
            return text  # most of what is said
    parts: list[str] = []
    current = PLAIN
    for text, style in merge(runs):
        parts += (change(current, style, text), text)
        current = style
    return "".join(parts)


def change(old: Style, new: Style, following: str) -> str:
    """The codes that turn `old` into `new` in front of the text `following`."""
    if old == new:
        return ""
    if new == PLAIN:
        return _RESET
    if (old.foreground and not new.foreground) or (old.background and not new.background):
        return _RESET + change(PLAIN, new, following)  # a colour alone cannot be taken back
    toggles = "".join(code for code, differs in _differences(old, new) if differs)
    if (old.foreground, old.background) == (new.foreground, new.background):
        return toggles
    # Two digits always, so that a digit of the text is not taken for the colour's.
    guard = _NOTHING if following.startswith(",") and not toggles and not new.background else ""
    return _color(new) + toggles + guard


def _differences(old: Style, new: Style) -> Iterator[tuple[str, bool]]:
    yield _BOLD, old.bold != new.bold
    yield _ITALIC, old.italic != new.italic
    yield _UNDERLINE, old.underline != new.underline
    yield _STRIKE, old.strike != new.strike
    yield _MONO, old.mono != new.mono


def _color(style: Style) -> str:
    foreground = _number(style.foreground)
    return f"{_COLOR}{foreground}" + (f",{_number(style.background)}" if style.background else "")


def _number(color: str | None) -> str:
    return f"{palette.DEFAULT if color is None else palette.nearest(color):02}"


def decode(text: str) -> tuple[Run, ...]:
    """The runs of a text with codes; codes that are no formatting are left out."""
    if text.isprintable():
        return ((text, PLAIN),) if text else ()
    return merge(_runs(text))


def _runs(text: str) -> Iterator[Run]:
    style, reverse = PLAIN, False
    for index, piece in enumerate(_CODE.split(text)):
        if index % 2 == 0:
            yield _OTHER_CONTROLS.sub("", piece), _reversed(style) if reverse else style
        elif piece == _REVERSE:
            reverse = not reverse
        elif piece == _RESET:
            style, reverse = PLAIN, False
        else:
            style = _apply(style, piece)


def _apply(style: Style, code: str) -> Style:
    if toggle := _TOGGLES.get(code):
        return toggle(style)
    foreground, _, background = code[1:].partition(",")
    if not foreground:
        return replace(style, foreground=None, background=None)
    read = _from_number if code[0] == _COLOR else _from_hex
    style = replace(style, foreground=read(foreground))
    return replace(style, background=read(background)) if background else style


def _from_number(digits: str) -> str | None:
    return palette.color(int(digits))


def _from_hex(digits: str) -> str:
    return f"#{digits.lower()}"


def _reversed(style: Style) -> Style:
    return replace(
        style,
        foreground=style.background or _WHITE,
        background=style.foreground or _BLACK,
    )
