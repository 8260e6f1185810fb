#!/usr/bin/env bash
# The Debian package, tried on a fresh Debian: tests/deb/run.sh PROGRAM [PROGRAM]...
# Needs root, the package mirror and 2 GB below out/. 2 minutes for amd64, 8 for arm64 under emulation.
# A program for another processor is installed and used under emulation; its service is not booted.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || { echo "usage: tests/deb/run.sh PROGRAM..." >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "tests/deb: expected root, came $(id -un): it makes Debian roots; run it with sudo" >&2; exit 2; }
. tests/deb/facts.sh
. tests/deb/package.sh
. tests/deb/service.sh

out=out/deb-test
work=$(mktemp -d)
trap 'halt; rm -rf "$work" "$out"/root-*' EXIT
mkdir -p "$out"

for program in "$@"; do
    newer_version=$(sed -n 's/^version = "\(.*\)"/\1+again/p' Cargo.toml | head -n 1)
    newer=$(tools/deb "$program" "$newer_version" | cut -d' ' -f1)
    made=$(tools/deb "$program")
    deb=$(pwd)/${made%% *} arch=$(dpkg-deb -f "${made%% *}" Architecture)
    root=$(pwd)/$out/root-$arch machine=keyface-test-$arch
    echo "$made"
    echo "depends on $(dpkg-deb -f "$deb" Depends)"
    fresh_root
    package_facts
    if [ "$arch" = "$(dpkg --print-architecture)" ]; then
        fresh_root
        service_facts
        halt
    fi
    rm -f "$newer"
done
[ "$wrong" = 0 ] || { echo "$wrong facts do not hold" >&2; exit 1; }
