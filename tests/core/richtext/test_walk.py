"""Walking trees and changing them node by node."""

from dataclasses import replace

from bridgekit.ids import RemoteUserID, UserID
from bridgekit.richtext import (
    Bold,
    Heading,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Table,
    Text,
    map_mentions,
    mentions,
    plain,
    transform,
    walk,
)


def someone(number: int) -> Mention:
    return Mention(f"m{number}", mxid=UserID(f"@m{number}:x"))


TREE: RichText = (
    Paragraph((Bold((someone(1),)), Text("t"))),
    List(((someone(2),), (Quote((someone(3),)),))),
    Table((((someone(4),), (someone(5),)),)),
    Heading(1, (someone(6),)),
    Link((someone(7),), "https://a.b"),
)


def test_mentions_are_found_in_reading_order_wherever_they_are() -> None:
    assert mentions(TREE) == tuple(someone(number) for number in range(1, 8))


def test_every_mention_can_be_resolved() -> None:
    known = map_mentions(TREE, lambda m: replace(m, user=RemoteUserID(m.name)))
    assert [mention.user for mention in mentions(known)] == [f"m{n}" for n in range(1, 8)]
    assert plain(known) == plain(TREE)


def test_a_node_can_be_replaced_by_several_or_none() -> None:
    changed = transform(
        (Bold((Text("a"), Text("b"))),),
        lambda node: (node, node) if node == Text("a") else () if node == Text("b") else (node,),
    )
    assert changed == (Bold((Text("a"), Text("a"))),)


def test_a_node_comes_before_what_it_contains() -> None:
    assert [type(node) for node in walk((Bold((Text("a"),)), Text("b")))] == [Bold, Text, Text]
