//! Arguments in; the command, or one line about what is wrong with them, out.

use clap::Parser;
use clap::error::ErrorKind;

use super::Cli;

/// Lines of clap's page that tell nothing about the mistake.
const BESIDE: [&str; 3] = ["Usage:", "For more information", "tip: to pass"];

/// Reads the arguments; help and version are printed and end the program.
pub fn parse() -> anyhow::Result<Cli> {
    Cli::try_parse()
        .map_err(|error| if is_help(error.kind()) { error.exit() } else { anyhow::Error::msg(one_line(&error)) })
}

fn is_help(kind: ErrorKind) -> bool {
    use ErrorKind::*;
    matches!(kind, DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand)
}

/// clap writes a page; a log has one line for each error.
fn one_line(error: &clap::Error) -> String {
    let page = error.render().to_string();
    let is_told = |line: &&str| !line.is_empty() && !BESIDE.iter().any(|start| line.starts_with(start));
    let told: Vec<&str> = page.lines().map(str::trim).filter(is_told).collect();
    format!("{} (--help tells more)", told.join(" ").replace(" tip: ", "; ").trim_start_matches("error: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(args: &[&str]) -> String {
        one_line(&Cli::try_parse_from(args).err().unwrap())
    }

    #[test]
    fn a_wrong_value_is_told_in_one_line_with_what_was_expected() {
        let error = refusal(&["keyface", "animate", "a.wav", "--out", "a.csv", "--fps", "0"]);
        let expected = "invalid value '0' for '--fps <RATE>': expected frames a second from 1 to 1000, such as 24, 29.97 or 30000/1001 (--help tells more)";
        assert_eq!(error, expected);
    }

    #[test]
    fn a_missing_argument_is_named() {
        let error = refusal(&["keyface", "animate", "a.wav"]);
        assert_eq!(error, "the following required arguments were not provided: --out <FILE> (--help tells more)");
    }

    #[test]
    fn a_misspelt_command_is_told_with_the_right_one() {
        let error = refusal(&["keyface", "devcies"]);
        let expected = "unrecognized subcommand 'devcies'; a similar subcommand exists: 'devices' (--help tells more)";
        assert_eq!(error, expected);
    }
}
