//! Which board somebody has said that this machine is: one answer for all commands.

use std::{env, fs};

/// Names the board, here or in the service's settings.
pub(crate) const VARIABLE: &str = "KEYFACE_BOARD";
/// Settings of the service.
pub(crate) const SETTINGS: &str = "/etc/keyface/keyface.env";

/// A board's name or file, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Name or file.
    pub name: String,
    /// The variable or the file that says it.
    pub by: &'static str,
}

/// What this machine's environment says, and without a word there its service's settings.
pub fn said() -> Option<Said> {
    said_by(env::var(VARIABLE).ok().as_deref(), || fs::read_to_string(SETTINGS).ok())
}

/// The same of a variable's value and the settings' text. A variable that is empty says that there is none; of several
/// lines the last counts, as systemd reads them.
pub(crate) fn said_by(variable: Option<&str>, settings: impl FnOnce() -> Option<String>) -> Option<Said> {
    let said = match variable {
        Some(name) => Said { name: name.trim().to_owned(), by: VARIABLE },
        None => Said { name: last_line(&settings()?)?, by: SETTINGS },
    };
    Some(said).filter(|said| !said.name.is_empty())
}

fn last_line(settings: &str) -> Option<String> {
    let value = |line: &str| Some(line.trim().strip_prefix(VARIABLE)?.trim_start().strip_prefix('=')?.to_owned());
    let value = settings.lines().rev().find_map(value)?;
    Some(value.trim().trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(variable: Option<&str>, settings: &str) -> Option<String> {
        said_by(variable, || Some(settings.to_owned())).map(|said| said.name)
    }

    #[test]
    fn the_variable_counts_first_and_of_the_settings_the_last_line() {
        let settings = "# KEYFACE_BOARD=old\nKEYFACE_BOARD=a\n  KEYFACE_BOARD=\"robot\" \nKEYFACE_ARGS=\n";
        assert_eq!(name(None, settings).as_deref(), Some("robot"));
        assert_eq!(name(Some("linux-pc"), settings).as_deref(), Some("linux-pc"));
        assert_eq!(name(Some(""), settings), None, "somebody wants none");
        assert_eq!(name(None, "KEYFACE_ARGS=--json\n"), None);
        assert_eq!(name(None, "KEYFACE_BOARD=a\nKEYFACE_BOARD=\n"), None);
        assert_eq!(said_by(None, || None), None);
    }
}
