#!/usr/bin/env python3
"""How the states of a face look on the page: pictures of both faces in one sheet, each unlike the face at rest.

    tests/page/states.py PROGRAM CHROMIUM MODEL [FOLDER]
"""
import asyncio, io, os, socket, sys, tempfile
from PIL import Image, ImageChops, ImageDraw
from browser import Browser
from page import FACES, SIZE, Service, box_of, face_of, long_clip

STATES = ("speaking", "listening", "thinking", "interrupted", "error")
SIDE, LABEL = 200, 18
PICTURES = 12
# A state comes over the face within half a second; pictures are taken behind that, in silence but for `speaking`.
SETTLE_S = 1.5


async def pictures(page, boxes):
    picture = Image.open(io.BytesIO(await page.picture())).convert("RGB")
    return [face_of(picture, box).resize((SIDE, SIDE)) for box in boxes]


def differs(a, b):
    """The mean difference of two pictures, in levels of 256."""
    levels = ImageChops.difference(a, b).convert("L").histogram()
    return sum(level * count for level, count in enumerate(levels)) / sum(levels)


async def main(program, chromium, model, folder):
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as temp:
        clip, control = f"{temp}/clip.wav", f"{temp}/control"
        long_clip(model, clip)
        with Service(program, "--still", "--input", f"unix:{temp}/voice", "--control", f"unix:{control}") as service:
            async with Browser(chromium, SIZE, clip) as page:
                await page.call("Page.navigate", url=f"http://{service.address}/?watch")
                await page.until("document.body?.dataset.head === 'ready'")
                await page.until("document.body.dataset.source === 'watch'")
                asks = socket.socket(socket.AF_UNIX)
                asks.connect(control)
                boxes = [await box_of(page, name) for name in FACES]
                await sheet(page, boxes, asks, f"{temp}/voice", clip, f"{folder}/states.png")


async def sheet(page, boxes, asks, voice, clip, path):
    await asyncio.sleep(SETTLE_S)
    rows = {"at rest": await pictures(page, boxes)}
    for state in STATES:
        asks.sendall(b'{"type":"state","name":"%s"}\n' % state.encode())
        if state == "speaking":
            with socket.socket(socket.AF_UNIX) as sender, open(clip, "rb") as sound:
                sender.connect(voice)
                sender.sendall(sound.read(100_000))
            await page.until("Number(document.body.dataset.jaw) > 0.1")
            taken = [await pictures(page, boxes) for _ in range(PICTURES)]
            rows[state] = max(taken, key=lambda faces: differs(faces[0], rows["at rest"][0]))
            await page.until("Number(document.body.dataset.jaw) === 0")
            continue
        await asyncio.sleep(SETTLE_S)
        rows[state] = await pictures(page, boxes)
    out = Image.new("RGB", (SIDE * len(rows), (SIDE + LABEL) * len(boxes)), "white")
    for column, (state, faces) in enumerate(rows.items()):
        apart = [differs(face, rest) for face, rest in zip(faces, rows["at rest"])]
        print(f"{state:12} " + "  ".join(f"#{name} {levels:.2f} levels from rest" for name, levels in zip(FACES, apart)))
        assert state == "at rest" or min(apart) > 0.2, f"expected a face that is {state} to look unlike one at rest"
        for row, face in enumerate(faces):
            out.paste(face, (column * SIDE, row * (SIDE + LABEL) + LABEL))
            ImageDraw.Draw(out).text((column * SIDE + 6, row * (SIDE + LABEL) + 3), state, fill="black")
    out.quantize(128).save(path, optimize=True)
    print(path, os.path.getsize(path))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else "out/page"))
