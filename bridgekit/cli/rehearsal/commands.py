"""What can be typed in a rehearsal: who says what, and the commands for all that can go wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.looking.trace import show, stories_of
from bridgekit.cli.rehearsal import verbs
from bridgekit.cli.rehearsal.acts import Actor, Mistake, OnMatrix, OnNetwork
from bridgekit.cli.rehearsal.lines import scripted
from bridgekit.cli.rehearsal.rehearsal import Rehearsal
from bridgekit.testing.contract import FakeNetwork

_ELSEWHERE = re.compile(r">(\w[\w.-]*)?\s*(.*)", re.DOTALL)
_PATIENCE = 60.0
_COMES = 10.0


class Leave(Exception):  # noqa: N818 (no fault)
    """Whoever types wants to go; `again`: and to begin anew, with the code as it is by then."""

    def __init__(self, *, again: bool) -> None:
        super().__init__()
        self.again = again


@dataclass(frozen=True, slots=True)
class Command:
    """`arguments` is the usage; `run` is given what is typed behind the name, and who does it."""

    arguments: str
    help: str
    run: Callable[[Commands, Actor, str], Awaitable[None]]


class Commands:
    """Does what is typed."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self._there = "bob"
        self._own_room = ""

    async def run(self, line: str) -> None:
        """`Mistake`: it cannot be done. `Leave`: it is to end."""
        actor: Actor = OnMatrix(self.rehearsal)
        elsewhere = _ELSEWHERE.fullmatch(line)
        if elsewhere is not None:
            self._there = elsewhere[1] or self._there
            actor, line = OnNetwork(self.rehearsal, self._there), elsewhere[2]
        if line.startswith("/") and not line.startswith("//"):
            name, _, rest = line[1:].partition(" ")
            if name not in COMMANDS:
                raise Mistake(f"There is no command /{name}; /help lists those that there are.")
            await COMMANDS[name].run(self, actor, rest.strip())
        elif line.strip():
            await actor.say(line.removeprefix("/") if line.startswith("//") else line)

    # What they share.

    def target(self, actor: Actor, text: str) -> tuple[str, str]:
        """The ID of the message that a command begins with, and the rest."""
        number, _, rest = text.partition(" ")
        found = self.rehearsal.screen.find(int(number)) if number.isdecimal() else None
        if not number.isdecimal():
            raise Mistake("Say which message: by the number that stands before it.")
        if found is None:
            raise Mistake(f"There is no message {number}.")
        side, name = found
        if side is not actor.side:
            hint = (
                "begin with > to act there" if actor.side.value == "matrix" else "leave out the >"
            )
            raise Mistake(f"Message {number} stands on the other side; {hint}.")
        return name, rest.strip()

    async def own_room(self) -> str:
        """Alice's with the bot, which comes when it is asked first."""
        bot, alice = self.rehearsal.config.namespaces.bot_mxid, self.rehearsal.alice
        if not self._own_room:
            _needs(self.rehearsal, running=True)
            self._own_room = await alice.create_room(invite=[bot], direct=True)
        try:
            async with asyncio.timeout(_COMES):
                await alice.wait_for(self._own_room, lambda event: event["sender"] == bot)
        except TimeoutError:
            raise Mistake("The bot does not come: say it again once the bridge works.") from None
        return self._own_room

    async def verb(self, name: str, *args: Any, words: str = "", **how: Any) -> None:
        """Have the fake do it, if it can; `words` say how."""
        network = self.rehearsal.network
        if not network.has(name):
            raise Mistake(f"The fake has no `{name}`: what cannot happen there is left out.")
        await getattr(network, name)(*args, **how)
        self.rehearsal.screen.trace(f"the network is told: {name} {words}".rstrip())

    async def wait(self, words: str) -> None:
        """Until the bridge has brought this about, on either side or in the trace."""
        shown = self.rehearsal.screen.shown
        try:
            async with asyncio.timeout(_PATIENCE):
                while True:
                    self.rehearsal.screen.news.clear()
                    while shown:
                        if words in shown.popleft():
                            return
                    await self.rehearsal.screen.news.wait()
        except TimeoutError:
            raise Failure(
                Exit.FOUND, f"{words!r} was waited for, and not seen for {_PATIENCE:.0f} s."
            ) from None


async def _with_text(commands: Commands, actor: Actor, text: str, what: str) -> None:
    target, rest = commands.target(actor, text)
    if not rest:
        raise Mistake(f"/{what} needs a number and what to {what} with: /{what} 3 …")
    await getattr(actor, what)(target, rest)


async def _reply(commands: Commands, actor: Actor, text: str) -> None:
    await _with_text(commands, actor, text, "reply")


async def _edit(commands: Commands, actor: Actor, text: str) -> None:
    await _with_text(commands, actor, text, "edit")


async def _react(commands: Commands, actor: Actor, text: str) -> None:
    await _with_text(commands, actor, text, "react")


async def _delete(commands: Commands, actor: Actor, text: str) -> None:
    target, _ = commands.target(actor, text)
    await actor.delete(target)


async def _file(_: Commands, actor: Actor, text: str) -> None:
    name, __, content = text.partition(" ")
    if not name:
        raise Mistake("/file needs a name, and what is in the file: /file note.txt hello")
    await actor.file(name, content or name)


async def _kill(commands: Commands, _: Actor, __: str) -> None:
    _needs(commands.rehearsal, running=True)
    await commands.rehearsal.kill()


async def _stop(commands: Commands, _: Actor, __: str) -> None:
    _needs(commands.rehearsal, running=True)
    await commands.rehearsal.stop()


async def _start(commands: Commands, _: Actor, __: str) -> None:
    _needs(commands.rehearsal, running=False)
    await commands.rehearsal.start()


async def _crash(commands: Commands, actor: Actor, text: str) -> None:
    await _kill(commands, actor, text)
    await commands.rehearsal.start()


def _needs(rehearsal: Rehearsal, *, running: bool) -> None:
    if rehearsal.running is not running:
        raise Mistake("No bridge runs; /start it." if running else "A bridge runs already.")


async def _away(commands: Commands, _: Actor, __: str) -> None:
    if commands.rehearsal.away:
        raise Mistake("The homeserver is away already; /back brings it back.")
    await commands.rehearsal.leave()


async def _back(commands: Commands, _: Actor, __: str) -> None:
    if not commands.rehearsal.away:
        raise Mistake("The homeserver is there.")
    await commands.rehearsal.back()


async def _trace(commands: Commands, _: Actor, text: str) -> None:
    screen = commands.rehearsal.screen
    found = screen.find(int(text)) if text.isdecimal() else None
    stories = await stories_of(commands.rehearsal.config, found[1] if found else text)
    for story in stories:
        show(screen.console, story)
    if not stories:
        raise Mistake("The bridge knows nothing of that yet: name a number, or a BK-… reference.")


async def _wait(commands: Commands, _: Actor, text: str) -> None:
    if text:
        await commands.wait(text)
    elif not await commands.rehearsal.settled(_PATIENCE):
        raise Failure(Exit.FOUND, f"Something is still under way after {_PATIENCE:.0f} s.")


async def _help(commands: Commands, _: Actor, __: str) -> None:
    screen, network = commands.rehearsal.screen, commands.rehearsal.network
    screen.answer(SPEAKING)
    missing = [one for one in COMMANDS if hasattr(FakeNetwork, one) and not network.has(one)]
    for name, command in COMMANDS.items():
        if name not in missing:
            screen.answer(f"  {f'/{name} {command.arguments}'.ljust(22)}  {command.help}")
    if missing:
        lacking = ", ".join(f"/{name}" for name in missing)
        screen.answer(f"This fake cannot do: {lacking}.")


async def _reload(_: Commands, __: Actor, ___: str) -> None:
    if scripted():
        raise Mistake("A script cannot: what is left of it would not be read. End it instead.")
    raise Leave(again=True)


async def _quit(_: Commands, __: Actor, ___: str) -> None:
    raise Leave(again=False)


SPEAKING = """\
  hello                   alice says it on Matrix
  > hello                 bob, or who was last, says it on the network
  >carol hello            carol does; >carol /react 3 👍 and so on, too
  //hello                 says what begins with a slash"""

COMMANDS = {
    "reply": Command("N TEXT", "answer the message N", _reply),
    "edit": Command("N TEXT", "change it", _edit),
    "react": Command("N EMOJI", "react to it", _react),
    "delete": Command("N", "delete it", _delete),
    "file": Command("NAME TEXT", "send a file with this text in it", _file),
    "drop": Command("", "the network breaks every connection", verbs.plain("drop")),
    "stall": Command("", "every connection falls silent; new ones work", verbs.plain("stall")),
    "miss": Command("", "what is said up to the next /drop is never told", verbs.plain("miss")),
    "refuse": Command("", "the network refuses every sign-in from here on", verbs.plain("refuse")),
    "reject": Command("", "the network refuses what comes next for good", verbs.plain("reject")),
    "delay": Command("[SECONDS]", "the network puts off what comes next (by 3 s)", verbs.delay),
    "lose": Command("before|after", "the connection breaks with what comes next", verbs.lose),
    "repeat": Command("", "what was told to the bridge last is told again", verbs.repeat),
    "garble": Command("", "the network says what nobody can understand", verbs.plain("garble")),
    "swap": Command("", "the next two things there come in the wrong order", verbs.swap),
    "move": Command("told|untold", "the chat goes by another ID from here on", verbs.move),
    "rename": Command("NAME", "behind a >: who speaks there has another name", verbs.rename),
    "whisper": Command("TEXT", "behind a >: say it to Alice in private", verbs.whisper),
    "bot": Command("TEXT", "say it to the bot alone, as /bot sign-in", verbs.bot),
    "kill": Command("", "kill the bridge", _kill),
    "stop": Command("", "stop it in good order", _stop),
    "start": Command("", "start it", _start),
    "crash": Command("", "kill it, and start it again", _crash),
    "away": Command("", "the homeserver goes down", _away),
    "back": Command("", "the homeserver comes back", _back),
    "trace": Command("N|BK-…", "every step of a message, as `bridgekit trace` has it", _trace),
    "wait": Command("[WORDS]", "until the bridge has brought them about, or all is done", _wait),
    "reload": Command("", "begin anew, with the adapter's code as it is now", _reload),
    "help": Command("", "this", _help),
    "quit": Command("", "end it; Ctrl-D does, too", _quit),
}
