#!/usr/bin/env python3
"""Runs an exported model in onnxruntime and prints how far it lies from the device's own answers.

    keyface-train check --vectors vectors.json
    pip install onnx onnxruntime numpy
    host-train/tools/onnx_check.py models/live vectors.json

The vectors are a list of networks: {"net", "inputs": [{"name", "frames"}], "outputs": [{"name", "frames"}]}.
Ends with 1 when a file is no valid ONNX or a difference exceeds the limit.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

STATE_IN, STATE_OUT = "c_", "o_"
KINDS = {"tensor(float)": np.float32, "tensor(int8)": np.int8}


def stepped(path, tracks):
    """The answers of the network at `path`, one step at a time, its states fed back: name -> frames."""
    # At higher levels onnxruntime multiplies 8-bit weights as integers: quicker, and 1 to 2 % away from the file.
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    states = {i.name: np.zeros(i.shape, KINDS[i.type]) for i in session.get_inputs() if i.name.startswith(STATE_IN)}
    names = [output.name for output in session.get_outputs()]
    answers = {name: [] for name in names if not name.startswith(STATE_OUT)}
    for frames in zip(*(track["frames"] for track in tracks)):
        feed = {t["name"]: np.array(f, np.float32).reshape(1, 1, -1) for t, f in zip(tracks, frames)}
        results = dict(zip(names, session.run(names, feed | states)))
        states = {name: results[STATE_OUT + name[len(STATE_IN):]] for name in states}
        for name, frames_of in answers.items():
            frames_of.append(results[name].ravel())
    return answers


def largest_difference(answers, outputs):
    """Per output, the largest difference from what the device said; beyond 1, as a share of the largest value."""
    said = {t["name"]: np.array(t["frames"], np.float32) for t in outputs}
    return {n: float(np.abs(np.array(answers[n]) - v).max() / max(1.0, np.abs(v).max())) for n, v in said.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path, help="folder with NET.onnx files")
    parser.add_argument("vectors", type=pathlib.Path, help="file that `keyface-train check --vectors` wrote")
    parser.add_argument("--limit", type=float, default=1e-4, help="largest difference allowed (default 1e-4)")
    arguments = parser.parse_args()
    worst = 0.0
    for vectors in json.loads(arguments.vectors.read_text()):
        path = arguments.model / f"{vectors['net']}.onnx"
        onnx.checker.check_model(onnx.load(path), full_check=True)
        for name, far in largest_difference(stepped(path, vectors["inputs"]), vectors["outputs"]).items():
            print(f"{vectors['net']}\t{name}\t{far:.3g}")
            worst = max(worst, far) if far == far else float("nan")
    if not worst <= arguments.limit:
        sys.exit(f"expected differences of at most {arguments.limit}, came {worst:.3g}")


if __name__ == "__main__":
    main()
