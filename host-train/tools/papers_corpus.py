#!/usr/bin/env python3
"""Writes synthetic VOCASET and BIWI folders: names, shapes, dtypes and pickles as in the real ones, by real numpy.

    pip install numpy==2.4.6
    host-train/tools/papers_corpus.py vocaset vocaset_small
    host-train/tools/papers_corpus.py vocaset-raw raw --full          # 5023 vertices
    host-train/tools/papers_corpus.py biwi biwi_full --full           # 23370 vertices: 7 MB a second

The face is no person's: points on an ellipsoid with lips, chin and brows. A sentence is a row of syllables that is the
same for every speaker; each opens, widens or rounds the mouth, and its sound has the formants of its vowel, so that the
motion can be learnt from the sound. Speakers differ in size, rate, pitch and in how far they open their mouths.
"""

import argparse
import pathlib
import pickle
import wave

import numpy as np

VOCASET = dict(
    train=[f"FaceTalk_{s}_TA" for s in (
        "170728_03272", "170904_00128", "170725_00137", "170915_00223",
        "170811_03274", "170913_03279", "170904_03276", "170912_03278")],
    valid=["FaceTalk_170811_03275_TA", "FaceTalk_170908_03277_TA"],
    test=["FaceTalk_170809_00138_TA", "FaceTalk_170731_00024_TA"],
)
BIWI = dict(train=["F2", "F3", "F4", "M3", "M4", "M5"], test=["F1", "F5", "F6", "F7", "F8", "M1", "M2", "M6"])
# Pairs of the real meshes, upper and lower, and how many vertices their regions have.
PAIRS = {
    5023: [(2865, 2907), (2866, 2938), (3546, 3504), (1751, 1849), (1750, 1804)],
    23370: [(366, 21538), (12773, 10665), (21688, 22962), (10235, 21152), (10117, 14028)],
}
REGIONS = {5023: (254, 1056), 23370: (4996, 7784)}
BIWI_UNIT_M = 0.2

# Jaw opening, widening, rounding, and the first two formants in Hz.
VOWELS = [(0.9, 0.2, 0.0, 750, 1200), (0.45, 0.5, 0.0, 550, 1850), (0.2, 0.9, 0.0, 300, 2300),
          (0.55, 0.0, 0.6, 500, 900), (0.2, 0.0, 1.0, 320, 800), (0.35, 0.2, 0.1, 500, 1500)]


PHONES = ["AA", "EH", "IY", "AO", "UW", "AH"]
SPELLED = ["ah", "eh", "ee", "aw", "oo", "uh"]


class Face:
    """Points at rest, and how jaw, widening, rounding and brows move them, in metres."""

    def __init__(self, vertices, rng):
        self.count = vertices
        known = PAIRS.get(vertices)
        self.pairs = known or [(2 * n, 2 * n + 1) for n in range(5)]
        lips, upper = REGIONS.get(vertices, (max(14, vertices // 8), max(6, vertices // 6)))
        theta, phi = rng.uniform(-1.2, 1.2, vertices), rng.uniform(-1.2, 1.2, vertices)
        self.rest = np.stack([0.075 * np.sin(theta) * np.cos(phi), 0.11 * np.sin(phi),
                              0.09 * np.cos(theta) * np.cos(phi)], 1)
        taken = [v for pair in self.pairs for v in pair]
        free = [v for v in range(vertices) if v not in set(taken)]
        self.lips = np.array(sorted(taken + free[: lips - len(taken)]))
        self.upper = np.array(sorted(free[lips: lips + upper]))
        self.lower = np.zeros(vertices)
        self._place_lips(rng)
        self.rest[self.upper, 1] = rng.uniform(0.05, 0.1, len(self.upper))
        chin = (self.rest[:, 1] < -0.055) & ~np.isin(np.arange(vertices), self.lips)
        self.lower[chin] = 0.85
        self.brow = np.zeros(vertices)
        self.brow[self.upper] = 1.0

    def _place_lips(self, rng):
        """Upper and lower lip from corner to corner, with the pairs on their inner edges; the corners come last."""
        xs = [-0.016, -0.008, 0.0, 0.008, 0.016]
        for (up, low), x in zip(self.pairs, xs):
            self._lip(up, x, 0.0003, 0.0)
            self._lip(low, x, -0.0003, 1.0)
        others = [v for v in self.lips if v not in {v for pair in self.pairs for v in pair}]
        for n, v in enumerate(others):
            x = rng.uniform(-0.024, 0.024)
            self._lip(v, x, *((rng.uniform(0.002, 0.008), 0.0) if n % 2 else (rng.uniform(-0.008, -0.002), 1.0)))
        for v, x in zip(others[-2:], (-0.025, 0.025)):
            self._lip(v, x, 0.0, 0.5)

    def _lip(self, v, x, y, lower):
        middle = 1 - (x / 0.025) ** 2
        self.rest[v] = [x, -0.04 + y, 0.085 + 0.006 * middle]
        self.lower[v] = lower * (0.4 + 0.6 * middle) if lower == 1.0 else lower

    def frames(self, tracks, gains):
        """Vertices of every moment, from tracks of jaw, widening, rounding and brows."""
        jaw, wide, round_, brow = (tracks * gains).T[:, :, None]
        x, y, z = self.rest.T
        lip = np.isin(np.arange(self.count), self.lips).astype(float)
        moved = np.stack([
            x * (1 + lip * (0.2 * wide - 0.3 * round_)),
            y - 0.022 * jaw * self.lower + 0.006 * brow * self.brow,
            z - 0.012 * jaw * self.lower + lip * (0.008 * round_ - 0.004 * wide),
        ], -1)
        return moved


def syllables(sentence, seconds):
    """Times, vowels and stresses of a sentence, and whether the lips shut before each syllable."""
    rng = np.random.default_rng(1000 + sentence)
    at, rows = 0.15, []
    while at < seconds - 0.3:
        rows.append((at, rng.integers(len(VOWELS)), rng.uniform(0.6, 1.0), rng.random() < 0.3))
        at += rng.uniform(0.14, 0.26)
    return rows


def curves(rows, times):
    """Jaw, widening, rounding and brows at these times: bumps of 70 ms, each a little before its sound."""
    out = np.zeros((len(times), 4))
    for at, vowel, stress, shut in rows:
        bump = np.exp(-0.5 * ((times - at - 0.04) / 0.06) ** 2)
        for channel in range(3):
            out[:, channel] = np.maximum(out[:, channel], stress * VOWELS[vowel][channel] * bump)
        if shut:
            out[:, 0] *= 1 - np.exp(-0.5 * ((times - at + 0.03) / 0.025) ** 2)
        if stress > 0.9:
            out[:, 3] = np.maximum(out[:, 3], np.exp(-0.5 * ((times - at) / 0.12) ** 2))
    return out


def sound(rows, seconds, rate, pitch_hz, rng):
    """Harmonics under two formants, loud in the vowels and shut before closures, as 16-bit numbers."""
    times = np.arange(int(seconds * rate)) / rate
    out = 0.002 * rng.standard_normal(len(times))
    for at, vowel, stress, shut in rows:
        first, second = VOWELS[vowel][3:]
        span = slice(max(0, int((at - 0.2) * rate)), int((at + 0.3) * rate))
        near = times[span]
        level = stress * np.exp(-0.5 * ((near - at - 0.04) / 0.05) ** 2)
        if shut:
            level *= near > at - 0.01
        for harmonic in range(1, int(3500 / pitch_hz)):
            hz = harmonic * pitch_hz
            gain = 1 / (1 + ((hz - first) / 120) ** 2) + 0.6 / (1 + ((hz - second) / 180) ** 2)
            out[span] += 0.2 * gain * level * np.sin(2 * np.pi * hz * near)
    return (np.clip(out, -1, 1) * 32767).astype(np.int16)


def write_wav(path, samples, rate):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())


def aligned(rows, seconds):
    """Phones (the vowel of a syllable, and an M where the lips shut before it) and words (a syllable each)."""
    out, words = [], []
    for n, (at, vowel, _, shut) in enumerate(rows):
        if shut:
            out.append((at - 0.055, at - 0.01, "M"))
        after = rows[n + 1] if n + 1 < len(rows) else (at + 0.2, 0, 0, False)
        out.append((at - 0.01, after[0] - (0.055 if after[3] else 0.01), PHONES[vowel]))
        words.append((out[-2][0] if shut else out[-1][0], out[-1][1], "m" * shut + SPELLED[vowel]))
    return between(words, seconds), between(out, seconds)


def between(out, seconds):
    """With the pauses between them."""
    told = []
    for start, end, label in out:
        last = told[-1][1] if told else 0.0
        told += [(last, start, "")] * (start > last + 1e-9) + [(start, end, label)]
    return told + [(told[-1][1], seconds, "")]


def write_grid(path, words, phones, seconds):
    def tier(name, intervals):
        rows = "".join(f'{start:.6f} {end:.6f} "{label}"\n' for start, end, label in intervals)
        return f'"IntervalTier" "{name}" 0 {seconds} {len(intervals)}\n{rows}'
    path.write_text(f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0 {seconds} <exists> 2\n'
                    + tier("words", words) + tier("phones", phones))


def clips(args, splits):
    """Speaker, sentence, and what the speaker is like."""
    for part, speakers in splits.items():
        for n, speaker in enumerate(speakers[: args.speakers or None]):
            sentences = args.parts[part]
            for sentence in sentences:
                rng = np.random.default_rng(abs(hash_of(speaker)) % 2**32)
                style = dict(gains=rng.uniform(0.7, 1.2, 4), size=rng.uniform(0.93, 1.07), pitch=rng.uniform(95, 220))
                yield speaker, sentence, style, np.random.default_rng([hash_of(speaker), sentence])


def hash_of(text):
    return sum((n + 1) * byte for n, byte in enumerate(text.encode()))


def dump(value, path, protocol=2):
    with open(path, "wb") as file:
        pickle.dump(value, file, protocol=protocol)


def generate(args):
    is_biwi = args.corpus == "biwi"
    rate, fps = (44100, 25) if is_biwi else (22000, 60)
    unit = BIWI_UNIT_M if is_biwi else 1.0
    full = 23370 if is_biwi else 5023
    face = Face(full if args.full else args.vertices, np.random.default_rng(7))
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    raw = args.corpus == "vocaset-raw"
    if not raw:
        for folder in ("wav", "vertices_npy"):
            (out / folder).mkdir(exist_ok=True)
    for folder in ("regions", "textgrids"):
        (out / folder).mkdir(exist_ok=True)
    templates, sounds, index, rows_of_all = {}, {}, {}, []
    for speaker, sentence, style, rng in clips(args, BIWI if is_biwi else VOCASET):
        rows = syllables(sentence, args.seconds)
        times = np.arange(int(args.seconds * fps)) / fps
        moved = face.frames(curves(rows, times), style["gains"]) * style["size"] / unit
        moved = (moved + rng.normal(0, 5e-5 / unit, moved.shape)).astype(np.float32)
        templates[speaker] = face.rest * style["size"] / unit
        samples = sound(rows, args.seconds + 0.03, rate, style["pitch"], rng)
        name = f"e{sentence:02d}" if is_biwi else f"sentence{sentence:02d}"
        write_grid(out / "textgrids" / f"{speaker}_{name}.TextGrid", *aligned(rows, args.seconds), args.seconds)
        if raw:
            sounds.setdefault(speaker, {})[name] = dict(audio=samples, sample_rate=rate)
            start = sum(len(part) for part in rows_of_all)
            index.setdefault(speaker, {})[name] = {n: start + n for n in range(len(moved))}
            rows_of_all.append(moved)
        else:
            np.save(out / "vertices_npy" / f"{speaker}_{name}.npy", moved.reshape(len(moved), -1))
            write_wav(out / "wav" / f"{speaker}_{name}.wav", samples, rate)
    dump(templates, out / "templates.pkl")
    if raw:
        np.save(out / "data_verts.npy", np.concatenate(rows_of_all))
        dump(sounds, out / "raw_audio_fixed.pkl")
        dump(index, out / "subj_seq_to_idx.pkl")
    if is_biwi:
        for name, ids in (("lve", face.lips), ("fdd", face.upper)):
            (out / "regions" / f"{name}.txt").write_text(", ".join(map(str, ids)))
    else:
        third = len(face.upper) // 3
        dump(dict(lips=face.lips.astype(np.int32), forehead=face.upper[third:].astype(np.int32),
                  eye_region=face.upper[: third + 1].astype(np.int32)), out / "FLAME_masks.pkl")
    if not args.full:
        (out / "regions" / "lip_pairs.txt").write_text("".join(f"{up} {low}\n" for up, low in face.pairs))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", choices=["vocaset", "vocaset-raw", "biwi"])
    parser.add_argument("out")
    parser.add_argument("--full", action="store_true", help="as many vertices as the real mesh has")
    parser.add_argument("--vertices", type=int, default=120)
    parser.add_argument("--speakers", type=int, default=2, help="of each part; 0: all")
    parser.add_argument("--sentences", type=int, default=2, help="of each part; 0: all")
    parser.add_argument("--seconds", type=float, default=2.0)
    args = parser.parse_args()
    few = lambda *ranges: [n for r in ranges for n in list(r)[: args.sentences or None]]
    if args.corpus == "biwi":
        args.parts = dict(train=few(range(1, 33), range(33, 37), range(37, 41)), test=few(range(37, 41)))
    else:
        args.parts = dict(train=few(range(1, 41)), valid=few(range(21, 41)), test=few(range(21, 41)))
    generate(args)


if __name__ == "__main__":
    main()
