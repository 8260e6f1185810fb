# Keyface's front door: every command that people and CI run. Without just, `./justw RECIPE` does the same.
# One cargo profile (release) serves all recipes, so that nothing is built twice.

set positional-arguments

# Pages for those who work on the code: private items too, so that links to them must hold.
export RUSTDOCFLAGS := "-D warnings -A rustdoc::private-intra-doc-links"

# A processor without a system: core is checked for it.
bare := "thumbv7em-none-eabihf"

keyface := "cargo run --release -p keyface --"
keyface_train := "cargo run --release -p keyface-train --"

# Lists the recipes.
[private]
default:
    @{{ just_executable() }} --list --unsorted

# Speech through the whole line to a face: a window, or pictures where there is no display.
demo *args: setup
    {{ keyface }} demo "$@"

# All tests of the device's side.
test *args: setup
    cargo test --release "$@"

# Installs the Debian packages that a build needs.
setup:
    @tools/need libasound2-dev pkg-config

# From the microphone to a face, live.
face *args: setup
    {{ keyface }} run "$@"

# Looks whether this machine is what its board says, and says what to do: `just doctor --board NAME`.
doctor *args: setup
    {{ keyface }} doctor "$@"

# Time of a step, CPU per second of audio, memory, first frame; beside a board's budget with `--board NAME`.
bench *args: setup
    {{ keyface }} bench "$@"

# A model's weights in float, in 8 bits and in several steps at a run, timed and compared in turns on the model's clip.
bench-variants model *sounds: setup
    {{ keyface_train }} variants models/{{ model }} --out out/variants --sound {{ sounds }}
    {{ keyface }} bench --model models/{{ model }} --beside out/variants/{{ model }}-*

# Format, lints, no unwrap on the device, file lengths, circles, dependencies and their features, links in the documentation.
check: setup
    cargo fmt --all --check && tools/file-length && tools/circles && tools/deny && tools/features/check
    python3 tests/flash/test_parts.py --quiet
    cargo check --release -p keyface-core --no-default-features && cargo check --release -p keyface --no-default-features
    @if rustup target add {{ bare }} 2>/dev/null; then cargo check --release -p keyface-core --no-default-features --features alloc --target {{ bare }}; \
        else echo "{{ bare }} cannot be had here: core was not checked without a system"; fi
    cargo clippy --release --all-targets -- -D warnings
    cargo clippy --release -p keyface-core -p keyface --lib --bins -- -D warnings -D clippy::unwrap_used
    cargo doc --release --no-deps --document-private-items

# The trainer: lints, tests, and the tiny experiment.
test-train: setup voices && tiny
    cargo clippy --release -p keyface-train --all-targets -- -D warnings
    cargo doc --release --no-deps --document-private-items -p keyface-train
    cargo test --release -p keyface-train

# From text to a model that runs on the device's code, in two minutes: a toy that proves the way.
tiny: setup voices
    rm -rf runs/tiny out/tiny
    {{ keyface_train }} corpus --out corpus/tiny --hours 0.1 --seed 1
    {{ keyface_train }} prepare corpus/tiny --out corpus/prepared/tiny
    {{ keyface_train }} train host-train/experiments/tiny.toml
    {{ keyface_train }} export runs/tiny --out out/tiny

# How head and brows go with a voice: figures and contact sheets, `just alive out/alive TALK.flac`.
alive *args: setup
    cargo run --release -p keyface-tests --example alive -- "$@"

# A virtual microphone: PulseAudio to ALSA to cpal to the face; `doctor --latency`, and a sound server that dies.
test-mic: setup
    @tools/need pulseaudio pulseaudio-utils libasound2-plugins alsa-utils
    tests/mic/virtual_mic.sh

# A virtual loudspeaker: lips and sound of `--play` compared, and how fast an interruption is silent and closed.
test-voice: setup
    @tools/need pulseaudio pulseaudio-utils libasound2-plugins alsa-utils
    tests/voice/virtual_speaker.sh

# What life, VMC, Live Link and `--control` cost beside the line; four minutes on a quiet machine.
cpu: setup
    cargo build --release -p keyface
    python3 tests/voice/cpu.py "${CARGO_TARGET_DIR:-target}/release/keyface" models/playback/demo.wav

# Hours of speech at the machine's own speed, through a pipe and a session: memory stays flat. `just day 24`, an hour or two.
day hours="24": setup
    cargo build --release -p keyface
    python3 -m venv .venv && .venv/bin/pip install --quiet websockets==15.0.1
    .venv/bin/python tests/voice/day.py "${CARGO_TARGET_DIR:-target}/release/keyface" models/playback/demo.wav --hours {{ hours }}
    .venv/bin/python tests/voice/day.py "${CARGO_TARGET_DIR:-target}/release/keyface" models/playback/demo.wav --hours {{ hours }} --serve

# The page of `--serve` in a headless Chromium: both faces speak, rest and show states, from the service and a microphone.
test-page: setup
    @tools/need chromium python3-venv
    cargo build --release -p keyface
    python3 -m venv .venv && .venv/bin/pip install --quiet websockets==15.0.1 pillow==13.0.0
    .venv/bin/python tests/page/page.py "${CARGO_TARGET_DIR:-target}/release/keyface" chromium models/playback
    .venv/bin/python tests/page/states.py "${CARGO_TARGET_DIR:-target}/release/keyface" chromium models/playback

# The programs of docs/clients: the agent of the README, and the ROS 2 bridge with a stand-in for ROS 2.
test-clients: setup
    @tools/need espeak-ng python3-venv
    cargo build --release -p keyface
    python3 -m venv .venv && .venv/bin/pip install --quiet websockets==15.0.1
    .venv/bin/python tests/clients/agent.py "${CARGO_TARGET_DIR:-target}/release/keyface"
    .venv/bin/python tests/clients/ros2.py "${CARGO_TARGET_DIR:-target}/release/keyface"

# What the page uses of three.js, vendored anew: firmware/app/src/page/vendor. Needs npm.
three:
    tools/three

# Servos without hardware: Linux's I2C calls, answered like a PCA9685; speech, signals, a crash, a torn wire.
test-servos: setup
    tests/servos/fake_bus.sh

# Builds the program for a board into out/board/NAME; its C library, its tests and its poses are checked on its processor.
board name *args: setup
    tools/board "$@"

# Installs Keyface on a device over SSH: `just flash raspberry-pi-5 pi@face.local [--dry-run|--rollback|--model BUNDLE]`.
flash name host *args:
    tools/flash "$@"

# A screen of the kernel's: the program on vkms in an emulated PC; flips, console, a screen that is pulled out. 4 minutes.
test-drm: setup
    @tools/need linux-headers-amd64 busybox-static cpio kmod qemu-system-x86 gcc make
    cargo build --release -p keyface
    tests/drm/test_drm.sh "${CARGO_TARGET_DIR:-target}/release/keyface" models/live

# Flashes a Debian in a container: upgrades, broken packages, cut connections, pulled plugs. Root; 12 minutes.
test-flash *facts:
    @tools/need mmdebstrap systemd-container openssh-client openssl
    python3 tests/flash/test_parts.py --quiet
    tests/flash/test_flash "$@"

# What a device is set up with: a disk that boots, or an overlay for its maker's system; `just image` lists them.
image *args:
    tools/image/make "$@"

# The packaged runtime on an emulated arm64 board, with a kernel, a sound card and a screen; twenty minutes, not in `just test`.
test-board image="out/image/emulated.img": setup
    @tools/need qemu-system-arm qemu-efi-aarch64 qemu-utils openssh-client
    cargo build --release -p keyface
    tests/board/run.py {{ image }} "${CARGO_TARGET_DIR:-target}/release/keyface"

# Model bundles with OpenSSL's keys; an install and a rollback killed at every system call that changes a file.
test-kill: setup
    @tools/need strace openssl
    cargo build --release -p keyface
    tests/kill/openssl.sh "${CARGO_TARGET_DIR:-target}/release/keyface" models/live
    tests/kill/kill.py "${CARGO_TARGET_DIR:-target}/release/keyface" models

# Installs the speech synthesizers that speak the corpus.
voices:
    @tools/need espeak-ng libespeak-ng1 flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts festlex-cmu festlex-poslex

# Text to speech with exact phone times, prepared for training; and a voice that is only ever scored.
corpus hours="3": setup voices
    {{ keyface_train }} corpus --out corpus/tts --hours {{ hours }}
    {{ keyface_train }} prepare corpus/tts --out corpus/prepared/tts
    {{ keyface_train }} corpus --out corpus/unheard --voices rms --hours 0.1

# Prepares your own recordings, which become corpus/prepared/NAME: `just prepare RECORDINGS [TEXTGRIDS] [--eval SPEAKER]`.
prepare folder *args: setup
    {{ keyface_train }} prepare "$@" --out corpus/prepared/{{ quote(file_name(folder)) }}

# What each part is worth, into docs/ablations.md: `just ablate rows` of the recipe, `just ablate` of the offline KMTalk.
ablate experiment="ablation" *args: setup
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=20000000000 \
        {{ keyface_train }} ablate host-train/experiments/{{ experiment }}.toml --out docs/ablations.md {{ args }}

# Trains an experiment of host-train/experiments; an interrupted run goes on. Memory of large tensors is kept for the next.
train experiment="live" *args: setup
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=20000000000 \
        {{ keyface_train }} train host-train/experiments/{{ experiment }}.toml {{ args }}

# Writes a trained run as models/NAME: ONNX and a card, checked on the device's own code.
export run="live" *args: setup
    {{ keyface_train }} export runs/{{ run }} {{ args }}

# Scores a model on voices that it never heard, beside volume-to-jaw and a still mouth.
evaluate model="live" *corpora="corpus/unheard": setup
    {{ keyface_train }} evaluate models/{{ model }} {{ corpora }}

# The shipped networks in onnxruntime, step by step beside tract.
check-onnx model="live": setup
    mkdir -p out && {{ keyface_train }} check models/{{ model }} --vectors out/vectors.json
    python3 -m venv .venv && .venv/bin/pip install --quiet onnxruntime==1.23.2 onnx==1.19.1 numpy
    .venv/bin/python host-train/tools/onnx_check.py models/{{ model }} out/vectors.json

# The time of a step in onnxruntime beside tract, for models and variants: `just bench-onnx models/live out/variants/*`.
bench-onnx *folders="models/live": setup
    cargo build --release -p keyface
    python3 -m venv .venv && .venv/bin/pip install --quiet onnxruntime==1.23.2 numpy
    .venv/bin/python host-train/tools/onnx_bench.py --keyface "${CARGO_TARGET_DIR:-target}/release/keyface" {{ folders }}

# Makes the golden values anew, from the outside references.
golden:
    tests/goldens/make

# A Debian package: of this machine's program, or of a board's, which `just board NAME` builds. -> out/deb/
deb board="": setup
    @tools/need debhelper dpkg-dev
    {{ if board == "" { "cargo build --release -p keyface" } else { just_executable() + " board " + quote(board) } }}
    tools/deb {{ if board == "" { "\"${CARGO_TARGET_DIR:-target}/release/keyface\"" } else { "out/board/" + quote(board) + "/keyface" } }}

# The package on a fresh Debian: install, boot, hang, upgrade, remove, purge. Root; 2 minutes, arm64 8.
test-deb *programs: (deb)
    @tools/need mmdebstrap systemd-container lintian debhelper bc
    tests/deb/run.sh "${CARGO_TARGET_DIR:-target}/release/keyface" {{ programs }}

# Feeds a parser (sound, onnx, card, board, bundle, messages; textgrid, pickle, npy, gltf) damaged inputs: `just fuzz pickle 60s`.
fuzz parser="sound" *args: setup
    cargo build --release {{ if parser =~ "^(textgrid|pickle|npy|gltf)$" { "-p keyface-train --example fuzz_host" } else { "-p keyface-tests --example fuzz" } }}
    "${CARGO_TARGET_DIR:-target}"/release/examples/{{ if parser =~ "^(textgrid|pickle|npy|gltf)$" { "fuzz_host" } else { "fuzz" } }} {{ quote(parser) }} {{ args }}

# The same with nightly Rust's address sanitizer, over the unsafe code of the libraries: `just fuzz-asan sound 60s`.
fuzz-asan parser="sound" *args: setup
    RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR=target/asan \
        cargo +nightly build --release --target x86_64-unknown-linux-gnu -p keyface-tests --example fuzz
    CARGO_TARGET_DIR=target/asan target/asan/x86_64-unknown-linux-gnu/release/examples/fuzz {{ quote(parser) }} {{ args }}

# Our own unsafe code without a C library under nightly Rust's interpreter (`rustup +nightly component add miri`).
miri:
    cargo +nightly miri test -p keyface-tests --lib counting

# The documentation of the device's crates, as web pages.
docs: setup
    cargo doc --release --no-deps --document-private-items
    @echo "Open ${CARGO_TARGET_DIR:-target}/doc/keyface/index.html"

# What CI runs.
ci:
    .ci/run
