"""{{summary}}"""

import json

from componentize_py_types import Ok
from wit_world import exports
from wit_world.exports import extractor_api
from wit_world.imports import config, types

# Checked by the host against the table `config` in pipeline.toml, before anything runs.
SCHEMA = {
    "type": "object",
    "properties": {"mark": {"type": "string", "minLength": 1, "default": "?", "description": "Ends a question"}},
    "additionalProperties": False,
}

# A new id for every change of meaning: results of two definitions never mix.
DEFINITION = "{{name}}.mark@1"


class ExtractorApi(exports.ExtractorApi):
    def describe(self) -> extractor_api.Description:
        identity = types.Identity("{{name}}", "0.1.0", "{{summary}}", json.dumps(SCHEMA))
        kind = extractor_api.AnnotationKind(
            "{{name}}", DEFINITION, "A sentence that ends with the mark; the span is the sentence", []
        )
        return extractor_api.Description(identity, extractor_api.Needs(0), [kind])

    def extract(self, batch):
        mark = json.loads(config.get()).get("mark", "?").encode()
        return [Ok(annotate(call, mark)) for call in batch]


def annotate(call: types.Conversation, mark: bytes) -> list[types.Annotation]:
    """An annotation a question. Spans count bytes of the call's text, so bytes are searched."""
    text = call.text.encode()
    found = []
    for index, turn in enumerate(call.turns):
        origin = turn.text.start
        for start, end in questions(text[origin : turn.text.end], mark):
            scope = types.Scope_Span((index, types.Span(origin + start, origin + end)))
            found.append(types.Annotation(scope, "{{name}}", DEFINITION, types.Value_Flag(True), "mark", []))
    return found


def questions(text: bytes, mark: bytes) -> list[tuple[int, int]]:
    """Sentences that end with `mark`, as ranges of bytes."""
    found, start, seen, at = [], 0, 0, text.find(mark)
    while at >= 0:
        # What was looked at before is not looked at again: a turn may have a megabyte.
        start = max(start, *(text.rfind(end, seen, at) + 1 for end in (b".", b"!", b"?", b"\n")))
        seen = at
        while start < at and text[start] == 32:
            start += 1
        if start < at:
            found.append((start, at + len(mark)))
        at = text.find(mark, at + len(mark))
    return found
