//! `keyface manual`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, tell};

/// Where each shell looks below a `share` folder, and under which name.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/keyface"),
    (Shell::Zsh, "zsh/site-functions/_keyface"),
    (Shell::Fish, "fish/vendor_completions.d/keyface.fish"),
];
const MAN: &str = "man/man1";

#[derive(Args)]
#[command(after_help = "Examples:
  keyface manual ~/.local/share            for yourself: then `man keyface-run`, and TAB completes
  sudo keyface manual /usr/local/share     for everybody; the Debian package has done it already")]
pub struct ManualArgs {
    /// A `share` folder; is made when it is not there. The pages go into man/man1, the completions where bash, zsh and
    /// fish look for them.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub fn manual(args: &ManualArgs) -> anyhow::Result<()> {
    let mut command = Cli::command();
    for (shell, file) in COMPLETIONS {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command.clone(), "keyface", &mut text);
        write(&args.folder.join(file), &text)?;
    }
    command = command.disable_help_subcommand(true);
    command.build();
    pages(&command, &args.folder.join(MAN))
}

/// A command's page and those of its own commands.
fn pages(command: &Command, folder: &Path) -> anyhow::Result<()> {
    let man = Man::new(command.clone()).manual("Keyface");
    let mut text = Vec::new();
    man.render(&mut text).context("the page cannot be written")?;
    write(&folder.join(man.get_filename()), &text)?;
    command.get_subcommands().filter(|sub| !sub.is_hide_set()).try_for_each(|sub| pages(sub, folder))
}

fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot make this folder", folder.display()))?;
    fs::write(path, text).with_context(|| format!("{}: cannot write it", path.display()))?;
    tell(path.display());
    Ok(())
}
