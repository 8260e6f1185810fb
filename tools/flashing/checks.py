"""Whether a device can take what is to be installed; asked before anything is changed."""
import sys
import time

# The .deb and its copies for the way back: incoming, before, current, previous, and one being written.
COPIES = 5
SPARE_KIB = 20 * 1024
CLOCK_S = 24 * 3600


class Refusal(Exception):
    """What was expected, and what came."""


def check(device, args, architecture, chain, boards, package, note):
    """Tells every check; raises with all that failed."""
    failures = []
    for name, good, came, expected in listed(device, args, architecture, chain, boards, package):
        note(f"{'ok    ' if good else 'FAILED'} {name}: {came or 'none'}{'' if good else ', expected ' + expected}")
        if not good:
            failures.append(f"{name}: expected {expected}, came {came or 'none'}")
    behind = time.time() - float(device["now"] or 0)
    if abs(behind) > CLOCK_S:
        note(f"note   clock: {abs(behind) / 86400:.0f} days {'behind' if behind > 0 else 'ahead of'} this machine's; "
             "package servers may be refused")
    if device["half"]:
        note(f"note   packages: {device['half']} (will be repaired)")
    if failures:
        raise Refusal(f"{args.host} cannot be flashed as {args.board}:\n  " + "\n  ".join(failures))


def listed(device, args, architecture, chain, boards, package):
    """Each check: its name, whether it holds, what came, what was expected."""
    yield "architecture", device["architecture"] == architecture, device["architecture"], f"{architecture}, as the board's target says"
    if package:
        yield "package's architecture", package.architecture == architecture, package.architecture, architecture
    if package and package.glibc:
        yield ("C library", version(device["glibc"]) >= version(package.glibc), "glibc " + device["glibc"],
               f"glibc {package.glibc} or newer, which the package asks for")
    yield "board", *fits(device["model"], args.board, chain, boards)
    yield "systemd", device["systemd"] == "yes", device["systemd"], "a system that systemd has started"
    yield "package manager", bool(device["apt"]), device["apt"], "apt-get"
    yield ("file system", not device["layer"], device["layer"] or "kept on a disk",
           "one that can be written and is kept (switch the overlay off, as with `raspi-config`, or remount it; start anew; flash)")
    yield from rights(device)
    if package:
        yield from space(device, args, package)
    if args.rollback:
        yield "version before", bool(device["previous"]), device["previous"], "a package in /var/cache/keyface/previous.deb"
    if not args.rollback:
        came = f"{device['installed']}, {device['service'] or 'unknown'}" if device["installed"] else "not installed"
        yield "Keyface there", True, came, ""


def version(text):
    return [int(part) for part in text.split(".") if part.isdigit()]


def rights(device):
    way = device["root"]
    good = way in ("root", "sudo") or (way == "password" and sys.stdin.isatty())
    yield "rights", good, {"password": "sudo that asks for a password"}.get(way, way), "root, sudo, or a terminal to type sudo's password"


def space(device, args, package):
    kept = COPIES * package.kib + (args.model.stat().st_size // 1024 * 2 if args.model else 0)
    for place, key, need in (("/usr", "free_usr_kib", package.installed_kib), ("/var/cache", "free_cache_kib", kept),
                             (device["home"], "free_home_kib", package.kib)):
        free, need = int(device[key] or 0), need + SPARE_KIB
        yield f"space in {place}", free >= need, f"{free // 1024} MiB", f"{need // 1024} MiB"


def fits(model, board, chain, boards):
    """Whether a device that calls itself `model` may be this board: refused only when it is plainly another that we know.
    A board is meant when the words of its name all stand in the model: raspberry-pi-5, "Raspberry Pi 5 Model B Rev 1.0"."""
    meant = [name for name in boards if is_named(name, model)]
    good = not model or not meant or any(is_named(name, model) for name in chain)
    return good, model or "a device without a model name", f"a {board}; this looks like {' or '.join(sorted(meant))}"


def is_named(board, model):
    words = model.lower().replace("-", " ").split()
    return all(word in words for word in board.lower().split("-"))
