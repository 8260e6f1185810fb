"""The emulated board's program killed, hung, and its power cut."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time

from machine import wait
from pictures import Picture

# systemd's watchdog of the unit, its back-off, and a start on an emulated processor.
RESTART_S = 180
# Parts of an install's time: while it unpacks and tries the model, and while it switches to it.
CUT_AT = (0.3, 0.9)
INSTALL = "keyface model install /root/{}.kfm --key /root/vendor.pub --untimed"


def restarts(service, facts):
    """A program that dies or hangs comes back."""
    for name, what in (("KILL", "killed"), ("STOP", "hung")):
        seconds = service.signal_and_wait(name, RESTART_S)
        facts.tell(True, f"{what}: systemd has it up again after {seconds:.0f} s ({service.restarts()} restarts)")


def cuts(given, machine, service, facts, boot):
    """Power lost while the face runs, and while a model is installed: there is a face after the next boot."""
    again(given, machine, service, facts, boot)
    facts.tell(True, "power cut while it runs: a face after the next boot")
    seconds = install(given, machine)
    again(given, machine, service, facts, boot)
    facts.tell(used(machine) == "first", f"power cut as soon as an install of {seconds:.0f} s is done: it is used ({used(machine)})")
    for part in CUT_AT:
        send_bundle(given, machine, "second")
        machine.begin(INSTALL.format("second"))
        time.sleep(part * seconds)
        again(given, machine, service, facts, boot)
        name = used(machine)
        facts.tell(name in ("first", "second"), f"power cut at {part:.0%} of an install: a face after the next boot, with {name}")
    machine.run(INSTALL.format("second"), seconds=900)
    facts.tell(used(machine) == "second", "the next install succeeds: " + leftovers(machine))


def again(given, machine, service, facts, boot):
    """Cuts the power, and waits until a face stands on the screen again."""
    machine.cut_power()
    boot(given, machine, service, facts)
    wait("a face on the screen", lambda: Picture(machine.photograph()).colours() > 1_000, 120)


def install(given, machine):
    """Installs a first bundle: how long that took."""
    send_bundle(given, machine, "first")
    began = time.monotonic()
    machine.run(INSTALL.format("first"), seconds=900)
    return time.monotonic() - began


def send_bundle(given, machine, name):
    """Packs and signs the shipped model under another version, here, and sends it with its key."""
    with tempfile.TemporaryDirectory() as folder:
        key, model = f"{machine.folder}/vendor", os.path.join(folder, "live")
        if not os.path.exists(f"{key}.pub"):
            subprocess.run([given.keyface, "model", "keygen", "--out", key], check=True, capture_output=True)
        shutil.copytree(os.path.join(given.models, "live"), model)
        with open(f"{model}/card.toml", encoding="utf-8") as file:
            card = re.sub(r'(?m)^version = "(.*)"', rf'version = "\1-{name}"', file.read(), count=1)
        with open(f"{model}/card.toml", "w", encoding="utf-8") as file:
            file.write(card)
        subprocess.run([given.keyface, "model", "pack", model, "--key", f"{key}.key", "--out", f"{folder}/{name}.kfm"],
                       check=True, capture_output=True)
        machine.send(f"{folder}/{name}.kfm", f"/root/{name}.kfm")
        machine.send(f"{key}.pub", "/root/vendor.pub")


def used(machine):
    """Which of the bundles the face uses, or what it uses instead."""
    model = json.loads(machine.run("keyface model list --json", seconds=120))["used"]
    found = re.search(r"first|second", json.dumps(model))
    return found.group() if found else f"shipped: {json.dumps(model)}"


def leftovers(machine):
    """What lies in the store."""
    return " ".join(machine.run("ls -A /var/lib/keyface/models").split())
