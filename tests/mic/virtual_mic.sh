#!/usr/bin/env bash
# A microphone without hardware: a private PulseAudio -> ALSA -> cpal -> `keyface run`, in real time.
# Says how late the face is, whether a live run and a file agree, whether a lost sound server is survived, and what
# `keyface doctor --latency` finds, with the loudspeaker's monitor as its loopback and with a room where nothing is heard.
# usage: tests/mic/virtual_mic.sh [SPEECH.wav]    $KEYFACE: the program; $KEYFACE_MODEL: the model
set -euo pipefail
cd "$(dirname "$0")/../.."

speech=${1:-models/live/demo.wav}
model=${KEYFACE_MODEL:-live}
[ -f "$speech" ] || { echo "virtual_mic: expected a WAV file at $speech, came none" >&2; exit 2; }
if [ -z "${KEYFACE:-}" ]; then
    cargo build --release --quiet -p keyface
    KEYFACE=${CARGO_TARGET_DIR:-target}/release/keyface
fi

work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

export XDG_RUNTIME_DIR=$work
export ALSA_CONFIG_PATH=/usr/share/alsa/alsa.conf:$work/asound.conf
unset PULSE_SERVER DISPLAY WAYLAND_DISPLAY
mkdir -m 700 "$work/pulse"
cat >"$work/vmic.pa" <<END
load-module module-native-protocol-unix
load-module module-null-sink sink_name=room rate=48000 channels=1 format=s16le
load-module module-null-sink sink_name=elsewhere rate=48000 channels=1 format=s16le
load-module module-remap-source master=room.monitor source_name=mic
set-default-sink room
set-default-source mic
END
printf 'pcm.!default { type pulse }\nctl.!default { type pulse }\n' >"$work/asound.conf"

# The room tone is required: without it the first callback comes after 1 to 2 s, and exact zeros mean a dead device.
# Random samples at this volume (pacat's scale is cubic) are the -80 dBFS that a quiet room leaves in a microphone.
tone_volume=3700
start_sound_server() {
    pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no --disable-shm=yes --log-level=error \
        -F "$work/vmic.pa" 2>/dev/null &
    server=$!
    pids+=("$server")
    for _ in $(seq 50); do pactl info >/dev/null 2>&1 && break; sleep 0.1; done
    pacat --playback --device=room --volume=$tone_volume --latency-msec=10 --rate=48000 --channels=1 --format=s16le \
        /dev/urandom 2>/dev/null &
    pids+=($!)
    until pactl list short sinks | grep -q RUNNING; do sleep 0.1; done
    sleep 1
}

seconds=$(python3 tests/mic/compare.py --length "$speech")

echo "== a voice in the room"
start_sound_server
"$KEYFACE" run --model "$model" --to "file:$work/live.visemes.tsv" --seconds "$(python3 -c "print($seconds + 4)")" \
    --json >"$work/live.json" 2>"$work/live.log" &
run=$!
pids+=("$run")
sleep 1
paplay --device=room "$speech"
wait "$run" || { cat "$work/live.log" >&2; exit 1; }
"$KEYFACE" animate "$speech" --model "$model" --out "$work/file.visemes.tsv" >"$work/animate.log"
outcome=0
python3 tests/mic/compare.py "$work/live.json" "$work/live.visemes.tsv" "$work/file.visemes.tsv" || outcome=1

echo "== the sound server dies and comes back"
"$KEYFACE" run --model "$model" --to "file:$work/lost.visemes.tsv" --seconds 9 --json \
    >"$work/lost.json" 2>"$work/lost.log" &
run=$!
pids+=("$run")
sleep 2
kill "$server"
sleep 2
start_sound_server
sleep 0.5
paplay --device=room "$speech" &
pids+=($!)
wait "$run" || { cat "$work/lost.log" >&2; exit 1; }
python3 tests/mic/compare.py --lost "$work/lost.json" "$work/lost.visemes.tsv" || outcome=1

echo "== how late it is, by the doctor; servos of tests/servos"
cc -O1 -Wall -Werror -shared -fPIC -o "$work/fake.so" tests/servos/fake_i2c.c -ldl
export FAKE_I2C_BUS=/dev/i2c-fake FAKE_I2C_CHIP=$work/chip FAKE_I2C_LOG=$work/log
head -c 256 /dev/zero >"$work/chip"
LD_PRELOAD=$work/fake.so "$KEYFACE" doctor --latency --board tests/servos/head.toml --json >"$work/late.json" 2>"$work/late.log" ||
    cat "$work/late.log" >&2
python3 tests/mic/compare.py --latency "$work/late.json" || outcome=1

echo "== a loudspeaker that the microphone does not hear"
PULSE_SINK=elsewhere "$KEYFACE" doctor --latency --board tests/servos/head.toml --json >"$work/deaf.json" 2>"$work/deaf.log" &&
    { echo "FAIL  expected an error, came none"; outcome=1; }
python3 tests/mic/compare.py --deaf "$work/deaf.json" || outcome=1
exit $outcome
