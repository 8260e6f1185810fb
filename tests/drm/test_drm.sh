#!/usr/bin/env bash
# A screen of the kernel's: the program on vkms, a graphics card that is all software and keeps a beat, as a real one does. An
# emulated PC boots Debian's kernel with it; Debian does not build vkms, so it is built from Debian's source of that kernel.
# Says whether each flip gets its picture, and what becomes of the console, a second program and a screen that is pulled out.
# usage: tests/drm/test_drm.sh KEYFACE MODEL [CACHE]      the program, a model's folder, where kernels are kept [out/drm]
set -euo pipefail
if [ $# -lt 2 ] || [ ! -x "$1" ] || [ ! -f "$2/demo.wav" ]; then sed -n '5s/^# //p' "$0" >&2; exit 2; fi
keyface=$(realpath "$1") model=$(realpath "$2")
mkdir -p "${3:-out/drm}" && cd "${3:-out/drm}"
kernel=$(find /lib/modules -maxdepth 1 -name '*[0-9]-amd64' -printf '%f\n' | sort -V | tail -1)
[ -d "/lib/modules/$kernel/build" ] || { echo "test-drm: expected the package linux-headers-amd64, came none" >&2; exit 2; }
work=$(mktemp -d) qemu=
trap '[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true; rm -rf "$work"' EXIT

if [ ! -d "$kernel" ]; then
    source=linux-source-$(cut -d. -f1,2 <<<"$kernel") part=drivers/gpu/drm/vkms
    (cd "$work" && apt-get -qq download "linux-image-$kernel" "$source" 2>/dev/null)
    for package in "$work"/*.deb; do dpkg -x "$package" "$work/new"; done
    tar -xJf "$work/new/usr/src/$source.tar.xz" -C "$work" "$source/$part"
    make -s -C "/lib/modules/$kernel/build" M="$work/$source/$part" CONFIG_DRM_VKMS=m modules >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; exit 1; }
    install -D -m 644 "$work/$source/$part/vkms.ko" "$work/new/lib/modules/$kernel/extra/vkms.ko"
    /sbin/depmod -b "$work/new" "$kernel" && rm -r "$work/new/usr" && mv "$work/new" "$kernel"
fi

root=$work/root
mkdir -p "$root"/{bin,boards,dev,proc,sys,models/live}
cp /bin/busybox "$keyface" "$root/bin" && cp "$model"/* "$root/models/live"
ldd "$keyface" | grep -o '/[^ ]*' | while read -r library; do install -D "$library" "$root$library"; done
modules=$(/sbin/modprobe -d "$PWD/$kernel" -S "$kernel" --show-depends vkms | awk '{print $2}')
for module in $modules; do cp "$module" "$root" && echo "/${module##*/}" >>"$root/modules"; done
printf '%s\n' 'name = "kernel"' 'description = "vkms"' 'target = "x86_64-unknown-linux-gnu"' 'glibc = "2.36"' 'model = "live"' \
    '[microphone]' 'device = "default"' 'rate_hz = 48000' '[display]' 'kind = "drm"' 'width_px = 640' 'height_px = 480' \
    >"$root/boards/kernel.toml"
cat >"$root/init" <<'GUEST'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin KEYFACE_BOARDS=/boards KEYFACE_MODELS=/models
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev; mount -t debugfs d /sys/kernel/debug
trace=/sys/kernel/debug/tracing card=/sys/kernel/debug/dri/0
face() { keyface run --board kernel --input /models/live/demo.wav "$@" >/report 2>&1; }
fact() { if [ "$2" -eq 0 ]; then echo "ok      $1"; else echo "FAILED  $1"; cat /report; fi; }
shown() { sed -n '/^screen/s/[^0-9]\{1,\}/ /gp' /report; } # shown, skipped, lost, opened again
owner() { sed -n 's/.*allocated by = //p' $card/state | head -1; }
looks() { echo auto >$card/crtc-0/crc/control; head -"$1" $card/crtc-0/crc/data | cut -d' ' -f2 | sort -u | wc -l; }

face --seconds 5 & sleep 2; while read -r module; do insmod "$module"; done </modules; wait $!
set -- $(shown); [ "$1" -gt 60 ] && [ "$3 $4" = "1 1" ]; fact "a card that comes later is taken: $1 pictures" $?
keyface doctor --board kernel >/report 2>&1
grep -q '^ok  *display  *Virtual-1 of /dev/dri/card0' /report; fact "the doctor knows its screen" $?

echo 1 >$trace/events/drm/drm_vblank_event_delivered/enable
face --seconds 6 --still; code=$?
# A picture like the one before needs no flip.
rate=$(awk '!/file=0+,/ && /delivered/ { t = $4 + 0; if (!n++) first = t } END { print int((n - 1) / (t - first)) }' $trace/trace)
set -- $(shown); [ "$code $3" = "0 0" ] && [ "$1" -gt 360 ] && [ "$2" -le 3 ] && [ "$rate" -ge 50 ] && [ "$rate" -le 60 ]
fact "each flip has its picture: $1 shown, $2 skipped, $rate flips a second" $?

before=$(owner); face & face=$!; sleep 3; during=$(owner); looks=$(looks 60)
[ "$looks" -ge 10 ]; fact "the screen shows $looks different pictures in 60 refreshes" $?
keyface run --board kernel --input /models/live/demo.wav --seconds 2 >/report 2>&1; set -- $(shown)
[ "$1 $3" = "0 1" ] && [ "$(owner)" = keyface ]; fact "a second program waits, the first goes on" $?
kill -TERM $(pidof keyface); wait $face; code=$?
[ "$code $before $during $(owner)" = "0 [fbcon] keyface [fbcon]" ]; fact "SIGTERM brings the console back" $?
face & face=$!; sleep 2; kill -KILL $(pidof keyface); wait $face; sleep 1; [ "$(owner)" = "[fbcon]" ]; fact "SIGKILL too" $?

face --seconds 9 & face=$!; sleep 2; echo off >/sys/class/drm/card0-Virtual-1/status
sleep 2; [ "$(owner)" = "[fbcon]" ]; gone=$?; echo on >/sys/class/drm/card0-Virtual-1/status; wait $face; code=$?
set -- $(shown); [ "$gone $code $3 $4" = "0 0 1 1" ]; fact "a screen that is pulled out is found again: $1 pictures" $?
echo "end"; poweroff -f
GUEST
chmod +x "$root/init" && (cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"
# Its clock counts its instructions, one a nanosecond, so that it is as quick on a busy machine; it takes longer here.
nice timeout 900 qemu-system-x86_64 -M q35 -accel tcg -cpu max -icount shift=0,sleep=off -m 1024 -smp 1 \
    -nodefaults -display none -no-reboot -kernel "$kernel/boot/vmlinuz-$kernel" -initrd "$work/initrd" \
    -append "console=ttyS0 quiet panic=-1" -serial "file:$work/serial" &
qemu=$!
wait "$qemu" || echo "test-drm: expected the emulated PC to end within 15 minutes, came no end" >&2
qemu=
grep -v '^end\|^Terminated\|^Killed\|^\[' "$work/serial" | tr -d '\r'
grep -q '^end' "$work/serial" && ! grep -q '^FAILED' "$work/serial" &&
    echo "a screen of the kernel's: $(grep -c '^ok' "$work/serial") facts hold"
