#!/usr/bin/env python3
"""Captures of people who do not exist, for `keyface-train personalize` and `fit-truth`: Live Link Face CSVs and sound.

    pip install numpy==2.4.6 soundfile==0.14.0
    host-train/tools/captures.py corpus/prepared/kathleen RECORDINGS/kathleen captures --seed 1

Each take is a minute of clips in a row. The face is the rules' motion of the prepared clips, changed by what a
camera and a person would change: a gain for each channel, a rest (a little smile), a camera that starts late, whose
clock drifts and that jitters. hidden.json tells what was hidden, for comparison with what is found. For `fit-truth` the
clips are prepared with hidden constants (`prepare --truth`), and captured with `--spread 0 --one-clock`.
"""

import argparse
import json
import pathlib
import struct

import numpy as np
import soundfile

RATE, HOP, CAMERA_HZ = 16000, 100, 60
TAKE_S, GAP_S, JITTER = 60.0, 0.4, 0.01
CHANNELS = [
    ("JawOpen",), ("MouthClose",), ("MouthFunnel",), ("MouthPucker",), ("MouthLowerDownLeft", "MouthLowerDownRight"),
    ("MouthUpperUpLeft", "MouthUpperUpRight"), ("MouthStretchLeft", "MouthStretchRight"),
    ("MouthSmileLeft", "MouthSmileRight"), ("MouthRollLower",), ("MouthRollUpper",),
    ("MouthPressLeft", "MouthPressRight"), ("TongueOut",), (), ("BrowInnerUp",)]
SMILE = 7
PHONES = ("SIL AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
          .split())


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("prepared", type=pathlib.Path)
    args.add_argument("recordings", type=pathlib.Path)
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--takes", type=int, default=12)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--spread", type=float, default=0.25, help="of the hidden gains' logarithms; 0 hides none")
    args.add_argument("--one-clock", action="store_true", help="camera and sound begin together and do not drift")
    args.add_argument("--textgrids", action="store_true", help="write the phones of each take beside it")
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(args.seed)
    gains = np.exp(rng.normal(0, args.spread, len(CHANNELS)))
    hidden = {"gains": {names[0]: round(g, 3) for names, g in zip(CHANNELS, gains) if names}, "takes": []}
    clips = iter(rng.permutation(sorted(args.prepared.glob("*.safetensors"))))
    for take in range(args.takes):
        sound, motion, phones = joined(clips, args.recordings)
        offset_s, drift = rng.uniform(-0.5, 1.0), rng.normal(0, 50e-6)
        if args.one_clock:
            offset_s, drift = 0.0, 0.0
        moved = motion * gains + 0.08 * (np.arange(len(CHANNELS)) == SMILE)
        rows = np.arange(int(len(sound) / RATE * CAMERA_HZ)) / CAMERA_HZ
        at = (offset_s + (1 + drift) * rows) * HOP - 1
        # The first row of motion is that of 10 ms; a camera that begins with the sound has a row before it.
        kept = (at >= (-1 if args.one_clock else 0)) & (at < len(moved))
        rows, at = rows[kept], at[kept]
        seen = np.stack([np.interp(at, np.arange(len(moved)), channel) for channel in moved.T], 1)
        seen = np.clip(seen + rng.normal(0, JITTER, seen.shape), 0, 1)
        if args.textgrids:
            write_textgrid(args.out / f"take{take:02}.TextGrid", phones)
        write_csv(args.out / f"take{take:02}.csv", rows - rows[0], seen)
        soundfile.write(args.out / f"take{take:02}.wav", sound, RATE, subtype="PCM_16")
        # The app's clock begins with its first row.
        hidden["takes"].append({"offset_ms": round(1e3 * (offset_s + (1 + drift) * rows[0])),
                                "drift_ms_a_minute": round(60e3 * drift, 2)})
    (args.out / "hidden.json").write_text(json.dumps(hidden, indent=1))


def joined(clips, recordings):
    """A minute of clips with pauses between them: sound, and motion and phones every 10 ms."""
    sound, motion, phones = [], [], []
    while sum(map(len, sound)) < TAKE_S * RATE:
        meta, clip, phone = tensors(next(clips))
        samples, rate = soundfile.read(next(recordings.glob(f"{meta['id']}.[fow]*")), dtype="float32")
        assert rate == RATE
        clip = clip[:len(samples) // (RATE // HOP)]
        sound += [samples[:len(clip) * (RATE // HOP)], np.zeros(int(GAP_S * RATE), np.float32)]
        motion += [clip, np.zeros((int(GAP_S * HOP), clip.shape[1]), np.float32)]
        phones += [phone[:len(clip)], np.zeros(int(GAP_S * HOP), np.uint8)]
    return np.concatenate(sound), np.concatenate(motion), np.concatenate(phones)


def tensors(path):
    data = pathlib.Path(path).read_bytes()
    size, = struct.unpack("<Q", data[:8])
    head = json.loads(data[8:8 + size])
    def tensor(name, kind):
        start, end = head[name]["data_offsets"]
        return np.frombuffer(data[8 + size + start:8 + size + end], kind).reshape(head[name]["shape"])

    return head["__metadata__"], tensor("motion", np.float32), tensor("phone", np.uint8)


def write_textgrid(path, phones):
    edges = [0, *(np.flatnonzero(np.diff(phones)) + 1), len(phones)]
    rows = [(f, t, PHONES[phones[f]]) for f, t in zip(edges, edges[1:])]
    text = [f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n{len(phones) / HOP}\n<exists>\n1']
    text += [f'"IntervalTier"\n"phones"\n0\n{len(phones) / HOP}\n{len(rows)}']
    text += [f'{f / HOP}\n{t / HOP}\n"{label}"' for f, t, label in rows]
    path.write_text("\n".join(text) + "\n")


def write_csv(path, times_s, seen):
    names = [name for group in CHANNELS for name in group]
    lines = ["Timecode,BlendShapeCount," + ",".join(names)]
    for time_s, row in zip(times_s, seen):
        # Counted in thousandths of a frame: rounding must not make a frame 60.
        seconds, frame = divmod(round(time_s * CAMERA_HZ * 1000), CAMERA_HZ * 1000)
        values = [value for value, group in zip(row, CHANNELS) for _ in group]
        code = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame / 1000:06.3f}"
        lines.append(f"{code},{len(names)}," + ",".join(f"{value:.6f}" for value in values))
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
