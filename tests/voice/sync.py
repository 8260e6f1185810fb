#!/usr/bin/env python3
"""Plays speech through a face and records the loudspeaker; compares the lips that were shown with those of the record.

usage: sync.py KEYFACE SPEECH.wav FOLDER    $SYNC_TRACE: tell each window, and pictures that came late
The record's clock at a place is that of the chunk that came soonest within a second of it: it is late by the monitor's own
latency, a few ms. A sound server on a busy machine leaves gaps in its monitor and makes up for them in bursts, both of
which move the clock: they are counted, and told. The face's clock is read in the same manner from the times that its
lines bear: how late this program reads them is no matter.
"""
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import wave

RATE = 16_000
ROUNDS = 5
INTERRUPTS = 20
WINDOW_S, STRIDE_S = 0.8, 0.1
MOST_MS = 120
SYNC_MS = 20
CLOSED_MS = 150
UNLIKE = 0.1
UNFIT = "unfit"
CLOCK_S = 1.0
MOVED_S = 0.01
QUIET = 300
TRACE = os.environ.get("SYNC_TRACE")
JAW_CLOSED = 0.02


class Recorder:
    def __init__(self):
        command = "parec --device=room.monitor --latency-msec=5 --channels=1 --format=s16le".split() + [f"--rate={RATE}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)
        self.bytes, self.chunks = bytearray(), []
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        while chunk := self.process.stdout.read(4096):
            self.bytes += chunk
            end_s = len(self.bytes) / 2 / RATE
            self.chunks.append((end_s, time.monotonic() - end_s))

    def stop(self):
        self.process.terminate()
        self.thread.join()
        seconds = range(int(self.chunks[-1][0]) + 2)
        near = lambda second: [offset for end, offset in self.chunks if abs(end - second) <= CLOCK_S]
        offsets = [min(near(second), default=None) for second in seconds]
        self.offsets = [next(o for o in offsets[s::-1] + offsets[s:] if o is not None) for s in seconds]
        self.moved = sum(abs(a - b) > MOVED_S for a, b in zip(self.offsets, self.offsets[1:]))
        return memoryview(bytes(self.bytes[: len(self.bytes) // 2 * 2])).cast("h")


    def clock_s(self, time_s):
        """This machine's clock when a place of the record sounded."""
        return time_s + self.offsets[min(len(self.offsets) - 1, max(0, round(time_s)))]

    def place(self, clock_s):
        """The sample of the record that sounded then."""
        low, high = 0, int(self.chunks[-1][0] * RATE)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.clock_s(middle / RATE) < clock_s else (low, middle)
        return low


class Face:
    def __init__(self, keyface, args):
        command = [keyface, "run", "--play", "--still", "--to", "stdout"] + args
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.lines = []
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            now = time.monotonic()
            pose = json.loads(line)
            weights = pose["weights"]
            self.lines.append((pose["time_s"], now - pose["time_s"], weights["JawOpen"] - weights["MouthClose"]))

    def finish(self):
        self.thread.join()
        assert self.process.wait() == 0
        soonest = {}
        for time_s, offset, _ in self.lines:
            soonest[round(time_s)] = min(offset, soonest.get(round(time_s), offset))
        near = lambda time_s: min(soonest.get(round(time_s) + n, 1e9) for n in (-1, 0, 1))
        self.frames = [(time_s + near(time_s), jaw) for time_s, _, jaw in self.lines]


def at(curve, time_s):
    """Value of a curve of (time, value), by linear interpolation."""
    low, high = 0, len(curve) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if curve[middle][0] <= time_s else (low, middle)
    (t0, v0), (t1, v1) = curve[low], curve[high]
    return v0 + (v1 - v0) * min(1, max(0, (time_s - t0) / max(1e-9, t1 - t0)))


def lag_ms(shown, record, start_s):
    """How many ms later than the sound the lips come, within one window; None where they hardly move, UNFIT where the record
    was heard as something else (at the ends of phrases, or with gaps) so that no lag fits."""
    window = [(t, v) for t, v in shown if start_s <= t < start_s + WINDOW_S]
    values = [v for _, v in window]
    if len(window) < 30 or max(values) - min(values) < 0.08:
        return None
    apart = lambda lag: sum((v - at(record, t - lag / 1000)) ** 2 for t, v in window)
    best = min(range(-MOST_MS, MOST_MS + 1, 4), key=apart)
    best = min(range(best - 4, best + 5), key=apart)
    middle = sum(values) / len(values)
    return best if apart(best) < UNLIKE * sum((v - middle) ** 2 for v in values) else UNFIT


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def say(is_good, text):
    print(("ok    " if is_good else "FAIL  ") + text)
    return is_good


def sync(keyface, speech, folder):
    with wave.open(speech) as sound:
        data, rate = sound.readframes(10**9), sound.getframerate()
    with wave.open(f"{folder}/long.wav", "wb") as long:
        long.setparams((1, 2, rate, 0, "NONE", ""))
        long.writeframes((data + bytes(rate)) * ROUNDS)
    recorder = Recorder()
    time.sleep(1)
    face = Face(keyface, ["--input", f"{folder}/long.wav"])
    face.finish()
    samples = recorder.stop()
    with wave.open(f"{folder}/record.wav", "wb") as record:
        record.setparams((1, 2, RATE, 0, "NONE", ""))
        record.writeframes(bytes(samples))
    poses = f"{folder}/record.poses.jsonl"
    subprocess.run([keyface, "animate", f"{folder}/record.wav", "--model", "playback", "--still", "--out", poses],
                   check=True, stdout=subprocess.DEVNULL)
    record = []
    for line in open(poses):
        pose = json.loads(line)
        record.append((recorder.clock_s(pose["time_s"]), pose["weights"]["JawOpen"] - pose["weights"]["MouthClose"]))
    # A picture stands until the next: its middle is what is compared.
    record.sort()
    shown = [(t + 1 / 120, v) for t, v in face.frames]
    start, end = shown[0][0], shown[-1][0]
    starts = [start + n * STRIDE_S for n in range(int((end - start - WINDOW_S) / STRIDE_S))]
    windows = [lag for lag in (lag_ms(shown, record, s) for s in starts) if lag is not None]
    lags = [lag for lag in windows if lag != UNFIT]
    sizes = [abs(lag) for lag in lags]
    p50, p95, p99 = (percentile(sizes, share) for share in (0.5, 0.95, 0.99))
    if TRACE:
        gaps = [(round(a[0] - start, 2), round(1000 * (b[0] - a[0]))) for a, b in zip(face.frames, face.frames[1:]) if b[0] - a[0] > 0.025]
        print("windows:", [(round(s - start, 1), lag_ms(shown, record, s)) for s in starts], "\ngaps of pictures (s, ms):", gaps)
    middle = percentile(lags, 0.5)
    return say(p99 <= SYNC_MS and len(lags) > 0.7 * len(windows), f"lips and sound apart: p50 {p50} ms, p95 {p95} ms, p99 {p99} ms "
                               f"({len(lags)} windows, {len(windows) - len(lags)} more fit no lag; lips {middle:+d} ms behind in the middle; the record's clock moved {recorder.moved} times)")


def interrupts(keyface, speech, folder):
    path = f"{folder}/control"
    recorder = Recorder()
    time.sleep(1)
    face = Face(keyface, ["--input", f"unix:{folder}/voice", "--control", f"unix:{path}"])
    time.sleep(1)
    control = socket.socket(socket.AF_UNIX)
    control.connect(path)
    answers = control.makefile()
    with wave.open(speech) as sound:
        data = sound.readframes(10**9)
    asked, turns = [], []
    random.seed(1)
    for _ in range(INTERRUPTS):
        voice = socket.socket(socket.AF_UNIX)
        voice.connect(f"{folder}/voice")
        threading.Thread(target=lambda v=voice: v.sendall(data), daemon=True).start()
        time.sleep(1 + random.random())
        asked.append(time.monotonic())
        control.sendall(b'{"type":"flush"}\n')
        voice.close()
        while (answer := json.loads(answers.readline()))["type"] != "flushed":
            pass
        turns.append(answer["turn"])
        time.sleep(0.5)
    face.process.terminate()
    face.finish()
    samples = recorder.stop()
    silent, closed = [], []
    for moment in asked:
        first = recorder.place(moment)
        loud = [n for n in range(first, first + RATE // 2) if abs(samples[n]) > QUIET]
        silent.append(round((loud[-1] - first) * 1000 / RATE) if loud else 0)
        open_at = [t for t, jaw in face.frames if moment <= t < moment + 0.5 and jaw > JAW_CLOSED]
        closed.append(round((open_at[-1] - moment) * 1000) if open_at else 0)
    in_order = turns == sorted(set(turns)) and len(turns) == INTERRUPTS
    return all([
        say(True, f"silent after an interruption: p50 {percentile(silent, 0.5)} ms, longest {max(silent)} ms, "
                  "with what the sound system had taken"),
        say(max(closed) <= CLOSED_MS, f"lips closed: p50 {percentile(closed, 0.5)} ms, longest {max(closed)} ms"),
        say(in_order, f"{len(turns)} interruptions, each ended a turn of its own"),
    ])


keyface, speech, folder = sys.argv[1:]
outcome = [sync(keyface, speech, folder), interrupts(keyface, speech, folder)]
sys.exit(not all(outcome))
