"""One emulated board: starts, answers commands, is photographed, loses power."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time

FIRMWARE = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
WIDTH_PX, HEIGHT_PX = 1280, 800
# The machine's clock counts its instructions, one a nanosecond, and never runs ahead of ours: a processor of the class of
# a slow board, whose real time holds however busy this machine is. It takes longer here than it tells there.
CLOCK = ("-icount", "shift=0,sleep=on")


class Failure(Exception):
    """Something was expected, and something else came."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """An arm64 machine with UEFI, one processor, a graphics card, a disk and a wired network, without acceleration.

    The image itself is not changed: what the machine writes goes to a layer above it, which outlives a loss of power.
    Its root may be reached over SSH with a key that the firmware hands over as a systemd credential.
    """

    def __init__(self, image, folder):
        self.folder, self.port = folder, free_port()
        self.disk, self.key, self.serial = f"{folder}/disk.qcow2", f"{folder}/key", f"{folder}/serial.log"
        self.monitor, self.control = f"{folder}/monitor", f"{folder}/ssh"
        self.process = None
        shutil.copyfile(FIRMWARE, f"{folder}/firmware.fd")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", os.path.abspath(image), self.disk], check=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)

    def start(self):
        with open(self.key + ".pub", "rb") as key:
            secret = base64.b64encode(key.read()).decode()
        self.process = subprocess.Popen([
            "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-m", "1024", "-accel", "tcg", *CLOCK,
            "-bios", f"{self.folder}/firmware.fd",
            "-smbios", f"type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root={secret}",
            "-drive", f"file={self.disk},if=none,id=disk", "-device", "virtio-blk-pci,drive=disk,bootindex=0",
            "-device", f"virtio-gpu-pci,xres={WIDTH_PX},yres={HEIGHT_PX}", "-device", "virtio-rng-pci",
            "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:22",
            "-device", "virtio-net-pci,netdev=net,romfile=",
            "-display", "none", "-serial", f"file:{self.serial}", "-monitor", "none",
            "-qmp", f"unix:{self.monitor},server=on,wait=off",
        ], stdin=subprocess.DEVNULL, start_new_session=True)

    def cut_power(self):
        """The machine is gone between two instructions; what it had not written to its disk is lost."""
        self._forget_connection()
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def ask(self, command, **arguments):
        """A question to the monitor: its answer."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(120)
            link.connect(self.monitor)
            lines = link.makefile("rw")
            lines.readline()
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                lines.write(json.dumps(request) + "\n")
                lines.flush()
                answer = json.loads(lines.readline())
                while "event" in answer:
                    answer = json.loads(lines.readline())
        if "error" in answer:
            raise Failure(f"monitor: expected {command} to work, came {answer['error']['desc']}")
        return answer["return"]

    def photograph(self):
        """What the screen shows, as a file of the kind PPM."""
        path = f"{self.folder}/screen.ppm"
        self.ask("screendump", filename=path)
        with open(path, "rb") as picture:
            return picture.read()

    def run(self, command, seconds=300, check=True, stdin=None):
        """Runs a command as root on the machine: its output, without the last line end."""
        done = subprocess.run([*self._ssh(), command], stdin=stdin or subprocess.DEVNULL, capture_output=True, timeout=seconds)
        text = done.stdout.decode(errors="replace").rstrip("\n")
        if check and done.returncode != 0:
            raise Failure(f"{command}: expected exit code 0, came {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        return text

    def now(self):
        """Seconds of the machine's own clock since it began; ours goes faster."""
        return float(self.run("cut -d' ' -f1 /proc/uptime"))

    def begin(self, command):
        """Starts a command as root on the machine, and does not wait for it."""
        return subprocess.Popen([*self._ssh(), command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def send(self, path, target):
        with open(path, "rb") as content:
            self.run(f"cat >'{target}'", stdin=content)

    def answers(self):
        """Whether somebody may log in, and the machine has come up. Opens the connection that every command uses."""
        if self.process.poll() is not None:
            raise Failure(f"qemu: expected a running machine, came exit code {self.process.returncode}")
        # A connection in the background keeps its standard error open: it must not be a pipe that somebody reads.
        opened = subprocess.run(self._ssh("-M", "-N", "-f"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, timeout=300)
        return opened.returncode == 0 and self.run("echo up", seconds=120, check=False) == "up"

    def _ssh(self, *options):
        return ["ssh", "-p", str(self.port), "-i", self.key, "-F", "none", "-q", "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=60",
                "-o", "ServerAliveInterval=30", "-o", "ServerAliveCountMax=10", "-o", f"ControlPath={self.control}",
                *options, "root@127.0.0.1"]

    def _forget_connection(self):
        if os.path.exists(self.control):
            subprocess.run(self._ssh("-O", "exit"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
        if os.path.exists(self.control):
            os.remove(self.control)


def wait(what, is_so, seconds, every=1.0):
    """Waits until something is so: how long it took."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise Failure(f"expected within {seconds} s: {what}; it did not come")
        time.sleep(every)
    return time.monotonic() - began
