#!/usr/bin/env python3
"""Repeats a WAV: long_sound.py IN OUT SECONDS."""
import sys
import wave

source, target, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
with wave.open(source) as sound:
    frames = sound.readframes(sound.getnframes())
    wanted = seconds * sound.getframerate() * sound.getsampwidth() * sound.getnchannels()
    with wave.open(target, "wb") as long:
        long.setparams(sound.getparams())
        long.writeframes((frames * (wanted // len(frames) + 1))[:wanted])
