"""A device as version 0.1 left it. Its program is stood in for; its unit, its owner of everything and the shape of its store are 0.1's."""
import hashlib
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from device_root import POSTINST, TELL, UNIT

# 0.1 gave the service's user all of /var/lib/keyface.
UNIT_OF_0_1 = UNIT.replace("[Service]\n", "[Service]\nUser=keyface\nGroup=keyface\nStateDirectory=keyface\n")
POSTINST_OF_0_1 = POSTINST.replace("set -e\n", """set -e
getent passwd keyface >/dev/null || useradd --system --user-group --home-dir /var/lib/keyface --no-create-home keyface
install -d -o keyface -g keyface /var/lib/keyface
chown -hR keyface:keyface /var/lib/keyface
""", 1)

# Rows of a face for as long as `current` is a model whose networks are those of its card, as 0.1 looked at it.
FACE = "/var/lib/keyface/face.csv"
SHOWS = f"""cd /var/lib/keyface/models/current || exit 1
    whole() {{ for net in key_motion completion; do grep -q $(sha256sum <$net.onnx | cut -c1-64) card.toml || return 1; done; }}
    whole || {{ echo expected a whole model, came a damaged one >&2; exit 1; }}
    while whole; do date >>{FACE}; sleep 1; done &
    exec perl -e '{TELL} while (1) {{ send(S, qq(WATCHDOG=1), 0, $to); sleep 1 }}'"""


def store_of_0_1(keyface, model, work, store):
    """Two bundles, the older one before the newer: their cards know neither licences nor closures, and spell out their interface."""
    work.mkdir()
    kf1 = (Path(__file__).parents[2] / "firmware/app/tests/cli/data/kf1_of_0_1.toml").read_text()
    key = work / "vendor"
    subprocess.run([keyface, "model", "keygen", "--out", key], check=True, capture_output=True)
    for version, link in (("0.0.9", "previous"), ("0.1.0", "current")):
        source, bundle = work / version, work / f"{version}.kfm"
        shutil.copytree(model, source)
        card = source / "card.toml"
        text = re.sub(r'^version = .*', f'version = "{version}"', card.read_text(), count=1, flags=re.M)
        text = re.sub(r"^\[closures\]\n(?:.+\n)*", "", re.sub(r"^licence = .*\n", "", text, flags=re.M), flags=re.M)
        card.write_text(text.replace('interface = "kf1"\n', kf1, 1))
        subprocess.run([keyface, "model", "pack", source, "--key", f"{key}.key", "--out", bundle], check=True, capture_output=True)
        with tarfile.open(bundle) as files:
            manifest = files.extractfile("manifest.toml").read().replace(b"format = 2\n", b"format = 1\n", 1)
            folder = store / f"live-{version}-{hashlib.sha256(manifest).hexdigest()[:12]}"
            files.extractall(folder)
        (folder / "manifest.toml").write_bytes(manifest)
        subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", f"{key}.key", "-in", folder / "manifest.toml",
                        "-out", folder / "manifest.sig"], check=True)
        (store / link).symlink_to(folder.name)
