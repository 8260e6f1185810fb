#!/usr/bin/env python3
"""One film of what two models show to the same recordings, the older above the newer: to be looked at, with sound.

    film.py OLD NEW RECORDING... --out FILM.mp4 [--keyface PROGRAM]

OLD and NEW are model folders. Needs ffmpeg.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path


def stacked(program, models, recording, out):
    """Both faces at a recording, one over the other."""
    faces = []
    for number, model in enumerate(models):
        face = out.with_suffix(f".{number}.mp4")
        subprocess.run([program, "animate", recording, "--model", model, "--stamp", "shown", "--out", face], check=True)
        faces += ["-i", face]
    stack = ["-filter_complex", "[0:v][1:v]vstack", "-map", "0:a", "-shortest", "-r", "60", "-ar", "48000"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *faces, *stack, out], check=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("old")
    arguments.add_argument("new")
    arguments.add_argument("recordings", nargs="+")
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--keyface", default="target/release/keyface")
    args = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder, f"{number}.mp4") for number in range(len(args.recordings))]
        for part, recording in zip(parts, args.recordings):
            stacked(args.keyface, (args.old, args.new), recording, part)
        listed = Path(folder, "parts.txt")
        listed.write_text("".join(f"file '{part}'\n" for part in parts))
        joined = ["-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", args.out]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *joined], check=True)


if __name__ == "__main__":
    main()
