//! The mouth of the rig: four lip edges, two rows of teeth and a tongue, from amplified lip movements.

use keyface_core::{Channel, FacePose};

use super::gain::{Lips, step};
use crate::face::curve::{Bend, Edge, Graph, Point, at};

/// The mouth's outlines in face units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MouthRig {
    /// Upper border of the upper lip.
    pub upper_outer: Edge,
    /// Lower border of the upper lip.
    pub upper_inner: Edge,
    /// Upper border of the lower lip.
    pub lower_inner: Edge,
    /// Lower border of the lower lip.
    pub lower_outer: Edge,
    /// Height of the upper incisors' edge (fixed to the skull).
    pub upper_teeth_y: f32,
    /// Height of the lower incisors' edge (moves with the jaw).
    pub lower_teeth_y: f32,
    /// Half the width of both rows.
    pub teeth_half_width: f32,
    /// The tongue.
    pub tongue: Tongue,
    /// How hard the lips are pressed together, 0..=1.
    pub press: f32,
    /// How far the lower lip is tucked under the upper teeth, 0..=1.
    pub tuck: f32,
}

/// Where the tongue is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tongue {
    /// Highest point of the tongue lying in the mouth.
    pub back_y: f32,
    /// How far the tip is lifted to the ridge behind the upper teeth, 0..=1.
    pub lift: f32,
    /// 0: inside; 1: tip between the teeth; 2: shown on purpose.
    pub out: f32,
    /// Middle of the mouth.
    pub x: f32,
}

/// Where the lips meet at rest.
pub const LIP_LINE_Y: f32 = 30.0;
/// Half the width of the mouth at rest.
const HALF_WIDTH: f32 = 18.0;
/// Fall of the lower lip with a fully open jaw, with a lowered lip, with a rounded mouth.
const JAW_GAP: f32 = 19.0;
const LOWER_GAP: f32 = 5.4;
const ROUND_LOWER_GAP: f32 = 2.4;
/// Rise of the upper lip, alike.
const UPPER_GAP: f32 = 6.0;
const ROUND_UPPER_GAP: f32 = 2.0;
/// Thickness of the lips at rest.
const UPPER_LIP: f32 = 3.8;
const LOWER_LIP: f32 = 5.6;
/// How far the upper incisors reach below the lip line.
const TEETH_BELOW_LINE: f32 = 1.9;
/// Opening of the jaw up to which the teeth stay together (s, z: `JawOpen` 0.02-0.03).
const TEETH_TOGETHER: f32 = 0.11;
/// Extra room that a lifted tongue takes, so that its underside is seen.
const LIFT_GAP: f32 = 1.8;
/// Lift of the corners at rest: a face that looks ready to talk.
const REST_SMILE: f32 = 3.0;

impl MouthRig {
    /// From a pose.
    pub fn of(pose: &FacePose) -> MouthRig {
        let lips = Lips::of(pose);
        let centre = at(sideways(pose), LIP_LINE_Y - 2.0 * pose[Channel::MouthShrugLower]);
        let gaps = Gaps::of(&lips);
        let corners = corners(&lips, centre, &gaps);
        let teeth = Teeth::of(&lips, centre.y, 0.5 * (corners[1].x - corners[0].x));
        MouthRig {
            upper_outer: upper_outer(&lips, centre, &gaps, corners),
            upper_inner: upper_inner(&lips, centre, &gaps, corners),
            lower_inner: lower_inner(&lips, centre, &gaps, corners),
            lower_outer: lower_outer(&lips, centre, &gaps, corners),
            upper_teeth_y: teeth.upper_y,
            lower_teeth_y: teeth.lower_y,
            teeth_half_width: teeth.half_width,
            tongue: tongue(&lips, centre, &gaps),
            press: lips.press * lips.sealed,
            tuck: lips.tucked,
        }
    }

    /// Height of the opening between the lips at its middle.
    pub fn opening(&self) -> f32 {
        self.lower_inner.middle().y - self.upper_inner.middle().y
    }

    /// Distance between the corners.
    pub fn width(&self) -> f32 {
        self.upper_inner.right().x - self.upper_inner.left().x
    }

    /// Both inner edges as functions of x: what is inside the mouth lies between them.
    pub fn inside(&self) -> (Graph, Graph) {
        (Graph::of(&self.upper_inner), Graph::of(&self.lower_inner))
    }
}

fn sideways(pose: &FacePose) -> f32 {
    use Channel::*;
    5.0 * (pose[MouthLeft] - pose[MouthRight]) + 3.0 * (pose[JawLeft] - pose[JawRight])
}

/// How far the inner edges are from the lip line, upwards and downwards.
struct Gaps {
    up: f32,
    down: f32,
}

impl Gaps {
    fn of(lips: &Lips) -> Gaps {
        let open = 1.0 - lips.sealed;
        let up = UPPER_GAP * lips.upper_up + 1.2 * lips.jaw + ROUND_UPPER_GAP * lips.round;
        let down = JAW_GAP * lips.jaw
            + LOWER_GAP * lips.lower_down
            + ROUND_LOWER_GAP * lips.round
            + LIFT_GAP * step(lips.tongue_up, 0.4, 1.0);
        // The tucked lip rests on the edge of the upper teeth, whatever the jaw does.
        let tucked_down = TEETH_BELOW_LINE - 0.3;
        Gaps { up: open * up.max(3.0 * lips.tucked), down: open * (down + lips.tucked * (tucked_down - down)) }
    }
}

/// Left and right corner of the opening.
fn corners(lips: &Lips, centre: Point, gaps: &Gaps) -> [Point; 2] {
    let half = HALF_WIDTH * (1.0 + 0.34 * lips.spread * (1.0 - lips.round) - 0.74 * lips.round + 0.06 * lips.press)
        - 1.5 * lips.jaw
        - 2.0 * lips.tucked;
    let fall = 0.5 * (gaps.down - gaps.up) * (0.6 + 0.4 * lips.round);
    let rest = REST_SMILE * (1.0 - lips.busy());
    let y = |side: usize| centre.y + fall - rest - 5.5 * lips.corner_lift[side];
    // Index 0 is the face's left: the viewer's right.
    [at(centre.x - half, y(1)), at(centre.x + half, y(0))]
}

fn inner_bend(lips: &Lips) -> Bend {
    let boxy = lips.lower_down.min(lips.upper_up) * (1.0 - lips.round) * (1.0 - lips.jaw);
    Bend {
        roundness: (0.30 + lips.round + 0.4 * lips.jaw + 0.5 * boxy).min(1.0),
        flatness: 0.50 + 0.30 * boxy,
        bow: 0.0,
    }
}

fn upper_inner(lips: &Lips, centre: Point, gaps: &Gaps, [left, right]: [Point; 2]) -> Edge {
    Edge::through(left, centre.shifted(0.0, -gaps.up), right, inner_bend(lips))
}

fn lower_inner(lips: &Lips, centre: Point, gaps: &Gaps, [left, right]: [Point; 2]) -> Edge {
    Edge::through(left, centre.shifted(0.0, gaps.down), right, inner_bend(lips))
}

/// How much of a lip's red is seen: pressed and spread lips are thin, rounded ones full.
fn fullness(lips: &Lips) -> f32 {
    let pressed = lips.press * (0.35 + 0.65 * lips.sealed);
    (1.0 - 0.55 * pressed) * (1.0 + 0.30 * lips.round) * (1.0 - 0.15 * lips.spread) * (1.0 - 0.12 * lips.jaw)
}

/// How far the red reaches beyond the corners of the opening.
fn beyond(lips: &Lips) -> f32 {
    0.8 + 1.6 * lips.round
}

fn upper_outer(lips: &Lips, centre: Point, gaps: &Gaps, [left, right]: [Point; 2]) -> Edge {
    let thick = UPPER_LIP * fullness(lips);
    let middle = centre.shifted(0.0, -gaps.up - 0.86 * thick);
    let bow = 1.1 * (1.0 - 0.6 * lips.round) * (1.0 - 0.7 * lips.press * lips.sealed);
    let bend = Bend { roundness: 0.15 + 0.75 * lips.round, flatness: 0.42, bow };
    Edge::through(left.shifted(-beyond(lips), 0.0), middle, right.shifted(beyond(lips), 0.0), bend)
}

fn lower_outer(lips: &Lips, centre: Point, gaps: &Gaps, [left, right]: [Point; 2]) -> Edge {
    let thick = LOWER_LIP * fullness(lips) * (1.0 - 0.18 * lips.tucked);
    let bend = Bend { roundness: 0.15 + 0.80 * lips.round + 0.3 * lips.jaw, flatness: 0.52, bow: 0.0 };
    let middle = centre.shifted(0.0, gaps.down + thick);
    Edge::through(left.shifted(-beyond(lips), 0.0), middle, right.shifted(beyond(lips), 0.0), bend)
}

/// Heights of the two rows, and half the width of the upper one.
struct Teeth {
    upper_y: f32,
    lower_y: f32,
    half_width: f32,
}

impl Teeth {
    fn of(lips: &Lips, line_y: f32, mouth_half_width: f32) -> Teeth {
        let jaws_apart = 19.0 * (lips.jaw - TEETH_TOGETHER).max(0.0) + 2.2 * step(lips.jaw, 0.18, 0.5);
        // Protruded lips (w, uw; not the flare of sh) leave the teeth behind.
        let behind = 9.0 * step(lips.round * (1.0 - lips.funnel), 0.38, 0.70);
        let upper_y = line_y + TEETH_BELOW_LINE;
        Teeth {
            upper_y: upper_y - behind,
            lower_y: upper_y + jaws_apart + behind + 1.6 * step(lips.tongue_up, 0.4, 1.0),
            half_width: (0.93 * mouth_half_width).min(18.5),
        }
    }
}

fn tongue(lips: &Lips, centre: Point, gaps: &Gaps) -> Tongue {
    // It lies deep in an open mouth and hides behind the teeth of a narrow one.
    let height = 8.0 * step(lips.jaw, 0.2, 0.7);
    Tongue {
        back_y: centre.y + gaps.down - height,
        lift: lips.tongue_up,
        out: lips.tongue_out * (1.0 - lips.round),
        x: centre.x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::nine_shapes;

    fn rig(name: &str) -> MouthRig {
        MouthRig::of(&nine_shapes().into_iter().find(|shape| shape.name == name).unwrap().pose)
    }

    /// The mouth as characters, 2 x 2 face units each: lips `=`, sealed `-`, teeth `T`, tongue `t`, the dark inside `#`.
    fn picture(rig: &MouthRig) -> Vec<String> {
        let edges = [rig.upper_outer, rig.upper_inner, rig.lower_inner, rig.lower_outer].map(|e| Graph::of(&e));
        let cell = |x: f32, y: f32| {
            let [top, lip_end, lip_start, bottom] = edges.map(|edge| edge.y(x));
            let across = (x - rig.tongue.x).abs();
            match y {
                _ if across > rig.width() / 2.0 || y < top || y > bottom => ' ',
                _ if rig.opening() == 0.0 && (y - lip_end).abs() < 1.0 => '-',
                _ if y < lip_end || y > lip_start => '=',
                _ if y < rig.upper_teeth_y || y > rig.lower_teeth_y => 'T',
                _ if rig.tongue.out > 0.5 || (rig.tongue.lift > 0.5 && across < 5.0) || y > rig.tongue.back_y => 't',
                _ => '#',
            }
        };
        let row = |j: i32| (-12..=12).map(|i| cell(2.0 * i as f32, LIP_LINE_Y + 2.0 * j as f32)).collect::<String>();
        (-5..=11).map(|j| row(j).trim_end().to_owned()).filter(|row| !row.is_empty()).collect()
    }

    #[test]
    #[rustfmt::skip]
    fn m_b_p_seal_the_lips_to_a_thin_line() {
        assert_eq!(picture(&rig("M B P")), [
            "   -------------------",
            "      =============",
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn f_v_show_upper_teeth_on_the_lower_lip() {
        assert_eq!(picture(&rig("F V")), [
            "          =====",
            "       ===========",
            "     ==TTTTTTTTTTT==",
            "     TTTTTTTTTTTTTTT",
            "      =============",
            "       ===========",
            "           ===",
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn th_shows_the_tongue_under_the_upper_teeth() {
        assert_eq!(picture(&rig("TH")), [
            "        =========",
            "     ===============",
            "    =TTTTTTTTTTTTTTT=",
            "    ttttttttttttttttt",
            "    ==ttttttttttttt==",
            "     ====TTTTTTT====",
            "      =============",
            "        =========",
            "            =",
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn oo_is_a_small_round_hole() {
        assert_eq!(picture(&rig("OO")), [
            "          =====",
            "         =======",
            "         #######",
            "         #######",
            "         =#####=",
            "         =======",
            "         =======",
            "          =====",
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn ee_is_wide_and_shows_a_slit_between_the_teeth() {
        assert_eq!(picture(&rig("EE")), [
            "          =   =",
            "    =================",
            "  =TTTTTTTTTTTTTTTTTTT=",
            "  TTTTTTTTTTTTTTTTTTTTT",
            "   =#################=",
            "    ==TTTTTTTTTTTTT==",
            "     ===============",
            "      =============",
            "         =======",
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn ah_is_open_and_dark_with_a_low_tongue() {
        assert_eq!(picture(&rig("AH")), [
            "        =========",
            "       ==TTTTTTT==",
            "     =TTTTTTTTTTTTT=",
            "    =###############=",
            "    #################",
            "    #################",
            "    =ttttttttttttttt=",
            "     =ttttttttttttt=",
            "      =ttttttttttt=",
            "      ===ttttttt===",
            "       ===========",
            "        =========",
            "          =====",
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn l_lifts_the_tongue_to_the_upper_teeth() {
        assert_eq!(picture(&rig("L")), [
            "        =========",
            "      =====TTT=====",
            "     =TTTTTTTTTTTTT=",
            "    ######ttttt######",
            "    ######ttttt######",
            "    =#####ttttt#####=",
            "     ==###ttttt###==",
            "      ===TTTTTTT===",
            "       ===========",
            "        =========",
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn s_shows_teeth_together() {
        assert_eq!(picture(&rig("S")), [
            "         =======",
            "      =============",
            "    =TTTTTTTTTTTTTTT=",
            "   TTTTTTTTTTTTTTTTTTT",
            "   =TTTTTTTTTTTTTTTTT=",
            "    =====TTTTTTT=====",
            "      =============",
            "        =========",
        ]);
    }

    #[test]
    fn sealed_lips_leave_no_opening_whatever_the_jaw_does() {
        for jaw in [0.0, 0.1, 0.3, 0.6] {
            let mut pose = FacePose::REST;
            pose.set(Channel::JawOpen, jaw);
            pose.set(Channel::MouthClose, 0.02 + 0.85 * jaw);
            pose.set(Channel::MouthUpperUpLeft, 0.3);
            pose.set(Channel::MouthPucker, 0.5);
            let rig = MouthRig::of(&pose);
            assert_eq!((rig.opening(), rig.upper_inner), (0.0, rig.lower_inner), "jaw {jaw}");
        }
    }

    #[test]
    fn a_mouth_at_rest_is_closed_and_smiles_a_little() {
        let rest = rig("rest");
        assert_eq!(rest.opening(), 0.0);
        assert!(rest.upper_inner.left().y < rest.upper_inner.middle().y - 2.0);
    }

    #[test]
    fn the_opening_grows_with_the_jaw() {
        let opening = |jaw: f32| {
            let mut pose = FacePose::REST;
            pose.set(Channel::JawOpen, jaw);
            MouthRig::of(&pose).opening()
        };
        let openings: Vec<f32> = (0..=20).map(|i| opening(i as f32 * 0.05)).collect();
        assert!(openings.windows(2).all(|o| o[1] > o[0]), "{openings:?}");
        // The median vowel is seen, and a shout fits the face.
        assert!(opening(0.05) > 2.0 && opening(1.0) < 22.0);
    }

    #[test]
    fn a_smile_on_one_side_lifts_one_corner() {
        let mut pose = FacePose::REST;
        pose.set(Channel::MouthSmileLeft, 0.5);
        let rig = MouthRig::of(&pose);
        // The face's left is the viewer's right.
        assert!(rig.upper_inner.right().y < rig.upper_inner.left().y - 2.0);
    }
}
