//! A face in; what other programs call it out: 52 shapes with the gaze in them, and visemes by five names.

use keyface_core::{Angles, CHANNELS, Channel, FacePose, Step, Viseme};

use super::message::VisemeSet;
use crate::out::rhubarb_shape;

/// Angle that a full look weight stands for.
const LOOK_RAD: f32 = 0.5;

/// Apple's spelling of each shape, in the order of [`shapes`].
pub fn names() -> [String; CHANNELS] {
    Channel::ALL.map(|channel| {
        let (first, rest) = channel.name().split_at(1);
        first.to_ascii_lowercase() + rest
    })
}

/// The 52 weights of a face. Programs that know no eye angles find the gaze in the look weights.
pub fn shapes(pose: &FacePose) -> [f32; CHANNELS] {
    use Channel::*;
    let mut face = *pose;
    let sides = [
        (pose.eyes[0], [EyeLookOutLeft, EyeLookInLeft, EyeLookUpLeft, EyeLookDownLeft]),
        (pose.eyes[1], [EyeLookInRight, EyeLookOutRight, EyeLookUpRight, EyeLookDownRight]),
    ];
    for (Angles { yaw_rad, pitch_rad, .. }, looks) in sides {
        for (channel, angle_rad) in looks.into_iter().zip([yaw_rad, -yaw_rad, pitch_rad, -pitch_rad]) {
            face.set(channel, pose[channel] + (angle_rad / LOOK_RAD).max(0.0));
        }
    }
    *face.weights()
}

/// How much of A, I, U, E and O a mouth shows; together at most 1, for models that add them.
pub fn vowels(pose: &FacePose) -> [f32; 5] {
    let share = |weight: f32, full: f32| (weight / full).clamp(0.0, 1.0);
    let open = share(pose[Channel::JawOpen] - pose[Channel::MouthClose], 0.35);
    let tight = share(pose[Channel::MouthPucker], 0.45);
    let round = share(pose[Channel::MouthFunnel], 0.40) * (1.0 - tight);
    let wide =
        share(pose[Channel::MouthStretchLeft] + pose[Channel::MouthSmileLeft], 0.40) * (1.0 - tight - round).max(0.0);
    let rest = (1.0 - tight - round - wide).max(0.0);
    [open * rest, wide * (1.0 - open), tight, wide * open, round]
}

/// What a step of the line is called in a set of visemes: its name and its place in the set.
pub fn viseme(set: VisemeSet, step: &Step, pose: &FacePose) -> Option<(&'static str, usize)> {
    match set {
        VisemeSet::None => None,
        VisemeSet::Oculus => Some((step.viseme.name(), step.viseme as usize)),
        VisemeSet::Openxr => Some((OPENXR[step.viseme as usize], step.viseme as usize)),
        VisemeSet::Rhubarb => {
            let letter = rhubarb_shape(step, pose);
            place(&RHUBARB, |name| name.starts_with(letter))
        }
        VisemeSet::Vrm1 => place(&VRM1, |name| name == vowel(step.viseme)),
    }
}

const OPENXR: [&str; 15] = ["SIL", "PP", "FF", "TH", "DD", "KK", "CH", "SS", "NN", "RR", "AA", "E", "IH", "OH", "OU"];
const RHUBARB: [&str; 9] = ["A", "B", "C", "D", "E", "F", "G", "H", "X"];
const VRM1: [&str; 6] = ["neutral", "aa", "ih", "ou", "ee", "oh"];

fn place(set: &[&'static str], is_it: impl Fn(&str) -> bool) -> Option<(&'static str, usize)> {
    let at = set.iter().position(|name| is_it(name))?;
    Some((set[at], at))
}

/// The vowel whose mouth comes nearest.
fn vowel(viseme: Viseme) -> &'static str {
    use Viseme::*;
    match viseme {
        Sil | PP | FF => "neutral",
        Aa => "aa",
        E => "ee",
        Oh => "oh",
        Ou => "ou",
        TH | DD | Kk | CH | SS | Nn | RR | Ih => "ih",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::step_of as step;

    #[test]
    fn names_are_apples_own() {
        let names = names();
        assert_eq!(
            (names[0].as_str(), names[17].as_str(), names[51].as_str()),
            ("eyeBlinkLeft", "jawOpen", "tongueOut")
        );
    }

    #[test]
    fn the_gaze_stands_in_the_look_weights() {
        let mut pose = FacePose::REST;
        pose.eyes = [Angles { yaw_rad: 0.25, pitch_rad: -0.1, roll_rad: 0.0 }; 2];
        let shapes = shapes(&pose);
        let of = |channel: Channel| shapes[channel as usize];
        assert_eq!((of(Channel::EyeLookOutLeft), of(Channel::EyeLookInRight)), (0.5, 0.5));
        assert_eq!((of(Channel::EyeLookInLeft), of(Channel::EyeLookOutRight)), (0.0, 0.0));
        assert_eq!((of(Channel::EyeLookDownLeft), of(Channel::EyeLookUpRight)), (0.2, 0.0));
    }

    #[test]
    fn every_viseme_has_a_name_in_every_set() {
        for of in Viseme::ALL {
            let step = step(0, of);
            for set in [VisemeSet::Oculus, VisemeSet::Openxr, VisemeSet::Rhubarb, VisemeSet::Vrm1] {
                assert!(viseme(set, &step, &FacePose::REST).is_some(), "{of:?} {set:?}");
            }
            assert_eq!(viseme(VisemeSet::None, &step, &FacePose::REST), None);
        }
        assert_eq!(viseme(VisemeSet::Openxr, &step(0, Viseme::Kk), &FacePose::REST), Some(("KK", 5)));
        assert_eq!(viseme(VisemeSet::Rhubarb, &step(0, Viseme::PP), &FacePose::REST), Some(("A", 0)));
        assert_eq!(viseme(VisemeSet::Vrm1, &step(0, Viseme::E), &FacePose::REST), Some(("ee", 4)));
    }

    #[test]
    fn vowels_look_like_the_mouth_and_never_add_up_to_more_than_one() {
        let mouth = |weights: &[(Channel, f32)]| {
            let mut pose = FacePose::REST;
            weights.iter().for_each(|(channel, weight)| pose.set(*channel, *weight));
            vowels(&pose)
        };
        use Channel::*;
        assert_eq!(mouth(&[]), [0.0; 5]);
        assert_eq!(mouth(&[(JawOpen, 0.35)]), [1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(mouth(&[(JawOpen, 0.2), (MouthClose, 0.2)]), [0.0; 5]);
        assert_eq!(mouth(&[(MouthPucker, 0.9), (MouthFunnel, 0.9)]), [0.0, 0.0, 1.0, 0.0, 0.0]);
        let all = mouth(&[(JawOpen, 1.0), (MouthPucker, 0.2), (MouthFunnel, 0.2), (MouthStretchLeft, 0.2)]);
        assert!(all.iter().sum::<f32>() <= 1.0 + 1e-6, "{all:?}");
    }
}
