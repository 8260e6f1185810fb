#!/usr/bin/env python3
"""Single words of many people as folders for `keyface-train prepare`: Speech Commands, and wake words of Picovoice.

    pip install numpy==2.4.6 soundfile==0.14.0 pocketsphinx==5.1.1
    git clone https://github.com/Picovoice/wake-word-benchmark
    host-train/tools/words.py corpus/commands --beside RECORDINGS/people --commands FOLDER...
    host-train/tools/words.py corpus/wake --beside RECORDINGS/people --wake wake-word-benchmark/audio

A folder of Speech Commands (Warden 2018) holds a folder for each word, in it `SPEAKER_nohash_N.wav`; `_unknown_` of some
excerpts holds `WORD_SPEAKER_nohash_N.wav`. Whoever `--beside` keeps for tests is left out, and clips that it has. Phones
and their times come from pocketsphinx in two passes (`speechocean.py`); clips whose rate or phone lengths are not those
of speech are left out, with their count by reason.
"""

import argparse
import csv
import pathlib
import re
from collections import Counter

from pocketsphinx import Decoder

from speechocean import labelled, write_table

CLIP = re.compile(r"(?:(?P<word>[a-z]+)_)?(?P<speaker>[0-9a-f]{8})_nohash_(?P<number>\d+)(?:\.wav)+")
# Words of one file name that are spoken as two.
SPOKEN = {"snowboy": "snow boy"}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--beside", type=pathlib.Path, required=True)
    args.add_argument("--commands", type=pathlib.Path, nargs="*", default=[])
    args.add_argument("--wake", type=pathlib.Path, nargs="*", default=[])
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with open(args.beside / "speakers.tsv") as file:
        people = {row["speaker"]: row["split"] for row in csv.DictReader(file, delimiter="\t")}
    decoder = Decoder(lm=None, bestpath=False, loglevel="FATAL")
    clips, left_out = [], Counter()
    found = {clip: rest for folder in args.commands for clip, *rest in commands(folder)}
    found |= {clip: rest for folder in args.wake for clip, *rest in wake(folder)}
    if not found:
        raise SystemExit("expected folders of words with recordings in them (--commands, --wake), found none")
    for clip, (speaker, text, sound) in sorted(found.items()):
        if people.get(speaker, "train") != "train":
            left_out["kept for tests"] += 1
            continue
        if any(args.beside.glob(f"{clip}.*")):
            left_out["there already"] += 1
            continue
        seconds = labelled(decoder, sound, text.split(), args.out / clip)
        if isinstance(seconds, str):
            left_out[seconds] += 1
            continue
        clips.append((clip, "train", f"{seconds:.3f}", text, speaker))
    write_table(args.out / "splits.tsv", ("id", "split", "seconds", "text", "speaker"), clips)
    hours = sum(float(clip[2]) for clip in clips) / 3600
    print(f"{len(clips)} clips of {len({clip[4] for clip in clips})} people, {hours:.2f} h; left out: {dict(left_out)}")


def commands(folder):
    """Clips of Speech Commands: id, speaker, word, sound."""
    for sound in folder.glob("*/*.wav"):
        if name := CLIP.fullmatch(sound.name):
            word = name["word"] or sound.parent.name
            yield f"sc-{word}-{name['speaker']}_nohash_{name['number']}", f"sc-{name['speaker']}", word, sound


def wake(folder):
    """Wake words of people without names: id, nobody, words, sound."""
    for sound in folder.glob("*/*.wav"):
        word = sound.parent.name
        yield f"pw-{word.replace(' ', '')}-{sound.stem[:8]}", "pw", SPOKEN.get(word, word), sound


if __name__ == "__main__":
    main()
