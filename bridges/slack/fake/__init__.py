"""A Slack of one's own: workspaces in memory, with Slack's Web API, events, sockets and refusals.

It stands in for Slack in the tests and in rehearsals (`bridgekit dev slack`); where its answers
come from is cited method by method.
"""

from bridges.slack.fake.delivery import Delivery
from bridges.slack.fake.faults import Fault, Faults, Kind
from bridges.slack.fake.network import SlackNetwork, fake_network
from bridges.slack.fake.server import SECRET, FakeSlack, fake_slack
from bridges.slack.fake.state import Channel, SlackError, State, Token, Workspace

__all__ = [
    "SECRET",
    "Channel",
    "Delivery",
    "FakeSlack",
    "Fault",
    "Faults",
    "Kind",
    "SlackError",
    "SlackNetwork",
    "State",
    "Token",
    "Workspace",
    "fake_network",
    "fake_slack",
]
