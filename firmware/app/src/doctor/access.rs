//! Device files: whether they are there and whether this user may use them.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::finding::Finding;
use super::machine::Machine;
use crate::board::Board;

/// Rights of a file's group to read and to write.
const GROUP_RW: u32 = 0o060;

/// Why a device file cannot be used, and what to do; `None` when it can. `absent` says what to do when it is not there.
pub(super) fn hindrance(machine: &Machine, device: &str, absent: &str) -> Option<(String, String)> {
    let path = machine.path(device);
    let error = machine.open(&path).err()?;
    Some(match error.kind() {
        ErrorKind::NotFound => (format!("{device} is not there"), absent.to_owned()),
        ErrorKind::PermissionDenied => {
            (format!("{device} may not be used by {}", this_user(machine)), permission(machine, &path))
        }
        _ => (format!("{device} cannot be opened: {error}"), "end what uses it, or plug it in again".to_owned()),
    })
}

fn permission(machine: &Machine, path: &Path) -> String {
    let by_rule = "install the package: its udev rules give such devices to a group";
    let Ok(file) = fs::metadata(path) else { return by_rule.to_owned() };
    let group = line_of(machine, "/etc/group", file.gid());
    match group {
        Some(group) if file.mode() & GROUP_RW == GROUP_RW && group != "root" => {
            format!("sudo usermod -aG {group} {}, then log in again", this_user(machine))
        }
        _ => by_rule.to_owned(),
    }
}

/// The name of the user who looks.
fn this_user(machine: &Machine) -> String {
    let id = rustix::process::geteuid().as_raw();
    line_of(machine, "/etc/passwd", id).unwrap_or_else(|| format!("user {id}"))
}

/// The name that a line `name:...:id:...` of a system file gives an id.
fn line_of(machine: &Machine, file: &str, id: u32) -> Option<String> {
    let text = machine.text(file)?;
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let line = text.lines().map(fields).find(|fields| fields.get(2).is_some_and(|field| *field == id.to_string()))?;
    line.into_iter().next()
}

/// Whose rights these findings are about: root may use everything, the service may not.
pub(super) fn user(_: &Board, machine: &Machine) -> Vec<Finding> {
    let user = this_user(machine);
    let has_service = machine.text("/etc/passwd").is_some_and(|text| text.lines().any(|l| l.starts_with("keyface:")));
    vec![match user.as_str() {
        "root" if has_service => Finding::warning(
            "user",
            "root, who may use every device, where the service is the user keyface",
            "runuser -u keyface -- keyface doctor",
        ),
        _ => Finding::ok("user", user),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::machine::tests::machine;

    #[test]
    fn a_device_that_is_missing_is_told_with_what_brings_it() {
        let (_folder, machine) = machine(&[("/dev/i2c-1", "")]);
        assert_eq!(hindrance(&machine, "/dev/i2c-1", "enable it"), None);
        let missing = hindrance(&machine, "/dev/i2c-7", "enable it").unwrap();
        assert_eq!(missing, ("/dev/i2c-7 is not there".into(), "enable it".into()));
    }

    #[test]
    fn rights_are_told_with_the_group_that_has_them() {
        use std::os::unix::fs::PermissionsExt;
        let gid = rustix::process::getegid().as_raw();
        let (_folder, machine) =
            machine(&[("/dev/i2c-1", ""), ("/etc/group", &format!("root:x:70000:\ni2c:x:{gid}:pi\n"))]);
        let device = machine.path("/dev/i2c-1");
        fs::set_permissions(&device, fs::Permissions::from_mode(0o660)).unwrap();
        assert!(permission(&machine, &device).starts_with("sudo usermod -aG i2c "));
        fs::set_permissions(&device, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(permission(&machine, &device).contains("udev"));
    }
}
