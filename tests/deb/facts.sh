# shellcheck shell=bash disable=SC2154
# run.sh sets: out work root arch machine deb newer.
# Facts about a Debian root in which a package is tried: each is a line with its verdict, its time and its figure.

wrong=0

# fact NAME COMMAND...: the last line that COMMAND writes is the figure.
fact() {
    local name=$1 from=$EPOCHREALTIME verdict=ok figure
    shift
    # Not within `if`, where bash forgets -e.
    set +e
    figure=$(set -e; "$@" 2>"$work/errors")
    local code=$?
    set -e
    if [ "$code" != 0 ]; then
        verdict=FAILED wrong=$((wrong + 1))
        figure=$(printf '%s; %s' "$figure" "$(tail -n 3 "$work/errors" | tr '\n' ' ')")
    fi
    printf '%-7s %6.1f s  %-58s %s\n' "$verdict" "$(echo "$EPOCHREALTIME - $from" | bc)" "$name" "$(tail -n 1 <<<"$figure")"
}

# A fresh Debian in $root, from a tarball that is made once.
fresh_root() {
    local tarball=$out/bookworm-$arch.tar
    if [ ! -f "$tarball" ]; then
        mmdebstrap --quiet --variant=minbase --architectures="$arch" --include=systemd,systemd-sysv,udev,man-db \
            bookworm "${tarball%.tar}.new.tar"
        mv "${tarball%.tar}.new.tar" "$tarball"
    fi
    rm -rf "$root"
    mkdir -p "$root"
    tar -xf "$tarball" -C "$root"
}

# inside COMMAND...: runs it in the root, which is not booted.
inside() {
    systemd-nspawn --quiet --register=no --keep-unit --machine="$machine" --bind-ro="$(pwd)/out/deb:/deb" \
        --console=pipe -D "$root" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@" \
        </dev/null 2> >(grep -v 'disk file system under' >&2)
}

# Every file with owner and rights, but what apt, the account tools (passwd-) and the test itself keep; and the accounts.
listing() {
    find "$root" -xdev \( -path "$root/var/cache" -o -path "$root/var/log" -o -path "$root/var/lib/apt" -o -path "$root/var/lib/dpkg" \
        -o -path "$root/tmp" -o -path "$root/run" -o -path "$root/deb" -o -path "$root/etc/ld.so.cache" -o -path "$root/etc/[a-z]*-" \) -prune -o \
        -printf '/%P %M %u %g\n' | sort
    cut -d: -f1 "$root/etc/passwd" "$root/etc/group" | sort
}

# What is there now and was not before, one to a line; fails when that is not exactly the given.
left() {
    local expected=$1 came
    came=$(listing | diff "$work/before" - | sed -n 's/^[<>] \([^ ]*\).*/\1/p' | sort -u | tr '\n' ' ') || true
    echo "${came:-nothing}"
    [[ $came =~ ^$expected$ ]]
}
