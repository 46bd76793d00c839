"""What clients put into events, kind by kind: pure, after the specification and what Element sends.

Polls are MSC3381, in the unstable form that clients send, or in the stable one; voice messages are
MSC3245, places MSC3488.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

JSON = dict[str, Any]

HTML = "org.matrix.custom.html"
_TEXT = "org.matrix.msc1767.text"
_POLL = "org.matrix.msc3381.poll"


def text(body: str, html: str | None = None, msgtype: str = "m.text") -> JSON:
    content: JSON = {"msgtype": msgtype, "body": body}
    if html is not None:
        content |= {"format": HTML, "formatted_body": html}
    return content


def mentions(users: Iterable[str], *, everybody: bool) -> JSON:
    """The `m.mentions` of client-server API 11.37."""
    found: JSON = {"user_ids": list(users)} if users else {}
    return {"m.mentions": found | ({"room": True} if everybody else {})}


def edited(target: str, new: JSON) -> JSON:
    """An edit (11.34): the new content, and what clients that know no edits show."""
    fallback = {**new, "body": f"* {new['body']}"}
    if "formatted_body" in new:
        fallback["formatted_body"] = f"* {new['formatted_body']}"
    return {**fallback, "m.new_content": new, **related("m.replace", target)}


def reply_to(target: str) -> JSON:
    return {"m.relates_to": {"m.in_reply_to": {"event_id": target}}}


def in_thread(root: str, latest: str | None, *, reply: bool) -> JSON:
    """A thread's relation (11.36); `reply`: to `latest`, which is else only its fallback."""
    place = {"is_falling_back": not reply, "m.in_reply_to": {"event_id": latest or root}}
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root, **place}}


def related(kind: str, target: str, **more: Any) -> JSON:
    return {"m.relates_to": {"rel_type": kind, "event_id": target, **more}}


def quoting(picked: str, body: str) -> JSON:
    """What somebody picked out of a message, then what they say to it."""
    lines = "\n".join(f"> {line}" for line in picked.splitlines())
    html = f"<blockquote>{escape(picked)}</blockquote>{escape(body)}"
    return text(f"{lines}\n\n{body}", html)


def file(msgtype: str, name: str, uri: str, info: JSON, caption: str | None) -> JSON:
    """Media (11.2.1.9); with a caption, the file's name is beside the body (v1.10)."""
    content = {"msgtype": msgtype, "body": name, "filename": name, "url": uri, "info": info}
    return content if caption is None else {**content, "body": caption}


def msgtype_of(mime: str) -> str:
    major = mime.partition("/")[0]
    return f"m.{major}" if major in ("image", "audio", "video") else "m.file"


def voice(duration_ms: int) -> JSON:
    """What makes an audio file a voice message."""
    return {
        "org.matrix.msc3245.voice": {},
        "org.matrix.msc1767.audio": {"duration": duration_ms, "waveform": [0, 512, 1024]},
    }


def location(latitude: float, longitude: float, name: str) -> JSON:
    uri = f"geo:{latitude},{longitude}"
    return {
        "msgtype": "m.location",
        "body": f"Location {name} at {uri}" if name else f"Location at {uri}",
        "geo_uri": uri,
        "org.matrix.msc3488.location": {"uri": uri, **({"description": name} if name else {})},
    }


def poll(question: str, options: Iterable[str], most: int, *, stable: bool) -> JSON:
    """A poll whose answers are called 0, 1, 2 …; `most` of them may be chosen."""
    answers = list(enumerate(options))
    fallback = "\n".join([question, *(f"{number + 1}. {option}" for number, option in answers)])
    if stable:
        start: JSON = {
            "kind": "m.disclosed",
            "max_selections": most,
            "question": {"m.text": [{"body": question}]},
            "answers": [{"m.id": str(id_), "m.text": [{"body": body}]} for id_, body in answers],
        }
        return {"m.poll": start, "m.text": [{"body": fallback}]}
    start = {
        "kind": f"{_POLL}.disclosed",
        "max_selections": most,
        "question": {_TEXT: question, "body": question, "msgtype": "m.text"},
        "answers": [{"id": str(id_), _TEXT: body} for id_, body in answers],
    }
    return {f"{_POLL}.start": start, _TEXT: fallback}


def vote(target: str, options: Iterable[int], *, stable: bool) -> JSON:
    chosen = [str(option) for option in options]
    answer = {"m.selections": chosen} if stable else {f"{_POLL}.response": {"answers": chosen}}
    return {**related("m.reference", target), **answer}


def poll_end(target: str, *, stable: bool) -> JSON:
    body = "The poll has ended."
    end = {"m.text": [{"body": body}]} if stable else {_TEXT: body, f"{_POLL}.end": {}}
    return {**related("m.reference", target), **end}


def poll_event(kind: str, *, stable: bool) -> str:
    """The type of a poll's `start`, `response` or `end`."""
    return f"m.poll.{kind}" if stable else f"{_POLL}.{kind}"
