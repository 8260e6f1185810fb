#!/usr/bin/env python3
"""A voice to the installed service over its WebSocket, and its face back over both: streams.py WS_PORT UDP_PORT WAV.

A session that owns the face (`play`) moves it, and the jaw of its Live Link datagrams opens; another gets frames of its
own. No library beside Python's own; the last line is the figure.
"""
import base64
import json
import os
import socket
import struct
import sys
import threading
import wave

JAW_OPEN = 17
PATIENCE_S = 30


class Client:
    """As much of RFC 6455 as a test needs."""

    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        key = base64.b64encode(os.urandom(16)).decode()
        head = f"GET /v1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.stream.sendall(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.file = self.stream.makefile("rb")
        status = self.file.readline()
        assert b" 101 " in status, status
        while self.file.readline() != b"\r\n":
            pass

    def send(self, kind, body):
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))
        self.stream.sendall(struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, len(body)) + mask + masked)

    def say(self, **message):
        self.send(1, json.dumps(message).encode())

    def hear(self):
        while True:
            kind, length = self.file.read(2)
            if length >= 126:
                length = int.from_bytes(self.file.read(2 if length == 126 else 8), "big")
            body = self.file.read(length)
            assert kind & 15 != 8, f"closed: {body}"
            if kind & 15 == 1:
                return json.loads(body)


def speak(port, sound, rate, play):
    """Says it, and returns the frames until its end."""
    client, frames = Client(port), []
    client.say(type="hello", rate=rate, play=play)
    assert client.hear()["type"] == "ready"
    client.send(2, sound)
    client.say(type="end")
    while (said := client.hear())["type"] != "ended":
        assert said["type"] == "frame", said
        frames.append(said)
    return frames


def jaws(receiver, opened, done):
    """How far the jaw of each Live Link datagram is open."""
    while not done.is_set():
        datagram = receiver.recv(4096)
        assert datagram[:5] == bytes([6, 0, 0, 0, 36]) and datagram[-245] == 61, datagram[:8]
        opened.append(struct.unpack("!61f", datagram[-244:])[JAW_OPEN])


def main():
    ws_port, udp_port, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with wave.open(path) as clip:
        rate, sound = clip.getframerate(), clip.readframes(4 * clip.getframerate())
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.settimeout(PATIENCE_S)
    receiver.bind(("127.0.0.1", udp_port))
    opened, done = [], threading.Event()
    listener = threading.Thread(target=jaws, args=(receiver, opened, done))
    listener.start()
    shown = speak(ws_port, sound, rate, play=True)
    done.set()
    listener.join()
    own = speak(ws_port, sound, rate, play=False)
    print(f"{len(opened)} Live Link datagrams, jaw up to {max(opened):.2f}; {len(own)} frames of a session, {len(shown)} of the face")
    assert len(opened) > 60 and max(opened) > 0.1 and len(own) > 200


main()
