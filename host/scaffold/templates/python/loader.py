"""{{summary}}"""

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports import loader_api
from wit_world.imports import files
from wit_world.imports import rehearsal_plugin_types as types

SCHEMA = '{ "type": "object", "additionalProperties": false }'

# Names a page. The host keeps the cursor, so a listing that was cut off goes on there.
PAGE = 500
# Bytes a read; the host allows 16 MiB.
READ = 1 << 20


class LoaderApi(exports.LoaderApi):
    def describe(self) -> loader_api.Description:
        return loader_api.Description(types.Identity("{{name}}", "0.1.0", "{{summary}}", SCHEMA))

    def list(self, cursor):
        """An entry a granted file; its fingerprint tells the host whether to load it again."""
        found = files.list(cursor, PAGE)
        entries = [loader_api.Entry(file.name, file.fingerprint) for file in found]
        return loader_api.Page(entries, found[-1].name if len(found) == PAGE else None)

    def load(self, key, offset):
        """A file is one call. Larger sources give `next` and go on there."""
        try:
            text = read(key).decode()
        except UnicodeDecodeError:
            raise Err(types.Error_InvalidInput(f"{key} is not UTF-8"))
        body = loader_api.ItemBody_Conversation(conversation(text))
        return loader_api.Chunk([Ok(loader_api.Item("", body))], None)


def read(name: str) -> bytes:
    data = b""
    with files.open(name) as blob:
        while len(data) < blob.len():
            part = blob.read(len(data), READ)
            if not part:
                break
            data += part
    return data


def turns(text: str) -> list[tuple[str, str]]:
    """`Name: what they say`, a turn a line; a line without a name continues the turn before."""
    found: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, said = line.partition(":")
        if colon and said.strip():
            found.append((name.strip(), said.strip()))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line}")
        else:
            found.append(("", line))
    return found


def conversation(source: str) -> types.Conversation:
    text, spans, names = b"", [], []
    for name, said in turns(source):
        if name not in names:
            names.append(name)
        text += b"\n" if text else b""
        start = len(text)
        text += said.encode()
        spans.append(types.Turn(names.index(name), types.Span(start, len(text)), None, None, None))
    # A role is never a guess: the host has better means to find out.
    people = [types.Participant(name or None, types.Role.UNKNOWN, 0.0, "", None) for name in names]
    return types.Conversation(
        id="",
        text=text.decode(),
        participants=people,
        turns=spans,
        words=[],
        timing=types.Timing.NONE,
        duration_ms=None,
        audio_channels=0,
        language=None,
        title=None,
        started_at=None,
        account=None,
        licence=None,
        consent=None,
        source_url=None,
        position=None,
        metadata=[],
    )
