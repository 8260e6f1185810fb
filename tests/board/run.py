#!/usr/bin/env python3
"""Boots the packaged runtime on an emulated arm64 board, and tells what holds there.

usage: run.py IMAGE KEYFACE [MODELS]    the disk of `just image emulated`; this machine's own program; its models
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile

import face
import power
from facts import Facts
from machine import Failure, Machine, wait
from service import Service
from speech import fill_room

# A boot takes a minute on an idle machine; a busy one may need five.
BOOT_S = 600


def boot(given, machine, service, facts):
    """Power on: until somebody may log in, and the face is there."""
    machine.start()
    login_s = wait("an answer over SSH", machine.answers, BOOT_S, every=3)
    fill_room(machine, os.path.join(given.models, "live", "demo.wav"))
    wait("an active keyface.service", service.is_active, BOOT_S)
    up_s = int(service.show("ActiveEnterTimestampMonotonic")) / 1e6
    facts.tell(True, f"boots: face up {up_s:.0f} s after the kernel began, login {login_s:.0f} s after power on")


def system(machine, service, facts):
    """What a device must be."""
    failed = machine.run("systemctl --failed --no-legend --plain").split()
    facts.tell(not failed, f"no unit has failed {' '.join(failed)}")
    user = service.user()
    facts.tell(user == "keyface", f"the service runs as user {user}")
    locked = machine.run("passwd --status root").split()[1]
    facts.tell(locked == "L", f"root has no password ({locked}); machine-id {machine.run('cat /etc/machine-id')[:8]}...")
    said = machine.run("keyface --version && dpkg-query -W -f '${Architecture} ${Version}\\n' keyface && uname -mr")
    facts.tell("aarch64" in said, "runs " + ", ".join(said.splitlines()))


def arguments():
    parser = argparse.ArgumentParser(description="Boots a disk on an emulated arm64 board, and tells what holds there.")
    parser.add_argument("image", help="disk that `just image emulated` made")
    parser.add_argument("keyface", help="this machine's own program, to compare with")
    parser.add_argument("models", nargs="?", default="models", help="the models that are in the image")
    parser.add_argument("--pictures", default="out/board", help="where the photographs are put")
    given = parser.parse_args()
    for path in (given.image, given.keyface, given.models):
        if not os.path.exists(path):
            parser.error(f"expected a file or folder at {path}, came none")
    os.makedirs(given.pictures, exist_ok=True)
    return given


def test(given, machine, facts):
    service = Service(machine)
    boot(given, machine, service, facts)
    parts = (
        (system, (machine, service, facts)),
        (face.poses, (given, machine, facts)),
        (face.speaks, (given, machine, service, facts)),
        (face.survives_a_lost_microphone, (given, machine, service, facts)),
        (power.restarts, (service, facts)),
        (power.cuts, (given, machine, service, facts, boot)),
    )
    for part, values in parts:
        try:
            part(*values)
        except Failure as failure:
            facts.tell(False, str(failure))


def main():
    given, facts = arguments(), Facts()
    # Sockets have short names only, and so the folder does.
    folder = tempfile.mkdtemp(prefix="board-", dir="/tmp")
    machine = Machine(given.image, folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        test(given, machine, facts)
    except Failure as failure:
        facts.tell(False, str(failure))
    finally:
        machine.cut_power()
        shutil.copyfile(machine.serial, os.path.join(given.pictures, "serial.log"))
        shutil.rmtree(folder)
    facts.finish()


main()
