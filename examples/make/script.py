"""The scripts in scripts/: who says what, with what pause before it.

A file is a header of `key: value` lines, an empty line, and one line a turn:
`S: text` (seller) or `P: text` (prospect). `S: (0.8) text` starts the turn
0.8 s after the one before it ended; a negative number lets it start earlier,
over the other's last words.
"""

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

ROLES = {"S": "seller", "P": "prospect"}
TURN = re.compile(r"^([SP]): (?:\((-?\d+\.\d+)\) )?(.+)$")


@dataclass
class Turn:
    role: str
    text: str
    # Seconds between the end of the turn before and the start of this one.
    gap: float
    # Seconds since the beginning; set by whoever knows the turn's length.
    start: float = 0.0
    end: float = 0.0


@dataclass
class Script:
    name: str
    header: dict
    turns: list[Turn] = field(default_factory=list)
    # Source of every random choice about this script, so that it is made anew
    # the same way.
    rng: random.Random = field(default_factory=random.Random)

    def speaker(self, role: str) -> tuple[str, str | None]:
        """Name and organisation (if any) of the seller or the prospect."""
        name, _, organisation = self.header[role[0].upper()].partition(", ")
        return name, organisation or None

    def place(self, lengths: list[float], lead_in: float = 0.4) -> None:
        """Sets the turns' times from their lengths in seconds."""
        clock = lead_in
        for turn, length in zip(self.turns, lengths, strict=True):
            turn.start = max(0.0, clock + turn.gap)
            turn.end = turn.start + length
            clock = max(clock, turn.end)

    def sidecar(self, *, channels: bool) -> str:
        """The TOML beside a media file or transcript: what its bytes don't say."""
        lines = [
            f'title = "{self.header["title"]}"',
            f"started_at = {self.header['started_at']}",
            'language = "en"',
            'licence = "CC0-1.0"',
            f'consent = "{self.consent(channels)}"',
        ]
        account = self.speaker("prospect")[1]
        if account:
            lines.append(f'account = "{account}"')
        if "vocabulary" in self.header:
            words = ", ".join(f'"{word}"' for word in self.header["vocabulary"].split(", "))
            lines.append(f"vocabulary = [{words}]")
        for role, channel in (("seller", "left"), ("prospect", "right")):
            name, organisation = self.speaker(role)
            lines += ["", "[[participant]]", f'name = "{name}"', f'role = "{role}"']
            if organisation:
                lines.append(f'organisation = "{organisation}"')
            if channels and self.header.get("format") == "stereo":
                lines.append(f'channel = "{channel}"')
        return "\n".join(lines) + "\n"

    @staticmethod
    def consent(spoken: bool) -> str:
        if spoken:
            return "Synthetic voices speaking an invented script; no person was recorded"
        return "Invented conversation; no person took part"


def read(path: Path) -> Script:
    """Reads a script; pauses that it leaves open are drawn from its seed."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    header = dict(line.split(": ", 1) for line in head.splitlines())
    script = Script(path.stem, header, rng=random.Random(int(header["seed"])))
    for line in body.splitlines():
        if not line.strip():
            continue
        match = TURN.match(line)
        if not match:
            raise SystemExit(f"{path}: not a turn: {line}")
        letter, gap, text = match.groups()
        before = script.turns[-1].text if script.turns else ""
        gap = float(gap) if gap else pause(script.rng, before, text)
        script.turns.append(Turn(ROLES[letter], text, gap))
    return script


def pause(rng: random.Random, before: str, text: str) -> float:
    """A natural pause: short within 0.2 to 1.5 s, negative where one cuts in."""
    if before.endswith("—"):
        return -0.35
    if len(text.split()) <= 2 and not before.endswith("?"):
        return rng.uniform(-0.4, 0.3)
    return min(1.5, max(0.2, rng.lognormvariate(-0.55, 0.5)))
