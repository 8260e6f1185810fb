#!/usr/bin/env python3
"""An agent that speaks through Keyface and is interrupted: `pip install websockets`, espeak-ng, then

    keyface run --serve 127.0.0.1:8765 --to none &
    python3 docs/clients/agent.py "Hello there, I am a face."
"""
import asyncio, io, json, subprocess, sys, wave
from websockets.asyncio.client import connect


async def main(text):
    wav = wave.open(io.BytesIO(subprocess.run(["espeak-ng", "--stdout", text], capture_output=True).stdout))
    sound, rate = wav.readframes(10**8), wav.getframerate()
    async with connect("ws://127.0.0.1:8765/v1") as face:
        await face.send(json.dumps({"type": "hello", "rate": rate, "visemes": "oculus", "pace": "real"}))
        ready = json.loads(await face.recv())
        jaw = ready["shapes"].index("jawOpen")
        await face.send(sound)                          # a whole sentence: faster than it is spoken
        await face.send('{"type": "end"}')
        await face.send(sound)                          # the next turn, which somebody will interrupt
        async for message in face:
            said = json.loads(message)
            if said["type"] == "viseme":
                print(f'{said["t_ms"]:7.0f} ms  {said["name"]}')
            elif said["type"] == "frame" and said["shapes"][jaw] > 0.1:
                pass                                    # move your own face here
            elif said["type"] in ("ended", "flushed"):
                print(said)
                if said["turn"] == 1:
                    return
                asyncio.get_running_loop().call_later(1, lambda: asyncio.ensure_future(face.send('{"type": "flush"}')))


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "Hello there, I am a face."))
