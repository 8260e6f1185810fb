#!/usr/bin/env python3
"""Prints how often each phone and how many diphones occur in a text file, as flite's front end says them.

Usage: coverage.py [TEXT_FILE]; needs `apt-get install flite`.
"""

import collections
import concurrent.futures
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# flite's reduced vowels are counted with their ARPAbet parents.
SAME = {"ax": "ah", "axr": "er", "ix": "ih", "pau": "sil"}


def phones(text):
    """The phones of one sentence, with silence at both ends."""
    command = ["flite", "-voice", "kal", "-ps", "-t", text, "-o", "none"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return [SAME.get(phone, phone) for phone in said]


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "default.txt"
    texts = [line.split("\t")[-1] for line in path.read_text().splitlines()]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        spoken = list(pool.map(phones, texts))
    singles = collections.Counter(phone for line in spoken for phone in line)
    pairs = collections.Counter(pair for line in spoken for pair in zip(line, line[1:]))
    words = {word.strip(".,?!").lower() for text in texts for word in text.split()}
    print(f"{len(texts)} sentences, {sum(len(t.split()) for t in texts)} words ({len(words)} different)")
    print(f"{len(singles)} phones, {sum(singles.values())} in all; {len(pairs)} diphones")
    print(f"{sum(count >= 3 for count in pairs.values())} diphones occur at least three times")
    print("  ".join(f"{phone} {count}" for phone, count in singles.most_common()))


if __name__ == "__main__":
    main()
