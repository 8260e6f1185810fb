#!/usr/bin/env bash
# Servos without hardware: the program moves a jaw and a neck through Linux's I2C calls, which a preloaded library answers
# like a PCA9685. Speech, the end, Ctrl-C, a crash, a wire torn off and put back, a chip that loses its power,
# a time of day that jumps.
# usage: tests/servos/fake_bus.sh    $KEYFACE: the program
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${KEYFACE:-}" ]; then
    cargo build --release --quiet -p keyface
    KEYFACE=${CARGO_TARGET_DIR:-target}/release/keyface
fi

work=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cc -O1 -Wall -Werror -shared -fPIC -o "$work/fake.so" tests/servos/fake_i2c.c -ldl
export FAKE_I2C_BUS=/dev/i2c-fake FAKE_I2C_CHIP=$work/chip FAKE_I2C_LOG=$work/log KEYFACE_MODELS=$PWD/models

# Registers as after power came: asleep, 200 Hz, all outputs off.
power_on() {
    { printf '\x11\x04\0\0\0\0'; for _ in {1..16}; do printf '\0\0\0\x10'; done; head -c 184 /dev/zero; printf '\x1e\0'; } >"$1"
}

fail() { echo "fake_bus: $*" >&2; tail -n 5 "$FAKE_I2C_LOG" >&2; exit 1; }
speak() { LD_PRELOAD=$work/fake.so "$KEYFACE" run --board tests/servos/head.toml --input models/live/demo.wav --to servo; }
begin() { LD_PRELOAD=$work/fake.so "$KEYFACE" run --board tests/servos/head.toml --input models/live/demo.wav --json >"$work/json" 2>"$work/err" & pid=$!; }
end() { wait "$pid" || fail "expected a good end, came $? and $(cat "$work/err")"; pid=; }
counter() { sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$work/json" | tail -n 1; }

# Farthest and quickest of an output; `steps` is the longest way between two lines of the log.
limits() {
    awk -v column=$(($1 + 2)) '$column == "-" { last = 0; next }
        { if (!count++ || $column < low) low = $column; if ($column > high) high = $column
          step = $column - last; if (step < 0) step = -step; if (last && step > most) most = step; last = $column }
        END { printf "%.0f %.0f %.0f\n", low, high, most }' "$FAKE_I2C_LOG"
}
# $1 output, $2..$5: lowest, highest pulse that may be; least way that must be; longest step in 20 ms, a count more.
within() {
    read -r low high most < <(limits "$1")
    echo "  output $1: $low..$high us, longest step $most us"
    if [ "$low" -lt "$2" ] || [ "$high" -gt "$3" ] || [ $((high - low)) -lt "$4" ] || [ "$most" -gt "$5" ]; then
        fail "expected output $1 within $2..$3 us, over $4 us at least, steps of $5 us at most"
    fi
}
parked() {
    [ "$(tail -n 1 "$FAKE_I2C_LOG" | cut -d' ' -f2,9)" = "- -" ] || fail "expected both servos free at the end"
    awk '$2 != "-" { last = $2 } END { exit !(last > 1496 && last < 1504) }' "$FAKE_I2C_LOG" || fail "expected a jaw that closed first"
}

echo "speech, from a chip fresh from power to free servos:"
power_on "$FAKE_I2C_CHIP"
speak
within 0 1480 1780 60 95
within 7 1180 1820 8 17
parked

echo "motion from a file, as a camera or \`keyface-train paper rig\` makes it:"
: >"$FAKE_I2C_LOG"
awk 'BEGIN { print "Timecode,BlendShapeCount,JawOpen,HeadYaw"
    for (n = 0; n < 120; n++) printf "00:00:%02d:%02d.000,61,%.4f,%.4f\n", n / 60, n % 60, 0.15 * (1 - cos(n * 6.2832 / 60)), 0.2 * sin(n * 6.2832 / 120) }' >"$work/take.csv"
LD_PRELOAD=$work/fake.so "$KEYFACE" run --board tests/servos/head.toml --input "$work/take.csv" --to servo
within 0 1480 1780 60 95
within 7 1180 1820 8 17
parked

for signal in INT TERM; do
    echo "SIG$signal within speech:"
    : >"$FAKE_I2C_LOG"
    begin; sleep 2; kill "-$signal" "$pid"; end
    parked
done

echo "a crash within speech, and the next start:"
: >"$FAKE_I2C_LOG"
begin; sleep 1.3; kill -KILL "$pid"; wait "$pid" 2>/dev/null || true; pid=
[ "$(tail -n 1 "$FAKE_I2C_LOG" | cut -d' ' -f2)" != "-" ] || fail "expected pulses that stand after a crash"
speak >/dev/null
within 0 1480 1780 60 95
parked

echo "a wire torn off for a second:"
: >"$FAKE_I2C_LOG"
begin; sleep 2; mv "$FAKE_I2C_CHIP" "$work/away"; cp "$work/away" "$work/back"; rm "$work/away"; sleep 1
mv "$work/back" "$FAKE_I2C_CHIP"; end
{ [ "$(counter faults)" -ge 2 ] && [ "$(counter reopened)" = 1 ]; } || fail "expected faults and one return, came $(cat "$work/json")"
echo "  $(counter faults) faults, found again once; $(cat "$work/err")"
within 0 1480 1780 60 95
parked

echo "a chip that loses its power:"
: >"$FAKE_I2C_LOG"
begin; sleep 2; power_on "$work/fresh"; dd if="$work/fresh" of="$FAKE_I2C_CHIP" conv=notrunc status=none; end
{ [ "$(counter faults)" = 1 ] && [ "$(counter reopened)" = 1 ]; } || fail "expected one fault and one return, came $(cat "$work/json")"
within 0 1480 1780 60 95
parked

echo "a time of day that jumps by hours:"
: >"$FAKE_I2C_LOG"
FAKE_CLOCK_JUMPS=1 speak >/dev/null
within 0 1480 1780 60 95
within 7 1180 1820 8 17
parked

echo "servos tuned by a script:"
: >"$FAKE_I2C_LOG"
power_on "$FAKE_I2C_CHIP"
printf '%s\n' 'to 1400' min 'by 60' rest 'to 3000' max 'joint neck_yaw' 'by -40' min >"$work/moves"
LD_PRELOAD=$work/fake.so "$KEYFACE" tune --board tests/servos/head.toml --script "$work/moves" --hard 1300..1800 >"$work/servos.toml"
within 0 1300 1800 390 13
within 7 1300 1800 30 13
for line in 'min_us = 1400' 'rest_us = 1460' 'max_us = 1800' 'min_us = 1460'; do
    grep -q "^$line\$" "$work/servos.toml" || fail "expected $line, came $(cat "$work/servos.toml")"
done
sed -n '1,/^display/p' tests/servos/head.toml | cat - "$work/servos.toml" >"$work/tuned.toml"
LD_PRELOAD=$work/fake.so "$KEYFACE" run --board "$work/tuned.toml" --input models/live/demo.wav --to servo --seconds 1 >/dev/null
[ "$(tail -n 1 "$FAKE_I2C_LOG" | cut -d' ' -f2,9)" = "- -" ] || fail "expected both servos free at the end"
echo "ok"
