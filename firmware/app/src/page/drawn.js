// The drawn face on a canvas, in the kiosk's style: parts as in `firmware/app/src/face/draw`.

import { at, rig } from "./rig.js";

const INK = {
  skyLight: "#d6eeea", skyDeep: "#86bfc2", disc: "#e9f7f3", sweater: "#f4805e", sweaterDeep: "#dc5f48",
  skinLight: "#ffddbd", skinShade: "#e69f78", skinDeep: "#b9674b", blush: "#f27d6b", hair: "#4a3166",
  hairLight: "#7a559b", hairDeep: "#35214d", cream: "#fff8ec", creamDeep: "#dcd0c2", coral: "#ff8a66",
  coralDeep: "#e0573f", eyeWhite: "#fffdfa", eyeShade: "#cfdde2", irisLight: "#5cc9b8", iris: "#1f8a8a",
  irisRim: "#0e4a55", pupil: "#10242c", lash: "#35213f", lipUpper: "#d26a60", lipLower: "#e78878", lipShine: "#ffc3b2",
  lipLine: "#8e3238", cavity: "#5e1722", cavityDeep: "#2e0a14", tooth: "#fffefa", toothShade: "#d9cbc9",
  tongue: "#ff8f9e", tongueDeep: "#cf5468",
};
// How near each part is to the viewer: nearer parts shift more when the head turns.
const DEPTH = { band: 2, pods: -8, skull: 6, fringe: 14, eyes: 24, brows: 26, nose: 36, mouth: 28 };
// What must be visible: half width, top, bottom.
const VIEW = { half: 63, top: -75, bottom: 72 };

const faded = (ink, share) => ink + Math.round(255 * Math.min(1, Math.max(0, share))).toString(16).padStart(2, "0");

export class Drawn {
  constructor(canvas) {
    this.canvas = canvas;
    this.c = canvas.getContext("2d");
  }

  show(frame) {
    this.fit();
    const face = rig(frame);
    const shifted = (depth, draw) => {
      this.c.save();
      this.c.translate(depth * face.head.turn, depth * face.head.nod);
      draw();
      this.c.restore();
    };
    this.backdrop();
    shifted(DEPTH.band, () => this.hairBehind());
    shifted(DEPTH.skull, () => this.skin(face));
    shifted(DEPTH.eyes, () => this.cheeks(face));
    shifted(DEPTH.nose, () => this.nose());
    shifted(DEPTH.mouth, () => this.mouth(face.mouth, face.jawDrop));
    shifted(DEPTH.eyes, () => face.eyes.forEach((eye) => this.eye(eye)));
    shifted(DEPTH.fringe, () => this.fringe());
    shifted(DEPTH.brows, () => face.brows.forEach((brow) => this.brow(brow)));
    shifted(DEPTH.band, () => this.band());
    shifted(DEPTH.pods, () => this.pods());
  }

  // The whole head fits, whatever the sides.
  fit() {
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight].map((side) => Math.max(1, side * ratio));
    if (this.canvas.width !== Math.round(width) || this.canvas.height !== Math.round(height)) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const scale = Math.min(width / (2 * VIEW.half), height / (VIEW.bottom - VIEW.top));
    const spare = height - scale * (VIEW.bottom - VIEW.top);
    this.c.setTransform(scale, 0, 0, scale, width / 2, 0.4 * spare - VIEW.top * scale);
    this.c.lineCap = this.c.lineJoin = "round";
  }

  fill(path, ink) {
    this.c.fillStyle = ink;
    this.c.fill(path);
  }

  stroke(path, width, ink) {
    this.c.lineWidth = width;
    this.c.strokeStyle = ink;
    this.c.stroke(path);
  }

  down(top, a, bottom, b) {
    return stops(this.c.createLinearGradient(0, top, 0, bottom), a, b);
  }

  round(x, y, radius, a, b) {
    return stops(this.c.createRadialGradient(x, y, 0, x, y, radius), a, b);
  }

  // A soft spot that fades out towards an ellipse.
  glow(x, y, rx, ry, ink, share) {
    this.c.save();
    this.c.translate(x, y);
    this.c.scale(1, ry / rx);
    this.fill(oval(0, 0, rx, rx), this.round(0, 0, rx, faded(ink, share), faded(ink, 0)));
    this.c.restore();
  }

  backdrop() {
    const whole = new Path2D();
    whole.rect(-1000, -1000, 2000, 2000);
    this.fill(whole, this.round(0, -6, 130, INK.skyLight, INK.skyDeep));
    this.fill(oval(0, -2, 66, 66), faded(INK.disc, 0.55));
    this.fill(polygon([at(-17, 40), at(17, 40), at(19, 84), at(-19, 84)]), this.down(52, INK.skinDeep, 74, INK.skinShade));
    const body = new Path2D(
      "M-22 68C-10 76 10 76 22 68C44 72 66 80 72 104C76 130 78 200 78 400L-78 400C-78 200 -76 130 -72 104C-66 80 -44 72 -22 68Z",
    );
    this.fill(body, this.down(66, INK.sweater, 130, INK.sweaterDeep));
    this.stroke(new Path2D("M-22 68.5C-10 77 10 77 22 68.5"), 5, INK.coral);
  }

  hairBehind() {
    const back = new Path2D(
      "M0 -70C38 -70 56 -44 56 -4C57 22 53 38 35 46C38 38 38 32 36 24C20 20 -20 20 -36 24C-38 32 -38 38 -35 46" +
        "C-53 38 -57 22 -56 -4C-56 -44 -38 -70 0 -70Z",
    );
    this.fill(back, this.down(-40, INK.hair, 44, INK.hairDeep));
  }

  skin({ jawDrop, cheekPuff }) {
    const [chin, wide] = [56 + jawDrop, 6 * cheekPuff];
    const face = new Path2D();
    face.moveTo(0, -58);
    face.bezierCurveTo(30, -58, 47, -38, 47, -6);
    face.bezierCurveTo(47 + wide, 26, 31 + wide, chin, 0, chin);
    face.bezierCurveTo(-31 - wide, chin, -47 - wide, 26, -47, -6);
    face.bezierCurveTo(-47, -38, -30, -58, 0, -58);
    this.fill(face, this.round(-6, -4, 72, INK.skinLight, INK.skinShade));
    this.glow(0, chin - 1, 22, 8, INK.skinDeep, 0.22);
  }

  cheeks({ cheekPuff, cheekLift }) {
    const size = 1 + 0.25 * cheekPuff + 0.1 * cheekLift;
    for (const x of [-31, 31]) {
      const y = 17 - 2.5 * cheekLift;
      this.glow(x, y, 11.5 * size, 8.5 * size, INK.blush, 0.40 + 0.12 * cheekLift);
      this.glow(x - 2.5, y - 2.5, 5, 3.4, INK.skinLight, 0.30);
    }
  }

  nose() {
    this.glow(0.6, 13.6, 6, 3.2, INK.skinDeep, 0.30);
    this.stroke(new Path2D("M-4 12.2C-2.6 15.2 2.6 15.2 4 12.2"), 1.5, faded(INK.skinDeep, 0.75));
    this.glow(-0.8, 8.6, 3.6, 4.6, INK.skinLight, 0.9);
  }

  mouth(mouth, jawDrop) {
    const under = mouth.lowerOuter[3];
    this.glow(under.x, under.y + 3.4 - 0.1 * jawDrop, 0.62 * Math.max(14, mouth.width), 4.2, INK.skinDeep, 0.26);
    const isOpen = mouth.opening > 0.15;
    if (isOpen) this.inside(mouth);
    this.lips(mouth);
    if (isOpen && mouth.tuck > 0) this.bite(mouth);
    if (mouth.tongue.out > 0) this.tongueOut(mouth);
  }

  // What is inside the mouth is cut by the inner edges of the lips.
  inside(mouth) {
    const [top, bottom] = [mouth.upperInner[3].y, mouth.lowerInner[3].y];
    const inner = between(mouth.upperInner, mouth.lowerInner);
    this.fill(inner, this.down(top, INK.cavityDeep, Math.max(bottom, top + 4), INK.cavity));
    this.c.save();
    this.c.clip(inner);
    const { back, x } = mouth.tongue;
    const half = 0.42 * mouth.width;
    this.fill(oval(x, bottom + 1, half, Math.max(0.1, bottom + 1 - back)), this.down(back, INK.tongue, back + 6, INK.tongueDeep));
    this.lowerTeeth(mouth);
    this.upperTeeth(mouth, 0);
    this.toothGaps(mouth);
    this.c.restore();
  }

  upperTeeth({ upperTeeth, teethHalf, tongue: { x }, upperInner }, over) {
    const top = upperInner[3].y;
    const edge = row((s) => at(x + teethHalf * s, upperTeeth + over - 0.9 * s * s - 5 * s ** 16));
    const shape = polygon([at(x - teethHalf, top - 20), ...edge, at(x + teethHalf, top - 20)]);
    this.fill(shape, this.down(top, INK.toothShade, top + 2.2, INK.tooth));
  }

  lowerTeeth({ lowerTeeth, teethHalf, tongue: { x } }) {
    const half = 0.94 * teethHalf;
    const edge = row((s) => at(x + half * s, lowerTeeth - 0.9 * s * s + 4 * s ** 12));
    const shape = polygon([at(x - half, lowerTeeth + 30), ...edge, at(x + half, lowerTeeth + 30)]);
    this.fill(shape, this.down(lowerTeeth, INK.tooth, lowerTeeth + 5, INK.toothShade));
  }

  // Teeth that meet show where they meet and where each ends: that is what says s.
  toothGaps({ upperTeeth, lowerTeeth, teethHalf, tuck, tongue: { x } }) {
    const together = 1 - Math.min(1, Math.max(0, (lowerTeeth - upperTeeth) / 0.8));
    if (together === 0 || tuck > 0.5) return;
    const bite = new Path2D();
    row((s) => at(x + teethHalf * s, upperTeeth - 0.9 * s * s)).forEach((p) => bite.lineTo(p.x, p.y));
    this.stroke(bite, 0.65, faded(INK.lipLine, 0.75 * together));
    for (const share of [-0.78, -0.52, -0.26, 0, 0.26, 0.52, 0.78]) {
      const gap = new Path2D(`M${x + share * teethHalf} ${upperTeeth - 20}v40`);
      this.stroke(gap, 0.44, faded(INK.lipLine, 0.30 * together));
    }
  }

  lips(mouth) {
    const [top, middle] = [mouth.upperOuter[3].y, mouth.upperInner[3].y];
    this.fill(between(mouth.upperOuter, mouth.upperInner), this.down(top - 1, INK.lipLower, middle + 1, INK.lipUpper));
    const [inner, outer] = [mouth.lowerInner[3], mouth.lowerOuter[3]];
    const thick = outer.y - inner.y;
    this.fill(
      between(mouth.lowerInner, mouth.lowerOuter),
      this.down(inner.y, INK.lipUpper, inner.y + 0.6 * Math.max(0.5, thick), INK.lipLower),
    );
    this.glow(inner.x - 0.08 * mouth.width, inner.y + 0.48 * thick, 0.22 * mouth.width, Math.max(0.1, 0.34 * thick), INK.lipShine, 0.8);
    this.lipLines(mouth);
  }

  // The line where closed lips meet fades into thin rims as they part.
  lipLines(mouth) {
    const shut = 1 - Math.min(1, mouth.opening / 3);
    const rim = faded(INK.lipLine, 0.45 + 0.5 * shut);
    this.stroke(line(mouth.upperInner), 0.7 + (0.5 + 0.9 * mouth.press) * shut, rim);
    if (shut < 1) this.stroke(line(mouth.lowerInner), 0.7, rim);
    for (const [corner, sign] of [[mouth.upperInner[0], -1], [mouth.upperInner[6], 1]]) {
      const mark = new Path2D(`M${corner.x} ${corner.y}l${sign * 2.6} ${-1.4 + 2 * mouth.press}`);
      this.stroke(mark, 1.1, faded(INK.skinDeep, 0.5 + 0.3 * mouth.press));
    }
  }

  // Upper teeth before a tucked lip.
  bite(mouth) {
    const lower = mouth.lowerInner.map((p) => at(p.x, p.y + 2.2 * mouth.tuck));
    this.c.save();
    this.c.clip(between(mouth.upperInner, lower));
    this.upperTeeth(mouth, 0.8 * mouth.tuck);
    this.c.restore();
  }

  // A tip between the teeth, lying on the lower lip; farther out when shown on purpose.
  tongueOut({ tongue: { out, x }, width, upperTeeth, lowerInner }) {
    const [tip, shown] = [Math.min(1, out), Math.max(0, out - 1)];
    const half = Math.min(10, 0.31 * width) * (0.6 + 0.4 * tip);
    const top = upperTeeth + 0.2;
    const bottom = lowerInner[3].y - 1.5 + 4.6 * tip + 11 * shown;
    const side = top + 0.62 * (bottom - top);
    const shape = new Path2D();
    shape.moveTo(x - half, top);
    shape.bezierCurveTo(x - 0.4 * half, top - 0.5, x + 0.4 * half, top - 0.5, x + half, top);
    shape.bezierCurveTo(x + 1.08 * half, side, x + 0.72 * half, bottom, x, bottom);
    shape.bezierCurveTo(x - 0.72 * half, bottom, x - 1.08 * half, side, x - half, top);
    this.fill(shape, this.down(top, INK.tongueDeep, top + 0.5 * (bottom - top), INK.tongue));
    this.stroke(shape, 0.7, INK.tongueDeep);
  }

  eye(eye) {
    this.glow(eye.centre.x, eye.centre.y - 1, 17, 16, INK.skinDeep, 0.16);
    if (eye.closed < 0.97) this.ball(eye);
    this.lashes(eye);
    const middle = at(eye.centre.x, eye.upper[3].y - 5.4 - 1.4 * eye.closed);
    const crease = new Path2D(
      `M${middle.x - 8.4} ${middle.y + 3}C${middle.x - 5} ${middle.y - 0.2} ${middle.x + 5} ${middle.y - 0.2} ${middle.x + 8.4} ${middle.y + 3}`,
    );
    this.stroke(crease, 1, faded(INK.skinDeep, 0.38));
  }

  ball({ upper, lower, iris }) {
    const white = between(upper, lower);
    const top = upper[3].y;
    this.fill(white, this.down(top, INK.eyeShade, top + 9, INK.eyeWhite));
    this.c.save();
    this.c.clip(white);
    this.fill(oval(iris.x, iris.y, 9.3, 9.3), INK.irisRim);
    this.fill(oval(iris.x, iris.y, 8.2, 8.2), this.down(iris.y - 5, INK.iris, iris.y + 8, INK.irisLight));
    this.fill(oval(iris.x, iris.y, 5, 5), INK.pupil);
    this.fill(oval(iris.x - 3.1, iris.y - 3.5, 2.8, 2.8), INK.eyeWhite);
    this.fill(oval(iris.x + 3.4, iris.y + 3.6, 1.4, 1.4), faded(INK.eyeWhite, 0.75));
    this.c.restore();
    this.stroke(line(upper.map((p) => at(p.x, p.y + 1.8))), 2.2, faded(INK.lash, 0.16));
  }

  // The upper lash line, thickest in the middle, with a small wing outside; and a thin lower one.
  lashes({ upper: p, lower, centre, closed }) {
    const outwards = Math.sign(centre.x);
    const wing = (sign) => (sign === outwards ? at(sign * 2.3, -1.6 + 2.2 * closed) : at(sign * 0.5, 0.2));
    const [left, right] = [wing(-1), wing(1)];
    const [from, to] = [at(p[0].x + left.x, p[0].y + left.y), at(p[6].x + right.x, p[6].y + right.y)];
    const thick = 2.7 - 0.7 * closed;
    const lash = new Path2D();
    lash.moveTo(from.x, from.y);
    lash.bezierCurveTo(p[1].x + 0.6 * left.x, p[1].y - 0.5 * thick, p[2].x, p[2].y - thick, p[3].x, p[3].y - thick);
    lash.bezierCurveTo(p[4].x, p[4].y - thick, p[5].x + 0.6 * right.x, p[5].y - 0.5 * thick, to.x, to.y);
    lash.lineTo(p[6].x, p[6].y);
    lash.bezierCurveTo(p[5].x, p[5].y + 0.3, p[4].x, p[4].y + 0.3, p[3].x, p[3].y + 0.3);
    lash.bezierCurveTo(p[2].x, p[2].y + 0.3, p[1].x, p[1].y + 0.3, p[0].x, p[0].y);
    lash.closePath();
    this.fill(lash, INK.lash);
    this.stroke(lash, 0.8, INK.lash);
    this.stroke(line(lower), 0.9, faded(INK.skinDeep, 0.5 * (1 - closed)));
  }

  // A bow that tapers outwards.
  brow([inner, arch, outer]) {
    const bezier = (a, b, c, t) => (1 - t) * ((1 - t) * a + 2 * t * (2 * b - 0.5 * (a + c))) + t * t * c;
    const point = (t, sign) => {
      const half = 1.5 * (1 - t ** 3) * (0.72 + 0.28 * Math.min(1, 4 * t));
      return at(bezier(inner.x, arch.x, outer.x, t), bezier(inner.y, arch.y, outer.y, t) + sign * half);
    };
    const along = Array.from({ length: 14 }, (_, i) => i / 13);
    const shape = polygon([...along.map((t) => point(t, -1)), ...along.reverse().map((t) => point(t, 1))]);
    this.fill(shape, INK.hair);
    this.stroke(shape, 1.3, INK.hair);
  }

  fringe() {
    const shade = new Path2D("M44 -2C43 -18 36 -30 22 -39C16 -33 -14 -23 -35 -24C-39 -19 -43 -12 -44 -2");
    this.stroke(shade, 3.5, faded(INK.skinDeep, 0.28));
    const cap = new Path2D(
      "M-50 8C-58 -38 -38 -68 2 -68C40 -68 58 -40 50 8C47 7 45 3 44.5 -4C44 -20 35 -34 21 -43C15 -36 0 -30 -9 -29.5" +
        "C-6 -32.5 -5 -34 -4 -36C-12 -31 -24 -27.5 -36 -27.5C-41 -20 -44 -12 -44.5 -4C-45 3 -47 7 -50 8Z",
    );
    this.fill(cap, this.down(-66, INK.hairLight, -16, INK.hair));
    this.fill(new Path2D("M-40 -36C-30 -51 -10 -58 16 -56C-8 -55 -26 -47 -40 -36Z"), faded(INK.cream, 0.26));
    for (const strand of ["M22 -44C10 -38 -12 -34 -30 -35", "M23 -46C8 -44 -20 -42 -40 -28", "M23 -46C34 -42 44 -28 47 -10"]) {
      this.stroke(new Path2D(strand), 0.9, faded(INK.hairDeep, 0.45));
    }
  }

  band() {
    const band = new Path2D("M-52 -8C-54 -48 -34 -71 0 -71C34 -71 54 -48 52 -8");
    this.stroke(band, 6.4, this.down(-74, INK.cream, -10, INK.creamDeep));
    this.stroke(band, 1.4, INK.coral);
  }

  pods() {
    for (const sign of [-1, 1]) {
      const x = sign * 52;
      this.fill(oval(x - sign * 2, 0, 8, 15.5), INK.hairDeep);
      this.fill(oval(x, 0, 8.2, 15), this.down(-15, INK.cream, 15, INK.creamDeep));
      this.fill(oval(x + sign * 2, 0, 5, 10.5), this.down(-10, INK.coral, 10, INK.coralDeep));
      this.fill(oval(x + sign - 0.8, -4.5, 1.4, 3), faded(INK.cream, 0.7));
    }
  }
}

function stops(gradient, a, b) {
  gradient.addColorStop(0, a);
  gradient.addColorStop(1, b);
  return gradient;
}

function oval(x, y, rx, ry) {
  const path = new Path2D();
  path.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
  return path;
}

function polygon(points) {
  const path = new Path2D();
  points.forEach((p) => path.lineTo(p.x, p.y));
  path.closePath();
  return path;
}

// Points over -1 to 1.
function row(point) {
  return Array.from({ length: 33 }, (_, i) => point(i / 16 - 1));
}

// The line of an edge.
function line(e) {
  const path = new Path2D();
  path.moveTo(e[0].x, e[0].y);
  path.bezierCurveTo(e[1].x, e[1].y, e[2].x, e[2].y, e[3].x, e[3].y);
  path.bezierCurveTo(e[4].x, e[4].y, e[5].x, e[5].y, e[6].x, e[6].y);
  return path;
}

// What lies between an upper and a lower edge.
function between(upper, l) {
  const path = line(upper);
  path.lineTo(l[6].x, l[6].y);
  path.bezierCurveTo(l[5].x, l[5].y, l[4].x, l[4].y, l[3].x, l[3].y);
  path.bezierCurveTo(l[2].x, l[2].y, l[1].x, l[1].y, l[0].x, l[0].y);
  path.closePath();
  return path;
}
