# shellcheck shell=bash disable=SC2154
# The package in a Debian that has booted (systemd in a container): the service from installation to removal.

# Free ports, beside those that people use: the container has this machine's network.
ws_port=28765 udp_port=21111

boot() {
    systemd-nspawn --quiet --register=no --keep-unit --machine="$machine" --bind-ro="$(pwd)/out/deb:/deb" \
        --console=pipe -D "$root" --boot </dev/null >"$work/console" 2>&1 &
    echo $! >"$work/container"
    local end=$((SECONDS + 60)) state
    while [ $SECONDS -lt $end ]; do
        sleep 0.5
        pgrep -P "$(cat "$work/container")" >"$work/leader" || continue
        state=$(booted systemctl is-system-running 2>/dev/null || true)
        case $state in running | degraded) echo "$state"; return ;; esac
    done
    tail -n 5 "$work/console" >&2
    return 1
}

# booted COMMAND...: runs it in the booted root.
booted() {
    nsenter --target "$(cat "$work/leader")" --all env -i -C / DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@" </dev/null
}

halt() {
    [ -s "$work/container" ] || return 0
    local container
    container=$(cat "$work/container")
    rm "$work/container"
    booted systemctl --no-block poweroff 2>/dev/null || true
    for _ in $(seq 40); do
        kill -0 "$container" 2>/dev/null || return 0
        sleep 0.5
    done
    kill -9 "$(cat "$work/leader")" || true
}

show() { booted systemctl show -P "$1" keyface; }

# until_is PROPERTY VALUE SECONDS: waits until systemd says so.
until_is() {
    local end=$((SECONDS + $3))
    until [ "$(show "$1")" = "$2" ]; do
        [ $SECONDS -lt $end ] || { echo "$1: expected $2, came $(show "$1")" >&2; return 1; }
        sleep 0.1
    done
}

# A board without a screen, that hears ten minutes of the demo's voice, on one processor and in real time.
choose_board() {
    mkdir -p "$root/etc/keyface/boards" "$root/srv"
    tests/deb/long_sound.py models/live/demo.wav "$root/srv/long.wav" 600
    { sed -e 's/linux-pc/bench/' -e 's/"window"/"none"/' -e '/_px/d' boards/linux-pc.toml
      printf '[cpu]\naffinity = [0]\nrealtime_priority = 50\n'; } >"$root/etc/keyface/boards/bench.toml"
    printf 'KEYFACE_BOARD=%s\nKEYFACE_ARGS=%s\n' /etc/keyface/boards/bench.toml \
        "--input /srv/long.wav --to file:/var/lib/keyface/service/poses.csv" >"$root/etc/keyface/keyface.env"
}

# policy-rc.d is how image builders keep services from starting.
obeys_policy() {
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    booted apt-get -qq update >/dev/null
    booted apt-get install -y --no-install-recommends "/deb/$(basename "$deb")" >/dev/null
    show ActiveState
    rm "$root/usr/sbin/policy-rc.d"
    [ "$(show ActiveState)" = inactive ]
    booted systemctl is-enabled keyface >/dev/null
    booted apt-get purge -y keyface >/dev/null
}

starts() {
    booted apt-get install -y --no-install-recommends "/deb/$(basename "$deb")" >/dev/null
    until_is ActiveState active 20
    booted systemctl is-enabled keyface >/dev/null
    echo "as $(show User): $(show StatusText)"
}

# One processor, and real time without being root; where the kernel gives containers none, the service says so and runs.
is_scheduled() {
    local pid policy allowed
    pid=$(show MainPID)
    booted cat "/proc/$pid/limits" >"$work/limits"
    allowed=$(awk '/Max realtime priority/ { print $5 }' "$work/limits")
    policy=$(booted chrt --pid "$pid" | tr '\n' ' ')
    echo "$policy; $(booted taskset --cpu-list --pid "$pid" | sed 's/.*: /processor /')"
    if [ "$allowed" -ge 50 ]; then
        [[ $policy == *SCHED_FIFO*50* ]]
    else
        echo "real time is not allowed in this container, and the journal tells it; $policy"
        booted journalctl -u keyface -o cat | grep -q 'warning: the board.s cpu.realtime_priority 50 is refused'
    fi
    booted taskset -cp "$pid" | grep -q ': 0$'
    [ "$(booted stat -c %U "/proc/$pid")" = keyface ]
}

# The hung program is told from the running one by its missing beats alone.
is_restarted_after() {
    local signal=$1 before pid from=$EPOCHREALTIME
    before=$(show NRestarts) pid=$(show MainPID)
    booted sh -c "kill -$signal $pid"
    until_is NRestarts $((before + 1)) 30
    until_is ActiveState active 20
    echo "process $pid, now $(show MainPID), after $(echo "$EPOCHREALTIME - $from" | bc | cut -c1-5) s"
}

upgrades_running() {
    local pid
    pid=$(show MainPID)
    booted apt-get install -y "/deb/$(basename "$newer")" >/dev/null
    until_is ActiveState active 20
    echo "process $pid, now $(show MainPID)"
    [ "$(show MainPID)" != "$pid" ]
}

stops() {
    booted systemctl stop keyface
    echo "exit code $(show ExecMainStatus), $(show Result); $(booted journalctl -u keyface -o cat -n 8 | grep '^heard')"
    [ "$(show ExecMainStatus) $(show Result)" = "0 success" ]
    booted systemctl start keyface
}

# A board whose face goes to another program, and whose voice comes from twenty; 192.0.2.7 is nobody's address.
choose_streams() {
    { printf 'to = ["livelink://127.0.0.1:%s", "vmc://192.0.2.7"]\n' "$udp_port"
      sed -e 's/linux-pc/streams/' -e 's/"window"/"none"/' -e '/_px/d' boards/linux-pc.toml
      printf '[voice]\nserve = "127.0.0.1:%s"\nclients = 20\ncontrol = "unix:/run/keyface/control"\n' "$ws_port"
    } >"$root/etc/keyface/boards/streams.toml"
    printf 'KEYFACE_BOARD=streams\nKEYFACE_ARGS=\n' >"$root/etc/keyface/keyface.env"
    booted systemctl daemon-reload
    booted systemctl restart keyface
    until_is ActiveState active 20
}

follows_the_board() {
    choose_streams
    echo "TasksMax=$(show TasksMax), MemoryMax=$(($(show MemoryMax) >> 20))M, IPAddressAllow=$(show IPAddressAllow)"
    [ "$(show TasksMax)" = 76 ] && [ "$(show MemoryMax)" = $((480 << 20)) ] && [[ $(show IPAddressAllow) == *192.0.2.7/32* ]]
    # As root, whom systemd answers without a message bus.
    booted keyface doctor --board streams >"$work/doctor"
    grep -q '^ok *unit ' "$work/doctor" && grep -q '^ok *serve .* is taken' "$work/doctor"
}

streams() { tests/deb/streams.py "$ws_port" "$udp_port" models/live/demo.wav; }

# Whoever is of the group keyface may speak to the service, and nobody else.
is_controlled() {
    booted stat -c '%U:%G %a' /run/keyface/control
    [ "$(booted stat -c '%U:%G %a' /run/keyface/control)" = "keyface:keyface 660" ]
}

removes_running() {
    booted apt-get purge -y keyface >/dev/null
    if booted pgrep -x keyface || booted getent passwd keyface; then return 1; fi
    [ ! -e "$root/etc/keyface" ] && [ ! -e "$root/var/lib/keyface" ] && echo "no process, no user, no folder"
}

service_facts() {
    fact "a Debian boots in a container" boot
    choose_board
    fact "policy-rc.d is obeyed: enabled, not started" obeys_policy
    choose_board
    fact "with a chosen board it starts when it is installed" starts
    fact "one processor, real time, not root" is_scheduled
    fact "killed: started again" is_restarted_after KILL
    fact "hung (SIGSTOP): the watchdog starts it again" is_restarted_after STOP
    fact "an upgrade starts the new program" upgrades_running
    fact "stopped: the face at rest, files closed, exit code 0" stops
    booted systemctl status --no-pager --lines=3 keyface >"$out/status.txt" || true
    fact "the unit's network, tasks and memory follow from the board" follows_the_board
    fact "Live Link and the WebSocket from the service" streams
    fact "the control socket is the group's" is_controlled
    fact "purged while it runs" removes_running
}
