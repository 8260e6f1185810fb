"""Speech into the machine's sound card, and photographs of the face meanwhile."""

import tempfile
import time

import sound
from pictures import Picture

# What is played into the second device of snd-aloop's card is recorded by its first, which is the system's default.
# Mixed, so that the room is heard beside the voice.
PLAY = """aplay -q -D "plug:'dmix:0,1'" """
# A room's sound that never ends, and comes back when the card does.
ROOM = f"systemd-run -q --unit=room -p Restart=always -p RestartSec=1 -p StartLimitIntervalSec=0 {PLAY} /root/room.wav"
LEAD_S = 1


def fill_room(machine, speech):
    """Lets a quiet room be heard, and puts the speech there. A microphone that gives nothing but zeros counts as dead."""
    if machine.run("ls /root/room.wav", check=False) == "":
        with tempfile.TemporaryDirectory() as folder:
            sound.write_room(f"{folder}/room.wav", 60)
            sound.write_speech(speech, f"{folder}/speech.wav", LEAD_S)
            for name in ("speech.wav", "room.wav"):
                machine.send(f"{folder}/{name}", f"/root/{name}")
        machine.run("sync")
    machine.run(ROOM)


class Photograph:
    """A picture, and when it was taken by the machine's clock."""

    def __init__(self, machine):
        self.at = machine.now()
        self.picture = Picture(machine.photograph())
        self.open_px = self.picture.open_mouth_px()


def photographs(machine, goes_on):
    """Photographs while something goes on, some five in a second of its own time."""
    taken = [Photograph(machine)]
    while goes_on():
        time.sleep(0.3)
        taken.append(Photograph(machine))
    return taken


def for_seconds(machine, seconds):
    """For so long by the machine's clock."""
    end = machine.now() + seconds
    return lambda: machine.now() < end


def speak(machine):
    """Plays the speech and photographs the face: when it began, and the photographs."""
    began = machine.now()
    voice = machine.begin(f"{PLAY} /root/speech.wav")
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
