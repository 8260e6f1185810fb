//! Where faces go while they live, beside screen and servos: one file per receiver.

use std::net::SocketAddr;

use keyface_core::{FacePose, Moment};

use crate::AppError;

mod lines;
mod live_link;
mod vmc;
#[cfg(feature = "serve")]
mod vts;
mod wire;

pub use lines::unwritten;

/// The receivers that can be named, as help and errors list them.
#[cfg(feature = "serve")]
pub const RECEIVERS: &str = "livelink://HOST[:11111], vmc://HOST[:39539], vts://HOST[:8001], stdout";
/// The receivers that can be named.
#[cfg(not(feature = "serve"))]
pub const RECEIVERS: &str = "livelink://HOST[:11111], vmc://HOST[:39539], stdout";
/// Ports where none is named.
const LIVE_LINK_PORT: u16 = 11_111;
const VMC_PORT: u16 = 39_539;
#[cfg(feature = "serve")]
const VTS_PORT: u16 = 8_001;

/// Somebody who is sent every picture. One that is gone or slow misses pictures, and nobody waits for it.
trait Receiver {
    fn show(&mut self, pose: &FacePose, now: Moment);

    /// Whether it will never come back.
    fn has_left(&self) -> bool {
        false
    }
}

/// What a receiver on the network understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Live Link Face over UDP.
    LiveLink,
    /// OSC over UDP.
    Vmc,
    /// VTube Studio's plug-ins, over WebSocket.
    #[cfg(feature = "serve")]
    Vts,
}

/// What a receiver on the network understands, and where it is; `None` for what is none. Nothing is sent to it.
///
/// # Errors
/// When its host is not known.
pub fn address_of(name: &str) -> Result<Option<(Kind, SocketAddr)>, AppError> {
    let (kind, host, port) = match name.split_once("://") {
        Some(("livelink", host)) => (Kind::LiveLink, host, LIVE_LINK_PORT),
        Some(("vmc", host)) => (Kind::Vmc, host, VMC_PORT),
        #[cfg(feature = "serve")]
        Some(("vts", host)) => (Kind::Vts, host, VTS_PORT),
        _ => return Ok(None),
    };
    Ok(Some((kind, wire::address(name, host, port)?)))
}

/// All who are sent every picture.
#[derive(Default)]
pub struct Outputs(Vec<Box<dyn Receiver>>);

impl Outputs {
    /// Opens those that `names` name; what is none of them is left to others (`None`).
    ///
    /// # Errors
    /// When a host is not known, or there is no socket.
    pub fn add(&mut self, name: &str) -> Result<Option<()>, AppError> {
        let receiver: Box<dyn Receiver> = match address_of(name)? {
            Some((Kind::LiveLink, address)) => Box::new(live_link::LiveLink::new(wire::Wire::to(name, address)?)),
            Some((Kind::Vmc, address)) => Box::new(vmc::Vmc::new(wire::Wire::to(name, address)?)),
            #[cfg(feature = "serve")]
            Some((Kind::Vts, address)) => Box::new(vts::Vts::start(address, vts::store(address))?),
            None if name == "stdout" => Box::new(lines::Lines::start()?),
            None => return Ok(None),
        };
        self.0.push(receiver);
        Ok(Some(()))
    }

    /// Whether nobody is sent anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sends a picture to all; those who have left for good are forgotten.
    pub fn show(&mut self, pose: &FacePose, now: Moment) {
        self.0.iter_mut().for_each(|receiver| receiver.show(pose, now));
        self.0.retain(|receiver| !receiver.has_left());
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn several_receivers_get_every_picture_and_one_that_is_gone_costs_nothing() {
        let [near, far] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut outputs = Outputs::default();
        let addresses = [near.local_addr().unwrap(), gone, far.local_addr().unwrap()];
        for (kind, address) in ["livelink", "vmc", "vmc"].iter().zip(addresses) {
            assert!(outputs.add(&format!("{kind}://{address}")).unwrap().is_some());
        }
        let start = Instant::now();
        (0..600).for_each(|n| outputs.show(&FacePose::REST, Moment::from_ms(16 * n)));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        for socket in [near, far] {
            socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
            // A receiver may be told of the sender before its first picture.
            let sizes = [(); 2].map(|()| socket.recv(&mut [0; 2_048]).unwrap());
            assert!(sizes.iter().any(|size| *size > 100), "{sizes:?}");
        }
    }

    #[test]
    fn a_host_that_is_not_known_is_told_and_what_is_no_receiver_is_left_to_others() {
        let mut outputs = Outputs::default();
        let error = outputs.add("vmc://").unwrap_err().to_string();
        assert!(error.starts_with("--to vmc://: expected a host, came "), "{error}");
        assert!(outputs.add("screen").unwrap().is_none() && outputs.add("ftp://x").unwrap().is_none());
        assert!(outputs.is_empty());
    }
}
