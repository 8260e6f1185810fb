#!/usr/bin/env bash
# A loudspeaker without hardware: `keyface run --play` -> cpal -> ALSA -> a private PulseAudio, whose monitor is recorded.
# Says how far lips and sound are apart, and how fast an interruption is silent and closed.
# usage: tests/voice/virtual_speaker.sh [SPEECH.wav]    $KEYFACE: the program
set -euo pipefail
cd "$(dirname "$0")/../.."

speech=${1:-models/playback/demo.wav}
if [ -z "${KEYFACE:-}" ]; then
    cargo build --release --quiet -p keyface
    KEYFACE=${CARGO_TARGET_DIR:-target}/release/keyface
fi

work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

export XDG_RUNTIME_DIR=$work
export ALSA_CONFIG_PATH=/usr/share/alsa/alsa.conf:$work/asound.conf
unset PULSE_SERVER DISPLAY WAYLAND_DISPLAY
mkdir -m 700 "$work/pulse"
cat >"$work/speaker.pa" <<END
load-module module-native-protocol-unix
load-module module-null-sink sink_name=room rate=48000 channels=1 format=s16le
set-default-sink room
END
printf 'pcm.!default { type pulse }\nctl.!default { type pulse }\n' >"$work/asound.conf"
pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no --disable-shm=yes --log-level=error \
    -F "$work/speaker.pa" 2>/dev/null &
server=$!
for _ in $(seq 50); do pactl info >/dev/null 2>&1 && break; sleep 0.1; done

python3 tests/voice/sync.py "$KEYFACE" "$speech" "$work"
