//! Folders in which names of models and boards are searched.

use std::env;
use std::path::{Path, PathBuf};

/// Programs below are a package's: they know no checkout, and the folder that somebody stands in says nothing to them.
const PACKAGED: &str = "/usr";
/// What a checkout has at its top.
const CHECKOUT: &str = "Cargo.toml";

/// The folders for `what` (`models`, `boards`), the first choice first: the one that `variable` names, the checkout that
/// the program was built in and the folder at hand, then the `installed` ones.
pub(crate) fn roots(variable: &str, what: &str, installed: &[&str]) -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = env::var_os(variable).map(PathBuf::from).into_iter().collect();
    roots.extend(at_hand(env::current_exe().ok().as_deref(), what));
    roots.extend(installed.iter().map(PathBuf::from));
    roots
}

/// Whether this program was installed by a package.
pub(crate) fn is_packaged() -> bool {
    env::current_exe().is_ok_and(|exe| exe.starts_with(PACKAGED))
}

fn at_hand(exe: Option<&Path>, what: &str) -> Vec<PathBuf> {
    if exe.is_some_and(|exe| exe.starts_with(PACKAGED)) {
        return Vec::new();
    }
    let checkout = exe.and_then(|exe| exe.ancestors().nth(3)).filter(|folder| folder.join(CHECKOUT).is_file());
    checkout.map(|folder| folder.join(what)).into_iter().chain([PathBuf::from(what)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packaged_program_looks_only_where_packages_and_administrators_put_things() {
        assert_eq!(at_hand(Some(Path::new("/usr/bin/keyface")), "boards"), Vec::<PathBuf>::new());
        assert_eq!(at_hand(Some(Path::new("/home/a/bin/keyface")), "boards"), [PathBuf::from("boards")]);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(CHECKOUT), "").unwrap();
        let exe = folder.path().join("target/release/keyface");
        assert_eq!(at_hand(Some(&exe), "boards"), [folder.path().join("boards"), "boards".into()]);
    }
}
