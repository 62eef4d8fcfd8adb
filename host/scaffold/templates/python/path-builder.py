"""{{summary}}"""

import json

from componentize_py_types import Ok
from wit_world import exports
from wit_world.exports import path_builder_api
from wit_world.imports import config, examples, types

SCHEMA = {
    "type": "object",
    "properties": {
        "minimum_words": {"type": "integer", "minimum": 1, "default": 3, "description": "Shorter turns are left out"}
    },
    "additionalProperties": False,
}

SIDES = {types.Role.SELLER: "seller", types.Role.PROSPECT: "prospect"}


class PathBuilderApi(exports.PathBuilderApi):
    def describe(self) -> path_builder_api.Description:
        identity = types.Identity("{{name}}", "0.1.0", "{{summary}}", json.dumps(SCHEMA))
        # `reads`: names of the annotations that it wants to see; others are not passed.
        return path_builder_api.Description(identity, [], ["classification"])

    def build(self, batch):
        minimum = json.loads(config.get()).get("minimum_words", 3)
        return [Ok(build(annotated.conversation, minimum)) for annotated in batch]


def build(call: types.Conversation, minimum: int) -> list[examples.Example]:
    """Each turn of somebody whose side is known: the text, and the side as its label."""
    data = call.text.encode()
    made = []
    for index, turn in enumerate(call.turns):
        text = data[turn.text.start : turn.text.end].decode()
        speaker = call.participants[turn.participant]
        label = SIDES.get(speaker.role)
        if label and len(text.split()) >= minimum:
            body = examples.Body_LabelledText(examples.LabelledText(text, label, "side"))
            because = [f"the speaker's side is known by {speaker.role_evidence}"]
            made.append(examples.Example(f"turn.{index}", "classification", body, [index], because, []))
    return made
