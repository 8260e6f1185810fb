"""A device to flash: a Debian that systemd-nspawn boots, with an sshd on 127.0.0.1; and small packages to flash it with."""
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PACKAGES = "systemd-sysv,dbus,openssh-server,sudo,libasound2"
BOOT_S = 60

UNIT = """[Unit]
Description=A face
[Service]
Type=notify
EnvironmentFile=-/etc/keyface/keyface.env
ExecStart=/usr/bin/keyface run --board ${KEYFACE_BOARD} $KEYFACE_ARGS
WatchdogSec=6
TimeoutStopSec=5
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
"""

POSTINST = """#!/bin/sh
set -e
mkdir -p /etc/keyface
[ -f /etc/keyface/keyface.env ] || printf 'KEYFACE_BOARD=linux-pc\\nKEYFACE_ARGS=\\n' >/etc/keyface/keyface.env
systemctl daemon-reload
systemctl restart --no-block keyface.service
"""
PRERM = "#!/bin/sh\nset -e\n[ \"$1\" != remove ] || systemctl stop keyface.service\n"
POSTRM = "#!/bin/sh\nset -e\n[ \"$1\" != purge ] || rm -rf /etc/keyface /var/lib/keyface\nsystemctl daemon-reload\n"

# What the program of a package does with `run`.
TELL = "use Socket; socket(S, PF_UNIX, SOCK_DGRAM, 0); send(S, qq(READY=1), 0, $to = sockaddr_un($ENV{NOTIFY_SOCKET}));"
LIVES = f"exec perl -e '{TELL} while (1) {{ send(S, qq(WATCHDOG=1), 0, $to); sleep 1 }}'"
DIES = "echo expected a screen, came none >&2; exit 1"
HANGS = f"exec perl -e '{TELL} sleep 1000'"


def package(folder, version, does=LIVES, postinst=POSTINST, prerm=PRERM, doctor="exit 0", ballast_kib=300, architecture="amd64", unit=UNIT):
    """A .deb with keyface's paths and a program of one line."""
    root = folder / f"root-{version}-{architecture}"
    files = {
        "DEBIAN/control": f"Package: keyface\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: T <t@example.org>\n"
                          f"Installed-Size: {ballast_kib}\nDescription: a face\n that stands in for the real one\n",
        "DEBIAN/postinst": postinst, "DEBIAN/prerm": prerm, "DEBIAN/postrm": POSTRM,
        "usr/bin/keyface": f"#!/bin/sh\ncase $1 in\nrun) {does} ;;\ndoctor) [ $2 = --help ] || {{ {doctor}; }} ;;\nmodel) [ $2 = rollback ] || mkdir -p /var/lib/keyface && cp $3 /var/lib/keyface/bundle && grep -qx good $3 ;;\n--version) echo keyface {version} ;;\nesac\n",
        "lib/systemd/system/keyface.service": unit,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    share = root / "usr/share/keyface"
    share.mkdir(parents=True)
    (share / "ballast").write_bytes(os.urandom(ballast_kib * 1024))
    sums = subprocess.run("find usr lib -type f -exec md5sum {} +", shell=True, cwd=root, capture_output=True, text=True, check=True)
    (root / "DEBIAN/md5sums").write_text(sums.stdout)
    deb = folder / f"keyface_{version}_{architecture}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", str(root), str(deb)], check=True, capture_output=True)
    return deb


class Device:
    """A Debian below `folder`, made once into `archive`; booted and switched off at will."""

    def __init__(self, folder, archive):
        self.folder, self.root, self.process = folder, folder / "device", None
        if not archive.is_file():
            print(f"making {archive} (once, about two minutes)", flush=True)
            archive.parent.mkdir(parents=True, exist_ok=True)
            making = archive.with_suffix(".new.tar")
            subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(making)], check=True)
            making.rename(archive)
        self.root.mkdir()
        subprocess.run(["tar", "-xf", str(archive), "-C", str(self.root)], check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.allow_login()

    def allow_login(self):
        key = self.folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        (self.root / "etc/ssh/sshd_config.d/test.conf").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nPermitRootLogin prohibit-password\nMaxStartups 100\n")
        subprocess.run(["chroot", str(self.root), "useradd", "-m", "-s", "/bin/bash", "maker"], check=True)
        (self.root / "etc/sudoers.d/maker").write_text("maker ALL=(ALL) NOPASSWD: ALL\n")
        (self.root / "etc/hostname").write_text("device\n")
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost device\n")
        for home, owner in (("root", 0), ("home/maker", 1000)):
            ssh = self.root / home / ".ssh"
            ssh.mkdir(mode=0o700, exist_ok=True)
            shutil.copy(f"{key}.pub", ssh / "authorized_keys")
            for path in (ssh, ssh / "authorized_keys"):
                os.chown(path, owner, owner)
        # Every login that is cut must be of this test alone: a configuration of its own.
        (self.folder / "ssh_config").write_text(
            f"Host *\n  IdentityFile {key}\n  IdentitiesOnly yes\n  UserKnownHostsFile {self.folder}/known\n"
            "  StrictHostKeyChecking accept-new\n  LogLevel ERROR\n")

    def boot(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", f"--machine=kf-{os.getpid()}", "--console=pipe",
             "-D", str(self.root)], stdin=subprocess.DEVNULL, stdout=(self.folder / "console.log").open("ab"), stderr=subprocess.STDOUT)
        while self.shell("true", check=False).returncode != 0:
            if time.monotonic() - began > BOOT_S or self.process.poll() is not None:
                raise SystemExit(f"expected the device to boot within {BOOT_S} s, see {self.folder}/console.log")
            time.sleep(0.5)
        return time.monotonic() - began

    def power_off(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.process = None

    def pull_the_plug(self):
        """Every process of the device ends with its first one, without a chance to tidy up."""
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        self.process.wait(timeout=60)
        self.process = None

    def shell(self, command, check=True):
        return subprocess.run(["ssh", "-F", str(self.folder / "ssh_config"), "-p", str(self.port), "root@127.0.0.1", command],
                              capture_output=True, text=True, check=check)

    def version(self):
        """The installed version, empty when its program does not run."""
        return self.shell("keyface --version >/dev/null && dpkg-query -W -f '${Version}' keyface", check=False).stdout.strip()

    def service(self):
        return self.shell("systemctl is-active keyface", check=False).stdout.strip()

    def files(self):
        """Every file with its size and time, but for what a running system writes by itself."""
        return self.shell("find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/log -o -path /dev "
                          "-o -path /var/lib/systemd \\) -prune -o -type f -printf '%p %s %T@\\n' | sort").stdout
