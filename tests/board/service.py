"""keyface.service on a machine: its state, its faults, its report."""

import re

from machine import Failure, wait

UNIT = "keyface.service"


class Service:
    """The face as systemd sees it."""

    def __init__(self, machine):
        self.machine = machine

    def show(self, name):
        return self.machine.run(f"systemctl show {UNIT} -p {name} --value")

    def is_active(self):
        return self.machine.run(f"systemctl is-active {UNIT}", check=False) == "active"

    def pid(self):
        return int(self.show("MainPID"))

    def restarts(self):
        return int(self.show("NRestarts"))

    def user(self):
        return self.machine.run(f"stat -c %U /proc/{self.pid()}")

    def reopened(self):
        """How often the microphone has been opened again, as the status line tells."""
        return figure(self.show("StatusText"), r"opened again (\d+) times")

    def processor_s(self):
        return int(self.show("CPUUsageNSec")) / 1e9

    def signal_and_wait(self, name, seconds):
        """Sends a signal to the program, and waits until systemd has a new one up: how long that took there."""
        before, began = self.pid(), self.machine.now()
        self.machine.run(f"kill -{name} {before}")
        wait(f"a new {UNIT} after SIG{name}", lambda: self.is_active() and self.pid() not in (0, before), seconds)
        return self.machine.now() - began

    def report(self):
        """Stops the face, and reads what it tells of its run; then it is started again."""
        cursor = self.machine.run("journalctl -q -n 0 --show-cursor").removeprefix("-- cursor: ")
        self.machine.run(f"systemctl stop {UNIT}")
        self.machine.run("journalctl --flush --sync", check=False)
        text = self.machine.run(f"journalctl -q -u {UNIT} -o cat --after-cursor '{cursor}'")
        self.machine.run(f"systemctl start {UNIT}")
        return text


def figure(report, pattern):
    """A figure of a report; `pattern` has one group."""
    found = re.search(pattern, report)
    if not found:
        raise Failure(f"report of {UNIT}: expected {pattern!r}, came:\n{report}")
    return float(found.group(1))
