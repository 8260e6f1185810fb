#!/usr/bin/env python3
"""Writes small wav2vec 2.0 checkpoints of random weights, and what `transformers` hears with them.

    pip install torch==2.15.0 transformers==5.23.0
    host-train/tools/wav2vec2_golden.py host-train/tests/goldens/wav2vec2

Two folders as `save_pretrained` leaves them, `base` (post-norm, group norm) and `large` (pre-norm, layer norms, biases),
and in each a `golden.safetensors`: `samples`, `encoded` (after the feature encoder) and `hidden` (the last hidden state).
`large` is written as older files are: names begin with `wav2vec2.`, the weight norm is `weight_g` and `weight_v`.
With --full the checkpoints have the published sizes (0.4 and 1.3 GB).
"""

import argparse
import math
import pathlib

import torch
from safetensors.torch import load_file, save_file
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

SMALL = dict(
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    conv_dim=(8,) * 7,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=4,
)
LARGE = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096)
STABLE = dict(feat_extract_norm="layer", do_stable_layer_norm=True, conv_bias=True)
OLD_NAMES = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}


def signal(steps):
    """A glide over a hum, louder and louder, off centre: normalization has something to do.

    As many samples as the convolutions hear for so many steps of 20 ms: nothing is cut off, nothing filled up.
    """
    t = torch.arange(320 * steps + 80, dtype=torch.float64) / 16000
    wave = torch.sin(2 * math.pi * (200 * t + 1500 * t * t)) + 0.5 * torch.sin(2 * math.pi * 90 * t)
    return (0.05 + 0.2 * wave * t).float()


def randomized(model):
    """Every parameter drawn anew, the ones and zeros too, so that none can be confused with another."""
    for name, parameter in model.named_parameters():
        fan_in = parameter[0].numel()
        if name.endswith(("layer_norm.weight", "original0")):
            centre, spread = 1.0, 0.2
        elif parameter.dim() > 1:  # GELU halves: the seven convolutions make up for it.
            centre, spread = 0.0, (2.0 if "conv_layers" in name else 1.0) * fan_in**-0.5
        else:
            centre, spread = 0.0, 0.2
        parameter.data = centre + spread * torch.randn(parameter.shape)
    return model.eval()


def write(folder, config, steps, old_names):
    model = randomized(Wav2Vec2Model(config))
    model.save_pretrained(folder)
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=False)
    extractor.save_pretrained(folder)
    samples = signal(steps)
    heard = extractor(samples.numpy(), sampling_rate=16000, return_tensors="pt")
    with torch.no_grad():
        encoded = model.feature_extractor(heard.input_values)[0].T.contiguous()
        hidden = model(heard.input_values).last_hidden_state[0].contiguous()
    save_file({"samples": samples, "encoded": encoded, "hidden": hidden}, folder / "golden.safetensors")
    if old_names:
        rename(folder / "model.safetensors")


def rename(path):
    tensors = load_file(path)
    for new, old in OLD_NAMES.items():
        tensors = {name.replace(new, old): tensor for name, tensor in tensors.items()}
    save_file({"wav2vec2." + name: tensor for name, tensor in tensors.items()}, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--full", action="store_true")
    args = parser.parse_args()
    torch.manual_seed(1)
    base, large, steps = ({}, LARGE, 100) if args.full else (SMALL, SMALL, 25)
    write(args.out / "base", Wav2Vec2Config(**base), steps, old_names=False)
    write(args.out / "large", Wav2Vec2Config(**large, **STABLE), steps, old_names=True)


if __name__ == "__main__":
    main()
