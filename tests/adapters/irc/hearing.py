"""A channel as its server has it, and our connections in it, which read at their own pace."""

from collections import Counter
from dataclasses import dataclass, field

from bridges.irc.listening import Listening
from bridges.irc.wire import Line

CHAT = "#room"


@dataclass
class Known:
    """What a connection knows of who is there: nothing, until it has asked."""

    people: set[str] | None = None

    def lists(self, _):
        return self.people is not None

    def modes(self, _, user):
        return "" if user in (self.people or ()) else None


@dataclass(eq=False)
class Ear:
    """A connection, and what the server has sent it that it has not read yet."""

    me: str
    channels: Known = field(default_factory=Known)
    stream: list = field(default_factory=list)
    over: bool = False

    @property
    def login_id(self):
        return self.me

    @property
    def bot(self):
        return self.me == "bot"

    def takes_over(self, _):
        self.over = True


class Play:
    """A channel, in the order in which its server has it."""

    def __init__(self):
        self.listening = Listening(60.0, bot=True)
        self.ears = {}
        self.here = set()
        self.lines = []
        self.heard = {}
        self.told = []
        self.left_behind = set()  # as the bot was put out
        self.do("join", "bot")

    def do(self, act, who):
        ear = self.ears.get(who)
        match act:
            case "say":
                self._say(who)
            case "join" if who not in self.here and not self._is_news(who):
                self.here.add(who)
                ear = self.ears.setdefault(who, Ear(who))
                self._all("join", ear)
                ear.stream.append(("names", ear, set(self.here)))
                self._catch_up(ear)
            case "part" if who in self.here and who != "bot":
                self._all("left", ear)
                self.here.discard(who)
            case "kick" if "bot" in self.here and not self._changing():
                self._all("left", self.ears["bot"])
                self.here.discard("bot")
                self.left_behind = set(self.here)
            case "die" if ear is not None and who != "bot" and not self._news("join"):
                self._dies(ear)
            case "read" if ear is not None and ear.stream:
                self._read(ear, *ear.stream.pop(0))
                self._settle()

    def _news(self, moved):
        """Of whom somebody has yet to read; to come, go and come again takes longer than that."""
        unread = [one for ear in self.ears.values() for one in ear.stream]
        return [ear.me for kind, ear, _ in unread if kind == moved]

    def _is_news(self, who):
        """Whether somebody has yet to see them go; for the bot, to see anybody go."""
        left = self._news("left")
        return who in left or (who == "bot" and left)

    def _changing(self):
        """Whether somebody has yet to make the place for the bot, or to see who has come."""
        return self._news("join") or self.listening.of(CHAT)

    def _say(self, text):
        number = str(len(self.lines))
        text = text or number
        line = Line("PRIVMSG", (CHAT, text), "ann!a@h", {"number": number})
        self.lines.append(text)
        teller = self.listening.of(CHAT)
        if "bot" in self.here or self.here & {teller, *self.left_behind}:
            self.heard[number] = {self.ears[name] for name in self.here}
        self._all("say", line)

    def _all(self, kind, what):
        for name in self.here:
            self.ears[name].stream.append((kind, what, None))

    def _dies(self, ear):
        """What it had not told is for the others, who see it quit at some later time."""
        del self.ears[ear.me]
        self._forgets(ear)
        self.left_behind.discard(ear.me)
        if ear.me in self.here:
            self.here.discard(ear.me)
            self._all("left", ear)
        self.listening.gone(ear)
        self._settle()

    def _forgets(self, ear):
        if ear.me in self.left_behind and self.listening.of(CHAT) is None:
            self.heard.clear()  # the bot and who comes after it at once: nobody is next
        for number in self.heard.keys() - set(self.told):
            self.heard[number].discard(ear)

    def _read(self, ear, kind, what, names):
        known, tells = ear.channels, self.listening.of(CHAT) == ear.me
        match kind:
            case "say":
                lines = self.listening.heard(ear, CHAT, what)
                self._tell(ear, lines if (self.listening.of(CHAT) or "bot") == ear.me else [])
            case "names":
                known.people = names if tells or ear.bot else None
                if not ear.bot and "bot" in self.ears:
                    bot = self.ears["bot"]
                    self.listening.listed(ear, CHAT, bot, here="bot" in names)
            case "join" if what is ear:
                self.listening.came(ear, CHAT)
            case "join":
                (known.people or set()).add(what.me)
                self.listening.seen(ear, CHAT, what, here=True)
            case _ if what is ear:
                self._forgets(ear)
                saw = self.listening.company(ear, CHAT)
                self.listening.left(ear, CHAT, saw, put_out=ear.bot)
            case _:
                (known.people or set()).discard(what.me)
                if what.bot:
                    self.listening.seen(ear, CHAT, what, here=False)

    def _settle(self):
        """Whoever has taken over tells what it kept, and asks who is there."""
        for ear in self.ears.values():
            if ear.over:
                ear.over = False
                ear.channels.people = None
                ear.stream.append(("names", ear, set(self.here)))
                self._tell(ear, self.listening.kept(ear, CHAT))

    def _tell(self, ear, lines):
        self.told += [line.tags["number"] for line in lines]
        self.listening.stored(ear)

    def texts(self, numbers):
        return [self.lines[int(number)] for number in numbers]

    def _catch_up(self, ear):
        """Whoever comes hears nothing before they know that they are in."""
        while ear.stream:
            self.do("read", ear.me)

    def mistakes(self):
        told = Counter(self.texts(self.told))
        if not told <= Counter(self.lines):
            return "doubled"
        if not Counter(self.texts(number for number, ears in self.heard.items() if ears)) <= told:
            return "lost"
        covered = [number for number in self.told if number in self.heard]
        in_order = iter(self.texts(self.heard))
        return "" if all(text in in_order for text in self.texts(covered)) else "out of order"

    def read_all(self):
        while any(ear.stream for ear in self.ears.values()):
            for who in list(self.ears):
                self.do("read", who)
