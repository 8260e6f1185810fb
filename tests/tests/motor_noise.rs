//! A robot's own servos in its microphone do not move its mouth.

use keyface_core::{MotionChannel, Mouth};
use keyface_tests::models::{folder, line};
use keyface_tests::signal::servo_noise;

/// Servos are heard for so long.
const SECONDS: usize = 60;
/// A jaw that is open by less is not seen to speak.
const SEEN: f32 = 0.1;

#[test]
fn the_noise_of_servos_at_35_db_below_full_scale_moves_the_mouth_at_most_a_hundredth_of_the_time() {
    let mut line = line(&folder("robot"));
    let (mut steps, mut active, mut open) = (0, 0, 0);
    for step in line.push(&servo_noise(SECONDS)) {
        let step = step.unwrap();
        steps += 1;
        active += usize::from(step.mouth != Mouth::Silent);
        open += usize::from(step.motion[MotionChannel::JawOpen] > SEEN);
    }
    assert!(100 * active.max(open) <= steps, "{active} of {steps} steps active, the jaw open in {open}");
}

#[test]
fn the_board_of_a_robot_has_the_model_that_heard_servos() {
    let board = keyface::board::load("../boards/robot-head.toml").unwrap();
    assert_eq!(board.model, "robot");
}
