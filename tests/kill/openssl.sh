#!/bin/sh
# Keys and signatures between OpenSSL and `keyface model`, both ways.
# usage: tests/kill/openssl.sh KEYFACE MODEL      the program, and a model's folder
set -eu
if [ $# -ne 2 ] || [ ! -x "$1" ] || [ ! -d "$2" ]; then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
fi
keyface=$(realpath "$1") model=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# OpenSSL's keys sign and verify bundles.
openssl genpkey -algorithm ed25519 -out theirs.key
openssl pkey -in theirs.key -pubout -out theirs.pub
"$keyface" model pack "$model" --key theirs.key --out theirs.kfm
"$keyface" model verify theirs.kfm --key theirs.pub

# OpenSSL reads our keys and verifies our seal, which is over all before its 64 bytes, and our manifest's signature.
"$keyface" model keygen --out ours
openssl pkey -in ours.key -pubout | cmp - ours.pub
"$keyface" model pack "$model" --key ours.key --out ours.kfm
head -c -64 ours.kfm >sealed && tail -c 64 ours.kfm >seal
openssl pkeyutl -verify -rawin -pubin -inkey ours.pub -in sealed -sigfile seal
tar -xf ours.kfm manifest.toml manifest.sig
openssl pkeyutl -verify -rawin -pubin -inkey ours.pub -in manifest.toml -sigfile manifest.sig

# A signature by somebody else is refused by both.
if "$keyface" model verify theirs.kfm --key ours.pub 2>refusal; then
    echo "openssl.sh: expected another's signature to be refused, came a success" >&2
    exit 1
fi
cat refusal
