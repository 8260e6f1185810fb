//! Datagrams to one host, which never wait.

use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};

use crate::AppError;

/// A socket towards one host.
pub(super) struct Wire {
    socket: UdpSocket,
}

impl Wire {
    /// To an address; `name` is what the user wrote.
    pub fn to(name: &str, address: SocketAddr) -> Result<Wire, AppError> {
        let own = if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
        let open = || {
            let socket = UdpSocket::bind(own)?;
            socket.set_broadcast(true)?;
            socket.connect(address)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        open().map(|socket| Wire { socket }).map_err(|e: std::io::Error| refusal(name, e.to_string()))
    }

    /// Sends a datagram if that is possible now. A host that does not listen is not told twice: it may come later.
    pub fn send(&self, datagram: &[u8]) {
        if let Err(e) = self.socket.send(datagram) {
            log::trace!("a picture was not sent: {e}");
        }
    }
}

/// Where `host` is, which may name its port, else at `port`; `name` is what the user wrote.
pub(super) fn address(name: &str, host: &str, port: u16) -> Result<SocketAddr, AppError> {
    let found = host.to_socket_addrs().or_else(|_| (host.trim_matches(['[', ']']), port).to_socket_addrs());
    found.map_err(|e| refusal(name, e.to_string()))?.next().ok_or_else(|| refusal(name, "none".into()))
}

fn refusal(name: &str, came: String) -> AppError {
    AppError::unexpected(format!("--to {name}"), "a host", came)
}
