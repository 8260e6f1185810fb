#!/usr/bin/env python3
"""What clients cost the service: each sends speech in real time and gets its frames. Needs `pip install websockets`.

usage: load.py KEYFACE SPEECH.wav COUNT... [--pace fast|real] [--frames json|f32] [--seconds 20]
"""
import argparse
import asyncio
import json
import os
import subprocess
import time
import wave

from websockets.asyncio.client import connect

CHUNK_S = 0.04


async def client(address, sound, rate, args):
    async with connect(address, max_queue=None) as face:
        hello = {"type": "hello", "rate": rate, "pace": args.pace, "frames": args.frames}
        await face.send(json.dumps(hello))
        await face.recv()
        frames = 0

        async def count():
            nonlocal frames
            async for _ in face:
                frames += 1
        reader = asyncio.create_task(count())
        start, size = time.monotonic(), 2 * int(rate * CHUNK_S)
        for n in range(int(args.seconds / CHUNK_S)):
            at = n * size % (len(sound) - size)
            await face.send(sound[at:at + size])
            await asyncio.sleep(max(0, start + (n + 1) * CHUNK_S - time.monotonic()))
        reader.cancel()
        return frames


def cpu_s(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    return int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def measure(args, count, sound, rate):
    command = [args.keyface, "run", "--serve", "127.0.0.1:0", "--to", "none", "--clients", "64"]
    service = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    address = service.stderr.readline().split()[1].rstrip(",")
    await asyncio.sleep(0.5)
    before, start = cpu_s(service.pid), time.monotonic()
    frames = sum(await asyncio.gather(*(client(address, sound, rate, args) for _ in range(count))))
    passed = time.monotonic() - start
    spent, memory = cpu_s(service.pid) - before, rss_mb(service.pid)
    service.terminate()
    service.wait()
    print(f"{count:3} clients: {spent / passed:.3f} of a core, {spent / passed / count:.4f} each; "
          f"{frames / passed / count:.1f} frames a second each; {memory:.0f} MB")


parser = argparse.ArgumentParser()
parser.add_argument("keyface")
parser.add_argument("speech")
parser.add_argument("counts", type=int, nargs="+")
parser.add_argument("--pace", default="fast")
parser.add_argument("--frames", default="json")
parser.add_argument("--seconds", type=float, default=20)
arguments = parser.parse_args()
with wave.open(arguments.speech) as speech:
    samples, hz = speech.readframes(10**9), speech.getframerate()
for clients in arguments.counts:
    asyncio.run(measure(arguments, clients, samples, hz))
