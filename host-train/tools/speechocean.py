#!/usr/bin/env python3
"""speechocean762 as a folder for `keyface-train prepare`: a FLAC and a TextGrid for each clip, splits.tsv, speakers.tsv.

    pip install numpy==2.4.6 soundfile==0.14.0 pocketsphinx==5.1.1
    git clone https://github.com/jimbozhang/speechocean762
    host-train/tools/speechocean.py speechocean762 corpus/speechocean --beside RECORDINGS/people

`--beside` names a corpus that holds some of the same people: its speakers.tsv tells who may be trained on. Only people
of its train split are taken, and only clips that it does not have: whoever it keeps for tests, and whoever it does not
know, stays unheard. Words come from the corpus, phones and their times from pocketsphinx in two passes; clips whose
rate or phone lengths are not those of speech are left out, with their count by reason.
"""

import argparse
import csv
import pathlib
import re
from collections import Counter

import numpy as np
import soundfile
from pocketsphinx import Decoder

RATE = 16000
PAD_S = 0.1
# Phones a second, the longest phone, and the share of phones of 30 ms: what aligned speech of the same people has.
PHONES_PER_S = (3.4, 13.5)
LONGEST_S = 0.7
SHORT_S, MOST_SHORT = 0.031, 0.35
PEAK = 0.708


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("corpus", type=pathlib.Path)
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--beside", type=pathlib.Path, required=True)
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with open(args.beside / "speakers.tsv") as file:
        rows = csv.DictReader(file, delimiter="\t")
        columns, people = rows.fieldnames, {row["speaker"]: row for row in rows}
    decoder = Decoder(lm=None, bestpath=False, loglevel="FATAL")
    clips, speakers, left_out = [], set(), Counter()
    for clip, speaker, text, sound in sorted(wanted(args.corpus, args.beside, people)):
        seconds = labelled(decoder, sound, re.sub(r"[^a-z' ]", " ", text).split(), args.out / clip)
        if isinstance(seconds, str):
            left_out[seconds] += 1
            continue
        clips.append((clip, "train", f"{seconds:.3f}", text, speaker))
        speakers.add(speaker)
    write_table(args.out / "splits.tsv", ("id", "split", "seconds", "text", "speaker"), clips)
    write_table(args.out / "speakers.tsv", columns, [[people[s][c] for c in columns] for s in sorted(speakers)])
    hours = sum(float(clip[2]) for clip in clips) / 3600
    print(f"{len(clips)} clips of {len(speakers)} people, {hours:.2f} h; left out: {dict(left_out)}")


def wanted(corpus, beside, people):
    """Clips of people who may be trained on, and whom the other corpus does not have: id, speaker, text, sound."""
    for part in ("train", "test"):
        texts = dict(line.rstrip("\n").split(None, 1) for line in open(corpus / part / "text"))
        for line in open(corpus / part / "utt2spk"):
            clip, number = line.split()
            person = people.get(f"so{number}")
            if person and person["split"] == "train" and not any(beside.glob(f"so{clip}.*")):
                sound = corpus / "WAVE" / f"SPEAKER{number}" / f"{clip}.WAV"
                yield f"so{clip}", f"so{number}", texts[clip].strip().lower(), sound


def labelled(decoder, sound, words, place):
    """Writes the sound and its TextGrid at a place without ending: its seconds, or why it is left out."""
    samples, rate = soundfile.read(sound, dtype="float32")
    if rate != RATE or samples.ndim != 1:
        return "not mono at 16 kHz"
    samples *= PEAK / max(abs(samples).max(), 1e-3)
    tiers = align(decoder, samples, words)
    reason = tiers if isinstance(tiers, str) else odd(tiers[1])
    if reason:
        return reason
    seconds = len(samples) / RATE
    soundfile.write(f"{place}.flac", samples, RATE, subtype="PCM_16")
    place.with_name(f"{place.name}.TextGrid").write_text(textgrid(seconds, tiers))
    return seconds


def align(decoder, samples, words):
    """Words and phones with their times, or why there are none."""
    if not words or any(decoder.lookup_word(word) is None for word in words):
        return "a word without pronunciation"
    noise = np.random.default_rng(1).normal(0, 1e-3, (2, int(PAD_S * RATE)))
    padded = np.clip(np.concatenate([noise[0], samples, noise[1]]), -1, 1)
    sound = (padded * 32767).astype(np.int16).tobytes()
    try:
        decoder.set_align_text(" ".join(words))
        heard(decoder, sound)
        decoder.set_alignment()
        heard(decoder, sound)
        aligned = decoder.get_alignment()
    except RuntimeError:
        return "the text does not fit"
    spoken, phones = [], []
    for word in aligned or ():
        is_silent = word.name[0] in "<["
        spoken.append(("" if is_silent else re.sub(r"\(\d+\)", "", word.name), *span(word)))
        for phone in word:
            is_noise = is_silent or phone.name[0] in "<+"
            phones.append(("SIL" if is_noise else phone.name.rstrip("0123456789"), *span(phone)))
    end = len(samples) / RATE
    tiers = whole(spoken, "", end), whole(phones, "SIL", end)
    return tiers if any(name != "SIL" for name, *_ in tiers[1]) else "no speech found"


def heard(decoder, sound):
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()


def span(part):
    return part.start / 100 - PAD_S, (part.start + part.duration) / 100 - PAD_S


def whole(parts, silence, end_s):
    """The parts from 0 to the end without the padding; silences that touch become one."""
    joined = []
    for name, start, end in parts:
        start, end = max(0.0, start), min(end_s, end)
        if end - start < 1e-6:
            continue
        if joined and joined[-1][0] == name == silence:
            joined[-1][2] = end
        else:
            joined.append([name, start, end])
    if joined:
        joined[0][1], joined[-1][2] = 0.0, end_s
    return joined


def odd(phones):
    """Why these are no times of speech; nothing where they are."""
    lengths = np.array([end - start for name, start, end in phones if name != "SIL"])
    rate = len(lengths) / lengths.sum()
    if not PHONES_PER_S[0] <= rate <= PHONES_PER_S[1]:
        return "phones a second"
    if lengths.max() > LONGEST_S or (lengths <= SHORT_S).mean() > MOST_SHORT:
        return "phone lengths"
    return None


def textgrid(end_s, tiers):
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'
    lines = [f"{head}xmin = 0\nxmax = {end_s:.4f}\ntiers? <exists>\nsize = 2\nitem []:"]
    for number, (name, parts) in enumerate(zip(("words", "phones"), tiers), 1):
        lines.append(f'    item [{number}]:\n        class = "IntervalTier"\n        name = "{name}"')
        lines.append(f"        xmin = 0\n        xmax = {end_s:.4f}\n        intervals: size = {len(parts)}")
        for at, (text, start, end) in enumerate(parts, 1):
            lines.append(f"        intervals [{at}]:\n            xmin = {start:.4f}\n            xmax = {end:.4f}")
            lines.append(f'            text = "{text}"')
    return "\n".join(lines) + "\n"


def write_table(path, columns, rows):
    with open(path, "w") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None).writerows(
            [columns, *rows])


if __name__ == "__main__":
    main()
