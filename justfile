# Keyface's front door: every command that people and CI run. Without just, `./justw RECIPE` does the same.
# One cargo profile (release) serves all recipes, so that nothing is built twice.

set positional-arguments

keyface := "cargo run --release --quiet -p keyface --"
keyface_train := "cargo run --release --quiet -p keyface-train --"

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

# Time of a step, CPU per second of audio, memory, first frame.
bench *args: setup
    {{ keyface }} bench "$@"

# Format, lints, no unwrap on the device, file lengths, links in the documentation.
check: setup
    cargo fmt --all --check && tools/file-length
    cargo check --release --quiet -p keyface-core --no-default-features
    cargo clippy --release --quiet --all-targets -- -D warnings
    cargo clippy --release --quiet -p keyface-core -p keyface --lib --bins -- -D warnings -D clippy::unwrap_used
    RUSTDOCFLAGS="-D warnings" cargo doc --release --quiet --no-deps

# The trainer: lints, tests of losses and layers, and the tiny experiment from text to a model that runs.
test-train: setup voices
    cargo clippy --release --quiet -p keyface-train --all-targets -- -D warnings
    cargo test --release -p keyface-train
    {{ keyface_train }} tiny

# A virtual microphone: PulseAudio to ALSA to cpal to the face, in real time, with the latency measured.
test-mic: setup
    @tools/need pulseaudio pulseaudio-utils libasound2-plugins alsa-utils
    tools/test-mic

# Installs the speech synthesizers that speak the corpus.
voices:
    @tools/need espeak-ng libespeak-ng1 flite festival festvox-kallpc16k festvox-kdlpc16k festlex-cmu festlex-poslex

# Text to speech with exact phone times.
corpus *args: setup voices
    {{ keyface_train }} corpus "$@"

# Trains the models of an experiment.
train *args: setup
    {{ keyface_train }} train "$@"

# Scores a model on held-out voices.
evaluate *args: setup
    {{ keyface_train }} evaluate "$@"

# Writes a trained model as ONNX with its card, and checks the files on the device's own code.
export *args: setup
    {{ keyface_train }} export "$@"

# Makes the golden values anew, from the outside references.
golden:
    tests/goldens/make

# The documentation of the device's crates, as web pages.
docs: setup
    cargo doc --release --no-deps
    @echo "Open ${CARGO_TARGET_DIR:-target}/doc/keyface/index.html"

# What CI runs.
ci:
    .ci/run
