#!/usr/bin/env python3
"""docs/clients/agent.py as the README runs it, with a service at its address: tests/clients/agent.py PROGRAM"""
import subprocess, sys

service = [sys.argv[1], "run", "--serve", "127.0.0.1:8765", "--to", "none"]
with subprocess.Popen(service, stderr=subprocess.PIPE, text=True) as keyface:
    try:
        line = keyface.stderr.readline()
        assert line.startswith("serving ws://127.0.0.1:8765/v1, "), line
        agent = [sys.executable, "docs/clients/agent.py", "Hello there, I am a face."]
        told = subprocess.run(agent, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    finally:
        keyface.terminate()
ended = [line for line in told if line.startswith("{")]
visemes = {line.split()[-1] for line in told if not line.startswith("{")}
assert len(ended) == 2 and "'ended', 'turn': 0" in ended[0] and "'flushed', 'turn': 1" in ended[1], ended
assert len(visemes) >= 6 and "sil" in visemes, visemes
print(f"an agent spoke, saw {len(visemes)} visemes, and was interrupted: {ended[1]}")
