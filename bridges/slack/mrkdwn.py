"""Slack's own markup (`*bold* <@U1> &amp;`) as rich text; pure.

https://docs.slack.dev/messaging/formatting-message-text: tags in angle brackets are read first, the
three entities last, and a mark counts at the edge of a word only.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from bridgekit import (
    Bold,
    ChatMention,
    Code,
    CodeBlock,
    CustomEmoji,
    Italic,
    LineBreak,
    Link,
    Mention,
    Node,
    Quote,
    RichText,
    RoomMention,
    Strike,
    Text,
)
from bridges.slack.emoji import unicode_of
from bridges.slack.ids import Sight

_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_ATOM = re.compile(
    r"<(?P<tag>[^<>\n]{1,4000})>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![A-Za-z0-9]):(?P<emoji>[a-z0-9_+'-]{1,100}(?:::skin-tone-[2-6](?:-[2-6])?)?):"
)
_QUOTED = re.compile(r"(?:&gt;|>) ?")
_REST_QUOTED = re.compile(r"(?:&gt;|>){3} ?")
_STYLES: dict[str, type[Bold | Italic | Strike]] = {"*": Bold, "_": Italic, "~": Strike}
_BROADCASTS = frozenset({"here", "channel", "everyone"})
_DEPTH = 10  # of marks within marks; three kinds cannot be nested deeper to any effect

Unit = str | Node  # one character, or what stands for several


def unescaped(text: str) -> str:
    """Slack escapes these three and no others; `&amp;lt;` is the text `&lt;`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def parse(text: str, sight: Sight) -> RichText:
    """What a text in Slack's markup shows."""
    nodes: list[Node] = []
    end = 0
    for fence in _FENCE.finditer(text):
        nodes += _quotes(text[end : fence.start()].removesuffix("\n"), sight)
        nodes.append(CodeBlock(unescaped(_without_tags(fence[1])).strip("\n")))
        end = fence.end()
    return (*nodes, *_quotes(text[end:].removeprefix("\n") if end else text, sight))


def _without_tags(code: str) -> str:
    """In code a link is what it shows: Slack makes links there, too, and shows none."""
    return re.sub(r"<(?:[^<>|\n]+\|)?([^<>\n]+)>", r"\1", code)


def _quotes(text: str, sight: Sight) -> Iterator[Node]:
    """Lines, those that begin with `>` as quotes; what begins with `>>>` is one to the end."""
    lines = text.split("\n") if text else []
    before: Node | None = None
    at = 0
    while at < len(lines):
        rest = _REST_QUOTED.match(lines[at])
        quoted = _QUOTED.match(lines[at])
        if rest is not None:
            yield Quote(_inline("\n".join([lines[at][rest.end() :], *lines[at + 1 :]]), sight))
            return
        if quoted is not None:
            run = [lines[at][quoted.end() :]]
            while at + 1 < len(lines) and (more := _QUOTED.match(lines[at + 1])):
                at += 1
                run.append(lines[at][more.end() :])
            before = Quote(_inline("\n".join(run), sight))
            yield before
        else:
            if before is not None and not isinstance(before, Quote):
                yield LineBreak()
            before = LineBreak()
            yield from _inline(lines[at], sight)
        at += 1


def _inline(text: str, sight: Sight) -> RichText:
    nodes: list[Node] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            nodes.append(LineBreak())
        nodes += _styled(list(_units(line, sight)), 0)
    return tuple(nodes)


def _units(line: str, sight: Sight) -> Iterator[Unit]:
    end = 0
    for atom in _ATOM.finditer(line):
        yield from line[end : atom.start()]
        if atom["tag"] is not None:
            yield tag(atom["tag"], sight)
        elif atom["code"] is not None:
            yield Code(unescaped(_without_tags(atom["code"])))
        else:
            yield emoji(atom["emoji"])
        end = atom.end()
    yield from line[end:]


def emoji(name: str) -> Node:
    """An emoji by its name; one that is not of Unicode is the workspace's own."""
    known = unicode_of(name)
    return CustomEmoji(name) if known is None else Text(known)


def _styled(units: list[Unit], depth: int) -> RichText:
    """The marks of one line: `*` opens before a word and closes behind one."""
    closing = {
        mark: [at for at in range(1, len(units)) if units[at] == mark and _closes(units, at)]
        for mark in _STYLES
    }
    nodes: list[Node] = []
    plain: list[str] = []
    at = 0
    while at < len(units):
        unit = units[at]
        ends = closing.get(unit, []) if isinstance(unit, str) and _opens(units, at) else []
        following = bisect_right(ends, at + 1)
        if following < len(ends) and isinstance(unit, str) and depth < _DEPTH:
            end = ends[following]
            nodes += _plain(plain)
            nodes.append(_STYLES[unit](_styled(units[at + 1 : end], depth + 1)))
            plain, at = [], end + 1
            continue
        if isinstance(unit, str):
            plain.append(unit)
        else:
            nodes += _plain(plain)
            nodes.append(unit)
            plain = []
        at += 1
    return (*nodes, *_plain(plain))


def _plain(units: list[str]) -> RichText:
    return (Text(unescaped("".join(units))),) if units else ()


def _opens(units: list[Unit], at: int) -> bool:
    before = units[at - 1] if at else " "
    after = units[at + 1] if at + 1 < len(units) else " "
    return not _is_word(before) and not _is_blank(after) and after != units[at]


def _closes(units: list[Unit], at: int) -> bool:
    before = units[at - 1]
    after = units[at + 1] if at + 1 < len(units) else " "
    return not _is_blank(before) and not _is_word(after) and before != units[at]


def _is_word(unit: Unit) -> bool:
    return isinstance(unit, str) and unit.isalnum()


def _is_blank(unit: Unit) -> bool:
    return isinstance(unit, str) and unit.isspace()


def tag(inner: str, sight: Sight) -> Node:
    """What stands between angle brackets: a person, a channel, a command, a link."""
    ref, _, label = inner.partition("|")
    shown = unescaped(label)
    match ref[:1]:
        case "@":
            name = shown.removeprefix("@") or sight.name(ref[1:])
            return Mention(name, user=sight.user(ref[1:]))
        case "#":
            name = "#" + (shown.removeprefix("#") or sight.name(ref[1:]))
            return ChatMention(name, chat=sight.chat(ref[1:]))
        case "!":
            return _command(ref[1:], shown, sight)
        case _:
            url = unescaped(ref)
            return Link((Text(shown or url.removeprefix("mailto:").removeprefix("tel:")),), url)


def _command(command: str, shown: str, sight: Sight) -> Node:
    """`<!here>`, `<!subteam^S1|@group>`, `<!date^1392734382^{date}|Feb 18>`: the latter as text."""
    if command.partition("^")[0] in _BROADCASTS:
        return RoomMention()
    kind, _, id_ = command.partition("^")
    if kind == "subteam" and not shown:
        return Text(f"@{sight.name(id_)}")
    return Text(shown or command.rpartition("^")[2])
