//! Boards, alone and over the board that they inherit from; and the joints of those that are taken.

use keyface::board::{Board, Joint, Layer};
use keyface::servo::{Follow, Limit};
use keyface_core::{Channel, FacePose};

use super::{project, text};
use crate::fuzz::{Answer, Target, lines, plain};

const BOARDS: [&str; 8] = [
    "emulated",
    "jetson-agx-orin",
    "jetson-orin-nano",
    "linux-kiosk",
    "linux-pc",
    "raspberry-pi-5-spi",
    "raspberry-pi-5",
    "robot-head",
];

pub fn target() -> Target {
    let seeds = BOARDS.map(|name| lines(&project(&format!("boards/{name}.toml")))).into();
    let parent = |name: &str| {
        let bytes = project(&format!("boards/{name}.toml"));
        Layer::new(name, text(&bytes).expect("a board is a text")).expect("a board that ships")
    };
    let parents = [parent("raspberry-pi-5"), parent("linux-pc")];
    Target {
        name: "board",
        seeds,
        split: lines,
        seal: Box::new(plain),
        feed: Box::new(move |bytes| feed(bytes, &parents)),
    }
}

fn feed(bytes: &[u8], parents: &[Layer]) -> Answer {
    let own = Layer::new("a.toml", text(bytes)?).map_err(|error| error.to_string())?;
    let parent = own.inherits().map(|name| usize::from(name != "raspberry-pi-5"));
    let layers: Vec<Layer> = std::iter::once(own).chain(parent.map(|at| parents[at].clone())).collect();
    let board = Board::from_layers(&layers).map_err(|error| error.to_string())?;
    let servos = board.servos.iter().flat_map(|servos| &servos.joint);
    servos.for_each(stays_within_its_limits);
    Ok(format!("{:?} {:?} {}", board.display.kind, board.display.format, board.servos.is_some()))
}

/// Whatever a checked board says, and whatever the face does.
fn stays_within_its_limits(joint: &Joint) {
    let (follow, mut limit) = (Follow::new(joint), Limit::new(joint));
    let range = f64::from(joint.min_us)..=f64::from(joint.max_us);
    for open in [0.0, 1.0, f32::NAN, 0.3, 1e30] {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, open);
        pose.head.yaw_rad = open;
        for span_s in [0.02, 0.0, 1e-9, 1e9] {
            let at = limit.advance(follow.pulse_us(&pose), span_s);
            assert!(range.contains(&at), "{}: {at} us of {range:?}", joint.name);
        }
    }
}
