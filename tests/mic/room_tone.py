#!/usr/bin/env python3
"""Random bytes in, the faint noise of a quiet room (16-bit mono, about -75 dBFS) out."""
import array
import sys

# Six steps of 16 bits: what a quiet room leaves in a microphone.
AMPLITUDE = 6

try:
    while block := sys.stdin.buffer.read(960):
        noise = array.array("h", (byte % (2 * AMPLITUDE + 1) - AMPLITUDE for byte in block))
        sys.stdout.buffer.write(noise.tobytes())
        sys.stdout.buffer.flush()
except BrokenPipeError:
    sys.stderr.close()
