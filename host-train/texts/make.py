#!/usr/bin/env python3
"""Writes default.txt: hand.txt as it stands, then sentences drawn from frames.txt with a fixed seed.

A word of a list comes back only after the whole list was used, so that every word is heard about equally often.
"""

import random
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEED = 2024
DRAWN = 1360
WORDS = range(5, 17)


def read_frames(path):
    """Returns the word lists by name, and the frames in order."""
    lists, frames = {}, []
    for line in path.read_text().splitlines():
        if line.startswith("@"):
            name, words = line[1:].split(" = ")
            lists[name] = [word.strip() for word in words.split("|")]
        elif line and not line.startswith("#"):
            frames.append(line)
    return lists, frames


class Deck:
    """A list of words, dealt in random order and shuffled again when it is empty."""

    def __init__(self, words, rng):
        self.words, self.rng, self.left = words, rng, []

    def deal(self, taken):
        """The next word that is not in `taken`."""
        if not self.left:
            self.left = self.rng.sample(self.words, len(self.words))
        word = self.left.pop()
        return self.deal(taken) if word in taken else word


def fill(frame, decks):
    """Puts a word in every slot; no word comes twice in a sentence."""
    taken = set()

    def word(slot):
        name = slot[1] if slot[1] in decks else slot[1].rstrip("2")
        dealt = decks[name].deal(taken)
        taken.add(dealt)
        return dealt

    text = re.sub(r"\{(\w+)\}", word, frame)
    return text[0].upper() + text[1:]


def draw(lists, frames, count):
    """Draws `count` different sentences, each frame in turn."""
    rng = random.Random(SEED)
    decks = {name: Deck(words, rng) for name, words in lists.items()}
    drawn, turn = [], 0
    while len(drawn) < count:
        text = fill(frames[turn % len(frames)], decks)
        turn += 1
        if len(text.split()) in WORDS and text not in drawn:
            drawn.append(text)
    return drawn


def main():
    hand = (HERE / "hand.txt").read_text().splitlines()
    lists, frames = read_frames(HERE / "frames.txt")
    texts = hand + draw(lists, frames, DRAWN)
    assert len(set(texts)) == len(texts), "a sentence stands twice"
    lines = [f"kf_{number:04}\t{text}\n" for number, text in enumerate(texts, 1)]
    (HERE / "default.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
