// Where the voice comes from, and the two faces that show it.

import { Drawn } from "./drawn.js";
import { Head } from "./head.js";
import * as microphone from "./microphone.js";
import { names } from "./rig.js";
import { open } from "./session.js";

const $ = (id) => document.getElementById(id);
const state = { session: null, source: null, frames: 0, since: 0, pose: { shapes: new Array(52).fill(0), head_deg: [0, 0] } };
const drawn = new Drawn($("drawn"));
let head = null;

function tell(text, isWrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("is-wrong", isWrong);
}

function stop(text = "Choose where the voice comes from.", isWrong = false) {
  state.session?.close();
  state.source?.stop();
  state.session = state.source = null;
  state.pose = { shapes: new Array(52).fill(0), head_deg: [0, 0] };
  document.body.dataset.source = "";
  $("stop").disabled = true;
  tell(text, isWrong);
}

function begin(hello, name) {
  state.session = open(hello, {
    ready: (ready) => {
      if (ready.shapes.join() !== names.join()) return stop("expected the 52 shapes that this page knows", true);
      document.body.dataset.source = name;
      tell(`${name === "watch" ? "watching" : "hearing"}; model ${ready.model}, ${Math.round(ready.delay_ms)} ms behind the sound`);
    },
    frame: (frame) => {
      state.pose = frame;
      state.frames += 1;
    },
    closed: (reason) => stop(reason, true),
  });
  $("stop").disabled = false;
}

async function useMicrophone() {
  stop("asking for the microphone ...");
  try {
    state.source = await microphone.start((block) => {
      if (state.session && !state.session.isBehind()) state.session.send(block);
    });
    begin({ rate: state.source.rate, pace: "real" }, "microphone");
  } catch (error) {
    stop(`no microphone: ${error.message}`, true);
  }
}

function watch() {
  stop("connecting ...");
  begin({ rate: 16000, watch: true }, "watch");
}

async function show(file) {
  try {
    $("model").textContent = await head.open(await file.arrayBuffer(), file.name);
  } catch (error) {
    tell(`${file.name}: ${error.message}`, true);
  }
}

function acceptDrops() {
  const stage = $("stage");
  // A file that misses the stage must not replace the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
  stage.addEventListener("dragover", () => stage.classList.add("is-over"));
  stage.addEventListener("dragleave", () => stage.classList.remove("is-over"));
  stage.addEventListener("drop", (event) => {
    stage.classList.remove("is-over");
    if (event.dataTransfer.files[0]) show(event.dataTransfer.files[0]);
  });
  $("file").addEventListener("change", ({ target }) => target.files[0] && show(target.files[0]));
}

function tellFigures() {
  const now = performance.now();
  const hz = state.since ? (1000 * state.frames) / (now - state.since) : 0;
  $("figures").textContent = state.session ? `${hz.toFixed(0)} frames a second` : "";
  state.since = now;
  state.frames = 0;
}

function animate() {
  drawn.show(state.pose);
  head?.show(state.pose);
  const jaw = state.pose.shapes[names.indexOf("jawOpen")];
  $("jaw").value = jaw;
  // What tests read.
  document.body.dataset.jaw = jaw.toFixed(3);
  requestAnimationFrame(animate);
}

$("microphone").addEventListener("click", useMicrophone);
$("watch").addEventListener("click", watch);
$("stop").addEventListener("click", () => stop());
setInterval(tellFigures, 1000);
requestAnimationFrame(animate);
try {
  head = new Head($("head"));
  await head.load("head.glb");
  acceptDrops();
  document.body.dataset.head = "ready";
} catch (error) {
  $("model").textContent = `no modelled head: ${error.message}`;
  document.body.dataset.head = "missing";
}
if (new URLSearchParams(location.search).has("watch")) watch();
