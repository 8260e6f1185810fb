#!/usr/bin/env python3
"""Kills `keyface model install` and `rollback` at every system call that changes a file, as a power loss would.

After each kill the face must work with a whole model, and the next install must succeed and leave nothing behind.
Prints a table: system call -> current, previous, face, next install. Needs strace, and no rights.
usage: tests/kill/kill.py KEYFACE MODELS        the program, and the folder with the models instant, live, playback
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import wave

# Every call that changes a file, a folder or a lock; those that a machine does not have are passed over.
CALLS = """open openat creat write pwrite64 writev ftruncate fsync fdatasync chmod fchmod fchmodat mkdir mkdirat rename
renameat renameat2 symlink symlinkat link linkat unlink unlinkat rmdir flock""".split()
CLIP_S = 0.5


class Desk:
    """A folder with bundles, a pair of keys and a store."""

    def __init__(self, keyface, models, folder):
        self.keyface, self.models, self.folder = keyface, models, folder
        self.store = os.path.join(folder, "store")
        self.env = dict(os.environ, KEYFACE_STORE=self.store, KEYFACE_MODELS=models, KEYFACE_BOARD="", RUST_LOG="warn")
        self.run("model", "keygen", "--out", "vendor")
        self.poses = {name: self.pack(name) for name in ("instant", "live", "playback")}

    def call(self, *args, before=()):
        command = [*before, self.keyface, *args]
        return subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True)

    def run(self, *args):
        done = self.call(*args)
        if done.returncode:
            sys.exit(f"kill: expected `keyface {' '.join(args)}` to succeed, came: {done.stderr.strip()}")
        return done

    def pack(self, name):
        """Packs a model with a short clip; returns what it says to that clip."""
        folder = os.path.join(self.folder, "m", name)
        shutil.copytree(os.path.join(self.models, name), folder)
        clip = os.path.join(folder, "demo.wav")
        with wave.open(clip) as sound:
            params, frames = sound.getparams(), sound.readframes(int(CLIP_S * sound.getframerate()))
        with wave.open(clip, "w") as sound:
            sound.setparams(params)
            sound.writeframes(frames)
        shutil.copy(clip, os.path.join(self.folder, "a.wav"))
        self.run("model", "pack", folder, "--key", "vendor.key", "--out", f"{name}.kfm")
        return self.face("--model", folder)

    def face(self, *args):
        """What a live face says to the clip; fails when it warns of anything."""
        out = os.path.join(self.folder, "face.poses.jsonl")
        done = self.call("run", "--input", "a.wav", "--fast", "--still", "--to", f"file:{out}", *args)
        if done.returncode or done.stderr:
            return done.stderr.strip() or f"exit {done.returncode}"
        with open(out, encoding="utf-8") as poses:
            return poses.read()

    def args(self, deed):
        return ["model", "rollback"] if deed == "rollback" else ["model", "install", f"{deed}.kfm", "--key", "vendor.pub"]

    def do(self, deed):
        self.run(*self.args(deed))

    def reset(self, template):
        shutil.rmtree(self.store, ignore_errors=True)
        if template:
            shutil.copytree(template, self.store, symlinks=True)

    def link(self, name):
        path = os.path.join(self.store, name)
        return os.readlink(path).rsplit("-", 2)[0] if os.path.islink(path) else "-"

    def is_tidy(self):
        links = {name for name in ("current", "previous") if self.link(name) != "-"}
        folders = {os.readlink(os.path.join(self.store, name)) for name in links}
        return set(os.listdir(self.store)) == links | folders


def changes(desk, deed):
    """The calls of a whole run that change a file: name, which of its name, arguments; in order."""
    log = os.path.join(desk.folder, "trace")
    trace = "trace=" + ",".join("?" + call for call in CALLS)
    done = desk.call(*desk.args(deed), before=["strace", "-f", "-qq", "-o", log, "-e", trace])
    if done.returncode:
        sys.exit(f"kill: expected strace to trace the program, came: {done.stderr.strip()}")
    found, counts, main = [], {}, None
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = re.match(r"(\d+)\s+(\w+)\((.*)", line)
            if not match:
                continue
            pid, call, args = match.groups()
            main = main or pid
            if pid != main:
                if call not in ("openat", "open") and "/store/" in args:
                    sys.exit(f"kill: expected files to be changed by the main thread alone, came {line.strip()}")
                continue
            counts[call] = counts.get(call, 0) + 1
            if call in ("open", "openat") and "O_CREAT" not in args and "O_TRUNC" not in args:
                continue
            found.append((call, counts[call], args.strip()))
    return found


def short(args):
    """The file that a call is about."""
    names = [os.path.basename(name) for name in re.findall(r'"([^"]*)"', args)]
    names = [re.sub(r"-[0-9a-f]{12}$", "", name) for name in names]
    return " ".join(names[:2])[:44] if names and not args[0].isdigit() else args.split(",")[0].split(")")[0]


def kill_everywhere(desk, installed, deed):
    """One row for each call; returns how many kills left something wrong."""
    desk.reset(None)
    for name in installed:
        desk.do(name)
    template = None
    if installed:
        template = os.path.join(desk.folder, "template")
        shutil.rmtree(template, ignore_errors=True)
        shutil.copytree(desk.store, template, symlinks=True)
    before = desk.face()
    calls = changes(desk, deed)
    after = desk.face()
    print(f"\n{deed}, with {' then '.join(installed) or 'nothing'} installed: {len(calls)} calls")
    print(f"{'killed at':<60} {'current':<16} {'previous':<16} {'face':<10} next install")
    wrong = 0
    for call, which, args in calls:
        desk.reset(template)
        # Its main thread alone: the process that loads the networks first makes the same calls.
        inject = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
        inject += ["-e", f"inject={call}:signal=SIGKILL:when={which}"]
        done = desk.call(*desk.args(deed), before=inject)
        links = desk.link("current"), desk.link("previous")
        said = desk.face()
        face = "old" if said == before else "new" if said == after else "BROKEN"
        following = desk.call(*desk.args("live"))
        is_fine = following.returncode == 0 and desk.is_tidy() and desk.face() == desk.poses["live"]
        is_killed = done.returncode in (-9, 137)
        wrong += not (is_fine and is_killed and face != "BROKEN")
        row = f"{call} {short(args)}"
        print(f"{row:<60} {links[0]:<16} {links[1]:<16} {face:<10} {'ok' if is_fine else following.stderr.strip()}"
              f"{'' if is_killed else '  NOT KILLED'}", flush=True)
    print(f"{len(calls)} kills, {wrong} wrong")
    return wrong


def main():
    if len(sys.argv) != 3 or not os.access(sys.argv[1], os.X_OK) or not os.path.isdir(sys.argv[2]):
        sys.exit(__doc__.strip())
    if not shutil.which("strace"):
        sys.exit("kill: expected the program strace, came none: apt-get install strace")
    keyface, models = (os.path.abspath(path) for path in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(keyface, models, folder)
        deeds = [(["instant", "playback"], "live"), ([], "playback"), (["instant", "playback"], "rollback"), (["instant"], "rollback")]
        wrong = sum(kill_everywhere(desk, installed, deed) for installed, deed in deeds)
    sys.exit(f"kill: {wrong} kills left something wrong" if wrong else 0)


if __name__ == "__main__":
    main()
