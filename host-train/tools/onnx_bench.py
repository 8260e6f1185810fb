#!/usr/bin/env python3
"""Times the networks of model folders in onnxruntime beside tract: one thread, the same inputs, in turns.

    keyface-train variants models/live --sound FILE...
    pip install onnxruntime numpy
    host-train/tools/onnx_bench.py models/live out/variants/*

Both runtimes step each network with constant frames of 0.1 and its own states fed back; times are per step of 20 ms.
onnxruntime runs with all its optimizations and reads and writes tensors in place, so that Python costs microseconds.
"""

import argparse
import json
import pathlib
import subprocess
import time

import numpy as np
import onnxruntime

STATE_IN, STATE_OUT = "c_", "o_"
KINDS = {"tensor(float)": np.float32, "tensor(int8)": np.int8}
NETS = ("key_motion", "completion")
WARM_RUNS, RUNS = 50, 500


class Stepper:
    """One network whose states move between two sets of tensors: each run reads one and writes the other."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.steps = self.session.get_inputs()[0].shape[1]
        self.times_ms = []
        self.bindings = [self.session.io_binding(), self.session.io_binding()]
        # onnxruntime computes in numpy's memory and does not keep it alive.
        self.arrays = []
        states = [self.states(), self.states()]
        for at, binding in enumerate(self.bindings):
            for port in self.session.get_inputs():
                is_state = port.name.startswith(STATE_IN)
                binding.bind_ortvalue_input(port.name, states[at][port.name] if is_state else self.tensor(port, 0.1))
            for port in self.session.get_outputs():
                is_state = port.name.startswith(STATE_OUT)
                after = states[1 - at][STATE_IN + port.name[len(STATE_OUT):]] if is_state else self.tensor(port, 0)
                binding.bind_ortvalue_output(port.name, after)

    def states(self):
        return {i.name: self.tensor(i, 0) for i in self.session.get_inputs() if i.name.startswith(STATE_IN)}

    def tensor(self, port, value):
        self.arrays.append(np.full(port.shape, value, KINDS[port.type]))
        return onnxruntime.OrtValue.ortvalue_from_numpy(self.arrays[-1])

    def round(self):
        for run in range(WARM_RUNS + RUNS):
            binding = self.bindings[run % 2]
            start = time.perf_counter()
            self.session.run_with_iobinding(binding)
            if run >= WARM_RUNS:
                self.times_ms.append((time.perf_counter() - start) * 1e3 / self.steps)


def tract(keyface, folders):
    """What `keyface bench` says of the folders: a report per folder."""
    names = [str(folder) for folder in folders]
    command = [keyface, "bench", "--seconds", "1", "--json", "--model", names[0], "--beside", *names]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(answer)["variants"][1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=pathlib.Path, nargs="+", metavar="FOLDER", help="folder with NET.onnx files")
    parser.add_argument("--keyface", default="keyface", help="the program (default: keyface)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of both runtimes (default 3)")
    arguments = parser.parse_args()
    steppers = [{net: Stepper(folder / f"{net}.onnx") for net in NETS} for folder in arguments.folders]
    rounds = []
    for _ in range(arguments.rounds):
        rounds.append(tract(arguments.keyface, arguments.folders))
        for stepper in (nets[net] for nets in steppers for net in NETS):
            stepper.round()
    print(f"a step in ms: shortest and median; onnxruntime {onnxruntime.__version__}, one thread")
    print(f"{'model':<24}{'network':<12}{'tract':>18}{'onnxruntime':>18}{'tract is':>16}")
    for at, nets in enumerate(steppers):
        for net in NETS:
            ours = [variants[at][net] for variants in rounds]
            shortest, median = min(t["min_ms"] for t in ours), float(np.median([t["p50_ms"] for t in ours]))
            theirs, their_median = min(nets[net].times_ms), float(np.median(nets[net].times_ms))
            cells = f"{f'{shortest:.4f} {median:.4f}':>18}{f'{theirs:.4f} {their_median:.4f}':>18}"
            print(f"{rounds[0][at]['name']:<24}{net:<12}{cells}{theirs / shortest:>10.2f} times as fast")


if __name__ == "__main__":
    main()
