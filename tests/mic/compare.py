#!/usr/bin/env python3
"""Judges what a virtual microphone heard.

usage: compare.py RUN.json LIVE.visemes.tsv FILE.visemes.tsv    a live run against the same sound as a file
       compare.py --lost RUN.json LIVE.visemes.tsv              a run whose sound server died for a while
       compare.py --latency DOCTOR.json                         what `doctor --latency` measured
       compare.py --deaf DOCTOR.json                            the same without a loopback
       compare.py --length SOUND.wav                            prints its length in seconds
"""
import json
import sys
import wave

STEP_S = 0.01
# The sound was played, resampled twice and has a room's noise: frames at the edges of phones may differ.
AGREEMENT = 0.85
BEYOND_LOOK_AHEAD_MS = 80
LONGEST_OFFSET_S = 6


def frames(path):
    """The viseme of each 10 ms."""
    rows = [line.split("\t") for line in open(path).read().splitlines()]
    events = [(round(float(time) / STEP_S), viseme) for time, viseme in rows]
    out = []
    for (start, viseme), (end, _) in zip(events, events[1:]):
        out.extend([viseme] * (end - start))
    return out


def agreement(live, file):
    """Best share of equal frames over all offsets, and that offset; where both are silent nothing is counted."""
    def share(offset):
        pairs = list(zip(live[offset:], file))
        spoken = [(a, b) for a, b in pairs if (a, b) != ("sil", "sil")]
        return sum(a == b for a, b in spoken) / max(1, len(spoken)) if len(pairs) == len(file) else 0
    best = max(range(round(LONGEST_OFFSET_S / STEP_S)), key=share)
    return share(best), best * STEP_S


def judge(facts):
    for is_good, text in facts:
        print(("ok    " if is_good else "FAIL  ") + text)
    sys.exit(not all(is_good for is_good, _ in facts))


def lost(run, live):
    reopened = run["ear"]["reopened"]
    # The server dies 2 s after the start and is back at 4 s; the run begins to hear up to 1 s late.
    speaking = [viseme for viseme in live[round(5.5 / STEP_S):] if viseme != "sil"]
    away = live[round(2.3 / STEP_S):round(3.2 / STEP_S)]
    judge([
        (reopened >= 1, f"opened again {reopened} times"),
        (away.count("sil") > 0.9 * len(away), f"at rest while lost: {away.count('sil')} of {len(away)} frames"),
        (len(speaking) > 50, f"speaks afterwards: {len(speaking)} frames"),
    ])


def measured(doctor):
    microphone, play = doctor["microphone"], doctor["play"]
    findings = [(found["verdict"] == "ok", f"{found['part']}: {found['found']}") for found in doctor["findings"]]
    has_all = all(way[key] for way in (microphone, play) for key in ("loopback", "pixel", "servo"))
    judge(findings + [(has_all, "pictures and servos of both ways were measured")])


def deaf(doctor):
    failed = [found["part"] for found in doctor["findings"] if found["verdict"] == "failed"]
    claims = [found["part"] for found in doctor["findings"] if found["verdict"] != "failed"] or doctor["play"]
    judge([(failed == ["loopback"] and not claims, "no loopback is heard, and nothing is claimed")])


def main():
    arguments = sys.argv[1:]
    if arguments[0] == "--length":
        with wave.open(arguments[1]) as sound:
            return print(round(sound.getnframes() / sound.getframerate(), 2))
    if arguments[0] == "--latency":
        return measured(json.load(open(arguments[1])))
    if arguments[0] == "--deaf":
        return deaf(json.load(open(arguments[1])))
    if arguments[0] == "--lost":
        return lost(json.load(open(arguments[1])), frames(arguments[2]))
    run, live, file = json.load(open(arguments[0])), frames(arguments[1]), frames(arguments[2])
    share, offset_s = agreement(live, file)
    latency = run["latency"]
    judge([
        (share >= AGREEMENT, f"live and file agree in {share:.1%} of the frames ({offset_s:.2f} s apart)"),
        (run["ear"]["xruns"] == 0, f"{run['ear']['xruns']} xruns, {run['ear']['dropped_samples']} samples dropped"),
        (latency["p95_beyond_look_ahead_ms"] <= BEYOND_LOOK_AHEAD_MS,
         "sound to pose: p50 {p50_ms:.0f}, p95 {p95_ms:.0f}, max {max_ms:.0f} ms; "
         "p95 beyond the look-ahead {p95_beyond_look_ahead_ms:.0f} ms".format(**latency)),
    ])


main()
