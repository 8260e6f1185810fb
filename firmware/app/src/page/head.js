// A modelled head in three.js: Keyface's own, or any GLB or VRM whose shapes bear names that are known here.

import {
  AmbientLight, Box3, Color, DirectionalLight, GLTFLoader, HemisphereLight, PerspectiveCamera, Scene, Vector3,
  WebGLRenderer,
} from "./three.js";
import { clamp, named, names } from "./rig.js";

const OWN = "Keyface's own head, 52 ARKit shapes";
const FIELD_DEG = 26;

export class Head {
  constructor(canvas) {
    this.canvas = canvas;
    this.renderer = new WebGLRenderer({ canvas, antialias: true });
    this.renderer.setPixelRatio(Math.min(2, devicePixelRatio || 1));
    this.scene = new Scene();
    this.scene.background = new Color(0xa9d5d3);
    this.scene.add(new AmbientLight(0xffffff, 0.5), new HemisphereLight(0xffffff, 0xd9a68c, 1.5));
    for (const [x, y, z, power] of [[-1.2, 1.5, 2.2, 1.5], [1.6, 0.6, 1.4, 0.6], [0, 1.5, -2, 0.8]]) {
      const light = new DirectionalLight(0xffffff, power);
      light.position.set(x, y, z);
      this.scene.add(light);
    }
    this.camera = new PerspectiveCamera(FIELD_DEG, 1, 0.01, 100);
    this.controls = [];
  }

  async load(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return this.open(await answer.arrayBuffer(), "");
  }

  // Shows a model. Resolves to what is said about it.
  async open(bytes, name) {
    const gltf = await new GLTFLoader().parseAsync(bytes, "");
    const vrm = gltf.parser.json.extensions ?? {};
    const controls = [...byName(gltf.scene), ...(await ofVrm(gltf, vrm))];
    if (controls.length === 0) throw new Error("expected shapes named as ARKit or VRM name them, came none");
    if (this.model) {
      this.scene.remove(this.model);
      discard(this.model);
    }
    this.model = gltf.scene;
    this.controls = controls;
    // VRM 0 models look the other way.
    if (vrm.VRM) this.model.rotation.y = Math.PI;
    this.facing = this.model.rotation.y;
    this.scene.add(this.model);
    this.neck = bone(gltf, vrm);
    this.rest = this.neck?.quaternion.clone();
    this.frame();
    const count = new Set(controls.map((control) => control.name)).size;
    return name ? `${name}: ${count} shapes follow` : OWN;
  }

  // The camera sees what moves, which is the face, and the head around it.
  frame() {
    this.model.updateMatrixWorld(true);
    const box = new Box3();
    const meshes = new Set(this.controls.flatMap(({ targets }) => targets.map(({ mesh }) => mesh)));
    meshes.forEach((mesh) => moving(mesh).forEach((point) => box.expandByPoint(point)));
    const size = box.getSize(new Vector3());
    this.middle = box.getCenter(new Vector3());
    this.middle.y += 0.18 * size.y;
    this.distance = (0.86 * size.y) / Math.tan((FIELD_DEG * Math.PI) / 360) + 0.5 * size.z;
    this.camera.near = this.distance / 50;
    this.camera.far = this.distance * 20;
  }

  show({ shapes, head_deg }) {
    if (!this.model) return;
    const weights = withVowels(named(shapes));
    for (const { targets } of this.controls) {
      for (const { mesh, index } of targets) mesh.morphTargetInfluences[index] = 0;
    }
    for (const { name, targets } of this.controls) {
      for (const { mesh, index, scale } of targets) {
        const sum = mesh.morphTargetInfluences[index] + scale * weights[name];
        mesh.morphTargetInfluences[index] = clamp(sum, 0, 1);
      }
    }
    this.nod(head_deg);
    this.render();
  }

  nod([yaw, pitch]) {
    const [left, up] = [yaw, pitch].map((deg) => (deg * Math.PI) / 180);
    if (this.neck) {
      const way = this.facing ? -1 : 1;
      this.neck.quaternion.copy(this.rest);
      this.neck.rotateY(left);
      this.neck.rotateX(-way * up);
    } else {
      this.model.rotation.set(-up, this.facing + left, 0);
    }
  }

  render() {
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (width === 0 || height === 0) return;
    if (this.width !== width || this.height !== height) {
      [this.width, this.height] = [width, height];
      this.renderer.setSize(width, height, false);
      this.camera.aspect = width / height;
    }
    const back = this.distance * Math.max(1, height / width);
    this.camera.position.set(this.middle.x, this.middle.y, this.middle.z + back);
    this.camera.lookAt(this.middle);
    this.camera.updateProjectionMatrix();
    this.renderer.render(this.scene, this.camera);
  }
}

// Where the points of a mesh are that some shape moves.
function moving(mesh) {
  const { attributes: { position }, morphAttributes: { position: ways } } = mesh.geometry;
  const points = [];
  for (let at = 0; at < position.count; at += 1) {
    if (ways.some((way) => Math.abs(way.getX(at)) + Math.abs(way.getY(at)) + Math.abs(way.getZ(at)) > 1e-4)) {
      points.push(mesh.getVertexPosition(at, new Vector3()).applyMatrix4(mesh.matrixWorld));
    }
  }
  return points;
}

// Shapes of meshes by ARKit's names, however they are spelled: jawOpen, JawOpen, jaw_open, eyeBlink_L.
function byName(scene) {
  const known = new Map(names.map((name) => [plain(name), name]));
  const controls = [];
  scene.traverse((mesh) => {
    for (const [target, index] of Object.entries(mesh.morphTargetDictionary ?? {})) {
      const name = known.get(plain(target));
      if (name) controls.push({ name, targets: [{ mesh, index, scale: 1 }] });
    }
  });
  return controls;
}

function plain(name) {
  const sides = name.replace(/[_.-]l$/i, "left").replace(/[_.-]r$/i, "right");
  return sides.toLowerCase().replace(/[^a-z]/g, "");
}

// Names of expressions in VRM 0 and VRM 1, and what this page calls them.
const EXPRESSIONS = {
  a: "aa", i: "ih", u: "ou", e: "ee", o: "oh", blink_l: "eyeBlinkLeft", blink_r: "eyeBlinkRight",
  aa: "aa", ih: "ih", ou: "ou", ee: "ee", oh: "oh", blinkleft: "eyeBlinkLeft", blinkright: "eyeBlinkRight",
};

// Expressions of a VRM: ARKit's where it has them ("perfect sync"), else its vowels and blinks.
async function ofVrm(gltf, { VRM, VRMC_vrm }) {
  const groups = VRM ? groupsOfVrm0(VRM) : groupsOfVrm1(VRMC_vrm);
  const known = new Map(names.map((name) => [plain(name), name]));
  const isPerfect = groups.some(({ name }) => plain(name) === "jawopen");
  const controls = [];
  for (const { name, binds } of groups) {
    const ours = isPerfect ? known.get(plain(name)) : EXPRESSIONS[name.toLowerCase()];
    if (!ours) continue;
    const targets = [];
    for (const { kind, at, index, scale } of binds) {
      const object = await gltf.parser.getDependency(kind, at);
      object?.traverse((mesh) => {
        if (index < (mesh.morphTargetInfluences?.length ?? 0)) targets.push({ mesh, index, scale });
      });
    }
    controls.push({ name: ours, targets });
  }
  return controls;
}

function groupsOfVrm0(vrm) {
  return (vrm.blendShapeMaster?.blendShapeGroups ?? []).map(({ name, presetName, binds }) => ({
    name: presetName && presetName !== "unknown" ? presetName : name,
    binds: (binds ?? []).map(({ mesh, index, weight }) => ({ kind: "mesh", at: mesh, index, scale: weight / 100 })),
  }));
}

function groupsOfVrm1(vrm) {
  const all = Object.entries({ ...vrm?.expressions?.preset, ...vrm?.expressions?.custom });
  return all.map(([name, { morphTargetBinds }]) => ({
    name,
    binds: (morphTargetBinds ?? []).map(({ node, index, weight }) => ({ kind: "node", at: node, index, scale: weight })),
  }));
}

// The bone that turns a VRM's head.
function bone(gltf, { VRM, VRMC_vrm }) {
  const node = VRMC_vrm?.humanoid?.humanBones?.head?.node
    ?? VRM?.humanoid?.humanBones?.find(({ bone }) => bone === "head")?.node;
  if (node === undefined) return null;
  let found = null;
  gltf.scene.traverse((object) => {
    if (gltf.parser.associations.get(object)?.nodes === node) found = object;
  });
  return found;
}

// The vowels of a VRM from a mouth, together at most 1: as `vmc://` sends them.
function withVowels(pose) {
  const share = (weight, full) => clamp(weight / full, 0, 1);
  const open = share(pose.jawOpen - pose.mouthClose, 0.35);
  const ou = share(pose.mouthPucker, 0.45);
  const oh = share(pose.mouthFunnel, 0.40) * (1 - ou);
  const wide = share(pose.mouthStretchLeft + pose.mouthSmileLeft, 0.40) * Math.max(0, 1 - ou - oh);
  const rest = Math.max(0, 1 - ou - oh - wide);
  return { ...pose, aa: open * rest, ih: wide * (1 - open), ou, ee: wide * open, oh };
}

function discard(model) {
  model.traverse(({ geometry, material }) => {
    geometry?.dispose();
    [material].flat().forEach((one) => {
      Object.values(one ?? {}).forEach((value) => value?.isTexture && value.dispose());
      one?.dispose();
    });
  });
}
