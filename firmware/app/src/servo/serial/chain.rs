//! A face and the time in, where each servo of a chain is to go out on its bus; and what is done when the bus fails.
//!
//! As with a chip of pulses: joints keep their limits, begin where the servos stand, are detached after a while at rest,
//! and a bus that does not answer is tried again after a pause that doubles.

use keyface_core::{FacePose, Moment, Span};

use super::packet::{goal, present, sync_write, torque};
use super::port::Port;
use crate::AppError;
use crate::board::{Bus, Protocol};
use crate::servo::joint::MovingJoint;
use crate::servo::link::{Link, ServoCounters};
use crate::servo::pca9685::{Counts, Prescale};

/// How often one of the servos is asked whether it still holds.
const ASK: Span = Span::from_ms(250);
/// The last step of a turn.
const LAST_STEP: u32 = 4_095;

/// The servos of one bus.
pub struct Chain {
    place: String,
    baud: u32,
    protocol: Protocol,
    link: Link,
    joints: Vec<MovingJoint>,
    port: Option<Port>,
    /// Where each servo was last told to go; `None` while its motor is off.
    told: Vec<Option<Counts>>,
    /// Times that one of them was asked.
    asked: usize,
}

impl Chain {
    /// For a bus of a checked board. Nothing is opened yet.
    pub fn new(bus: &Bus, detach_after_s: Option<f32>) -> Chain {
        let joint =
            |joint: &crate::board::BusJoint| MovingJoint::new(&joint.as_joint(), Prescale::STEPS, detach_after_s);
        let joints: Vec<MovingJoint> = bus.joint.iter().map(joint).collect();
        Chain {
            place: bus.port.clone(),
            baud: bus.baud,
            protocol: bus.protocol,
            link: Link::new(Span(1_000_000 / i64::from(bus.rate_hz.max(1))), ASK),
            told: vec![None; joints.len()],
            asked: 0,
            joints,
            port: None,
        }
    }

    /// Time between two ticks.
    pub fn period(&self) -> Span {
        self.link.tick
    }

    /// What has gone wrong so far.
    pub fn counters(&self) -> ServoCounters {
        self.link.counters
    }

    /// Opens the port and asks every servo where it stands; its motor stays as it is.
    ///
    /// # Errors
    /// When there is no such port, or a servo does not answer.
    pub fn connect(&mut self) -> Result<(), AppError> {
        let mut port = Port::open(&self.place, self.baud, self.protocol)?;
        for joint in &mut self.joints {
            let at = port.ask(joint.output, present(self.protocol))?;
            joint.stand_at(at.min(LAST_STEP) as Counts);
        }
        self.told.fill(None);
        self.port = Some(port);
        Ok(())
    }

    /// Moves every joint towards a face, for the time since the last tick; true when the servos have been told.
    /// Late calls make the motion slower, never quicker.
    pub fn tick(&mut self, now: Moment, pose: &FacePose) -> bool {
        let span_s = self.link.span_s(now, &mut self.joints);
        if self.port.is_none() {
            self.try_again(now);
            return false;
        }
        let outcome = self.ask(now).and_then(|()| self.drive(pose, span_s));
        outcome.map_err(|error| self.lose(now, &error)).is_ok()
    }

    /// Whether every joint stands at its rest.
    pub fn is_parked(&self) -> bool {
        self.joints.iter().all(MovingJoint::is_parked)
    }

    /// Whether the bus has not answered twice running.
    pub fn is_lost(&self) -> bool {
        self.port.is_none() && self.link.is_failing()
    }

    /// Switches all motors off. Best effort, for the end.
    pub fn detach(&mut self) {
        let all: Vec<(u8, u16)> = self.joints.iter().map(|joint| (joint.output, 0)).collect();
        let Some(port) = &mut self.port else { return };
        if let Err(error) = port.send(&sync_write(self.protocol, torque(self.protocol), &all)) {
            log::warn!("{error}; its servos are not detached");
        }
    }

    fn try_again(&mut self, now: Moment) {
        if !self.link.is_retry(now) {
            return;
        }
        match self.connect() {
            Err(error) => self.lose(now, &error),
            Ok(()) => self.link.found(now, &self.place),
        }
    }

    /// Asks one servo after another whether its motor is as it was told: one that lost its power has forgotten.
    fn ask(&mut self, now: Moment) -> Result<(), AppError> {
        let Some(port) = self.port.as_mut().filter(|_| self.link.must_ask(now)) else { return Ok(()) };
        let at = self.asked % self.joints.len().max(1);
        self.asked += 1;
        let id = self.joints[at].output;
        let holds = port.ask(id, torque(self.protocol))? != 0;
        if self.told[at].is_some() && !holds {
            let reason = format!("servo {id} on {} has lost its settings", self.place);
            return Err(AppError::Servos { reason });
        }
        self.link.holds();
        Ok(())
    }

    /// Motors that are to hold are switched on before they are told where to go, which is where they stand.
    fn drive(&mut self, pose: &FacePose, span_s: f64) -> Result<(), AppError> {
        let wanted: Vec<Option<Counts>> = self.joints.iter_mut().map(|joint| joint.tick(pose, span_s)).collect();
        let (mut switched, mut moved) = (Vec::new(), Vec::new());
        for ((joint, before), now) in self.joints.iter().zip(&self.told).zip(&wanted) {
            if before.is_some() != now.is_some() {
                switched.push((joint.output, u16::from(now.is_some())));
                self.link.counters.detached += u64::from(now.is_none());
            }
            if let Some(steps) = now.filter(|_| before != now) {
                moved.push((joint.output, steps));
            }
        }
        let Some(port) = &mut self.port else { return Ok(()) };
        for (register, values) in [(torque(self.protocol), switched), (goal(self.protocol), moved)] {
            if !values.is_empty() {
                port.send(&sync_write(self.protocol, register, &values))?;
            }
        }
        self.told = wanted;
        Ok(())
    }

    fn lose(&mut self, now: Moment, error: &AppError) {
        let was_there = self.port.take().is_some();
        self.link.lost(now, error, was_there);
    }
}

#[cfg(test)]
mod tests;
