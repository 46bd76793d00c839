"""`networks`: what this bridge is connected to, and what each network can do."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.configuration.plugins import supports
from bridgekit.ids import NetworkName
from bridgekit.networks import Network, Networks


class ListNetworks(Arguments):
    pass


class SignInField(BaseModel):
    """One thing that is asked for when somebody signs in."""

    name: str
    prompt: str
    secret: bool
    optional: bool
    choices: list[str]


class OneNetwork(BaseModel):
    """A network, as the operator calls it."""

    name: NetworkName
    title: str
    connected: bool = Field(description="Whether anybody is connected to it.")
    supports: list[str] = Field(description="What its logins can do, besides messages.")
    supports_for_some_logins: list[str]
    sign_in: list[SignInField] = Field(description="What is asked for, where that is known before.")


class AllNetworks(Answer):
    networks: list[OneNetwork]


def networks(all_: Networks) -> Command[ListNetworks]:
    async def run(asked: Asked[ListNetworks]) -> AllNetworks:
        del asked  # it is the same for all
        found = [_described(network) for network in sorted(all_, key=lambda one: one.name)]
        text = "\n".join(map(_line, found)) or "No network is configured."
        return AllNetworks(text=text, networks=found)

    return Command(
        name="networks",
        help="List the networks that this bridge is connected to.",
        arguments=ListNetworks,
        answer=AllNetworks,
        run=run,
        route=Route("GET", "/networks"),
    )


def _described(network: Network) -> OneNetwork:
    manifest, found = network.adapter.manifest, supports(type(network.adapter))
    fields = [
        SignInField(
            name=field.name,
            prompt=field.prompt,
            secret=field.secret,
            optional=field.optional,
            choices=list(field.choices),
        )
        for field in manifest.login
    ]
    return OneNetwork(
        name=network.name,
        title=manifest.title,
        connected=network.logins.client() is not None,
        supports=list(found.always),
        supports_for_some_logins=list(found.sometimes),
        sign_in=fields,
    )


def _line(one: OneNetwork) -> str:
    return f"`{one.name}` ({one.title}): {'connected' if one.connected else 'not connected'}"
