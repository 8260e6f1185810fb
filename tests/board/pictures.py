"""Photographs of the face: how far the mouth is open in them."""

import struct
import zlib


class Picture:
    """A photograph in 24-bit colour."""

    def __init__(self, ppm):
        kind, size, depth, self.rgb = ppm.split(b"\n", 3)
        assert (kind, depth) == (b"P6", b"255"), (kind, depth)
        self.width, self.height = map(int, size.split())

    def open_mouth_px(self):
        """Pixels that show the inside of the mouth. Nothing else of the drawn face is so dark and red
        (the cavity's inks in firmware/app/src/face/draw/palette.rs)."""
        count = 0
        for row in range(self.height // 3, self.height):
            line = self.rgb[3 * self.width * row:3 * self.width * (row + 1)]
            for r, g, b in zip(line[0::3], line[1::3], line[2::3]):
                count += 0x28 <= r <= 0x6A and g <= 0x24 and b <= 0x2E and r >= b + 0x12
        return count

    def colours(self):
        """Different colours: a console has a few, a face has thousands."""
        return len({self.rgb[i:i + 3] for i in range(0, len(self.rgb), 3)})

    def save_png(self, path):
        rows = b"".join(b"\0" + self.rgb[3 * self.width * y:3 * self.width * (y + 1)] for y in range(self.height))
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
            for name, body in parts:
                file.write(struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)))
