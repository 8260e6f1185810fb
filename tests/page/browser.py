"""A headless Chromium, told what to do over its DevTools protocol."""
import asyncio, base64, json, os, shutil, subprocess, tempfile, urllib.request
from websockets.asyncio.client import connect

FLAGS = (
    "--headless=new --remote-debugging-port=0 --no-first-run --mute-audio --hide-scrollbars --disable-background-networking "
    "--use-angle=swiftshader --enable-unsafe-swiftshader --use-fake-ui-for-media-stream --use-fake-device-for-media-stream "
    "--autoplay-policy=no-user-gesture-required"
).split()


class Browser:
    """`async with Browser(...) as page`: one page. What it logs as an error, and what it asks elsewhere, is kept."""

    def __init__(self, program, size, microphone):
        self.program, self.size, self.microphone = program, size, microphone
        self.errors, self.requests, self.answers, self.count = [], [], {}, 0

    async def __aenter__(self):
        self.folder = tempfile.mkdtemp()
        flags = [*FLAGS, f"--user-data-dir={self.folder}", f"--window-size={self.size[0]},{self.size[1]}",
                 f"--use-file-for-fake-audio-capture={self.microphone}"]
        # As root, as in CI, Chromium has no sandbox.
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        self.child = subprocess.Popen([self.program, *flags, "about:blank"], stderr=subprocess.DEVNULL)
        port = await self.port()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            page = next(target for target in json.load(answer) if target["type"] == "page")
        self.socket = await connect(page["webSocketDebuggerUrl"], max_size=None)
        self.reader = asyncio.create_task(self.read())
        for domain in ("Runtime", "Log", "Page", "Network"):
            await self.call(f"{domain}.enable")
        return self

    async def __aexit__(self, *_):
        self.reader.cancel()
        await self.socket.close()
        self.child.terminate()
        self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def port(self):
        for _ in range(300):
            await asyncio.sleep(0.1)
            try:
                return int(open(f"{self.folder}/DevToolsActivePort").readline())
            except (FileNotFoundError, ValueError):
                assert self.child.poll() is None, f"{self.program} ended with {self.child.returncode}"
        raise TimeoutError(f"{self.program} opened no port in 30 s")

    async def read(self):
        async for message in self.socket:
            told = json.loads(message)
            if told.get("id") in self.answers:
                self.answers.pop(told["id"]).set_result(told)
            about, told = told.get("method"), told.get("params", {})
            if about == "Runtime.exceptionThrown":
                details = told["exceptionDetails"]
                self.errors.append(details.get("exception", {}).get("description") or details["text"])
            elif about == "Log.entryAdded" and told["entry"]["level"] == "error":
                self.errors.append(f'{told["entry"]["text"]} {told["entry"].get("url", "")}')
            elif about == "Runtime.consoleAPICalled" and told["type"] == "error":
                self.errors.append(" ".join(str(arg.get("value")) for arg in told["args"]))
            elif about == "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])

    async def call(self, method, **params):
        self.count += 1
        answer = self.answers[self.count] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        told = await asyncio.wait_for(answer, 60)
        assert "error" not in told, f'{method}: {told["error"]}'
        return told["result"]

    async def ask(self, script):
        """The value of an expression, which may be a promise."""
        told = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    async def until(self, script, seconds=30):
        for _ in range(seconds * 10):
            if await self.ask(script):
                return
            await asyncio.sleep(0.1)
        status = await self.ask("document.getElementById('status')?.textContent")
        raise TimeoutError(f"expected {script} within {seconds} s, the page says {status!r}, errors {self.errors}")

    async def picture(self):
        """A screenshot as the bytes of a PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])
