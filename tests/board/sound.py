"""The sound of a quiet room, and speech in it."""

import array
import random
import wave

RATE_HZ = 48_000
# -72 dBFS: exact zeros would mean a dead microphone.
ROOM_LEVEL = 8


def write_room(path, seconds):
    """A quiet room."""
    noise = random.Random(1)
    write(path, array.array("h", (round(noise.gauss(0, ROOM_LEVEL)) for _ in range(seconds * RATE_HZ))))


def write_speech(speech, path, lead_s):
    """A voice in that room, after some quiet; at the sound card's rate. Returns its length in seconds."""
    with wave.open(speech) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), RATE_HZ % sound.getframerate()) == (1, 2, 0)
        repeat = RATE_HZ // sound.getframerate()
        samples = array.array("h", sound.readframes(sound.getnframes()))
    slow = [0] * (lead_s * RATE_HZ // repeat) + list(samples) + [0] * (lead_s * RATE_HZ // repeat)
    noise = random.Random(2)
    fast = array.array("h")
    for a, b in zip(slow, slow[1:]):
        for i in range(repeat):
            value = a + (b - a) * i / repeat + noise.gauss(0, ROOM_LEVEL)
            fast.append(max(-32_768, min(32_767, round(value))))
    write(path, fast)
    return len(samples) * repeat / RATE_HZ


def write(path, samples):
    with wave.open(path, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(samples.tobytes())
