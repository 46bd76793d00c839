"""`bridgekit trace EVENT`: the story of one event, from what was written down when it happened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.looking import keyless, telling
from bridgekit.cli.looking.lanes import WAYS, Place, Places
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, load
from bridgekit.cli.output import (
    clock_time,
    console,
    count,
    iso,
    local,
    show_findings,
    show_json,
    show_pairs,
)
from bridgekit.clock import SystemClock
from bridgekit.configuration.config import Config
from bridgekit.ids import JobID
from bridgekit.lanes.journey import millis
from bridgekit.models import Fate, Job, Millis, Outcome, Part, Result, Step
from bridgekit.reasons import WORDS, Reason
from bridgekit.references import job_of, reference
from bridgekit.store.beside import reading
from bridgekit.store.jobs import Jobs, Listed
from bridgekit.store.portals import PortalRows

Event = Annotated[
    str,
    typer.Argument(
        metavar="EVENT", help="An event's ID or a link to it, a message's ID, or a reference."
    ),
]
_MARKS = {
    Result.DELIVERED: Severity.OK,
    Result.DROPPED: Severity.OK,
    Result.FAILED: Severity.ERROR,
    Result.UNKNOWN: Severity.WARNING,
}
_FATES = {
    Fate.NEVER_SENT: "never sent",
    Fate.PARTLY: "sent in part",
    Fate.REJECTED: "rejected",
    Fate.UNKNOWN: "sent or not: nobody knows",
}


@dataclass(frozen=True, slots=True)
class Story:
    """One job: how it ended, if it did, and how it stands, if it is still kept."""

    id: JobID
    about: Job | Outcome  # what both say alike: lane, kind, source, when it was received
    place: Place
    outcome: Outcome | None
    listed: Listed | None
    parts: list[Part]
    ahead: int

    @property
    def open(self) -> bool:
        return self.listed is not None and not self.listed.dead


def trace(event: Event, config: ConfigPath = DEFAULT, *, as_json: AsJSON = False) -> None:
    """Show every step of one event.

    When it was received, what it waited for, each try, what it became and how it ended. EVENT is
    what you have: the event's ID or a link to it, the network's ID of the message, or the reference
    from a notice or a log line, in any case and with or without BK-. Outcomes are kept for 90 days.

    \b
    Examples:
      bridgekit trace BK-7F3K2Q
      bridgekit trace '$Wmx3…:example.org' -c /etc/bridgekit/config.yaml
      bridgekit trace 7f3k2q --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    loaded, name = load(config), telling.name_in(event)
    stories = asyncio.run(stories_of(loaded, name))
    waits = None if stories else asyncio.run(keyless.keyless(loaded, name))
    if waits is not None:
        if as_json:
            show_json([keyless.record(waits)])
        else:
            keyless.show(console(), waits)
        return
    if not stories:
        raise Failure(
            Exit.FOUND,
            f"Nothing is known of {event}. It never reached the bridge, or a rule dropped it as it "
            "came, which is counted (`bridgekit stats`), or it ended more than 90 days ago; "
            "`bridgekit doctor` checks whether events arrive at all.",
        )
    if as_json:
        show_json([_record(story) for story in stories])
        return
    for story in stories:
        show(console(), story)


async def stories_of(config: Config, name: str) -> list[Story]:
    """Every job that an event, a message or a reference names, oldest first."""
    async with reading(database_url(config)) as reader:
        jobs, places = Jobs(reader), Places(PortalRows(reader))
        number = job_of(name)
        outcomes = {one.job: one for one in await jobs.outcomes(name, number)}
        listed = {one.job.id: one for one in await jobs.named(name, number)}
        for ended in outcomes.keys() - listed.keys():  # a failed one is still kept
            listed |= {one.job.id: one for one in await jobs.named(reference(ended), ended)}
        kept: dict[JobID, Job | Outcome] = {number: one.job for number, one in listed.items()}
        return [
            Story(
                job,
                about,
                await places.of(about.lane),
                outcomes.get(job),
                listed.get(job),
                await jobs.parts(job),
                await jobs.ahead(listed[job].job) if job in listed else 0,
            )
            for job, about in sorted((kept | outcomes).items())
        ]


def show(to: Console, story: Story) -> None:
    """Print a job as people read it."""
    about = story.about
    outcome = None if story.open else story.outcome
    severity = Severity.WARNING if outcome is None else _MARKS[outcome.result]
    way = WAYS[about.lane.direction]
    title = f"{reference(story.id)}: {about.kind} {way}, {story.place}"
    show_findings(to, [Finding(severity, title, sentence(story))])
    show_pairs(to, _lines(story, outcome))


def sentence(story: Story) -> str:
    """What became of it, before the details."""
    if story.outcome is not None and not story.open:
        return telling.ended(story.outcome)
    since = (millis(SystemClock()) - story.about.received_at) / 1000
    return telling.waits(since, story.listed.error if story.listed else None)


def _lines(story: Story, outcome: Outcome | None) -> Iterator[tuple[str, str]]:
    yield "source", story.about.source
    yield "received", local(story.about.received_at)
    if isinstance(story.about, Job) and outcome is None and story.about.stored_at:
        yield Step.STORED.value, local(story.about.stored_at)
    if story.listed is not None:
        yield from _standing(story, story.listed)
    if outcome is not None:
        yield from _ending(outcome)
    if story.listed is not None and story.listed.dead:
        name = reference(story.id)
        yield "kept", f"for `bridgekit queue retry {name}` or `bridgekit queue drop {name}`"


def _standing(story: Story, listed: Listed) -> Iterator[tuple[str, str]]:
    job = listed.job
    if not listed.dead:
        yield "result", "open: it waits"
        yield "behind", f"{count(story.ahead, 'other')} in its lane" if story.ahead else ""
        yield "tried", count(job.attempts, "time") if job.attempts else ""
        yield "because", listed.error or ""
        yield "next try", local(listed.not_before) if listed.not_before else ""
    yield "parts", "\n".join(_part(part) for part in story.parts)


def _part(part: Part) -> str:
    ids = f": {', '.join(part.ids)}" if part.ids else ""
    return f"{part.number + 1} {part.state.value}{ids}"


def _ending(outcome: Outcome) -> Iterator[tuple[str, str]]:
    words = WORDS[Reason(outcome.reason)]
    took = outcome.finished_at - outcome.received_at
    waits = sorted(outcome.waits.items(), key=lambda wait: -wait[1])
    for step, at in sorted(outcome.steps.items(), key=lambda one: one[1]):
        yield step.value, local(at)
    yield "waited", ", ".join(f"{cause} {ms} ms" for cause, ms in waits if ms)
    yield "tried", "\n".join(f"{clock_time(int(one['at']))} {one['why']}" for one in outcome.tries)
    yield "became", "\n".join(outcome.targets)
    why = "" if outcome.reason == outcome.result else f" ({outcome.reason})"
    yield "result", f"{outcome.result.value} after {took} ms{why}"
    yield "so it was", _FATES[outcome.fate] if outcome.fate else ""
    yield "reason", words.sentence
    yield "detail", outcome.detail if outcome.detail != words.sentence else ""
    yield "next step", words.next_step.replace("REFERENCE", reference(outcome.job))


def _record(story: Story) -> dict[str, Any]:
    about, outcome, listed = story.about, story.outcome, story.listed
    record: dict[str, Any] = {
        "reference": reference(story.id),
        "state": "waiting" if story.open else "failed" if listed else "ended",
        "direction": about.lane.direction.value,
        "network": (outcome.network if outcome else "") or story.place.network,
        "chat": story.place.chat,
        "room": story.place.room,
        "kind": about.kind,
        "summary": sentence(story),
        "source": about.source,
        "received_at": iso(about.received_at),
    }
    if listed is not None:
        record |= {
            "attempts": listed.job.attempts,
            "ahead": story.ahead,
            "error": listed.error,
            "next_try": _iso(listed.not_before),
            "parts": [
                {"part": one.number + 1, "state": one.state.value, "ids": list(one.ids)}
                for one in story.parts
            ],
        }
    return record | ({} if outcome is None else _outcome(outcome))


def _outcome(outcome: Outcome) -> dict[str, Any]:
    words = WORDS[Reason(outcome.reason)]
    return {
        "result": outcome.result.value,
        "reason": outcome.reason,
        "sentence": words.sentence,
        "next_step": words.next_step.replace("REFERENCE", reference(outcome.job)),
        "detail": outcome.detail,
        "fate": outcome.fate,
        "finished_at": iso(outcome.finished_at),
        "steps": {step.value: iso(at) for step, at in outcome.steps.items()},
        "waits": dict(outcome.waits),
        "tries": [{"at": iso(int(one["at"])), "why": one["why"]} for one in outcome.tries],
        "targets": list(outcome.targets),
    }


def _iso(at: Millis) -> str | None:
    return iso(at) if at else None
