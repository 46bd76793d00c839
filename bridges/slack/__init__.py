"""Slack: workspaces, through an app that their admins install."""

from bridges.slack.adapter import SlackAdapter

__all__ = ["SlackAdapter"]
