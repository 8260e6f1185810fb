//! A board in, what its service may do beyond `keyface.service` out: a drop-in that systemd's generator writes.
//!
//! The unit that ships reaches this machine alone, and has room for eight clients. A board that sends its face to
//! others, is reached by them or has more clients says so in its file, and the unit follows from it.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, SocketAddr};

use crate::board::Board;

/// Threads of the line, the microphone, the loudspeaker, the servos and the screen, with room for those of the sound
/// system; and connections that are no sessions.
const OWN_TASKS: u32 = 56;
const USUAL_CLIENTS: u32 = 8;
/// Of the unit that ships, and what a client that does not read may make wait: its frames and a minute of its sound.
const OWN_MEMORY_MB: u32 = 384;
const CLIENT_MEMORY_MB: u32 = 8;
/// How systemd spells everybody.
const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// What a board's service may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    board: String,
    reach: Reach,
    tasks: u32,
    memory_mb: u32,
}

/// Whom it may reach beyond this machine, and be reached by.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// These.
    Hosts(Vec<IpAddr>),
    /// Everybody: who calls is not known before, nor what a name stands for.
    All,
}

impl Limits {
    /// What the keys `to` and `voice` of a checked board need.
    pub fn of(board: &Board) -> Limits {
        let clients = board.voice.serve.map_or(0, |_| board.voice.clients.unwrap_or(USUAL_CLIENTS)).max(USUAL_CLIENTS);
        Limits {
            board: board.name.clone(),
            reach: reach(board),
            tasks: OWN_TASKS + clients,
            memory_mb: OWN_MEMORY_MB + CLIENT_MEMORY_MB * (clients - USUAL_CLIENTS),
        }
    }

    /// What of it is missing in a unit, as `systemctl show` tells the properties [`Limits::PROPERTIES`].
    pub fn missing(&self, told: &str) -> Vec<String> {
        let value = |key: &str| told.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or("");
        let allowed: Vec<&str> = value("IPAddressAllow").split_whitespace().collect();
        let is_allowed =
            |network: &String| allowed.contains(&network.as_str()) || EVERYBODY.iter().all(|all| allowed.contains(all));
        let networks = self.networks().into_iter().filter(|network| !is_allowed(network));
        let mut missing: Vec<String> = networks.map(|network| format!("IPAddressAllow={network}")).collect();
        if value("TasksMax").parse().is_ok_and(|tasks: u32| tasks < self.tasks) {
            missing.push(format!("TasksMax={}", self.tasks));
        }
        if value("MemoryMax").parse().is_ok_and(|bytes: u64| bytes < u64::from(self.memory_mb) << 20) {
            missing.push(format!("MemoryMax={}M", self.memory_mb));
        }
        missing
    }

    /// What `systemctl show --property` is asked for.
    pub const PROPERTIES: &str = "IPAddressAllow,TasksMax,MemoryMax";

    /// Networks as systemd tells them.
    fn networks(&self) -> Vec<String> {
        match &self.reach {
            Reach::All => EVERYBODY.map(String::from).to_vec(),
            Reach::Hosts(hosts) => {
                hosts.iter().map(|host| format!("{host}/{}", if host.is_ipv4() { 32 } else { 128 })).collect()
            }
        }
    }
}

/// The drop-in.
impl Display for Limits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# What the board {} needs, by its keys `to` and `voice`. Written by systemd's generator.",
            self.board
        )?;
        writeln!(f, "[Service]\nTasksMax={}\nMemoryMax={}M", self.tasks, self.memory_mb)?;
        self.networks().iter().try_for_each(|network| writeln!(f, "IPAddressAllow={network}"))
    }
}

fn reach(board: &Board) -> Reach {
    let receivers = board.to.iter().filter_map(|to| to.split_once("://")).map(|(_, host)| host_of(host));
    // Whom we listen for may come from anywhere, unless only this machine can come.
    let heard = board.voice.input.as_deref().and_then(|input| input.strip_prefix("tcp://")).map(host_of);
    let served = board.voice.serve.map(|address| Some(address.ip()));
    let listens = heard.into_iter().chain(served).any(|host| !host.is_some_and(|host| host.is_loopback()));
    let hosts: Option<Vec<IpAddr>> = receivers.collect();
    match hosts.filter(|_| !listens) {
        None => Reach::All,
        Some(mut hosts) => {
            hosts.retain(|host| !host.is_loopback());
            hosts.sort();
            hosts.dedup();
            Reach::Hosts(hosts)
        }
    }
}

/// The address in `HOST[:PORT]`; `None` for a name, which may stand for any.
fn host_of(place: &str) -> Option<IpAddr> {
    let alone = || place.trim_matches(['[', ']']).parse().ok();
    let found = place.parse::<SocketAddr>().map(|address| address.ip()).ok().or_else(alone);
    let name = place.split(':').next().unwrap_or_default();
    found.or_else(|| (name == "localhost").then_some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(keys: &str) -> Limits {
        let board = format!(
            "{keys}\nname = \"b\"\ndescription = \"A desk.\"\ntarget = \"x86_64-unknown-linux-gnu\"\nglibc = \"2.34\"\n\
             model = \"live\"\nmicrophone = {{ device = \"default\", rate_hz = 48000 }}\ndisplay = {{ kind = \"none\" }}\n"
        );
        Limits::of(&Board::from_toml("b.toml", &board).unwrap())
    }

    fn allowed(keys: &str) -> Vec<String> {
        limits(keys).networks()
    }

    #[test]
    fn a_face_that_stays_on_its_machine_needs_what_the_shipped_unit_gives() {
        let own = limits(
            "to = [\"vmc://localhost\", \"livelink://127.0.0.1:5000\", \"vmc://[::1]\"]\n\
                          voice = { serve = \"127.0.0.1:8765\", input = \"tcp://127.0.0.1:9000\" }",
        );
        assert_eq!((own.networks(), own.tasks, own.memory_mb), (vec![], 64, 384));
        assert_eq!(own, limits("to = [\"none\"]"));
        let unit = include_str!("../../../boards/deploy/keyface.service");
        for line in ["TasksMax=64", "MemoryMax=384M", "IPAddressDeny=any", "IPAddressAllow=localhost"] {
            assert!(unit.lines().any(|told| told == line), "{line}");
        }
    }

    #[test]
    fn receivers_are_reached_by_their_addresses_alone() {
        let to = "to = [\"livelink://192.168.1.20\", \"vmc://192.168.1.20:39540\", \"vmc://[fe80::1]:39539\"]";
        assert_eq!(allowed(to), ["192.168.1.20/32", "fe80::1/128"]);
    }

    #[test]
    fn a_name_and_who_calls_from_elsewhere_need_everybody() {
        assert_eq!(allowed("to = [\"vmc://desk.local\"]"), EVERYBODY);
        assert_eq!(allowed("voice = { input = \"tcp://0.0.0.0:9000\" }"), EVERYBODY);
        assert_eq!(allowed("voice = { serve = \"192.168.1.5:8765\", token_file = \"/t\" }"), EVERYBODY);
    }

    #[test]
    fn more_clients_have_more_tasks_and_memory() {
        let many = limits("voice = { serve = \"127.0.0.1:8765\", clients = 32 }");
        assert_eq!((many.tasks, many.memory_mb), (88, 576));
        assert_eq!(
            many.to_string().lines().skip(1).collect::<Vec<_>>(),
            ["[Service]", "TasksMax=88", "MemoryMax=576M"]
        );
    }

    #[test]
    fn what_a_unit_lacks_is_told_as_it_would_be_written() {
        let needs = limits("to = [\"vmc://10.0.0.7\"]\nvoice = { serve = \"127.0.0.1:8765\", clients = 32 }");
        let told = |allow: &str, tasks: u32, mb: u64| {
            needs.missing(&format!(
                "IPAddressAllow=127.0.0.0/8 ::1/128{allow}\nTasksMax={tasks}\nMemoryMax={}",
                mb << 20
            ))
        };
        assert_eq!(told("", 64, 384), ["IPAddressAllow=10.0.0.7/32", "TasksMax=88", "MemoryMax=576M"]);
        assert!(told(" 10.0.0.7/32", 88, 576).is_empty() && told(" 0.0.0.0/0 ::/0", 100, 600).is_empty());
        assert!(needs.missing("IPAddressAllow=10.0.0.7/32\nTasksMax=infinity\nMemoryMax=infinity").is_empty());
    }
}
