#!/usr/bin/env python3
"""Writes pocketsphinx's mouth cues for the eval clips of a corpus, for `keyface-train compare`.

    pip install pocketsphinx==5.1.1 soundfile numpy
    host-train/tools/peer_pocketsphinx.py CORPUS OUT [--clips 24] [--live]
    keyface-train compare CORPUS --cues OUT --clips 24

CORPUS is a folder of 16 kHz sound with a splits.tsv; OUT gets an ID.visemes.tsv for each clip.
The phones come from pocketsphinx's phone loop (allphone, its US English model). Without --live it hears the whole clip
and its cues stand at the phones' own times; with it, a cue is the newest phone after every 20 ms, when it was known.
"""

import argparse
import pathlib

import pocketsphinx
import soundfile

STEP_SAMPLES = 320
FRAMES_PER_S = 100
VISEMES = {
    viseme: phones.split()
    for viseme, phones in {
        "PP": "P B M", "FF": "F V", "TH": "TH DH", "DD": "T D", "kk": "K G NG HH", "CH": "CH JH SH ZH", "SS": "S Z",
        "nn": "N L", "RR": "R ER", "aa": "AA AE AH AY AW", "E": "EH EY", "ih": "IH IY Y", "oh": "AO OW OY",
        "ou": "UH UW W",
    }.items()
}
VISEME_OF = {phone: viseme for viseme, phones in VISEMES.items() for phone in phones}


def decoder():
    """The phone loop, with the weights that pocketsphinx recommends for it."""
    phones = pocketsphinx.get_model_path("en-us/en-us-phone.lm.bin")
    return pocketsphinx.Decoder(lm=None, allphone=phones, lw=2.0, beam=1e-20, pbeam=1e-20, loglevel="FATAL")


def viseme(phone):
    """Silence and noises are at rest."""
    return VISEME_OF.get(phone, "sil")


def cues(ear, samples, live):
    """Times in seconds and visemes."""
    ear.start_utt()
    heard = []
    for end in range(STEP_SAMPLES, len(samples) + 1, STEP_SAMPLES) if live else []:
        ear.process_raw(samples[end - STEP_SAMPLES : end].tobytes())
        newest = [segment.word for segment in ear.seg() or []][-1:]
        heard += [(end / 16000, viseme(phone)) for phone in newest]
    if not live:
        ear.process_raw(samples.tobytes(), full_utt=True)
    ear.end_utt()
    return heard if live else [(s.start_frame / FRAMES_PER_S, viseme(s.word)) for s in ear.seg()]


def changes(cues):
    """Only the cues that show something new."""
    return [cue for before, cue in zip([(0.0, None)] + cues, cues) if cue[1] != before[1]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--live", action="store_true")
    args = parser.parse_args()
    rows = [line.split("\t") for line in (args.corpus / "splits.tsv").read_text().splitlines()[1:]]
    ids = sorted(row[0] for row in rows if row[1] == "eval")
    ear = decoder()
    # Every n-th, as `keyface-train compare --clips` chooses.
    for clip in ids[:: -(-len(ids) // args.clips)]:
        sound = next(path for ending in ("wav", "flac") if (path := args.corpus / f"{clip}.{ending}").exists())
        samples, rate = soundfile.read(sound, dtype="int16")
        if rate != 16000:
            raise SystemExit(f"{sound}: expected 16000 Hz, came {rate}")
        out = args.out / f"{clip}.visemes.tsv"
        out.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{at:.3f}\t{shape}\n" for at, shape in changes(cues(ear, samples, args.live))]
        out.write_text("".join(lines) + f"{len(samples) / 16000:.3f}\tsil\n")


if __name__ == "__main__":
    main()
