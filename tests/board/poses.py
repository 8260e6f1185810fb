"""Compares what `keyface animate` writes: NAME.csv with six digits, and the jaw in NAME.poses.jsonl."""

import csv
import json

# Columns of a table that are no weight.
NO_WEIGHTS = ("Timecode", "BlendShapeCount")


def greatest_difference(one, other):
    """The greatest difference of any weight or angle of two tables, and how many poses were compared."""
    pairs = list(zip(csv.DictReader(one.splitlines()), csv.DictReader(other.splitlines()), strict=True))
    return max(abs(float(a[key]) - float(b[key])) for a, b in pairs for key in a if key not in NO_WEIGHTS), len(pairs)


def jaw_curve(text):
    """Time and opening of the jaw of each pose."""
    rows = [json.loads(line) for line in text.splitlines()]
    return [(row["time_s"], row["weights"]["JawOpen"]) for row in rows]
