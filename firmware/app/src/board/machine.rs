//! What a board's processor and system are, and what the line may need of them.

use core::fmt;

use keyface_core::check::Check;
use serde::{Deserialize, Serialize};

/// What programs are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// 64-bit ARM.
    #[serde(rename = "aarch64-unknown-linux-gnu")]
    Aarch64,
    /// 64-bit PC.
    #[serde(rename = "x86_64-unknown-linux-gnu")]
    X86_64,
}

impl Target {
    /// The name that the compiler uses.
    pub const fn triple(self) -> &'static str {
        match self {
            Target::Aarch64 => "aarch64-unknown-linux-gnu",
            Target::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }
}

/// A version of the GNU C library, such as `2.35`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glibc {
    /// 2, for thirty years now.
    pub major: u32,
    /// Counts up twice a year.
    pub minor: u32,
}

impl TryFrom<String> for Glibc {
    type Error = String;

    fn try_from(text: String) -> Result<Glibc, String> {
        let parts = text.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let (major, minor) = parts.ok_or_else(|| format!("expected a version such as 2.35, came {text:?}"))?;
        Ok(Glibc { major, minor })
    }
}

impl From<Glibc> for String {
    fn from(version: Glibc) -> String {
        version.to_string()
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Where the line runs and how urgently.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cpu {
    /// Processors that it may use, from 0; all, when empty.
    pub affinity: Vec<usize>,
    /// Real-time priority (SCHED_FIFO), 1..=90; 0 is the usual scheduling.
    pub realtime_priority: u8,
}

impl Cpu {
    pub(super) fn checks(&self) -> Vec<Check> {
        let highest = self.affinity.iter().max().copied().unwrap_or_default();
        vec![
            Check::new("processors 0..=1023", highest < 1024, "cpu.affinity", highest),
            Check::new(
                "a priority of 0..=90",
                self.realtime_priority <= 90,
                "cpu.realtime_priority",
                self.realtime_priority,
            ),
        ]
    }
}

/// What the line may need; what is left out is not checked. `keyface bench --board NAME` compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// From the start of the program to the first step.
    pub first_step_ms: Option<f64>,
    /// 99 % of the steps of the whole line, each for 20 ms of sound.
    pub step_p99_ms: Option<f64>,
    /// 99 % of the steps of the features.
    pub log_mel_p99_ms: Option<f64>,
    /// 99 % of the steps of KeyMotionNet.
    pub key_motion_p99_ms: Option<f64>,
    /// 99 % of the steps of CompletionNet.
    pub completion_p99_ms: Option<f64>,
    /// 95 % of the pictures, drawn in the display's size and format.
    pub picture_p95_ms: Option<f64>,
    /// Seconds of one processor for a second of sound.
    pub cpu_s_per_audio_s: Option<f64>,
    /// Memory in use.
    pub rss_mb: Option<f64>,
}

impl Budget {
    pub(super) fn checks(&self) -> Vec<Check> {
        let limits = [
            ("budget.first_step_ms", self.first_step_ms),
            ("budget.step_p99_ms", self.step_p99_ms),
            ("budget.log_mel_p99_ms", self.log_mel_p99_ms),
            ("budget.key_motion_p99_ms", self.key_motion_p99_ms),
            ("budget.completion_p99_ms", self.completion_p99_ms),
            ("budget.picture_p95_ms", self.picture_p95_ms),
            ("budget.cpu_s_per_audio_s", self.cpu_s_per_audio_s),
            ("budget.rss_mb", self.rss_mb),
        ];
        let given = limits.into_iter().filter_map(|(key, limit)| Some((key, limit?)));
        given.map(|(key, limit)| Check::new("a number above 0", limit > 0.0 && limit.is_finite(), key, limit)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_c_library_are_compared_as_numbers() {
        let version = |text: &str| Glibc::try_from(text.to_owned());
        assert!(version("2.9").unwrap() < version("2.35").unwrap());
        assert_eq!(version("2.35").unwrap().to_string(), "2.35");
        assert!(version("two").is_err() && version("2").is_err());
    }
}
