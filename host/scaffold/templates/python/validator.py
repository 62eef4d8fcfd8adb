"""{{summary}}"""

import json
import struct

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import validator_api
from wit_world.imports import config, types

SCHEMA = {
    "type": "object",
    "properties": {
        "minimum_turns": {"type": "integer", "minimum": 0, "default": 2, "description": "Shorter calls are rejected"}
    },
    "additionalProperties": False,
}

# What the report needs of a batch: calls and rejected ones. Sums merge in any order.
PARTIAL = struct.Struct("<QQ")


class ValidatorApi(exports.ValidatorApi):
    def describe(self) -> validator_api.Description:
        identity = types.Identity("{{name}}", "0.1.0", "{{summary}}", json.dumps(SCHEMA))
        checks = [("too_short", "Fewer turns than `minimum_turns`")]
        return validator_api.Description(identity, validator_api.SubjectKind.CONVERSATIONS, checks)

    def inspect(self, batch):
        minimum = json.loads(config.get()).get("minimum_turns", 2)
        verdicts = [verdict(subject, minimum) for subject in batch]
        rejected = sum(isinstance(verdict, validator_api.Verdict_Reject) for verdict in verdicts)
        return validator_api.Inspection(verdicts, PARTIAL.pack(len(verdicts), rejected))

    def merge(self, partials):
        read = [unpack(partial) for partial in partials]
        return PARTIAL.pack(sum(calls for calls, _ in read), sum(rejected for _, rejected in read))

    def conclude(self, partial):
        calls, rejected = unpack(partial)
        metrics = [
            validator_api.Metric("calls", float(calls), "count"),
            validator_api.Metric("too_short", float(rejected), "count"),
        ]
        return validator_api.Report(f"{rejected} of {calls} calls are too short", metrics, "{}")


def verdict(subject, minimum: int):
    if not isinstance(subject, validator_api.Subject_Conversation):
        raise Err(types.Error_InvalidInput("this validator inspects calls"))
    turns = len(subject.value.conversation.turns)
    if turns < minimum:
        finding = validator_api.Finding("too_short", f"{turns} turns, at least {minimum}")
        return validator_api.Verdict_Reject(finding)
    return validator_api.Verdict_Accept()


def unpack(partial: bytes) -> tuple[int, int]:
    try:
        return PARTIAL.unpack(partial)
    except struct.error:
        raise Err(types.Error_InvalidInput("a partial is 16 bytes"))
