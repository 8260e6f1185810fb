"""The parts of `just flash` that need no device: python3 tests/flash/test_parts.py"""
import importlib.machinery
import importlib.util
import sys
import time
import types
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools/flashing"))
from checks import Refusal, check, fits  # noqa: E402
from link import KEYS, LinkLost, plain, ssh_arguments  # noqa: E402

TOOL = importlib.machinery.SourceFileLoader("tool", str(Path(__file__).resolve().parent.parent.parent / "tools/flash"))
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("tool", TOOL))
TOOL.exec_module(tool)

BOARDS = ["linux-pc", "jetson-orin-nano", "jetson-agx-orin", "raspberry-pi-5", "robot-head"]
PI = "Raspberry Pi 5 Model B Rev 1.0"
NANO = "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"


def device(**other):
    good = dict.fromkeys(KEYS, "") | {
        "architecture": "arm64", "glibc": "2.36", "model": PI, "systemd": "yes", "apt": "/usr/bin/apt-get", "root": "sudo",
        "home": "/home/pi", "free_usr_kib": "900000", "free_cache_kib": "900000", "free_home_kib": "900000", "now": str(time.time())}
    return good | other


def refusal(said=None, **other):
    """What a Raspberry Pi 5 with something other than usual is refused for; nothing when it is taken."""
    args = types.SimpleNamespace(board="raspberry-pi-5", host="pi", rollback=other.pop("rollback", False), model=None)
    package = types.SimpleNamespace(architecture="arm64", glibc="2.34", kib=10_000, installed_kib=40_000)
    note = said.append if said is not None else lambda text: None
    try:
        check(device(**other), args, "arm64", ["raspberry-pi-5"], BOARDS, package, note)
    except Refusal as refused:
        return str(refused)
    return ""


class Parts(unittest.TestCase):
    def test_a_job_that_a_cut_kept_from_arriving_is_handed_over_again(self):
        tool.POLL_S = tool.AGAIN_S = 0
        tool.IDLE_S = 0.2
        handed, steps = [], types.SimpleNamespace(note=lambda text: None)

        def hand_over():
            handed.append("job")
            if len(handed) == 1:
                raise LinkLost("expected no other flash, one is starting")
        says = lambda command: b"end: installed\ninactive\n" if len(handed) == 2 else b"inactive\n"
        link = types.SimpleNamespace(host="pi", patiently=says)
        self.assertEqual(tool.follow(link, "1", steps, hand_over), "installed")
        # A password is asked for once.
        handed.clear()
        with self.assertRaisesRegex(LinkLost, "the job did not arrive"):
            tool.follow(link, "1", steps)
        self.assertEqual(handed, [])

    def test_a_host_is_what_ssh_takes_with_an_optional_port(self):
        self.assertEqual(ssh_arguments("pi@face.local:2222"), ["-p", "2222", "--", "pi@face.local"])
        self.assertEqual(ssh_arguments("kiosk"), ["--", "kiosk"])
        self.assertEqual(ssh_arguments("me@[fe80::1%eth0]:22"), ["-p", "22", "--", "me@fe80::1%eth0"])
        self.assertEqual(ssh_arguments("fe80::1"), ["--", "fe80::1"])

    def test_a_host_cannot_become_an_option_of_ssh(self):
        self.assertEqual(ssh_arguments("-oProxyCommand=x")[0], "--")

    def test_a_board_is_taken_on_its_own_machine_and_on_an_unknown_one(self):
        for model in (PI, "A carrier board of our own", ""):
            self.assertTrue(fits(model, "raspberry-pi-5", ["raspberry-pi-5"], BOARDS)[0], model)

    def test_a_board_is_refused_on_another_that_we_know(self):
        good, came, expected = fits(NANO, "raspberry-pi-5", ["raspberry-pi-5"], BOARDS)
        self.assertEqual((good, came), (False, NANO))
        self.assertIn("jetson-orin-nano", expected)

    def test_a_board_that_inherits_is_taken_where_its_parent_is(self):
        self.assertTrue(fits(PI, "robot-head", ["robot-head", "raspberry-pi-5"], BOARDS)[0])

    def test_a_root_that_forgets_or_cannot_be_written_is_refused(self):
        for layer in ("/ is an overlay in RAM", "/ is read-only, /usr is read-only"):
            self.assertIn("file system: expected one that can be written and is kept", refusal(layer=layer))
            self.assertIn(f"came {layer}", refusal(layer=layer))

    def test_a_device_cannot_move_the_terminal(self):
        self.assertEqual(plain("\x1b[2J\x1b]0;x\x07Pi\r\n"), "?[2J?]0;x?Pi")
        self.assertEqual(plain("Größe 5"), "Größe 5")

    def test_a_good_device_is_not_refused(self):
        self.assertEqual(refusal(), "")

    def test_each_thing_that_is_missing_is_refused_with_what_was_expected_and_what_came(self):
        for came, told in {
            ("architecture", "armhf"): "architecture: expected arm64, as the board's target says, came armhf",
            ("glibc", "2.31"): "C library: expected glibc 2.34 or newer, which the package asks for, came glibc 2.31",
            ("systemd", ""): "systemd: expected a system that systemd has started, came none",
            ("apt", ""): "package manager: expected apt-get, came none",
            ("root", ""): "rights: expected root, sudo",
            ("free_usr_kib", "50000"): "space in /usr: expected 59 MiB, came 48 MiB",
            ("free_cache_kib", "60000"): "space in /var/cache: expected 68 MiB, came 58 MiB",
        }.items():
            self.assertIn(told, refusal(**dict([came])))

    def test_all_that_is_missing_is_told_at_once(self):
        told = refusal(systemd="", apt="")
        self.assertTrue("systemd" in told and "apt-get" in told)

    def test_a_rollback_without_a_version_before_is_refused(self):
        self.assertIn("version before: expected", refusal(rollback=True))
        self.assertEqual(refusal(rollback=True, previous="0.1.0"), "")

    def test_a_wrong_clock_is_told_and_taken(self):
        said = []
        self.assertEqual(refusal(said, now=str(time.time() - 5 * 86400)), "")
        self.assertTrue(any("5 days behind" in text for text in said))


if __name__ == "__main__":
    unittest.main()
