#!/usr/bin/env python3
"""Hours of speech as fast as the machine hears them: whether memory stays flat, and what was lost.

usage: day.py KEYFACE SPEECH.wav [--hours 24] [--serve]    with --serve through one turn of a WebSocket session
The speech is repeated, with a pause behind each. Drift of clocks is a matter of time, not of sound: the tests
`in_a_day_...` of clock.rs and speaker.rs live through a day of it.
"""
import argparse
import asyncio
import json
import os
import subprocess
import threading
import time
import wave

RATE = 16_000
PAUSE_S = 3
# Buffers have grown by then; from there to the end memory may vary by this.
SETTLED = 0.1
FLAT_MB = 2.0


def rss_mb(pid):
    return int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def speech(path):
    with wave.open(path) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2), "expected 16 kHz mono"
        return sound.readframes(10**9) + bytes(2 * RATE * PAUSE_S)


class Memory:
    """Resident memory over the share of the work that is done."""

    def __init__(self, pid):
        self.pid, self.begun, self.seen = pid, time.monotonic(), []

    def note(self, share):
        self.seen.append((share, rss_mb(self.pid)))

    def judge(self, hours, what):
        settled = [mb for share, mb in self.seen if share >= SETTLED]
        speed = hours * 3600 / (time.monotonic() - self.begun)
        rows = "  ".join(f"{share:.0%} {mb:.1f}" for share, mb in self.seen[:: max(1, len(self.seen) // 10)])
        is_flat = settled[-1] - settled[0] <= FLAT_MB
        print(f"{what}: {hours:g} h of sound at {speed:.0f} times its speed; MB: {rows}")
        print(("ok    " if is_flat else "FAIL  ") + f"memory from {settled[0]:.1f} to {settled[-1]:.1f} MB, at most {max(settled):.1f}")
        return is_flat


def pipe(args, clip, count):
    command = [args.keyface, "run", "--input", "-", "--format", "s16le:1", "--rate", str(RATE), "--fast", "--to", "none", "--json"]
    job = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    memory = Memory(job.pid)

    def feed():
        for n in range(count):
            job.stdin.write(clip)
            memory.note((n + 1) / count)
        job.stdin.close()
    feeder = threading.Thread(target=feed)
    feeder.start()
    report = json.loads(job.stdout.read())
    feeder.join()
    ear = report["ear"]
    is_whole = report["audio_s"] >= 0.999 * count * len(clip) / 2 / RATE and report["line_faults"] == 0
    print(("ok    " if is_whole else "FAIL  ") + f"{report['audio_s'] / 3600:.2f} h heard, {ear['xruns']} xruns, "
          f"{ear['dropped_samples']} samples dropped, {report['line_faults']} faults of the line")
    return memory.judge(args.hours, "a pipe") and is_whole


async def session(args, clip, count):
    from websockets.asyncio.client import connect
    command = [args.keyface, "run", "--serve", "127.0.0.1:0", "--to", "none"]
    service = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    address = service.stderr.readline().split()[1].rstrip(",")
    memory, frames, last_ms, done = Memory(service.pid), 0, 0, False
    async with connect(address, max_queue=16, ping_interval=None) as face:
        await face.send(json.dumps({"type": "hello", "rate": RATE, "pace": "fast", "frames": "f32"}))

        async def send():
            for n in range(count):
                for at in range(0, len(clip), 32_000):
                    await face.send(clip[at:at + 32_000])
                memory.note((n + 1) / count)
            await face.send('{"type":"end"}')
        sender = asyncio.create_task(send())
        async for message in face:
            frames += isinstance(message, bytes)
            if isinstance(message, str) and json.loads(message)["type"] in ("ended", "error"):
                last_ms, done = json.loads(message).get("t_ms", 0), "ended" in message
                break
        await sender
    service.terminate()
    service.wait()
    expected_ms = count * len(clip) / 2 / RATE * 1000
    is_whole = done and abs(last_ms - expected_ms) < 1_000
    print(("ok    " if is_whole else "FAIL  ") + f"{last_ms / 3.6e6:.2f} h spoken, {frames} frames")
    return memory.judge(args.hours, "a session") and is_whole


parser = argparse.ArgumentParser()
parser.add_argument("keyface")
parser.add_argument("speech")
parser.add_argument("--hours", type=float, default=24)
parser.add_argument("--serve", action="store_true")
arguments = parser.parse_args()
sound = speech(arguments.speech)
rounds = round(arguments.hours * 3600 * RATE * 2 / len(sound))
work = asyncio.run(session(arguments, sound, rounds)) if arguments.serve else pipe(arguments, sound, rounds)
raise SystemExit(not work)
