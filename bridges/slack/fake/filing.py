"""`files.*`: the external upload flow, https://docs.slack.dev/messaging/working-with-files."""

from __future__ import annotations

from bridges.slack.fake.call import Call, method
from bridges.slack.fake.chat import publish
from bridges.slack.fake.state import APP, JSON, Channel, File, SlackError, Workspace

_LARGEST = 1 << 30  # bytes


@method("files.getUploadURLExternal", "files:write", tier=100)
def get_upload_url(call: Call) -> JSON:
    length = call.needed("length")
    if not length.isdigit() or not int(length):
        raise SlackError("invalid_arguments")
    if int(length) > _LARGEST:
        raise SlackError("file_upload_size_restricted")
    file = File(call.state.new_id("F"), call.needed("filename"), call.token.user)
    call.workspace.files[file.id] = file
    url = f"{call.origin}/upload/v1/{call.token.team}/{file.id}"
    return {"upload_url": url, "file_id": file.id}


@method("files.completeUploadExternal", "files:write", tier=100)
def complete_upload(call: Call) -> JSON:
    """Answers without the message that it makes: that is to be looked up."""
    named = call.json("files")
    if not isinstance(named, list) or not named:
        raise SlackError("invalid_arguments")
    files = [_uploaded(call.workspace, one.get("id", "")) for one in named]
    for file in files:
        file.completed = True
    if call.text("channel_id"):
        _share(call, call.open_channel("channel_id"), files)
    return {"files": [described(file, call.origin, call.token.team) for file in files]}


def _uploaded(workspace: Workspace, id_: str) -> File:
    file = workspace.files.get(id_)
    if file is None or file.data is None:
        raise SlackError("file_not_found")
    return file


def _share(call: Call, channel: Channel, files: list[File]) -> None:
    ts, thread = call.state.ts(), call.text("thread_ts")
    if thread and thread not in channel.messages:
        raise SlackError("thread_not_found")
    by = {"bot_id": call.token.bot, "app_id": APP} if call.token.bot else {}
    message = by | {
        "type": "message",
        "subtype": "file_share",
        "user": call.token.user,
        "team": call.token.team,
        "upload": True,
        "text": call.text("initial_comment"),
        "ts": ts,
        "files": [described(file, call.origin, call.token.team) for file in files],
    }
    if thread:
        message["thread_ts"] = thread
    for file in files:
        file.shares.append((channel.id, ts, thread))
    publish(call, channel, message)
    call.note(ts)


def described(file: File, origin: str, team: str) -> JSON:
    """https://docs.slack.dev/reference/objects/file-object, of one that is hosted by Slack."""
    url = f"{origin}/files-pri/{team}-{file.id}"
    return {
        "id": file.id,
        "name": file.name,
        "title": file.name,
        "mimetype": file.mime,
        "mode": "hosted",
        "is_external": False,
        "user": file.owner,
        "size": len(file.data or b""),
        "url_private": f"{url}/{file.name}",
        "url_private_download": f"{url}/download/{file.name}",
        "permalink": f"https://example.slack.com/files/{file.owner}/{file.id}/{file.name}",
    }


@method("files.info", "files:read", tier=100)
def info(call: Call) -> JSON:
    file = call.workspace.files.get(call.needed("file"))
    if file is None:
        raise SlackError("file_not_found")
    shares: JSON = {}
    for channel, ts, thread in file.shares:
        kind = "public" if call.workspace.channels[channel].kind == "channel" else "private"
        share = {"ts": ts} | ({"thread_ts": thread} if thread else {})
        shares.setdefault(kind, {}).setdefault(channel, []).append(share)
    return {"file": described(file, call.origin, call.token.team) | {"shares": shares}}


@method("files.delete", "files:write", tier=50)
def delete(call: Call) -> JSON:
    file = call.workspace.files.get(call.needed("file"))
    if file is None:
        raise SlackError("file_not_found")
    if file.owner != call.token.user:
        raise SlackError("cant_delete_file")
    del call.workspace.files[file.id]
    call.note()
    return {}
