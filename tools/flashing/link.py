"""One login to a device through ssh, which every command then shares. A lost connection is opened again."""
import hashlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

# A dead link is noticed within 15 s. The login ends by itself a minute after the last command.
OPTIONS = ["ConnectTimeout=15", "ServerAliveInterval=5", "ServerAliveCountMax=3", "ControlMaster=auto", "ControlPersist=60"]
LOST = 255  # what ssh itself exits with
TRIES = 4
PATIENCE_S = 90
CHUNK = 1 << 16
BAR = 30
KEYS = ("architecture", "glibc", "system", "model", "systemd", "apt", "root", "home", "free_usr_kib", "free_cache_kib",
        "free_home_kib", "layer", "now", "installed", "half", "board", "service", "since", "package", "previous", "job")


def plain(text):
    """What a device said, without anything that moves a terminal's cursor or colours it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text.strip("\r\n"))


class LinkLost(Exception):
    """The device cannot be reached, or a command on it failed."""


def ssh_arguments(host):
    """ssh's own arguments for [USER@]HOST[:PORT]; an address of version 6 with a port stands in brackets."""
    found = re.fullmatch(r"(?P<user>[^@\s]+@)?(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<name>[^:\s]+))(?::(?P<port>\d+))?", host)
    if found:
        name = found["six"] or found["name"]
        port = ["-p", found["port"]] if found["port"] else []
        return [*port, "--", (found["user"] or "") + name]
    return ["--", host]


class Link:
    """Use it in a `with`: the login is opened there and closed at its end."""

    def __init__(self, host):
        self.host = host
        self.folder = tempfile.TemporaryDirectory(prefix="keyface-")
        options = [word for option in [*OPTIONS, f"ControlPath={self.folder.name}/login"] for word in ("-o", option)]
        self.ssh = [*shlex.split(os.environ.get("KEYFACE_SSH", "ssh")), *options]
        self.where = ssh_arguments(host)

    def __enter__(self):
        try:
            opened = subprocess.run([*self.ssh, *self.where, "true"]).returncode == 0
        except OSError as error:
            self.folder.cleanup()
            raise LinkLost(f"expected the program {self.ssh[0]}, came {error.strerror}. Nothing on the device was changed.") from None
        except BaseException:
            self.close()
            raise
        if not opened:
            self.close()
            raise LinkLost(f"expected a login at {self.host}, ssh got none (above). Nothing on the device was changed.")
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        subprocess.run([*self.ssh, "-O", "exit", *self.where], capture_output=True)
        self.folder.cleanup()

    def try_run(self, command, data=None):
        """What a command said, with its exit code."""
        return subprocess.run([*self.ssh, "-T", *self.where, command], input=data, capture_output=True)

    def run(self, command, data=None):
        """What a command said. A connection that is cut meanwhile is opened again, so commands must bear repetition."""
        for attempt in range(TRIES):
            done = self.try_run(command, data)
            if done.returncode != LOST:
                break
            time.sleep(attempt + 1)
        if done.returncode != 0:
            raise LinkLost(f"{self.host}: expected `{command[:60]}` to succeed, came exit code {done.returncode}: "
                           f"{plain(done.stderr.decode(errors='replace').strip())}")
        return done.stdout

    def patiently(self, command):
        """As `run`, for as long as a device may need to start anew."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.run(command)
            except LinkLost:
                if time.monotonic() > until:
                    raise LinkLost(f"the connection to {self.host} is lost. The device goes on by itself: with the new version "
                                   "if it stays up, else with the one before. Run the same command again to see which.") from None

    def probe(self, script):
        """What the device says of itself; every key is there, empty when unknown."""
        said = self.run("sh -s -- probe", script.read_bytes()).decode(errors="replace")
        found = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        return {key: plain(found.get(key, "")) for key in KEYS}

    def send(self, data, place, sha256, title):
        """Copies bytes to a file; what has arrived of an earlier try is not sent again."""
        part, folder = shlex.quote(place + ".part"), shlex.quote(os.path.dirname(place))
        for attempt in range(TRIES):
            sizes = self.run(f"mkdir -p {folder} && touch {part} && stat -c %s {part} && sha256sum < {part}").decode().split()
            there = int(sizes[0])
            if hashlib.sha256(data[:there]).hexdigest() != sizes[1]:
                self.run(f"rm -f {part}")
                continue
            if there == len(data):
                break
            self.pour(data, there, f"cat >> {part}", title)
        else:
            raise LinkLost(f"{self.host}: expected {title} to arrive whole, it did not in {TRIES} tries. "
                           "Nothing on the device was changed.")
        arrived = self.run(f"mv {part} {shlex.quote(place)} && sha256sum < {shlex.quote(place)}").decode().split()[0]
        if arrived != sha256:
            raise LinkLost(f"{self.host}:{place}: expected the SHA-256 {sha256}, came {arrived}")

    def pour(self, data, start, command, title):
        """Sends bytes from `start` on; a cut is for the caller to find out."""
        sink = subprocess.Popen([*self.ssh, "-T", *self.where, command], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            for at in range(start, len(data), CHUNK):
                sink.stdin.write(data[at:at + CHUNK])
                sink.stdin.flush()
                progress(title, min(at + CHUNK, len(data)), len(data))
            sink.stdin.close()
        except BrokenPipeError:
            pass
        finally:
            sink.wait()

    def as_root(self, way, command):
        """Runs a command as root: once, since it may ask for a password."""
        if way == "password":
            done = subprocess.run([*self.ssh, "-t", *self.where, "sudo " + shlex.join(command)])
            said = "(above)"
        else:
            done = self.try_run(shlex.join([*(["sudo", "-n"] if way == "sudo" else []), *command]))
            said = plain(done.stderr.decode(errors="replace").strip())
        if done.returncode == LOST:
            return  # it may have been handed over or not: the log tells
        if done.returncode != 0:
            raise LinkLost(f"{self.host}: {said}. Nothing on the device was changed.")


def progress(title, done, of):
    if sys.stdout.isatty():
        filled = BAR * done // of
        end = "\r" if done < of else "\r\033[K"
        print(f"    {title} [{'#' * filled}{' ' * (BAR - filled)}] {done / 2**20:.1f} of {of / 2**20:.1f} MiB", end=end, flush=True)
