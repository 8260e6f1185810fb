"""Writes mel.json: the mel-band powers of a known signal, as librosa computes them.

The signal is `keyface_tests::signal::golden` again, sample for sample; the front end is keyface_core::MelPower.
"""

import json
from pathlib import Path

import librosa
import numpy

RATE_HZ, HOP, WINDOW, FFT = 16_000, 160, 400, 1024
BANDS, LOW_HZ, HIGH_HZ = 80, 40.0, 7800.0
FRAMES = 40


def noise(count):
    """Uniform noise in -0.5..0.5 from a linear congruential generator that starts at 1."""
    seed, values = 1, []
    for _ in range(count):
        seed = (seed * 1_664_525 + 1_013_904_223) % 2**32
        values.append(seed / 2**32 - 0.5)
    return numpy.array(values)


def signal():
    """A chirp from 100 Hz that climbs 17 kHz a second, two tones and noise."""
    t = numpy.arange(FRAMES * HOP) / RATE_HZ
    chirp = numpy.sin(2 * numpy.pi * (100 * t + 8500 * t * t))
    tones = 0.2 * numpy.sin(2 * numpy.pi * 440 * t) + 0.1 * numpy.sin(2 * numpy.pi * 2500 * t)
    return (0.3 * chirp + tones + 0.02 * noise(len(t))).astype(numpy.float32)


def mel_powers(samples):
    """One row per hop: the window's last sample is the hop's last, and zeros come before the first sample."""
    beside = (FFT - WINDOW) // 2  # librosa puts the window in the middle of the transform
    before = WINDOW - HOP + beside
    padded = numpy.pad(samples.astype(numpy.float64), (before, beside))
    return librosa.feature.melspectrogram(
        y=padded, sr=RATE_HZ, n_fft=FFT, win_length=WINDOW, hop_length=HOP, window="hann", center=False,
        power=2.0, n_mels=BANDS, fmin=LOW_HZ, fmax=HIGH_HZ, htk=True, norm=None, dtype=numpy.float64,
    ).T


def main():
    powers = mel_powers(signal())
    assert powers.shape == (FRAMES, BANDS), powers.shape
    rows = ["[" + ", ".join(f"{power:.6g}" for power in row) + "]" for row in powers]
    source = json.dumps(f"librosa {librosa.__version__}, numpy {numpy.__version__}")
    text = f'{{\n"source": {source},\n"powers": [\n' + ",\n".join(rows) + "\n]\n}\n"
    Path(__file__).with_name("mel.json").write_text(text)


if __name__ == "__main__":
    main()
