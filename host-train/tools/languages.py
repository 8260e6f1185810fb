#!/usr/bin/env python3
"""Lips in other languages: closures that are shown in words of which only the spelling is known.

    apt-get install asterisk-core-sounds-{en,es,fr,it}-g722 klettres-data espeak-ng ffmpeg
    host-train/tools/languages.py [--model models/live] [--root /]

Numbers and letters that a professional voice a language reads (Asterisk, CC BY-SA), and letters and syllables of others
(KLettres, GPL), one after the other: people whom no training heard. espeak-ng tells how many p, b and m, and how many f and v, are in a word;
as many closures, and lip on teeth, may be shown in it. What is shown beyond that is false. No alignment is needed.
"""

import argparse
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ASTERISK = {"en": "en_US_f_Allison", "es": "es_MX_f_Allison", "fr": "fr_CA_f_June", "it": "it_IT_*"}
VOICES = {"en": "en-us", "de": "de", "es": "es", "fr": "fr", "it": "it", "pt_BR": "pt-br"}
KINDS = {"PP": ("p", "b", "m"), "FF": ("f", "v")}


def asterisk(root, language):
    """Numbers and letters."""
    for folder in sorted((root / "usr/share/asterisk/sounds").glob(ASTERISK.get(language, "none"))):
        for sound in sorted(folder.glob("digits/*.g722")) + sorted(folder.glob("letters/?.g722")):
            if sound.stem.isdigit() or len(sound.stem) == 1:
                yield sound, sound.stem


def klettres(root, language):
    """Letters and syllables whose files are named after them; German umlauts are spelled out there."""
    german = {"baer": "bär", "fusz": "fuß", "oel": "öl", "tuer": "tür"}
    for sound in sorted((root / f"usr/share/klettres/{language}").glob("*/*.ogg")):
        if sound.stem.isalpha() and sound.stem.isascii() and language != "en":
            yield sound, german.get(sound.stem, sound.stem)


def contacts(text, voice):
    """How many contacts of each kind are in a word."""
    told = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", voice, text], capture_output=True, text=True, check=True)
    return {kind: sum(told.stdout.count(phone) for phone in phones) for kind, phones in KINDS.items()}


def shown(curve):
    """How often each kind of contact begins, and how long the curve is."""
    visemes = [line.split("\t") for line in curve.read_text().splitlines() if re.match(r"-?[0-9.]+\t", line)]
    return {kind: sum(viseme[1] == kind for viseme in visemes) for kind in KINDS}


def seconds(sound):
    told = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(sound)]
    return float(subprocess.run(told, capture_output=True, text=True, check=True).stdout)


def row(keyface, model, language, words):
    due, hit, false = ({kind: 0 for kind in KINDS} for _ in range(3))
    length = 0.0
    with tempfile.TemporaryDirectory() as folder:
        sounds, curves = Path(folder, "sounds"), Path(folder, "curves")
        sounds.mkdir()
        named = []
        for number, (sound, text) in enumerate(words):
            named.append((f"{number:04}", text))
            shutil.copy(sound, sounds / f"{number:04}{sound.suffix}")
            length += seconds(sound)
        command = [keyface, "animate", sounds, "--out-dir", curves, "--as", "visemes.tsv", "--model", model]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        for name, text in named:
            wanted, seen = contacts(text, VOICES[language]), shown(curves / f"{name}.visemes.tsv")
            for kind in KINDS:
                due[kind] += wanted[kind]
                hit[kind] += min(wanted[kind], seen[kind])
                false[kind] += max(0, seen[kind] - wanted[kind])
    cells = [language, str(len(named)), f"{length:.0f}"]
    for kind in KINDS:
        cells += [f"{100 * hit[kind] / max(1, due[kind]):.0f} % of {due[kind]}", f"{60 * false[kind] / length:.1f}"]
    return "| " + " | ".join(cells) + " |"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--model", default="models/live", help="folder of the model")
    args.add_argument("--keyface", default="target/release/keyface", help="the program")
    args.add_argument("--root", type=Path, default=Path("/"), help="where the packages are unpacked")
    args = args.parse_args()
    print("| language | words | seconds | p b m | false a minute | f v | false a minute |\n|---|---|---|---|---|---|---|")
    for language in VOICES:
        words = [*asterisk(args.root, language), *klettres(args.root, language)]
        if words:
            print(row(args.keyface, args.model, language, words), flush=True)


if __name__ == "__main__":
    main()
