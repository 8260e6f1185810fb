"""Speech into the machine's sound card, and photographs of the face meanwhile."""

import time

from pictures import Picture

# The card of snd-aloop: what is played is recorded. Mixed, so that the room is heard beside the voice.
PLAY = "aplay -q -D default"
# A room's sound that never ends, and comes back when the card does.
ROOM = f"systemd-run -q --unit=room -p Restart=always -p RestartSec=1 -p StartLimitIntervalSec=0 {PLAY} /tmp/room.wav"


class Photograph:
    """A picture, and when it was taken."""

    def __init__(self, machine):
        self.at = time.monotonic()
        self.picture = Picture(machine.photograph())
        self.open_px = self.picture.open_mouth_px()


def photographs(machine, goes_on, every=0.2):
    """Photographs while something goes on, five a second at most."""
    taken = []
    while goes_on():
        taken.append(Photograph(machine))
        time.sleep(max(0.0, taken[-1].at + every - time.monotonic()))
    return taken


def for_seconds(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def speak(machine):
    """Plays the speech and photographs the face: when it began, and the photographs."""
    began = time.monotonic()
    voice = machine.begin(f"{PLAY} /tmp/speech.wav")
    taken = photographs(machine, lambda: voice.poll() is None)
    return began, taken


def likeness(curve, lead_s, began, taken, latest_s=8.0):
    """How much the mouth in the photographs moves like a curve of the jaw: the greatest correlation over all delays
    of the machine, and that delay."""
    opened = [photo.open_px for photo in taken]

    def at(moment):
        index = round((moment - curve[0][0]) / (curve[1][0] - curve[0][0]))
        return curve[index][1] if 0 <= index < len(curve) else 0.0

    def shifted(delay):
        return correlation(opened, [at(photo.at - began - lead_s - delay) for photo in taken])

    return max((shifted(step * 0.02), step * 0.02) for step in range(round(latest_s / 0.02)))


def correlation(a, b):
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    cross = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    spread = (sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)) ** 0.5
    return cross / spread if spread else 0.0
