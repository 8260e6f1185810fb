"""The emulated board's program killed, hung, and its power cut."""

import time

from machine import wait
from pictures import Picture

# systemd's watchdog of the unit, its back-off, and a start on an emulated processor.
RESTART_S = 180


def restarts(service, facts):
    """A program that dies or hangs comes back."""
    for name, what in (("KILL", "killed"), ("STOP", "hung")):
        seconds = service.signal_and_wait(name, RESTART_S)
        facts.tell(True, f"{what}: systemd has it up again after {seconds:.0f} s ({service.restarts()} restarts)")


def cuts(given, machine, service, facts, boot):
    """Power lost while the face runs: it is there after the next boot."""
    machine.run("sync")
    machine.cut_power()
    time.sleep(1)
    boot(machine, service, facts)
    wait("a face on the screen", lambda: Picture(machine.photograph()).colours() > 1_000, 120)
    checked = machine.run("journalctl -q -b -o cat -u systemd-fsck-root.service | tail -1")
    facts.tell(True, f"power cut while it runs: a face after the next boot ({checked})")
