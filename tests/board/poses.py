"""Compares two files of poses, as `keyface animate --out NAME.poses.jsonl` writes them."""

import json


def numbers(value):
    """Every number of a pose, in its order."""
    if isinstance(value, dict):
        return [n for key in sorted(value) for n in numbers(value[key])]
    if isinstance(value, list):
        return [n for item in value for n in numbers(item)]
    return [value]


def greatest_difference(one, other):
    """The greatest difference of any weight or angle, and how many poses were compared."""
    pairs = list(zip(one.splitlines(), other.splitlines(), strict=True))
    greatest = 0.0
    for a, b in pairs:
        a, b = numbers(json.loads(a)), numbers(json.loads(b))
        greatest = max(greatest, max(abs(x - y) for x, y in zip(a, b, strict=True)))
    return greatest, len(pairs)


def jaw_curve(text):
    """Time and opening of the jaw of each pose."""
    rows = [json.loads(line) for line in text.splitlines()]
    return [(row["time_s"], row["weights"]["JawOpen"]) for row in rows]
