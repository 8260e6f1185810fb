//! The manual's pages and the shells' completions.

use std::process::Command;

use crate::util::Desk;

const BASH: &str = "share/bash-completion/completions/keyface";

#[test]
fn each_command_has_a_page_and_the_first_names_them_all() {
    let desk = Desk::new();
    let run = desk.run("manual share").fine();
    let help = desk.run("--help").fine().stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 5, "{help}");
    let first = desk.text("share/man/man1/keyface.1");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let page = format!("share/man/man1/keyface-{command}.1");
        assert!(run.stdout.lines().any(|line| line == page), "{page} is not told: {run:?}");
        assert!(desk.text(&page).contains(".SH SYNOPSIS"), "{page}");
        assert!(first.contains(&format!("keyface\\-{command}(1)")), "{command} is not named: {first}");
    }
}

#[test]
fn the_completions_know_commands_and_options() {
    let desk = Desk::new();
    desk.run("manual share").fine();
    for file in [BASH, "share/zsh/site-functions/_keyface", "share/fish/vendor_completions.d/keyface.fish"] {
        let text = desk.text(file);
        assert!(text.contains("animate") && text.contains("board"), "{file}");
    }
    assert!(Command::new("bash").args(["-n", BASH]).current_dir(desk.path("")).status().unwrap().success());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let desk = Desk::new();
    desk.write("file", "");
    let line = desk.refuse("manual file");
    assert_eq!(
        line,
        "keyface: file/bash-completion/completions: cannot make this folder: Not a directory (os error 20)"
    );
}
