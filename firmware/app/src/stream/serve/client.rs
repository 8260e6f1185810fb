//! One connection: its head, and then its session, on a thread of its own.
//!
//! A thread for each client, because the line of each computes for itself: a client that is slow, or whose sound is
//! a burst of minutes, holds up nobody else.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use keyface_core::Moment;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::http::{Denial, Door, Wish, is_pause, read_head};
use super::page::{File, POLICY};
use crate::stream::session::{Host, Refusal, Session};
use crate::stream::tell::{Packet, Tell};
use crate::wait::span;

/// The longest message: twenty seconds of most sounds.
const MESSAGE_MOST: usize = 1 << 20;
/// Bytes that may wait for a client that does not read; then its sound waits too.
const UNREAD_MOST: usize = 4 << 20;
/// How long a client may not read.
const UNREAD_LIMIT: Duration = Duration::from_secs(10);
/// How long a client may not say hello.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
/// How long a write may hold up the session.
const WRITE_WAIT: Duration = Duration::from_millis(20);
/// How often a session looks around: between pictures, and when nothing moves.
const TICK: Duration = Duration::from_millis(4);
const IDLE: Duration = Duration::from_millis(100);
/// How long a client has to agree to a close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// The longest reason that a close carries.
const REASON_MOST: usize = 120;

/// What all connections share.
pub struct Shared {
    /// Who may come in.
    pub door: Door,
    /// What sessions share.
    pub host: Arc<Host>,
    /// Sessions at once.
    pub clients: u64,
    /// When the service's clock began.
    pub started: Instant,
    /// Set when it is time to end.
    pub stop: AtomicBool,
}

/// Serves a connection to its end.
pub fn serve(mut stream: TcpStream, shared: &Shared) {
    if let Err(error) = try_serve(&mut stream, shared) {
        log::debug!("client: {error}");
    }
}

fn try_serve(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(CLOSE_LIMIT))?;
    let (head, rest) = read_head(stream)?;
    let (figures, is_head) = (&shared.host.figures, head.starts_with(b"HEAD "));
    match shared.door.wish(&head) {
        Ok(Wish::Health) => {
            let told = figures.told(&shared.host.model_name, shared.started.elapsed());
            answer(stream, "200 OK", "application/json", "", format!("{told}\n").as_bytes(), is_head)
        }
        Ok(Wish::Page(file)) => page(stream, file, is_head),
        Ok(Wish::Session { accept }) => {
            let Some(_place) = figures.clients.enter(shared.clients) else {
                let reason = format!("expected at most {} clients, came one more", shared.clients);
                return deny(stream, shared, &Denial("503 Service Unavailable", reason), is_head);
            };
            upgrade(stream, &accept)?;
            stream.set_write_timeout(Some(WRITE_WAIT))?;
            figures.sessions.add(1);
            Client::new(stream, rest, shared).run();
            Ok(())
        }
        Err(denial) => deny(stream, shared, &denial, is_head),
    }
}

fn deny(stream: &mut TcpStream, shared: &Shared, Denial(status, reason): &Denial, is_head: bool) -> io::Result<()> {
    shared.host.figures.refused.add(1);
    answer(stream, status, "text/plain; charset=utf-8", "", format!("{reason}\n").as_bytes(), is_head)
}

fn page(stream: &mut TcpStream, file: &File, is_head: bool) -> io::Result<()> {
    let encoding = if file.is_gzip { "Content-Encoding: gzip\r\n" } else { "" };
    let lines = format!(
        "{encoding}Content-Security-Policy: {POLICY}\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n"
    );
    answer(stream, "200 OK", file.kind, &lines, &file.body(), is_head)
}

/// An answer with its body, or without it where only its head is wanted; `lines` are more of its head.
fn answer(stream: &mut TcpStream, status: &str, kind: &str, lines: &str, body: &[u8], is_head: bool) -> io::Result<()> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n");
    stream.write_all(format!("{head}X-Content-Type-Options: nosniff\r\n{lines}\r\n").as_bytes())?;
    if is_head { Ok(()) } else { stream.write_all(body) }
}

fn upgrade(stream: &mut TcpStream, accept: &str) -> io::Result<()> {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
    stream.write_all(format!("{head}\r\nSec-WebSocket-Accept: {accept}\r\n\r\n").as_bytes())
}

/// Why a connection ends.
enum End {
    /// It is gone.
    Gone,
    /// It is closed, and told why.
    Close(CloseCode, String),
}

impl From<Refusal> for End {
    fn from(Refusal(reason): Refusal) -> End {
        End::Close(CloseCode::Policy, reason)
    }
}

/// A client with its session.
struct Client<'a> {
    socket: WebSocket<&'a mut TcpStream>,
    session: Session,
    shared: &'a Shared,
    out: Vec<Packet>,
    /// What the client has not taken yet.
    unsent: VecDeque<Message>,
    unsent_bytes: usize,
    opened: Instant,
    /// Since when the client does not read.
    unread: Option<Instant>,
    wait: Duration,
}

impl<'a> Client<'a> {
    fn new(stream: &'a mut TcpStream, rest: Vec<u8>, shared: &'a Shared) -> Client<'a> {
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_MOST))
            .max_frame_size(Some(MESSAGE_MOST));
        let socket = WebSocket::from_partially_read(stream, rest, Role::Server, Some(config));
        let session = Session::new(Arc::clone(&shared.host));
        Client {
            socket,
            session,
            shared,
            out: Vec::new(),
            unsent: VecDeque::new(),
            unsent_bytes: 0,
            opened: Instant::now(),
            unread: None,
            wait: IDLE,
        }
    }

    fn run(mut self) {
        let end = loop {
            if let Err(end) = self.turn() {
                break end;
            }
        };
        if let End::Close(code, reason) = end {
            self.close(code, &reason);
        }
    }

    fn turn(&mut self) -> Result<(), End> {
        if self.shared.stop.load(Relaxed) {
            return Err(End::Close(CloseCode::Away, "the service ends".into()));
        }
        if !self.session.is_open() && self.opened.elapsed() > HELLO_LIMIT {
            return Err(End::Close(CloseCode::Policy, "expected a hello within 10 s, came none".into()));
        }
        self.session.tick(self.now(), &mut self.out);
        self.send()?;
        if self.session.has_room(self.now()) && !self.is_full() { self.hear() } else { self.rest() }
    }

    fn now(&self) -> Moment {
        Moment::START + span(self.shared.started.elapsed())
    }

    /// The session has no room: its sound waits in the socket.
    fn rest(&mut self) -> Result<(), End> {
        std::thread::sleep(TICK);
        Ok(())
    }

    /// Takes the next message, or waits a moment for one.
    fn hear(&mut self) -> Result<(), End> {
        let wait = if self.session.is_moving() { TICK } else { IDLE };
        if wait != self.wait {
            self.socket.get_ref().set_read_timeout(Some(wait)).map_err(|_| End::Gone)?;
            self.wait = wait;
        }
        match self.socket.read() {
            Ok(Message::Text(text)) => {
                let now = self.now();
                self.session.text(&text, now, &mut self.out)?;
                self.send()
            }
            Ok(Message::Binary(bytes)) => self.sound(&bytes),
            Ok(_) => Ok(()),
            Err(Error::Io(e)) if is_pause(&e) => Ok(()),
            Err(Error::Capacity(e)) => Err(End::Close(CloseCode::Size, format!("expected a shorter message: {e}"))),
            Err(Error::Protocol(e)) => Err(End::Close(CloseCode::Protocol, e.to_string())),
            Err(Error::Utf8(e)) => Err(End::Close(CloseCode::Invalid, e)),
            Err(_) => Err(End::Gone),
        }
    }

    /// A long message is heard in pieces of half a second, so that its frames leave while it is heard.
    fn sound(&mut self, bytes: &[u8]) -> Result<(), End> {
        for piece in bytes.chunks((self.session.bytes_a_second() / 2).max(1)) {
            let now = self.now();
            self.session.sound(piece, now, &mut self.out)?;
            self.send()?;
        }
        Ok(())
    }

    /// Sends what there is, as far as the client reads. Of what is for now, frames are left out meanwhile.
    fn send(&mut self) -> Result<(), End> {
        let is_late = self.session.is_real() && self.unread.is_some();
        for packet in self.out.drain(..).filter(|packet| !is_late || !is_frame(packet)) {
            let message = match packet {
                Packet::Text(text) => Message::text(text),
                Packet::Bytes(bytes) => Message::binary(bytes),
            };
            self.unsent_bytes += message.len();
            self.unsent.push_back(message);
        }
        if let Some(since) = self.unread {
            match self.socket.flush() {
                Ok(()) => self.unread = None,
                Err(e) => return self.stalled(e, since),
            }
        }
        while let Some(message) = self.unsent.pop_front() {
            self.unsent_bytes -= message.len();
            if let Err(e) = self.socket.write(message) {
                let since = *self.unread.get_or_insert_with(Instant::now);
                return self.stalled(e, since);
            }
        }
        Ok(())
    }

    /// A client that does not read now may read again, unless it is late for good.
    fn stalled(&self, error: Error, since: Instant) -> Result<(), End> {
        match error {
            Error::Io(e) if is_pause(&e) => {}
            _ => return Err(End::Gone),
        }
        if since.elapsed() < UNREAD_LIMIT || !(self.session.is_real() || self.is_full()) {
            return Ok(());
        }
        self.shared.host.figures.dropped.add(1);
        Err(End::Close(CloseCode::Policy, "expected a client that reads, came one that did not for 10 s".into()))
    }

    fn is_full(&self) -> bool {
        self.unsent_bytes > UNREAD_MOST
    }

    fn close(&mut self, code: CloseCode, reason: &str) {
        log::info!("client: closed: {reason}");
        _ = self.socket.send(Message::text(match (Tell::Error { reason }).packet() {
            Packet::Text(text) => text,
            Packet::Bytes(_) => return,
        }));
        let end = (0..=REASON_MOST.min(reason.len())).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
        let frame = CloseFrame { code, reason: reason[..end].into() };
        let (started, mut outcome) = (Instant::now(), self.socket.close(Some(frame)));
        while started.elapsed() < CLOSE_LIMIT {
            match outcome {
                Err(Error::Io(e)) if !is_pause(&e) => return,
                Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)) => return,
                _ => outcome = self.socket.read().map(|_| ()),
            }
        }
    }
}

fn is_frame(packet: &Packet) -> bool {
    match packet {
        Packet::Bytes(_) => true,
        Packet::Text(text) => text.starts_with(r#"{"type":"frame""#),
    }
}
