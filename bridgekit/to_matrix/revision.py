"""What an edit comes to, event by event: which is replaced, which is new, which goes; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from bridgekit.ids import EventID, UserID
from bridgekit.matrix.media_content import MESSAGE, captioned
from bridgekit.matrix.relation_content import in_reply, replacing, starred
from bridgekit.models import Link
from bridgekit.to_matrix.layout import FILES
from bridgekit.to_matrix.post import Draft

Text = Mapping[str, Any]

_SEEN = ("msgtype", "body", "formatted_body", "filename", "url", "file")


@dataclass(frozen=True, slots=True)
class Old:
    """An event of the message as it is now; only its `sender` can replace it."""

    link: Link
    sender: UserID
    type: str
    content: Mapping[str, Any]
    edit: EventID | None = None  #: that made it what it is


@dataclass(frozen=True, slots=True)
class Revision:
    """`replaced`: by its part, what a draft stands for; `surplus`: what is to go."""

    drafts: Sequence[Draft] = ()
    replaced: Mapping[int, Old] = field(default_factory=dict)
    surplus: Sequence[Link] = ()

    def sent_by(self, user: UserID) -> list[Draft]:
        """The events to send if `user` does."""
        return [self._sent_by(user, draft) for draft in self.drafts]

    def changes_nothing(self, earlier: AbstractSet[EventID]) -> bool:
        """Whether it reads so already: networks tell of edits that nobody can see.

        `earlier` are the edits that are known: another one may be this one, sent before a crash.
        """
        if self.surplus or not self.drafts:
            return False
        pairs = [(draft, self.replaced.get(draft.part)) for draft in self.drafts]
        return all(
            old is not None
            and _alike(old.content, draft.content)
            and (old.edit is None or old.edit in earlier)
            for draft, old in pairs
        )

    def _sent_by(self, user: UserID, draft: Draft) -> Draft:
        old = self.replaced.get(draft.part)
        if old is None:
            return draft
        if old.sender == user:
            return Draft(MESSAGE, replacing(old.link.event, draft.content), draft.part)
        # It can only be said anew, to what it changes.
        line = {**starred(draft.content), **in_reply(old.link.event)}
        return Draft(MESSAGE, line, draft.part)


def _alike(old: Text, new: Text) -> bool:
    return all(old.get(key) == new.get(key) for key in _SEEN)


def next_part(slots: Sequence[Link]) -> int:
    """Behind all that hold the text of a message, or did until they were taken back."""
    return max([len(slots), *(link.part + 1 for link in slots if link.part < FILES)])


def of_text(old: Sequence[Old], texts: Sequence[Text], further: int) -> Revision:
    """The text is another; files stay. `old` are the events that hold the text, in order.

    `further` is the first part for what they cannot hold.
    """
    drafts, replaced, surplus = [], {}, []
    for place, one in enumerate(old):
        text = texts[place] if place < len(texts) else None
        if one.link.part >= FILES:
            content: Text = captioned(one.content, text)
        elif text is not None:
            content = text
        else:
            surplus.append(one.link)
            continue
        drafts.append(Draft(MESSAGE, content, one.link.part))
        replaced[one.link.part] = one
    more = [Draft(MESSAGE, text, part) for part, text in enumerate(texts[len(old) :], further)]
    return Revision([*drafts, *more], replaced, surplus)


def of_all(old: Sequence[Old], new: Sequence[Draft]) -> Revision:
    """Text and files are others."""
    places = {one.link.part: one for one in old}
    drafts = {draft.part: draft for draft in new}
    replaced = {
        part: one
        for part, one in places.items()
        if part in drafts and one.type == drafts[part].type == MESSAGE
    }
    surplus = [one.link for part, one in places.items() if part not in replaced]
    return Revision(new, replaced, surplus)
