//! `--control unix:PATH`: the messages of a session as lines, from a shell or a program that sends its sound elsewhere.
//!
//! Whoever connects sends one JSON object a line, and is told when turns end, marks come and a line was refused.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::hall::{Hall, Seat};
use super::message::VisemeSet;
use super::message::{Ask, LONGEST_TEXT};
use super::session::packet;
use super::tell::{Packet, Tell, Visemes};
use super::turns::Event;
use crate::AppError;
use crate::ears::{SocketFile, unix_listener};

/// How often a connection is looked at for what is to be told.
const LOOK: Duration = Duration::from_millis(20);
const WRITE_LIMIT: Duration = Duration::from_secs(1);
/// Sound that is under way when an interruption comes by another road belongs to the turn that it ends.
const LATE_MS: u32 = 100;

/// Listens until it is dropped with the program.
pub struct Control {
    _file: SocketFile,
}

impl Control {
    /// Listens at a path; what comes is said to the face of `hall`.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub fn start(path: &Path, hall: Hall) -> Result<Control, AppError> {
        let (listener, file) = unix_listener(path)?;
        let spawned = thread::Builder::new().name("keyface-control".into()).spawn(move || accept(&listener, &hall));
        spawned.map_err(|reason| AppError::Thread { what: "control socket", reason })?;
        Ok(Control { _file: file })
    }
}

/// One connection after another has a thread; there are few, of this machine's own users.
fn accept(listener: &UnixListener, hall: &Hall) {
    for stream in listener.incoming().flatten() {
        let Ok(seat) = hall.sit(false) else { continue };
        let work = move || {
            if let Err(e) = serve(&stream, seat) {
                log::debug!("control: {e}");
            }
        };
        if let Err(e) = thread::Builder::new().name("keyface-control".into()).spawn(work) {
            log::warn!("control: no thread for a connection: {e}");
        }
    }
}

fn serve(stream: &UnixStream, mut seat: Seat) -> io::Result<()> {
    stream.set_read_timeout(Some(LOOK))?;
    stream.set_write_timeout(Some(WRITE_LIMIT))?;
    converse(stream, &mut &*stream, &mut seat)
}

/// A connection without its socket: takes lines to their end, the last one with or without an end of its own.
///
/// # Errors
/// When `asks` cannot be read, or `tells` not be written; a pause of `asks` is none.
pub fn converse(asks: impl Read, tells: &mut impl Write, seat: &mut Seat) -> io::Result<()> {
    let mut lines = BufReader::new(asks);
    let (mut line, mut is_rest) = (Vec::new(), false);
    loop {
        while let Some(told) = seat.told() {
            if !matches!(told.0, Event::Frame(..) | Event::Step(..))
                && let Some(Packet::Text(text)) =
                    packet(&told.0, &told.1, Default::default(), &mut Visemes::new(VisemeSet::None))
            {
                writeln!(tells, "{text}")?;
            }
        }
        let room = (LONGEST_TEXT + 1).saturating_sub(line.len()) as u64;
        match (&mut lines).take(room).read_until(b'\n', &mut line) {
            Ok(0) if line.is_empty() => return Ok(()),
            Ok(count) if count == 0 || line.ends_with(b"\n") || line.len() > LONGEST_TEXT => {
                // What follows in a line that was too long was refused with its beginning.
                if !std::mem::replace(&mut is_rest, line.len() > LONGEST_TEXT && !line.ends_with(b"\n")) {
                    take(&line, seat, tells)?;
                }
                line.clear();
            }
            Ok(_) => {}
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(e) => return Err(e),
        }
    }
}

fn take(line: &[u8], seat: &mut Seat, tells: &mut impl Write) -> io::Result<()> {
    let outcome = match Ask::parse(String::from_utf8_lossy(line).trim()) {
        Ok(Ask::Hello(_)) => Err("expected no hello here, because the sound comes by --input, came one".into()),
        Ok(Ask::Flush(mut flush)) => {
            flush.late_ms.get_or_insert(LATE_MS);
            Ok(Ask::Flush(flush))
        }
        other => other,
    };
    match outcome {
        Ok(ask) => seat.ask(ask),
        Err(reason) => {
            if let Packet::Text(text) = (Tell::Error { reason: &reason }).packet() {
                writeln!(tells, "{text}")?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use keyface_core::{AudioTime, FacePose, Moment, Span};

    use super::*;
    use crate::stream::hall::Said;
    use crate::stream::message::Flush;
    use crate::stream::turns::Place;

    #[test]
    fn lines_become_messages_and_ends_of_turns_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let (hall, said) = Hall::new(Span(0), Span(0));
        let _control = Control::start(&path, hall.clone()).unwrap();
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(b"{\"type\":\"flush\"}\n{\"type\":\"mo").unwrap();
        thread::sleep(Duration::from_millis(50));
        stream.write_all(b"od\",\"name\":\"sad\"}\nnonsense\n").unwrap();
        let flush = Said::Ask(Ask::Flush(Flush { at_ms: None, late_ms: Some(LATE_MS) }));
        assert_eq!(said.recv(), Ok(flush));
        assert!(matches!(said.recv(), Ok(Said::Ask(Ask::Mood(_)))));
        let mut answers = BufReader::new(stream);
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.starts_with(r#"{"type":"error","reason":"expected a message of the protocol, "#), "{answer}");
        let place = Place { turn: 2, at: AudioTime::from_ms(1_500), show: Moment(0) };
        hall.tell(Event::Frame(place, Default::default()), |_| FacePose::REST);
        hall.tell(Event::Flushed(place), |_| FacePose::REST);
        answer.clear();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "{\"type\":\"flushed\",\"turn\":2,\"t_ms\":1500.0}\n");
    }

    #[test]
    fn the_last_line_needs_no_end_and_the_rest_of_a_long_one_is_no_line() {
        let (hall, said) = Hall::new(Span(0), Span(0));
        let mut seat = hall.sit(false).unwrap();
        let long = format!("{}{}\n{}", "x".repeat(LONGEST_TEXT + 1), r#"{"type":"flush"}"#, r#"{"type":"end"}"#);
        let mut tells = Vec::new();
        converse(long.as_bytes(), &mut tells, &mut seat).unwrap();
        assert_eq!(said.try_iter().collect::<Vec<_>>(), [Said::Ask(Ask::End {})]);
        let tells = String::from_utf8(tells).unwrap();
        assert!(tells.lines().count() == 1 && tells.contains("at most 4096 bytes"), "{tells}");
    }

    #[test]
    fn a_line_without_an_end_is_refused_before_it_fills_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let (hall, _said) = Hall::new(Span(0), Span(0));
        let _control = Control::start(&path, hall).unwrap();
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(&[b'x'; LONGEST_TEXT + 100]).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        assert!(answer.contains("expected a message of at most 4096 bytes"), "{answer}");
    }
}
