#!/usr/bin/env python3
"""Times this project, faster-whisper and whisper.cpp on the same recording and weights.

See README.md beside this file.  Every run is a process of its own; the engines take
turns, so that a machine that is busy for a while is busy for all of them.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# Runs in a process of its own, so that its memory and time are its own.
FASTER_WHISPER = r"""
import json, sys, time
model, audio, mode, threads, language = sys.argv[1:6]
from faster_whisper import BatchedInferencePipeline, WhisperModel
model = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=int(threads))
begun, cpu = time.time(), time.process_time()
options = dict(language=language)
if mode == "beam1":
    segments, _ = model.transcribe(audio, beam_size=1, **options)
elif mode == "usual":
    segments, _ = model.transcribe(audio, beam_size=5, vad_filter=True, **options)
else:
    segments, _ = BatchedInferencePipeline(model).transcribe(
        audio, beam_size=1, batch_size=8, **options)
text = " ".join(s.text.strip() for s in segments)
json.dump({"seconds": time.time() - begun, "cpu": time.process_time() - cpu, "text": text}, sys.stdout)
"""


def measured(command, **options):
    """Runs a command; returns stdout, wall seconds, CPU seconds and peak memory in MB."""
    begun = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed with status {status}")
    return out.decode(), time.time() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def rehearsal(args):
    # CPU time with loading: against us, and the program has no clock for less.
    out, _, cpu, memory = measured(
        [args.rehearsal, args.ggml, args.audio, str(args.threads), args.language])
    report = json.loads(out)
    text = " ".join(s["text"] for s in report["transcript"]["segments"])
    return report["seconds"], cpu, memory, text


def faster_whisper(mode):
    def run(args):
        out, _, _, memory = measured(
            [sys.executable, "-c", FASTER_WHISPER, args.ct2, args.audio, mode,
             str(args.threads), args.language])
        report = json.loads(out)
        return report["seconds"], report["cpu"], memory, report["text"]
    return run


def whisper_cpp(args):
    out, wall, cpu, memory = measured(
        [args.whisper_cpp, "-m", args.ggml, "-t", str(args.threads), "-l", args.language,
         "-nt", "-np", args.audio])
    return wall, cpu, memory, " ".join(out.split())


def word_error_rate(reference, text):
    import jiwer
    from whisper_normalizer.english import EnglishTextNormalizer
    normal = EnglishTextNormalizer()
    return 100 * jiwer.wer(normal(reference), normal(text))


def seconds_of(path):
    import av
    with av.open(path) as container:
        return container.duration / av.time_base


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("audio", help="a recording")
    ap.add_argument("--reference", help="its text, or a file with it; gives word error rates")
    ap.add_argument("--ggml", required=True, help="model in whisper.cpp's form")
    ap.add_argument("--ct2", required=True, help="folder of the same model in CTranslate2's form")
    ap.add_argument("--rehearsal", help="the example program `transcribe` of rehearsal-speech")
    ap.add_argument("--whisper-cpp", help="whisper-cli of whisper.cpp; left out if not given")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--runs", type=int, default=3)
    ap.add_argument("--language", default="en")
    ap.add_argument("--json", help="write the figures to this file as well")
    args = ap.parse_args()
    if not args.rehearsal:
        target = os.environ.get("CARGO_TARGET_DIR", os.path.join(HERE, "..", "..", "target"))
        args.rehearsal = os.path.join(target, "debug", "examples", "transcribe")
    engines = {
        "rehearsal": rehearsal,
        "faster-whisper int8, beam 1": faster_whisper("beam1"),
        "faster-whisper int8, beam 5, VAD": faster_whisper("usual"),
        "faster-whisper int8, batch of 8": faster_whisper("batched"),
    }
    if args.whisper_cpp:
        engines["whisper.cpp command line"] = whisper_cpp
    reference = args.reference
    if reference and os.path.isfile(reference):
        with open(reference, encoding="utf-8") as f:
            reference = f.read()

    results = {name: [] for name in engines}
    for turn in range(args.runs):
        # A different order every turn: no engine is always the one after the longest.
        names = list(engines)
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            results[name].append(engines[name](args))
            print(f"turn {turn + 1}: {name}: {results[name][-1][0]:.2f} s", file=sys.stderr)

    length = seconds_of(args.audio)
    ours = {k: statistics.median(r[k] for r in results["rehearsal"]) for k in (0, 1)}
    table = []
    print(f"{os.path.basename(args.audio)}: {length:.1f} s, {args.threads} threads, "
          f"medians of {args.runs}\n")
    print("| engine | real-time factor | CPU s | peak MB | WER % | time ÷ ours | CPU ÷ ours |")
    print("|---|---|---|---|---|---|---|")
    for name, runs in results.items():
        wall, cpu, memory = (statistics.median(r[k] for r in runs) for k in (0, 1, 2))
        wer = word_error_rate(reference, runs[0][3]) if reference else None
        shown = "" if wer is None else f"{wer:.2f}"
        print(f"| {name} | {wall / length:.4f} | {cpu:.1f} | {memory:.0f} | {shown} "
              f"| {wall / ours[0]:.2f} | {cpu / ours[1]:.2f} |")
        table.append({"engine": name, "real_time_factor": wall / length, "cpu_seconds": cpu,
                      "peak_mb": memory, "wer": wer, "time_ratio": wall / ours[0],
                      "cpu_ratio": cpu / ours[1]})
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump({"audio_seconds": length, "results": table}, f, indent=1)


if __name__ == "__main__":
    main()
