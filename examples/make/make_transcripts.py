"""Writes ../transcripts/ from scripts/transcripts/: `python make_transcripts.py`.

Times are drawn from each script's seed: 138 to 178 words a minute a turn,
pauses as script.py says. Standard library only.
"""

import re
import uuid
from pathlib import Path

import script as scripts
from script import Script, Turn

HERE = Path(__file__).parent
OUT = HERE.parent / "transcripts"


def lengths(script: Script) -> list[float]:
    """Seconds that each turn takes to say."""
    rates = {role: script.rng.uniform(146, 170) for role in ("seller", "prospect")}
    seconds = []
    for turn in script.turns:
        rate = rates[turn.role] * script.rng.uniform(0.95, 1.05)
        seconds.append(max(0.5, len(turn.text.split()) * 60 / rate))
    return seconds


def clock(seconds: float, separator: str = ".") -> str:
    ms = round(seconds * 1000)
    h, m, s = ms // 3_600_000, ms // 60_000 % 60, ms // 1000 % 60
    return f"{h:02}:{m:02}:{s:02}{separator}{ms % 1000:03}"


def cues(turn: Turn, limit: int = 130) -> list[tuple[float, float, str]]:
    """A turn as captions of about `limit` characters, cut after sentences."""
    parts: list[str] = []
    for sentence in re.split(r"(?<=[.?!]) ", turn.text):
        if parts and len(parts[-1]) + len(sentence) < limit:
            parts[-1] += " " + sentence
        else:
            parts.append(sentence)
    whole, start, out = len(turn.text), turn.start, []
    for part in parts:
        end = start + (turn.end - turn.start) * len(part) / whole
        out.append((start, end, part))
        start = end
    return out


def plain(script: Script) -> str:
    return "".join(f"{script.speaker(t.role)[0]}: {t.text}\n" for t in script.turns)


def with_starts(script: Script) -> str:
    return "".join(
        f"[{clock(t.start)[:8]}] {script.speaker(t.role)[0]}: {t.text}\n" for t in script.turns
    )


def teams(script: Script) -> str:
    """As Microsoft Teams exports it: voice tags, cue ids `meeting/utterance-part`."""
    meeting = uuid.UUID(int=script.rng.getrandbits(128), version=4)
    blocks = ["WEBVTT"]
    for number, turn in enumerate(script.turns):
        name = script.speaker(turn.role)[0]
        for part, (start, end, text) in enumerate(cues(turn)):
            blocks.append(
                f"{meeting}/{7 + 3 * number}-{part}\n"
                f"{clock(start)} --> {clock(end)}\n<v {name}>{text}</v>"
            )
    return "\n\n".join(blocks) + "\n"


def zoom(script: Script) -> str:
    """As Zoom exports it: numbered cues, the name before each text."""
    blocks = ["WEBVTT"]
    for start, end, name, text in named_cues(script):
        blocks.append(f"{len(blocks)}\n{clock(start)} --> {clock(end)}\n{name}: {text}")
    return "\n\n".join(blocks) + "\n"


def srt(script: Script) -> str:
    blocks: list[str] = []
    for start, end, name, text in named_cues(script):
        times = f"{clock(start, ',')} --> {clock(end, ',')}"
        blocks.append(f"{len(blocks) + 1}\n{times}\n{name}: {text}")
    return "\n\n".join(blocks) + "\n"


def srt_windows(script: Script) -> str:
    """As Windows tools save it: a byte order mark and CRLF."""
    return "\ufeff" + srt(script).replace("\n", "\r\n")


def named_cues(script: Script):
    for turn in script.turns:
        for start, end, text in cues(turn):
            yield start, end, script.speaker(turn.role)[0], text


FORMATS = {
    "txt": (plain, "txt"),
    "txt-times": (with_starts, "txt"),
    "teams-vtt": (teams, "vtt"),
    "zoom-vtt": (zoom, "vtt"),
    "srt": (srt, "srt"),
    "srt-windows": (srt_windows, "srt"),
}


def main() -> None:
    OUT.mkdir(exist_ok=True)
    for path in sorted((HERE / "scripts" / "transcripts").glob("*.txt")):
        script = scripts.read(path)
        script.place(lengths(script), lead_in=1.5)
        render, extension = FORMATS[script.header["format"]]
        target = OUT / f"{script.name}.{extension}"
        target.write_bytes(render(script).encode("utf-8"))
        target.with_suffix(".toml").write_text(script.sidecar(channels=False), encoding="utf-8")
        print(f"{target.name:28} {len(script.turns)} turns, {clock(script.turns[-1].end)[3:8]}")


if __name__ == "__main__":
    main()
