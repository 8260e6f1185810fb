# shellcheck shell=bash disable=SC2154
# The package in a Debian that is not booted, as when an image is made: install, use, upgrade, remove, purge.

installs() {
    inside apt-get -qq update >/dev/null
    listing >"$work/before"
    inside apt-get install -y --no-install-recommends "/deb/$(basename "$deb")" >"$work/apt"
    grep -E 'newly installed|disk space' "$work/apt" | tr '\n' ' '
}

says_how_to_start() {
    grep 'systemctl enable --now keyface' "$work/apt" | cut -c1-60
    [ "$(inside systemctl is-enabled keyface || true)" = disabled ]
}

# Curves of the clip that ships, made by the user of the service.
animates() {
    inside runuser -u keyface -- keyface animate /usr/share/keyface/models/live/demo.wav --out /var/tmp/a.csv --out /var/tmp/a.gif >/dev/null
    echo "$(wc -l <"$root/var/tmp/a.csv") poses, a gif of $(du -h "$root/var/tmp/a.gif" | cut -f1)"
    [ "$(wc -l <"$root/var/tmp/a.csv")" -gt 500 ]
    rm "$root"/var/tmp/a.*
}

verifies() {
    inside systemd-analyze verify --man=no keyface.service >"$work/verify" 2>&1 || true
    if grep keyface "$work/verify" >&2; then return 1; fi
    inside env SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0 systemd-analyze security --offline=true --no-pager keyface.service | tail -n 1 | sed "s/.*Overall //"
}

pages() {
    local page count=0
    for page in "$root"/usr/share/man/man1/keyface*.1.gz; do
        page=$(basename "$page" .1.gz) count=$((count + 1))
        [ -z "$(inside env MANROFFSEQ= MANWIDTH=80 man --warnings -l "/usr/share/man/man1/$page.1.gz" 2>&1 >"$work/page")" ] ||
            return 1
        grep -q "^NAME" "$work/page" || return 1
    done
    echo "$count pages"
}

completes() {
    inside bash -n /usr/share/bash-completion/completions/keyface
    # shellcheck disable=SC2016
    inside bash -c '. /usr/share/bash-completion/completions/keyface; COMP_WORDS=(keyface anim) COMP_CWORD=1
        _keyface keyface anim keyface; echo "anim<TAB>: ${COMPREPLY[*]}"; [ "${COMPREPLY[*]}" = animate ]'
}

lintian_is_silent() { su nobody -s /bin/sh -c "lintian --fail-on error,warning '$deb'" && echo "no errors, no warnings"; }

upgrades() {
    sed -i 's/^KEYFACE_ARGS=.*/KEYFACE_ARGS=--still/' "$root/etc/keyface/keyface.env"
    echo 'name = "mine"' >"$root/etc/keyface/boards/mine.toml"
    inside apt-get install -y "/deb/$(basename "$newer")" >/dev/null
    grep -qx 'KEYFACE_ARGS=--still' "$root/etc/keyface/keyface.env"
    [ -f "$root/etc/keyface/boards/mine.toml" ]
    inside dpkg-query -W keyface
}

# As 0.1 left it: all of it the service's, which may have put a link to somebody else's file there.
carries_over() {
    local store=/var/lib/keyface/models shadow
    mkdir -p "$root$store/live-0.1.0-0123456789ab"
    ln -s live-0.1.0-0123456789ab "$root$store/current"
    ln -s /etc/shadow "$root$store/trap"
    shadow=$(stat -c %u:%g:%a "$root/etc/shadow")
    inside chown -hR keyface:keyface /var/lib/keyface
    inside apt-get install -y --reinstall "/deb/$(basename "$newer")" >/dev/null
    [ -z "$(inside find /var/lib/keyface ! -user root ! -path '/var/lib/keyface/service*')" ]
    [ "$(stat -c %u:%g:%a "$root/etc/shadow")" = "$shadow" ]
    [ "$(readlink "$root$store/current")" = live-0.1.0-0123456789ab ]
    rm -r "$root$store"
    echo "store and links are root's, what a link names is not touched"
}

removes() {
    mkdir -p "$root/var/lib/keyface/models"
    inside apt-get remove -y keyface >/dev/null
    inside apt-get autoremove --purge -y >/dev/null
    left '/etc/keyface .*/etc/keyface/keyface.env /etc/keyface/keys (/var/lib/systemd[^ ]* )*keyface '
}

purges() {
    inside apt-get purge -y keyface >/dev/null
    left ''
}

package_facts() {
    fact "apt installs it and what it needs" installs
    fact "no board is known here: not enabled, one line says how" says_how_to_start
    fact "the program runs" inside keyface --version
    fact "the service's user animates the shipped clip" animates
    fact "systemd finds nothing wrong with the unit; its exposure" verifies
    fact "the manual's pages are there and without warnings" pages
    fact "the completions complete" completes
    fact "lintian" lintian_is_silent
    fact "an upgrade keeps settings and own boards" upgrades
    fact "what 0.1 gave the service comes back to root" carries_over
    fact "removal leaves configuration alone" removes
    fact "purge leaves nothing" purges
}
