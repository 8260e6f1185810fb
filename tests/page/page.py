#!/usr/bin/env python3
"""The page in a headless Chromium: both faces speak, from the service's sound and from a microphone.

    tests/page/page.py PROGRAM CHROMIUM MODEL [FOLDER]

PROGRAM is keyface, MODEL a folder with a demo.wav; pictures go to FOLDER (out/page).
"""
import asyncio, io, os, re, subprocess, sys, tempfile, wave
from PIL import Image
from browser import Browser

SIZE = (960, 560)
# Turns of the clip with a second of silence behind each.
TURNS = 80
PICTURES = 16
# Where skin and mouth are in the square in the middle of a canvas: left, top, right, bottom, as shares.
CHEEKS = (0.28, 0.40, 0.72, 0.62)
MOUTH = (0.30, 0.56, 0.70, 0.84)
FACES = ("drawn", "head")


def long_clip(model, path):
    with wave.open(f"{model}/demo.wav") as clip, wave.open(path, "wb") as out:
        out.setparams(clip.getparams())
        sound = clip.readframes(clip.getnframes())
        silence = bytes(clip.getframerate() * clip.getsampwidth() * clip.getnchannels())
        for _ in range(TURNS):
            out.writeframes(sound + silence)


class Service:
    """keyface with --serve on a free port."""

    def __init__(self, program, *args):
        command = [program, "run", "--serve", "127.0.0.1:0", "--to", "none", *args]
        self.child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        line = self.child.stderr.readline()
        self.address = re.fullmatch(r"serving ws://(.*)/v1, and a page at .*\n", line).group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()


async def box_of(page, name):
    box = await page.ask(f"(({{x, y, width, height}}) => [x, y, width, height])(document.getElementById('{name}').getBoundingClientRect())")
    return [round(side) for side in box]


def face_of(picture, box):
    """The square in the middle of a canvas in which its face is."""
    x, y, width, height = box
    side = min(width, height)
    left, top = x + (width - side) // 2, y + (height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def share(picture, region, is_it):
    """Share of a face's pixels in a region (left, top, right, bottom, as shares) that are of a kind."""
    width, height = picture.size
    crop = picture.crop(tuple(round(at * side) for at, side in zip(region, (width, height, width, height))))
    counted = crop.getcolors(crop.size[0] * crop.size[1])
    return sum(count for count, pixel in counted if is_it(pixel)) / (crop.size[0] * crop.size[1])


def is_skin(pixel):
    red, green, blue = pixel
    return red > 170 and red > green + 18 and green > blue + 8


def is_inside(pixel):
    """The dark of an open mouth."""
    red, green, blue = pixel
    return red < 135 and green < 62 and blue < 75


async def speaks(page, boxes, folder, name):
    """Pictures until both faces were seen with an open and with a closed mouth."""
    seen = {face: [] for face in boxes}
    for at in range(PICTURES):
        picture = Image.open(io.BytesIO(await page.picture())).convert("RGB")
        for face, box in boxes.items():
            square = face_of(picture, box)
            skin = share(square, CHEEKS, is_skin)
            assert skin > 0.4, f"{name}: expected a face on #{face}, its cheeks are skin to {skin:.0%}"
            seen[face].append((share(square, MOUTH, is_inside), at, picture))
        await asyncio.sleep(0.07)
    for face, shares in seen.items():
        (least, _, closed), (most, _, opened) = min(shares, key=lambda s: s[0]), max(shares, key=lambda s: s[0])
        print(f"{name}: #{face}: dark of the mouth {least:.2%} to {most:.2%}")
        closed.save(f"{folder}/{name}-{face}-closed.png")
        opened.save(f"{folder}/{name}-{face}-open.png")
        assert most > least + 0.012, f"{name}: expected a mouth on #{face} that opens and closes"


# The own head as another program's VRM 1: shapes without known names, and expressions that use them.
AS_VRM = """(async () => {
  const bytes = await (await fetch("head.glb")).arrayBuffer();
  const length = new DataView(bytes).getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 20, length)));
  const { extras, primitives } = json.meshes[0];
  const bind = (name) => ({ morphTargetBinds: [{ node: 0, index: extras.targetNames.indexOf(name), weight: 1 }] });
  json.extensions = { VRMC_vrm: { expressions: { preset: {
    aa: bind("jawOpen"), ou: bind("mouthPucker"), blinkLeft: bind("eyeBlinkLeft"), happy: bind("mouthSmileLeft"),
  } } } };
  extras.targetNames = extras.targetNames.map((_, at) => `Fcl_${at}`);
  const text = new TextEncoder().encode(JSON.stringify(json));
  const padded = new Uint8Array(Math.ceil(text.length / 4) * 4).fill(32);
  padded.set(text);
  const rest = new Uint8Array(bytes, 20 + length);
  const head = new Uint32Array([0x46546c67, 2, 20 + padded.length + rest.length, padded.length, 0x4e4f534a]);
  return new File([head, padded, rest], "friend.vrm");
})()"""


async def give(page, file):
    """Chooses a file, as who opens one does."""
    await page.ask(f"""(async () => {{
      const input = document.getElementById("file");
      const files = new DataTransfer();
      files.items.add(await {file});
      input.files = files.files;
      input.dispatchEvent(new Event("change"));
    }})()""")


async def takes_models(page):
    told = "document.getElementById('model').textContent"
    await give(page, """(async () => new File([await (await fetch("head.glb")).blob()], "own.glb"))()""")
    await page.until(f"{told} === 'own.glb: 52 shapes follow'")
    await give(page, AS_VRM)
    await page.until(f"{told} === 'friend.vrm: 3 shapes follow'")
    await give(page, """new File(["nothing of this is a model"], "letter.glb")""")
    await page.until("document.getElementById('status').classList.contains('is-wrong')")
    assert await page.ask(told) == "friend.vrm: 3 shapes follow"
    print("a GLB and a VRM were taken, and a letter was refused")


async def main(program, chromium, model, folder):
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as temp:
        clip = f"{temp}/clip.wav"
        long_clip(model, clip)
        with Service(program, "--input", clip) as service:
            async with Browser(chromium, SIZE, clip) as page:
                await visit(page, service, folder)


async def visit(page, service, folder):
    await page.call("Page.navigate", url=f"http://{service.address}/?watch")
    await page.until("document.body?.dataset.head === 'ready'")
    await page.until("document.body.dataset.source === 'watch'")
    boxes = {name: await box_of(page, name) for name in FACES}
    await speaks(page, boxes, folder, "watch")
    await page.ask("document.getElementById('microphone').click()")
    await page.until("document.body.dataset.source === 'microphone'")
    await page.until("Number(document.body.dataset.jaw) > 0.1")
    await speaks(page, boxes, folder, "microphone")
    await takes_models(page)
    await page.ask("document.getElementById('stop').click()")
    await page.until("document.body.dataset.source === '' && Number(document.body.dataset.jaw) === 0")
    own = f"http://{service.address}/"
    foreign = [url for url in page.requests if not url.startswith((own, "data:", f"ws://{service.address}/"))]
    assert not foreign, f"expected nothing from elsewhere, came {foreign}"
    assert not page.errors, f"expected no errors, the page logged {page.errors}"
    print(f"no errors; {len(page.requests)} requests, all to {own}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], sys.argv[4] if len(sys.argv) > 4 else "out/page"))
