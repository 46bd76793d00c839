"""The API describes itself: all that it serves, and nothing else."""

from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator


async def test_the_document_is_served_to_anybody_and_is_valid(rig, ask):
    await rig.start()
    got = await ask("GET", "/openapi.json")
    assert got.status == 200
    assert got.said["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(got.said).validate()
    operations = [one for path in got.said["paths"].values() for one in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    table = {command.name for command in rig.bridge.parts.commands.giving.table}
    assert set(names) == table | {"do", "session", "openapi"}


async def test_without_a_token_nothing_is_answered(rig, ask):
    """But the document, and the way to get a token."""
    await rig.start()
    paths = (await ask("GET", "/openapi.json")).said["paths"]
    for path, operations in paths.items():
        for method in set(operations) - {"security"}:
            if path not in ("/openapi.json", "/session"):
                got = await ask(method.upper(), path.replace("{", "").replace("}", ""))
                assert (got.status, got.said["code"]) == (401, "unknown_caller"), path
