#!/usr/bin/env python3
"""What a living face costs beyond its line: processor seconds per second of speech, both in turns, the start left out.

usage: cpu.py KEYFACE SPEECH.wav [--rounds 5]
"""
import argparse
import os
import resource
import signal
import socket
import statistics
import subprocess
import tempfile
import wave

# The rate between the two: what the start costs is in both.
SHORT_S, LONG_S = 4, 24
MOST = 0.01


def receiver():
    """Somebody who listens: a datagram that nobody takes costs an answer that says so."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock, f"127.0.0.1:{sock.getsockname()[1]}"


def seconds(command, length_s):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    job = subprocess.Popen([*command, "--seconds", str(length_s)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, told = job.communicate(timeout=length_s + 10)
    except subprocess.TimeoutExpired:
        job.send_signal(signal.SIGINT)
        _, told = job.communicate()
    assert job.returncode == 0, told.decode()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def a_second(command):
    return (seconds(command, LONG_S) - seconds(command, SHORT_S)) / (LONG_S - SHORT_S)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keyface")
    parser.add_argument("speech")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        long = os.path.join(folder, "speech.wav")
        with wave.open(args.speech) as speech, wave.open(long, "wb") as out:
            out.setparams(speech.getparams())
            sound = speech.readframes(speech.getnframes())
            for _ in range(1 + LONG_S * speech.getframerate() // speech.getnframes()):
                out.writeframes(sound)
        vmc, live_link = receiver(), receiver()
        line = [args.keyface, "run", "--input", long, "--to", "none", "--still"]
        alive = [args.keyface, "run", "--input", long, "--to", f"vmc://{vmc[1]}", "--to", f"livelink://{live_link[1]}"]
        alive += ["--control", f"unix:{folder}/control"]
        told = []
        for n in range(args.rounds):
            told.append((a_second(line), a_second(alive)))
            print(f"round {n + 1}: line {told[-1][0]:.4f}, everything {told[-1][1]:.4f}", flush=True)
        more = [everything - alone for alone, everything in told]
        beyond = statistics.median(more)
        print(f"line {statistics.median(l for l, _ in told):.4f}, with life, VMC, Live Link and control {beyond:+.4f} ({min(more):+.4f} to {max(more):+.4f})")
        print(("ok   " if beyond <= MOST else "FAIL ") + f"at most {MOST} processor seconds a second beyond the line")
        raise SystemExit(beyond > MOST)


main()
