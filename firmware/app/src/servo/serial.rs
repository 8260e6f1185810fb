//! Servos on a serial bus: what they are told and asked, over which port, and a chain of them as one.

mod chain;
mod packet;
mod port;

pub(super) use chain::Chain;
