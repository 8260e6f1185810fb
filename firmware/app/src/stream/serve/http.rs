//! The head of an HTTP request in, what to do with it out: the only HTTP that a service needs.
//!
//! A page that a browser shows may reach this machine's own ports: by its own script, or under a name of its own that
//! points here (DNS rebinding). Therefore both Host and Origin are looked at, on loopback too.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::page::File;

/// The longest head.
const HEAD_MOST: usize = 8_192;
/// Lines of a head.
const LINES_MOST: usize = 64;
/// How long a head may take.
const HEAD_LIMIT: Duration = Duration::from_secs(5);

/// Who may come in.
#[derive(Clone, Debug)]
pub struct Door {
    /// Where the service listens.
    pub address: SocketAddr,
    /// Origins of pages that may use it, beside its own.
    pub origins: Vec<String>,
    /// What a client must know.
    pub token: Option<String>,
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// A WebSocket, answered with this key.
    Session {
        /// The value of `Sec-WebSocket-Accept`.
        accept: String,
    },
    /// Whether the service is well, and what it counted.
    Health,
    /// A file of the page.
    Page(&'static File),
}

/// An answer that is no success: status and reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Denial(pub &'static str, pub String);

fn denied<T>(status: &'static str, reason: impl Into<String>) -> Result<T, Denial> {
    Err(Denial(status, reason.into()))
}

/// Reads a head; what came behind it is the second value.
///
/// # Errors
/// When it does not come, or not in time; the reader has a time-out of its own.
pub fn read_head(stream: &mut impl Read) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let (started, mut head, mut block) = (Instant::now(), Vec::new(), [0; 1_024]);
    while started.elapsed() < HEAD_LIMIT && head.len() <= HEAD_MOST {
        match stream.read(&mut block) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => head.extend_from_slice(&block[..count]),
            Err(e) if is_pause(&e) => continue,
            Err(e) => return Err(e),
        }
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let rest = head.split_off(end + 4);
            return Ok((head, rest));
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Whether a socket only has nothing to give, or no room.
pub fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

impl Door {
    /// What a request wants, if it may have it.
    ///
    /// # Errors
    /// The answer to give instead.
    pub fn wish(&self, head: &[u8]) -> Result<Wish, Denial> {
        let mut lines = [httparse::EMPTY_HEADER; LINES_MOST];
        let mut request = httparse::Request::new(&mut lines);
        match request.parse(head) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) | Err(_) => return denied("400 Bad Request", "expected an HTTP request"),
        }
        let lines = Lines(request.headers);
        self.check_host(&lines)?;
        self.check_origin(&lines)?;
        let (path, query) = request.path.unwrap_or("/").split_once('?').unwrap_or((request.path.unwrap_or("/"), ""));
        match request.method {
            Some("GET") => {}
            Some("HEAD") if path != "/v1" => {}
            _ => return denied("405 Method Not Allowed", "expected GET, or HEAD of a page"),
        }
        // The page is no secret: it is the same everywhere, and can do nothing without a session.
        if let Some(file) = File::at(path) {
            return Ok(Wish::Page(file));
        }
        self.check_token(&lines, query)?;
        match path {
            "/v1" => session(&lines),
            "/healthz" => Ok(Wish::Health),
            _ => denied("404 Not Found", "expected /, /v1 or /healthz"),
        }
    }

    /// A name that merely points here is not this machine's own.
    fn check_host(&self, lines: &Lines) -> Result<(), Denial> {
        let host = lines.one("host").unwrap_or_default();
        let name =
            host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |h| h.0);
        let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
        let is_own = match address {
            Some(address) if self.address.ip().is_loopback() => address.is_loopback(),
            Some(_) => true,
            None if self.address.ip().is_loopback() => name.eq_ignore_ascii_case("localhost"),
            // Beyond loopback a machine may have any name: there the token guards.
            None => self.token.is_some() && !name.is_empty(),
        };
        if is_own { Ok(()) } else { denied("403 Forbidden", format!("Host: expected this machine, came {host:?}")) }
    }

    fn check_origin(&self, lines: &Lines) -> Result<(), Denial> {
        let Some(origin) = lines.one("origin") else { return Ok(()) };
        let is_own = origin.strip_prefix("http://").is_some_and(|host| Some(host) == lines.one("host"));
        if is_own || self.origins.iter().any(|allowed| allowed == origin) {
            return Ok(());
        }
        let reason = format!("Origin: expected this service or one that --allow-origin names, came {origin:?}");
        denied("403 Forbidden", reason)
    }

    fn check_token(&self, lines: &Lines, query: &str) -> Result<(), Denial> {
        let Some(token) = &self.token else { return Ok(()) };
        let of_line = lines.one("authorization").and_then(|line| line.strip_prefix("Bearer "));
        // Browsers give a WebSocket no headers.
        let of_query = query.split('&').find_map(|pair| pair.strip_prefix("token="));
        if of_line.or(of_query).is_some_and(|came| is_same(came.as_bytes(), token.as_bytes())) {
            return Ok(());
        }
        denied("401 Unauthorized", "expected the service's token (Authorization: Bearer, or ?token=)")
    }
}

/// Compares without telling by the time where the first difference is.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |apart, (a, b)| apart | (a ^ b)) == 0
}

fn session(lines: &Lines) -> Result<Wish, Denial> {
    let has = |name: &str, word: &str| {
        lines.one(name).is_some_and(|line| line.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    if !has("upgrade", "websocket") || !has("connection", "upgrade") {
        return denied("426 Upgrade Required", "expected a WebSocket");
    }
    if lines.one("sec-websocket-version") != Some("13") {
        return denied("426 Upgrade Required", "expected version 13 of the WebSocket");
    }
    match lines.one("sec-websocket-key") {
        Some(key) if key.len() == 24 => {
            Ok(Wish::Session { accept: tungstenite::handshake::derive_accept_key(key.as_bytes()) })
        }
        _ => denied("400 Bad Request", "expected Sec-WebSocket-Key of 16 bytes in base64"),
    }
}

/// The lines of a head.
struct Lines<'a>(&'a [httparse::Header<'a>]);

impl Lines<'_> {
    /// The value of a line that stands there once; of one that stands twice nobody knows which is meant.
    fn one(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|line| line.name.eq_ignore_ascii_case(name));
        let value = std::str::from_utf8(found.next()?.value).ok().map(str::trim)?;
        found.next().is_none().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UPGRADE: &str = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    fn door() -> Door {
        Door { address: "127.0.0.1:8765".parse().unwrap(), origins: vec!["https://app.example".into()], token: None }
    }

    fn ask(door: &Door, path: &str, lines: &str) -> Result<Wish, Denial> {
        door.wish(format!("GET {path} HTTP/1.1\r\n{lines}\r\n").as_bytes())
    }

    fn status(door: &Door, path: &str, lines: &str) -> &'static str {
        ask(door, path, lines).map_or_else(|denial| denial.0, |_| "fine")
    }

    #[test]
    fn an_upgrade_is_answered_with_the_key_of_rfc_6455() {
        let wish = ask(&door(), "/v1", &format!("Host: localhost:8765\r\n{UPGRADE}"));
        assert_eq!(wish, Ok(Wish::Session { accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".into() }));
    }

    #[test]
    fn only_this_machines_own_names_are_answered_on_loopback() {
        for host in ["localhost", "LOCALHOST:8765", "127.0.0.1:8765", "127.9.9.9", "[::1]:8765", "[::1]"] {
            assert_eq!(status(&door(), "/healthz", &format!("Host: {host}\r\n")), "fine", "{host}");
        }
        for host in ["evil.example", "evil.example:8765", "localhost.evil.example", "192.168.1.9:8765", "", "0x7f.1"] {
            assert_eq!(status(&door(), "/healthz", &format!("Host: {host}\r\n")), "403 Forbidden", "{host}");
        }
        assert_eq!(status(&door(), "/healthz", ""), "403 Forbidden");
        assert_eq!(status(&door(), "/healthz", "Host: localhost\r\nHost: evil.example\r\n"), "403 Forbidden");
    }

    #[test]
    fn a_foreign_page_is_refused_unless_it_is_allowed() {
        let with =
            |origin: &str| status(&door(), "/v1", &format!("Host: localhost:8765\r\nOrigin: {origin}\r\n{UPGRADE}"));
        for origin in ["http://localhost:8765", "https://app.example"] {
            assert_eq!(with(origin), "fine", "{origin}");
        }
        for origin in
            ["https://evil.example", "null", "http://localhost:3000", "https://app.example.evil", "http://app.example"]
        {
            assert_eq!(with(origin), "403 Forbidden", "{origin}");
        }
    }

    #[test]
    fn a_name_that_was_bound_anew_to_this_machine_is_refused() {
        // DNS rebinding: the page's own name now points to 127.0.0.1, so that Host and Origin agree.
        let lines = format!("Host: evil.example:8765\r\nOrigin: http://evil.example:8765\r\n{UPGRADE}");
        assert_eq!(status(&door(), "/v1", &lines), "403 Forbidden");
    }

    #[test]
    fn a_token_is_asked_for_in_a_line_or_in_the_query() {
        let door =
            Door { token: Some("open sesame".replace(' ', "-")), address: "0.0.0.0:8765".parse().unwrap(), ..door() };
        let host = "Host: face.local:8765\r\n";
        assert_eq!(status(&door, "/healthz", host), "401 Unauthorized");
        assert_eq!(status(&door, "/healthz?token=open-sesamf", host), "401 Unauthorized");
        assert_eq!(status(&door, "/healthz?a=b&token=open-sesame", host), "fine");
        assert_eq!(status(&door, "/healthz", &format!("{host}Authorization: Bearer open-sesame\r\n")), "fine");
    }

    #[test]
    fn what_is_no_request_of_this_service_is_denied() {
        let host = "Host: localhost\r\n";
        assert_eq!(status(&door(), "/v2", host), "404 Not Found");
        assert_eq!(status(&door(), "/v1", host), "426 Upgrade Required");
        assert_eq!(status(&door(), "/v1", &format!("{host}{}", UPGRADE.replace("13", "8"))), "426 Upgrade Required");
        assert_eq!(status(&door(), "/v1", &format!("{host}{}", UPGRADE.replace("dGhl", ""))), "400 Bad Request");
        for line in ["POST /v1", "HEAD /v1", "POST /", "OPTIONS /head.glb"] {
            let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assert_eq!(door().wish(head.as_bytes()).unwrap_err().0, "405 Method Not Allowed", "{line}");
        }
        assert!(door().wish(b"HEAD /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n").is_ok());
        assert_eq!(door().wish(b"\x16\x03\x01 TLS").unwrap_err().0, "400 Bad Request");
    }

    #[test]
    fn the_page_is_for_everybody_who_names_this_machine_and_nothing_lies_beside_it() {
        let door = Door { token: Some("open-sesame".into()), address: "0.0.0.0:8765".parse().unwrap(), ..door() };
        let host = "Host: face.local:8765\r\n";
        for path in ["/", "/page.js", "/three.js", "/head.glb", "/?token=open-sesame"] {
            assert!(matches!(ask(&door, path, host), Ok(Wish::Page(_))), "{path}");
        }
        for path in ["/../page.js", "//", "/page.js/", "/%2e%2e/etc/passwd", "/page", "page.js", "/vendor/three.js.gz"]
        {
            assert_eq!(status(&door, path, host), "401 Unauthorized", "{path}");
            assert_eq!(status(&self::door(), path, "Host: localhost\r\n"), "404 Not Found", "{path}");
        }
        assert_eq!(status(&self::door(), "/", "Host: evil.example\r\n"), "403 Forbidden");
        assert_eq!(status(&self::door(), "/", "Host: localhost\r\nOrigin: https://evil.example\r\n"), "403 Forbidden");
    }

    #[test]
    fn a_head_that_has_no_end_is_given_up() {
        assert!(read_head(&mut std::io::repeat(b'x')).is_err());
        assert!(read_head(&mut &b"GET / HTTP/1.1\r\n"[..]).is_err());
        let (head, rest) = read_head(&mut &b"GET / HTTP/1.1\r\n\r\nmore"[..]).unwrap();
        assert_eq!((head.len(), rest.as_slice()), (18, b"more".as_slice()));
    }

    proptest! {
        #[test]
        fn no_head_makes_the_door_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            _ = door().wish(&bytes);
            _ = door().wish(&[b"GET /v1 HTTP/1.1\r\nHost: ", bytes.as_slice(), b"\r\n\r\n"].concat());
        }
    }
}
