#!/usr/bin/env python3
"""Writes a small Whisper encoder of random weights, and what `transformers` hears with it.

    pip install torch==2.15.0 transformers==5.23.0
    host-train/tools/whisper_golden.py host-train/tests/goldens/whisper

`model.safetensors` has the encoder alone, under the names of `WhisperModel`, as halves; `golden.safetensors` has `samples`
(as `keyface-train features` would level them: loudest at 0.5, then half a second of silence), `log_mel` and `hidden`.
"""

import argparse
import pathlib

import numpy
import torch
from safetensors.torch import save_file
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

SMALL = dict(
    d_model=64,
    encoder_layers=2,
    encoder_attention_heads=1,
    encoder_ffn_dim=48,
    max_source_positions=50,
    decoder_layers=1,
    decoder_attention_heads=1,
    decoder_ffn_dim=8,
    vocab_size=32,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
    decoder_start_token_id=1,
)
SPOKEN = 8_000


def samples():
    """A glide, half a second long, and half a second of silence behind it."""
    t = numpy.arange(SPOKEN) / 16_000
    wave = numpy.sin(2 * numpy.pi * (200 * t + 3_000 * t * t)) * (0.2 + t)
    wave = 0.5 * wave / (numpy.abs(wave).max() + 1e-6)
    return numpy.concatenate([wave, numpy.zeros(8_000)]).astype(numpy.float32)


def randomized(model):
    for name, parameter in model.named_parameters():
        centre = 1.0 if name.endswith("layer_norm.weight") else 0.0
        spread = parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.2
        parameter.data = (centre + spread * torch.randn(parameter.shape)).half().float()
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    model = randomized(WhisperModel(WhisperConfig(**SMALL)))
    heard = samples()
    extractor = WhisperFeatureExtractor(chunk_length=1)
    frames = extractor(heard, sampling_rate=16_000, return_tensors="pt").input_features
    with torch.no_grad():
        hidden = model.encoder(frames).last_hidden_state[0].contiguous()
    encoder = {f"model.encoder.{name}": value.half() for name, value in model.encoder.state_dict().items()}
    save_file(encoder, args.out / "model.safetensors")
    golden = {"samples": torch.tensor(heard), "log_mel": frames[0].contiguous(), "hidden": hidden}
    save_file(golden, args.out / "golden.safetensors")


if __name__ == "__main__":
    main()
