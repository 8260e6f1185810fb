// A session with the service: sound in, faces out. docs/protocol.md tells the rest.

const SHAPES = 52;
const FRAME_BYTES = 24 + 4 * (SHAPES + 2);

// The page's own address may carry the service's token: ?token=...
function address() {
  const url = new URL("v1", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const token = new URLSearchParams(location.search).get("token");
  url.search = token ? `?token=${encodeURIComponent(token)}` : "";
  url.hash = "";
  return url;
}

// Calls `on.ready(ready)`, `on.frame(frame)`, `on.told(message)` and at the end `on.closed(reason)`.
export function open(hello, on) {
  const socket = new WebSocket(address());
  socket.binaryType = "arraybuffer";
  let reason = "";
  socket.onopen = () => socket.send(JSON.stringify({ type: "hello", frames: "f32", ...hello }));
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") {
      if (data.byteLength === FRAME_BYTES) on.frame(frame(new DataView(data)));
      return;
    }
    const told = JSON.parse(data);
    if (told.type === "ready") on.ready(told);
    else if (told.type === "error") reason = told.reason;
    else on.told?.(told);
  };
  socket.onclose = (event) => on.closed(reason || event.reason || "the service is gone");
  return {
    send: (message) => socket.readyState === WebSocket.OPEN && socket.send(message),
    // What waits here would be late: sound is left out when the network is that slow.
    isBehind: () => socket.bufferedAmount > 200_000,
    close: () => {
      on.closed = () => {};
      socket.close();
    },
  };
}

function frame(view) {
  const f32 = (at) => view.getFloat32(24 + 4 * at, true);
  return {
    turn: view.getUint32(4, true),
    t_ms: view.getFloat64(8, true),
    show_ms: view.getFloat64(16, true),
    shapes: Array.from({ length: SHAPES }, (_, at) => f32(at)),
    head_deg: [f32(SHAPES), f32(SHAPES + 1)],
  };
}
