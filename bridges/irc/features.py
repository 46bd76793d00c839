"""What a server says of itself in its 005 lines, typed: the `irc` package reads, this asks."""

from collections.abc import Sequence
from contextlib import suppress

from irc.features import FeatureSet

from bridges.irc.casemap import CaseMapping, case_mapping
from bridges.irc.masks import Source, taken_apart
from bridges.irc.modes import ModeKinds, kinds
from bridges.irc.nicks import DEFAULT_LENGTH
from bridges.irc.wire import LIMIT, Line

_WORST_HOST = 63  # RFC 1035 §2.3.4 by way of RFC 2812; what nearly every server cuts at
_FLAGS = frozenset({"MONITOR", "UTF8ONLY", "WHOX"})
_WORST_USER = 11  # ten, and the ~ that a server puts in front of an unchecked one


class Features:
    """Everything has the default of RFC 1459 until the server says otherwise."""

    def __init__(self) -> None:
        self._set = FeatureSet()
        self.tokens: list[str] = []
        """All that it has said, in order."""

    def load(self, line: Line) -> None:
        """Take the tokens of one 005; those that cannot be read are passed over."""
        self.take(line.params[1:-1])

    def take(self, tokens: Sequence[str]) -> None:
        self.tokens += tokens
        for token in tokens:
            if token in _FLAGS:  # FeatureSet passes over what has no value
                self._set.set(token)
            # FeatureSet raises on what it does not expect: `PREFIX=`, `TARGMAX=x`.
            with suppress(ValueError, IndexError, AttributeError):
                self._set.load_feature(token)

    def _number(self, name: str, default: int) -> int:
        value = getattr(self._set, name, default)
        # `NICKLEN` without a value loads as True, which is an int.
        return value if isinstance(value, int) and value is not True and value > 0 else default

    @property
    def case_mapping(self) -> CaseMapping:
        return case_mapping(str(getattr(self._set, "casemapping", CaseMapping.RFC1459)))

    @property
    def network(self) -> str:
        """What the server calls its network; "" where it does not say."""
        name = getattr(self._set, "network", "")
        return name if isinstance(name, str) else ""

    @property
    def nick_length(self) -> int:
        return self._number("nicklen", self._number("maxnicklen", DEFAULT_LENGTH))

    @property
    def topic_length(self) -> int | None:
        """Bytes of a topic; None where the server does not say."""
        return self._number("topiclen", 0) or None

    @property
    def kick_length(self) -> int | None:
        """Bytes of the reason of a KICK; None where the server does not say."""
        return self._number("kicklen", 0) or None

    @property
    def joins_at_once(self) -> int | None:
        """Channels in one JOIN; None where the server does not say, or takes any number."""
        most = getattr(self._set, "targmax", {})
        return most.get("JOIN") or None if isinstance(most, dict) else None

    @property
    def history_limit(self) -> int | None:
        """Messages in one answer of CHATHISTORY; None where the server does not say."""
        return self._number("chathistory", 0) or None

    @property
    def bot_mode(self) -> str:
        """The mode by which users are marked as bots (IRCv3 bot-mode); "" where there is none."""
        mode = getattr(self._set, "bot", "")
        return mode if isinstance(mode, str) and len(mode) == 1 and mode.isalpha() else ""

    @property
    def line_length(self) -> int:
        """Bytes of a line that it relays, with its CR LF and without its tags."""
        return max(self._number("linelen", LIMIT), LIMIT)

    def denies(self, tag: str) -> bool:
        """Whether it takes a tag of clients (`+…`) away: CLIENTTAGDENY of IRCv3 message-tags."""
        denied = getattr(self._set, "clienttagdeny", "")
        names = denied.split(",") if isinstance(denied, str) else []
        name = tag.removeprefix("+")
        return name in names or ("*" in names and f"-{name}" not in names)

    @property
    def monitors(self) -> bool:
        """Whether it tells when a nick comes and goes: IRCv3 MONITOR."""
        return bool(getattr(self._set, "monitor", False))

    @property
    def tells_who(self) -> bool:
        """Whether it tells everything of everybody in a channel at once: WHOX."""
        return bool(getattr(self._set, "whox", False))

    @property
    def utf8_only(self) -> bool:
        """Whether there is no other encoding: IRCv3 UTF8ONLY."""
        return bool(getattr(self._set, "utf8only", False))

    def worst_mask(self, username: str) -> str:
        """As long a `user@host` as this server may give us, while we do not know ours."""
        user = self._number("userlen", max(_WORST_USER, len(username.encode()) + 1))
        return "u" * user + "@" + "h" * self._number("hostlen", _WORST_HOST)

    @property
    def _marks(self) -> dict[str, str]:
        return self._set.prefix if isinstance(self._set.prefix, dict) else {}

    @property
    def modes(self) -> ModeKinds:
        """Which channel modes there are, and which of them come with an argument."""
        listed = getattr(self._set, "chanmodes", ())
        return kinds(self._marks, listed if isinstance(listed, list) else ())

    def marked(self, entry: str) -> tuple[str, str]:
        """The nick of an entry in a list of names, and the modes that its marks stand for."""
        name = entry.lstrip("".join(self._marks))
        modes = "".join(self._marks[mark] for mark in entry[: len(entry) - len(name)])
        return name.partition("!")[0], modes

    def source(self, entry: str) -> Source:
        """Of whom such an entry is, with their address where it has one (userhost-in-names)."""
        return taken_apart(entry.lstrip("".join(self._marks)))
