#!/usr/bin/env python3
"""Plays a clip into the virtual microphone while `keyface run` listens, and checks what the face did.

Run by `just test-mic` under tools/virtual-mic: test_mic.py KEYFACE [MODEL_FOLDER]. Prints the figures; ends with 1 where one is bad.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import wave

FPS = 60
SETTLE_S = 1.5
# The bars: the live motion is the file's, in time, with nothing lost on the way.
LEAST_LIKENESS = 0.9
MOST_LATENCY_MS = 80
LONGEST_SHIFT_S = 4


def jaw(path):
    """The jaw's curve in a .poses.jsonl."""
    return [json.loads(line)["weights"]["JawOpen"] for line in path.read_text().splitlines()]


def likeness(a, b):
    """Pearson's correlation of two curves."""
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    a, b = [x - mean_a for x in a], [x - mean_b for x in b]
    energy = sum(x * x for x in a) * sum(x * x for x in b)
    return sum(x * y for x, y in zip(a, b)) / energy**0.5 if energy else 0.0


def best_likeness(live, still):
    """The best correlation over all times at which the clip may have begun."""
    most = min(LONGEST_SHIFT_S * FPS, len(live) - len(still))
    return max(likeness(live[shift:shift + len(still)], still) for shift in range(most + 1))


def listen(keyface, model, clip, folder):
    """Runs the live job while the clip is played; returns its report and the jaw's curve."""
    with wave.open(str(clip)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    poses = folder / "live.poses.jsonl"
    command = [keyface, "run", "--model", model, "--input", "mic", "--to", f"file:{poses}", "--still", "--json"]
    live = subprocess.Popen(command + ["--seconds", str(seconds + 2 * SETTLE_S)], stdout=subprocess.PIPE, text=True)
    time.sleep(SETTLE_S)
    subprocess.run(["paplay", "--device=room", str(clip)], check=True)
    report, _ = live.communicate(timeout=60)
    assert live.returncode == 0, f"keyface run ended with {live.returncode}"
    return json.loads(report), jaw(poses)


def main():
    keyface = sys.argv[1]
    model = sys.argv[2] if len(sys.argv) > 2 else "models/live"
    clip = pathlib.Path(model, "demo.wav")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        report, live = listen(keyface, model, clip, folder)
        still = folder / "file.poses.jsonl"
        subprocess.run([keyface, "animate", "--model", model, "--still", "--out", still, clip], check=True)
        like = best_likeness(live, jaw(still))
    latency = report["latency"]
    print(f"heard {report['audio_s']:.1f} s, {report['ear']}")
    print(f"latency: {latency}")
    print(f"the live jaw is like the file's: {like:.3f}")
    bad = [
        f"likeness: expected at least {LEAST_LIKENESS}, came {like:.3f}" if like < LEAST_LIKENESS else None,
        "latency beyond the look-ahead at 95 %: expected at most "
        f"{MOST_LATENCY_MS} ms, came {latency['p95_beyond_look_ahead_ms']:.1f} ms"
        if latency["p95_beyond_look_ahead_ms"] > MOST_LATENCY_MS else None,
        f"samples dropped: expected 0, came {report['ear']['dropped_samples']}" if report["ear"]["dropped_samples"] else None,
    ]
    sys.exit("\n".join(filter(None, bad)) or 0)


if __name__ == "__main__":
    main()
