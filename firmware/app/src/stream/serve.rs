//! The service: WebSocket sessions at `/v1`, a page for people at `/`, and its health at `/healthz`.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::AppError;
use crate::stream::session::Host;

mod client;
mod http;
mod page;

use client::Shared;
pub use http::Door;

/// Connections beside the sessions: health, and who is about to be told that there is no room.
const BESIDE: u64 = 16;
/// Pause after the system had no connection to give.
const BREATH: Duration = Duration::from_millis(50);

/// A service that listens until it is dropped.
pub struct Service {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// How a service listens.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Where.
    pub address: SocketAddr,
    /// Origins of pages that may use it, beside its own.
    pub origins: Vec<String>,
    /// What a client must know; needed beyond loopback.
    pub token: Option<String>,
    /// Sessions at once.
    pub clients: u32,
}

impl Service {
    /// Listens. The service's clock began at `started`.
    ///
    /// # Errors
    /// When the address is taken, or reaches beyond this machine without a token.
    pub fn start(listen: Listen, host: Arc<Host>, started: Instant) -> Result<Service, AppError> {
        let Listen { address, origins, token, clients } = listen;
        let place = format!("--serve {address}");
        if !address.ip().is_loopback() && token.is_none() {
            let expected = "--token-file, because others than this machine can reach it";
            return Err(AppError::unexpected(place, expected, "none"));
        }
        let failed = |e: io::Error| AppError::unexpected(&place, "an address that is free", e.to_string());
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let door = Door { address, origins, token };
        let shared = Arc::new(Shared { door, host, clients: u64::from(clients), started, stop: false.into() });
        let inside = Arc::clone(&shared);
        let spawned = thread::Builder::new().name("keyface-serve".into()).spawn(move || accept(&listener, &inside));
        let thread = Some(spawned.map_err(|reason| AppError::Thread { what: "service", reason })?);
        Ok(Service { address, shared, thread })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Every session is told that the service ends.
impl Drop for Service {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect_timeout(&self.address, BREATH));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("service: its thread broke");
        }
        let started = Instant::now();
        while self.shared.host.figures.connections.get() > 0 && started.elapsed() < Duration::from_secs(2) {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.stop.load(Relaxed) {
        match listener.accept() {
            Ok((stream, _)) => greet(stream, shared),
            Err(e) => {
                log::warn!("service: {e}");
                thread::sleep(BREATH);
            }
        }
    }
}

/// Connections beyond the limit are closed at once.
fn greet(stream: TcpStream, shared: &Arc<Shared>) {
    let Some(place) = shared.host.figures.connections.enter(shared.clients + BESIDE) else {
        return shared.host.figures.refused.add(1);
    };
    let inside = Arc::clone(shared);
    let work = move || {
        client::serve(stream, &inside);
        drop(place);
    };
    if let Err(e) = thread::Builder::new().name("keyface-client".into()).spawn(work) {
        log::warn!("service: no thread for a client: {e}");
    }
}
