#!/usr/bin/env python3
"""A training step of an experiment's KeyMotionNet in PyTorch, beside the trainer's own, in turns.

    pip install torch
    host-train/tools/torch_speed.py host-train/experiments/live.toml [--threads 2]

The same network (convolutions over time and bands, dilated ones over time, heads; no dropout), batch,
crop and optimizer; losses of the same shape: cross-entropy of phones, and binary or squared ones of the other heads.
Prints seconds a step of each round, and the ratio of the medians.
"""

import argparse
import os
import re
import statistics
import subprocess
import time
import tomllib

import torch
from torch import nn
from torch.nn import functional as F

# As `just train` sets them: the memory of large tensors is kept for the next.
KEPT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "20000000000"}
BANDS, STACKED, HEADS, PHONES = 80, 2, 74, 40


class Net(nn.Module):
    def __init__(self, net, look_aheads):
        super().__init__()
        widths = [STACKED, *net["bands"]]
        self.front = nn.ModuleList(nn.Conv2d(a, b, 3, stride=(1, 2)) for a, b in zip(widths, widths[1:]))
        left = BANDS >> len(net["bands"])
        self.lift = nn.Linear(left * widths[-1] + STACKED, net["width"])
        self.layers = nn.ModuleList(nn.Conv1d(net["width"], net["width"], 3, dilation=d) for d in net["dilations"])
        self.gains = nn.Parameter(torch.full((len(self.layers), net["width"], 1), 0.3))
        self.heads = nn.ModuleList(nn.Linear(net["width"], HEADS) for _ in range(look_aheads))

    def forward(self, bands, levels):
        for conv in self.front:
            bands = F.relu(conv(F.pad(bands, (1, 0, 2, 0))))
        batch, channels, steps, left = bands.shape
        x = self.lift(torch.cat([bands.permute(0, 2, 3, 1).reshape(batch, steps, left * channels), levels], 2))
        x = x.transpose(1, 2)
        for conv, gain in zip(self.layers, self.gains):
            x = x + gain * F.relu(conv(F.pad(x, (2 * conv.dilation[0], 0))))
        return [head(x.transpose(1, 2)) for head in self.heads]


def losses(heads, phones, others):
    loss = F.cross_entropy(heads[..., :PHONES].flatten(0, 1), phones.flatten(), label_smoothing=0.05)
    loss = loss + F.binary_cross_entropy_with_logits(heads[..., PHONES : PHONES + 4], others[..., :4])
    return loss + (heads[..., PHONES + 4 :] - others[..., 4:]).square().mean()


def torch_step(experiment):
    """Seconds of a step, once warm."""
    phase, net = experiment["key_motion"], Net(experiment["key_motion_net"], len(experiment["look_aheads_ms"]))
    batch, steps = phase["batch"], phase["crop_hops"] // 2
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    bands, levels = torch.randn(batch, STACKED, steps, BANDS), torch.randn(batch, steps, STACKED)
    phones = torch.randint(PHONES, (batch, steps))
    others = torch.rand(batch, steps, HEADS - PHONES)
    taken = []
    for _ in range(6):
        start = time.perf_counter()
        loss = sum(losses(heads, phones, others) for heads in net(bands, levels))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def own_step(trainer, path, threads):
    environment = {**os.environ, **KEPT, "RAYON_NUM_THREADS": str(threads)}
    command = [trainer, "throughput", path, "--steps", "6"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(re.search(r"a step: ([0-9.]+) s on the CPU", told.stdout)[1])


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("experiment")
    args.add_argument("--trainer", default="target/release/keyface-train")
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--threads", type=int, default=1, help="threads of both")
    args = args.parse_args()
    with open(args.experiment, "rb") as file:
        experiment = tomllib.load(file)
    torch.set_num_threads(args.threads)
    rounds = [(own_step(args.trainer, args.experiment, args.threads), torch_step(experiment)) for _ in range(args.rounds)]
    for own, theirs in rounds:
        print(f"trainer {own:.3f} s, PyTorch {theirs:.3f} s a step")
    own, theirs = (statistics.median(column) for column in zip(*rounds))
    print(f"the trainer takes {own / theirs:.2f} times as long")


if __name__ == "__main__":
    main()
