"""A table of facts: each line has its verdict, its figure and its time."""

import sys
import time


class Facts:
    """Prints a fact as soon as it is known, and remembers whether all were good."""

    def __init__(self):
        self.began = self.last = time.monotonic()
        self.failed = 0

    def tell(self, is_good, text):
        now = time.monotonic()
        print(f"{'ok  ' if is_good else 'FAIL'}  {now - self.last:6.1f} s  {text}", flush=True)
        self.last, self.failed = now, self.failed + (not is_good)

    def finish(self):
        print(f"{'ok  ' if not self.failed else 'FAIL'}  {time.monotonic() - self.began:6.1f} s  in all; {self.failed} facts failed")
        sys.exit(bool(self.failed))
