"""The face on the emulated board: its poses, its speech, its lost microphone."""

import os
import subprocess
import tempfile

from machine import wait
from poses import greatest_difference, jaw_curve
from service import figure
from speech import LEAD_S, PLAY, for_seconds, likeness, photographs, speak

# What the project promises between processors.
TOLERANCE = 1e-4
# Pixels of an open mouth on 1280x800: an "ah" shows thousands, closed lips a few of their line.
OPEN_PX, CLOSED_PX = 600, 60
# The shape of the motion; a mouth that moves by chance does not reach half of it.
LIKENESS = 0.6
CARD = "snd_aloop.0"
DRIVER = "/sys/bus/platform/drivers/snd_aloop"


def animate(given, model, folder, ending):
    """The poses of this machine for a model's own clip."""
    out = os.path.join(folder, f"here{ending}")
    model = os.path.join(given.models, model)
    subprocess.run([given.keyface, "animate", f"{model}/demo.wav", "--model", model, "--out", out],
                   check=True, capture_output=True)
    with open(out, encoding="utf-8") as file:
        return file.read()


def poses(given, machine, facts):
    """Every model that is shipped: the same poses there and here."""
    for model in sorted(name for name in os.listdir(given.models) if os.path.isdir(os.path.join(given.models, name))):
        there = f"/usr/share/keyface/models/{model}"
        machine.run(f"keyface animate {there}/demo.wav --model {there} --out /tmp/{model}.csv", seconds=900)
        with tempfile.TemporaryDirectory() as folder:
            greatest, count = greatest_difference(machine.run(f"cat /tmp/{model}.csv"), animate(given, model, folder, ".csv"))
        facts.tell(greatest <= TOLERANCE, f"{model}: {count} poses as here, greatest difference {greatest:.1e}")


def at_rest(taken):
    return all(photo.open_px <= CLOSED_PX for photo in taken)


def speaks(given, machine, service, facts):
    """A quiet room, a voice in it, the face on the screen."""
    with tempfile.TemporaryDirectory() as folder:
        curve = jaw_curve(animate(given, "live", folder, ".poses.jsonl"))
    quiet = photographs(machine, for_seconds(machine, 5))
    quiet[-1].picture.save_png(f"{given.pictures}/rest.png")
    colours = quiet[-1].picture.colours()
    facts.tell(colours > 1_000, f"a face stands on the screen: {colours} colours")
    facts.tell(at_rest(quiet), f"a quiet room: mouth closed in {len(quiet)} photographs, at most {most_open(quiet).open_px} pixels open")
    before_s = service.processor_s()
    began, taken = speak(machine)
    share = (service.processor_s() - before_s) / (taken[-1].at - began)
    widest = most_open(taken)
    widest.picture.save_png(f"{given.pictures}/face.png")
    opened = sum(photo.open_px >= OPEN_PX for photo in taken)
    facts.tell(opened >= 5, f"speech: mouth open in {opened} of {len(taken)} photographs, at most {widest.open_px} pixels")
    alike, delay = likeness(curve, LEAD_S, began, taken)
    facts.tell(alike >= LIKENESS, f"the mouth moves as the speech does: correlation {alike:.2f}, {delay:.1f} s after the player began")
    facts.tell(True, f"the program takes {share:.0%} of an emulated processor while it speaks")


def most_open(taken):
    return max(taken, key=lambda photo: photo.open_px)


def survives_a_lost_microphone(given, machine, service, facts):
    """The card is pulled out in the middle of a word, and put back."""
    pid, opened_before = service.pid(), service.reopened()
    voice = machine.begin(f"{PLAY} /root/speech.wav")
    photographs(machine, for_seconds(machine, 5))
    machine.run(f"echo {CARD} >{DRIVER}/unbind")
    voice.wait()
    gone = machine.run("arecord -l 2>&1 | grep -c '^card'", check=False)
    facts.tell(gone == "0", f"the microphone is pulled out in the middle of speech: {gone} cards left")
    photographs(machine, for_seconds(machine, 3))
    lost = photographs(machine, for_seconds(machine, 4))
    lost[-1].picture.save_png(f"{given.pictures}/lost.png")
    facts.tell(at_rest(lost), f"the face goes to rest: mouth closed in {len(lost)} photographs")
    machine.run(f"echo {CARD} >{DRIVER}/bind")
    wait("the card's return", lambda: "card" in machine.run("arecord -l", check=False), 60)
    photographs(machine, for_seconds(machine, 8))
    _, taken = speak(machine)
    facts.tell(most_open(taken).open_px >= OPEN_PX, f"the microphone is back, and is heard: at most {most_open(taken).open_px} pixels open")
    facts.tell(service.pid() == pid, f"the same process all the time: {pid}, {service.restarts()} restarts")
    report = service.report()
    reopened = figure(report, r"opened again (\d+) times")
    gaps, faults = figure(report, r"(\d+) xruns"), figure(report, r"line +(\d+) faults")
    late_ms = figure(report, r"95 % within (\d+) ms")
    facts.tell(reopened > opened_before, f"its report: opened again {reopened:.0f} times, {opened_before:.0f} before, "
               f"{gaps:.0f} xruns, {faults:.0f} faults of the line, sound to pose within {late_ms:.0f} ms at 95 %")
