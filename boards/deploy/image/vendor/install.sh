#!/bin/sh
# Installs Keyface on its maker's system, from the packages beside this file; needs no network.
# keyface-setup.service runs it on the first boot; by hand: sudo ./install.sh [--any-board] [--no-desktop]
# It may be interrupted anywhere and run again.
set -eu
cd "$(dirname "$0")"

fail() { echo "keyface-setup: $*" >&2; exit 1; }

is_any='' is_bare=''
for argument in "$@"; do
    case $argument in
        --any-board) is_any=1 ;;
        --no-desktop) is_bare=1 ;;
        *) echo "usage: sudo ./install.sh [--any-board] [--no-desktop]
  --any-board   install although this machine is not the board that the overlay is for
  --no-desktop  start without a desktop from the next boot on, so that the screen is the face's" >&2; exit 2 ;;
    esac
done

# shellcheck source=/dev/null
. ./settings
: "${BOARD:?}" "${ARCH:?}" "${MODEL=}" "${DEVICE_NAME=}"

[ "$(id -u)" = 0 ] || fail "expected root, came user $(id -un); run: sudo $0"
[ "$(dpkg --print-architecture)" = "$ARCH" ] || fail "expected an $ARCH system, came $(dpkg --print-architecture)"
[ -d packages ] || fail "expected the packages in $PWD/packages, came none; is Keyface installed already?"
sha256sum --quiet -c sums || fail "expected the packages as they were made, came others; copy the overlay again"
model=$(tr -d '\0' </proc/device-tree/model 2>/dev/null || echo 'a machine without a device tree')
case $model in
    *"$MODEL"*) ;;
    *) [ -n "$is_any" ] || [ -f any-board ] ||
        fail "expected the board $BOARD ($MODEL), came $model; to install all the same: sudo $0 --any-board" ;;
esac

# A power loss may have stopped dpkg half way.
dpkg --configure -a
for package in packages/*.deb; do
    name=$(dpkg-deb -f "$package" Package)
    [ "$name" = keyface ] && continue
    state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
    [ "$state" = installed ] || missing="${missing:-} $package"
done
# shellcheck disable=SC2086 # A list of file names without spaces.
dpkg --install --force-confold ${missing:-} packages/keyface_*.deb

settings=/etc/keyface/keyface.env
sed "s/^KEYFACE_BOARD=.*/KEYFACE_BOARD=$BOARD/" "$settings" >"$settings.new"
grep -qx "KEYFACE_BOARD=$BOARD" "$settings.new" || fail "expected a line KEYFACE_BOARD= in $settings, came none"
mv "$settings.new" "$settings"
[ -z "$DEVICE_NAME" ] || hostnamectl set-hostname "$DEVICE_NAME"
if [ -f authorized_key ]; then
    [ -d /root/.ssh ] || mkdir -m 700 /root/.ssh
    grep -qxF -f authorized_key /root/.ssh/authorized_keys 2>/dev/null || cat authorized_key >>/root/.ssh/authorized_keys
    chmod 600 /root/.ssh/authorized_keys
fi
[ -z "$is_bare" ] || systemctl set-default multi-user.target

systemctl enable keyface.service
systemctl daemon-reload
systemctl restart --no-block keyface.service
systemctl disable keyface-setup.service 2>/dev/null || true
sync
rm -rf packages
echo "keyface-setup: installed for $BOARD; see: systemctl status keyface"
