// 52 ARKit weights in, the outlines of the drawn face out: the same rig as `firmware/app/src/face/rig`, whose comments
// give the reasons of its numbers. Face units: the head is about 100 wide, x to the viewer's right, y down.

export const names = `eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft eyeWideLeft
eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight eyeSquintRight eyeWideRight jawForward jawLeft
jawRight jawOpen mouthClose mouthFunnel mouthPucker mouthLeft mouthRight mouthSmileLeft mouthSmileRight mouthFrownLeft
mouthFrownRight mouthDimpleLeft mouthDimpleRight mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper
mouthShrugLower mouthShrugUpper mouthPressLeft mouthPressRight mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft
mouthUpperUpRight browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
cheekSquintRight noseSneerLeft noseSneerRight tongueOut`.split(/\s+/);

export const at = (x, y) => ({ x, y });
export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

const saturating = (weight, reach) => 1 - Math.exp(-Math.max(0, weight) / reach);

export function step(x, low, high) {
  const share = clamp((x - low) / (high - low), 0, 1);
  return share * share * (3 - 2 * share);
}

// Weights by name.
export function named(shapes) {
  return Object.fromEntries(names.map((name, index) => [name, shapes[index]]));
}

export function rig({ shapes, head_deg }) {
  const pose = named(shapes);
  const lips = lipsOf(pose);
  const [yaw, pitch] = head_deg.map((deg) => clamp((deg * Math.PI) / 180, -0.6, 0.6));
  return {
    mouth: mouth(pose, lips),
    jawDrop: 9 * lips.jaw,
    cheekLift: saturating(mean(pose, "mouthSmile") + mean(pose, "cheekSquint"), 0.5),
    cheekPuff: pose.cheekPuff,
    eyes: ["Left", "Right"].map((side) => eye(pose, side)),
    brows: ["Left", "Right"].map((side) => brow(pose, side)),
    head: { turn: Math.sin(yaw), nod: -Math.sin(pitch) },
  };
}

const mean = (pose, name) => 0.5 * (pose[`${name}Left`] + pose[`${name}Right`]);

function lipsOf(pose) {
  const sealed = Math.min(1, pose.mouthClose / (0.95 * (0.02 + 0.85 * pose.jawOpen)));
  const { mouthFunnel: funnel, mouthPucker: pucker } = pose;
  const corner = (smile, frown) => saturating(smile, 0.32) - saturating(frown, 0.32);
  const spread = mean(pose, "mouthSmile") + 0.8 * mean(pose, "mouthStretch") + 0.5 * mean(pose, "mouthDimple");
  return {
    jaw: saturating(pose.jawOpen, 0.28),
    lowerDown: saturating(mean(pose, "mouthLowerDown"), 0.35),
    upperUp: saturating(mean(pose, "mouthUpperUp"), 0.30),
    round: saturating(pucker + 0.55 * funnel, 0.45),
    funnel: saturating(funnel, 0.45) * (1 - saturating(pucker, 0.45)),
    spread: saturating(spread, 0.32),
    press: saturating(mean(pose, "mouthPress") + 0.5 * pose.mouthRollUpper, 0.15),
    sealed,
    tucked: step(pose.mouthRollLower, 0.12, 0.30) * (1 - sealed),
    cornerLift: [
      corner(pose.mouthSmileLeft, pose.mouthFrownLeft),
      corner(pose.mouthSmileRight, pose.mouthFrownRight),
    ],
    tongueOut: step(pose.tongueOut, 0.03, 0.15) + step(pose.tongueOut, 0.25, 1),
  };
}

function mouth(pose, lips) {
  const sideways = 5 * (pose.mouthLeft - pose.mouthRight) + 3 * (pose.jawLeft - pose.jawRight);
  const centre = at(sideways, 30 - 2 * pose.mouthShrugLower);
  const open = 1 - lips.sealed;
  const upBy = 6 * lips.upperUp + 1.2 * lips.jaw + 2 * lips.round;
  const downBy = 19 * lips.jaw + 5.4 * lips.lowerDown + 2.4 * lips.round;
  const up = open * Math.max(upBy, 3 * lips.tucked);
  const down = open * (downBy + lips.tucked * (1.6 - downBy));
  const [left, right] = corners(lips, centre, up, down);
  const boxy = Math.min(lips.lowerDown, lips.upperUp) * (1 - lips.round) * (1 - lips.jaw);
  const inner = {
    roundness: Math.min(1, 0.30 + lips.round + 0.4 * lips.jaw + 0.5 * boxy), flatness: 0.50 + 0.30 * boxy, bow: 0,
  };
  const edge = (dy, beyond, bend) =>
    through(at(left.x - beyond, left.y), at(centre.x, centre.y + dy), at(right.x + beyond, right.y), bend);
  const pressed = lips.press * (0.35 + 0.65 * lips.sealed);
  const full = (1 - 0.55 * pressed) * (1 + 0.30 * lips.round) * (1 - 0.15 * lips.spread) * (1 - 0.12 * lips.jaw);
  const beyond = 0.8 + 1.6 * lips.round;
  const bow = 1.1 * (1 - 0.6 * lips.round) * (1 - 0.7 * lips.press * lips.sealed);
  const upperBend = { roundness: 0.15 + 0.75 * lips.round, flatness: 0.42, bow };
  const lowerBend = { roundness: 0.15 + 0.80 * lips.round + 0.3 * lips.jaw, flatness: 0.52, bow: 0 };
  const behind = 9 * step(lips.round * (1 - lips.funnel), 0.38, 0.70);
  const apart = 19 * Math.max(0, lips.jaw - 0.11) + 2.2 * step(lips.jaw, 0.18, 0.5);
  return {
    upperOuter: edge(-up - 0.86 * 3.8 * full, beyond, upperBend),
    upperInner: edge(-up, 0, inner),
    lowerInner: edge(down, 0, inner),
    lowerOuter: edge(down + 5.6 * full * (1 - 0.18 * lips.tucked), beyond, lowerBend),
    upperTeeth: centre.y + 1.9 - behind,
    lowerTeeth: centre.y + 1.9 + apart + behind,
    teethHalf: Math.min(18.5, 0.93 * 0.5 * (right.x - left.x)),
    width: right.x - left.x,
    opening: up + down,
    tongue: {
      back: centre.y + down - 8 * step(lips.jaw, 0.2, 0.7), out: lips.tongueOut * (1 - lips.round), x: centre.x,
    },
    press: lips.press * lips.sealed,
    tuck: lips.tucked,
  };
}

function corners(lips, centre, up, down) {
  const wide = 1 + 0.34 * lips.spread * (1 - lips.round) - 0.74 * lips.round + 0.06 * lips.press;
  const half = 18 * wide - 1.5 * lips.jaw - 2 * lips.tucked;
  const busy = Math.max(lips.jaw, lips.lowerDown, lips.upperUp, lips.round, lips.press, lips.tucked);
  const fall = 0.5 * (down - up) * (0.6 + 0.4 * lips.round) - 3 * (1 - step(busy, 0.05, 0.45));
  const y = (side) => centre.y + fall - 5.5 * lips.cornerLift[side];
  return [at(centre.x - half, y(1)), at(centre.x + half, y(0))];
}

// A left-to-right edge of two cubics: corner, two controls, middle, two controls, corner.
function through(left, middle, right, { roundness, flatness, bow }) {
  const controls = (corner) => {
    const [dx, dy] = [middle.x - corner.x, middle.y - corner.y];
    return [
      at(corner.x + 0.30 * (1 - roundness) * dx, corner.y + 0.56 * dy),
      at(middle.x - flatness * dx, middle.y - bow),
    ];
  };
  const [leftOut, middleIn] = controls(left);
  const [rightIn, middleOut] = controls(right);
  return [left, leftOut, middleIn, middle, middleOut, rightIn, right];
}

function eye(pose, side) {
  const sign = side === "Left" ? 1 : -1;
  const centre = at(sign * 21, -5);
  const look = (way) => pose[`eyeLook${way}${side}`];
  const [toLeft, toRight] = sign > 0 ? [look("Out"), look("In")] : [look("In"), look("Out")];
  const gaze = at(
    clamp(17 * 0.5 * (toLeft - toRight), -5.6, 5.6),
    clamp(17 * 0.5 * (look("Down") - look("Up")), -4.4, 4.4),
  );
  const closed = Math.min(1, 1.08 * pose[`eyeBlink${side}`]);
  const squint = Math.min(1, pose[`eyeSquint${side}`] + 0.6 * pose[`cheekSquint${side}`]);
  const upper = -9.9 * (1 + 0.24 * pose[`eyeWide${side}`] - 0.22 * squint) + 0.45 * gaze.y;
  const lower = 9 * (1 - 0.34 * squint) + 0.25 * gaze.y;
  const lid = (y) => {
    const inner = at(centre.x - sign * 12.6, centre.y + 2.4 - 0.6 * closed);
    const outer = at(centre.x + sign * 12.6, centre.y + 0.6 + 0.6 * closed);
    const [left, right] = sign > 0 ? [inner, outer] : [outer, inner];
    const bend = { roundness: 0.72 - 0.4 * closed, flatness: 0.56, bow: 0 };
    return through(left, at(centre.x, centre.y + y + closed * (6.2 - y)), right, bend);
  };
  return { upper: lid(upper), lower: lid(lower), iris: at(centre.x + gaze.x, centre.y + gaze.y), centre, closed };
}

function brow(pose, side) {
  const sign = side === "Left" ? 1 : -1;
  const [down, inner, outer] = [pose[`browDown${side}`], pose.browInnerUp, pose[`browOuterUp${side}`]];
  const point = (x, y) => at(sign * x, y);
  return [
    point(10.5 - 1.5 * down, -20.8 - 6.5 * inner - 1.5 * outer + 5 * down),
    point(21, -23.9 - 4.5 * inner - 6 * outer + 3.5 * down),
    point(32.5, -19.6 - inner - 6 * outer + 1.5 * down),
  ];
}
