//! `keyface model`: bundles are packed, checked, installed and rolled back.

use std::env;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use keyface::bundle::{Bundle, Keys, Requirements, SecretKey, SelfTest, Tested, generate, pack};
use keyface::ears::Input;
use keyface::out::{AtomicFile, check_apart};
use keyface::store::{Event, Holding, ModelSummary, Slot, Store};
use keyface_core::Span;
use serde_json::json;

use super::progress::{Progress, share};
use super::{note, tell, tell_json};
use args::{InstallArgs, KeygenArgs, ListArgs, PackArgs, RollbackArgs, StoreArgs, VerifyArgs};

mod args;

pub use args::ModelCommand;

pub fn model(command: &ModelCommand) -> anyhow::Result<()> {
    match command {
        ModelCommand::Install(args) => install(args),
        ModelCommand::Verify(args) => verify(args),
        ModelCommand::Rollback(args) => rollback(args),
        ModelCommand::List(args) => list(args),
        ModelCommand::Pack(args) => pack_model(args),
        ModelCommand::Keygen(args) => keygen(args),
        ModelCommand::Load => load(),
    }
}

fn install(args: &InstallArgs) -> anyhow::Result<()> {
    let (bundle, signer) = Bundle::open(&args.file, &args.trust.keys()?)?;
    let (store, requirements) = (args.store.open(), args.requirements.read()?);
    if !args.downgrade {
        store.check_not_older(&bundle)?;
    }
    try_apart(&bundle)?;
    let mut bar = Bar::default();
    let installed = store.install(&bundle, &requirements, |event| bar.tell(event))?;
    bar.finish();
    if args.store.json {
        return tell_json(&json!({ "installed": installed, "signed_with": signer }));
    }
    let what = if installed.tested.is_some() { "installed" } else { "here already" };
    tell(format_args!("{what:<13}{}, signed with {}", installed.model, signer.display()));
    installed.tested.iter().for_each(tell_test);
    before(&store)?;
    tell_restart();
    Ok(())
}

fn verify(args: &VerifyArgs) -> anyhow::Result<()> {
    let (keys, requirements) = (args.trust.keys()?, args.requirements.read()?);
    let Some(file) = &args.file else { return verify_installed(&args.store, &keys, &requirements) };
    let (bundle, signer) = Bundle::open(file, &keys)?;
    try_apart(&bundle)?;
    let tested = test(&bundle, &requirements)?;
    if args.store.json {
        return tell_json(&json!({ "manifest": bundle.manifest(), "signed_with": signer, "tested": tested }));
    }
    tell(format_args!("whole        {}, signed with {}", ModelSummary::from(&bundle), signer.display()));
    tell_test(&tested);
    Ok(())
}

/// What was installed: is it still what was signed, and does it still answer as it did?
fn verify_installed(args: &StoreArgs, keys: &Keys, requirements: &Requirements) -> anyhow::Result<()> {
    let store = args.open();
    let mut found = serde_json::Map::new();
    for slot in [Slot::Current, Slot::Previous] {
        let Some(Holding { folder, .. }) = store.holding(slot)? else { continue };
        let bundle = Bundle::read_folder(&folder)?;
        let (signer, tested) = (bundle.signer(keys)?, test(&bundle, requirements)?);
        if !args.json {
            tell(format_args!("{:<13}{}, signed with {}", slot.name(), ModelSummary::from(&bundle), signer.display()));
            tell_test(&tested);
        }
        let manifest = bundle.manifest();
        let one = json!({ "manifest": manifest, "folder": folder, "signed_with": signer, "tested": tested });
        found.insert(slot.name().to_owned(), one);
    }
    match (args.json, found.is_empty()) {
        (true, _) => return tell_json(&found),
        (false, true) => tell("nothing is installed: the shipped model is used"),
        (false, false) => (),
    }
    Ok(())
}

fn test(bundle: &Bundle, requirements: &Requirements) -> anyhow::Result<Tested> {
    let mut bar = Bar::default();
    let tested = SelfTest::new(bundle, requirements).run(|done, all| bar.heard(done, all))?;
    bar.finish();
    Ok(tested)
}

/// The first time that networks are loaded here: by this program, in a process that can be killed.
fn try_apart(bundle: &Bundle) -> anyhow::Result<()> {
    let mut loader = Command::new(env::current_exe()?);
    loader.args(["model", "load"]);
    Ok(bundle.load_apart(loader)?)
}

/// That process.
fn load() -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(Bundle::load_networks(&bytes)?)
}

fn rollback(args: &RollbackArgs) -> anyhow::Result<()> {
    let (store, requirements) = (args.store.open(), args.requirements.read()?);
    let board = args.requirements.board.load()?;
    let shipped = board.as_ref().map_or(keyface::model::LIVE, |board| &board.model);
    let mut bar = Bar::default();
    let back = store.rollback(&requirements, || keyface::model::load(shipped), |event| bar.tell(event))?;
    bar.finish();
    if args.store.json {
        return tell_json(&back);
    }
    let now = back.model.as_ref().map_or_else(|| format!("the shipped model, {shipped}"), ModelSummary::to_string);
    tell(format_args!("back to      {now}"));
    back.tested.iter().for_each(tell_test);
    before(&store)?;
    tell_restart();
    Ok(())
}

fn list(args: &ListArgs) -> anyhow::Result<()> {
    let store = args.store.open();
    let chosen = store.choose(args.board.load()?.as_ref(), warn).inspect_err(|error| warn(error)).ok();
    let (current, previous) = (store.holding(Slot::Current)?, store.holding(Slot::Previous)?);
    let shipped: Vec<(ModelSummary, PathBuf)> =
        keyface::model::shipped().into_iter().filter_map(|path| Some((named(&path)?, path))).collect();
    if args.store.json {
        let shipped: Vec<_> =
            shipped.iter().map(|(model, folder)| json!({ "model": model, "folder": folder })).collect();
        let used =
            chosen.map(|c| json!({ "model": ModelSummary::from(&c.model.card), "folder": c.folder, "link": c.slot }));
        return tell_json(
            &json!({ "store": store.root(), "used": used, "current": current, "previous": previous, "shipped": shipped }),
        );
    }
    let used = chosen.map(|c| format!("{}, {}", ModelSummary::from(&c.model.card), c.folder.display()));
    tell(format_args!("{:<13}{}", "used", used.as_deref().unwrap_or("none")));
    for (name, held) in [("current", current), ("previous", previous)] {
        tell(format_args!("{name:<13}{}", told(held.as_ref())));
    }
    shipped.iter().for_each(|(model, folder)| tell(format_args!("{:<13}{model}, {}", "shipped", folder.display())));
    Ok(())
}

fn pack_model(args: &PackArgs) -> anyhow::Result<()> {
    let key = SecretKey::read(&args.key)?;
    let folder = keyface::model::find(&args.folder)?;
    let mut bar = Bar::default();
    let bundle = pack(&folder, &key, |done, all| bar.heard(done, all))?;
    bar.finish();
    let bytes = bundle.sealed(&key)?;
    let manifest = bundle.manifest();
    let path = args.out.clone().unwrap_or_else(|| format!("{}-{}.kfm", manifest.name, manifest.version).into());
    let packed = manifest.files.iter().map(|file| ("a file that is packed", Input::File(folder.join(&file.name))));
    let inputs: Vec<(&str, Input)> = packed.chain([("the key", Input::File(args.key.clone()))]).collect();
    check_apart([path.clone()], inputs.iter().map(|(what, input)| (*what, input)))?;
    Bundle::from_bytes(&path, &bytes, &key.trusted())?;
    let mut file = AtomicFile::create(&path)?;
    file.write(&bytes)?;
    file.commit()?;
    tell(path.display());
    Ok(())
}

fn keygen(args: &KeygenArgs) -> anyhow::Result<()> {
    let (secret, public) = generate(&args.out)?;
    tell(format_args!("{}   signs bundles: keep it secret", secret.display()));
    tell(format_args!("{}   trusts them: copy it to /etc/keyface/keys/ of each device", public.display()));
    Ok(())
}

/// The self-test's progress.
#[derive(Default)]
struct Bar {
    progress: Option<Progress>,
}

impl Bar {
    fn tell(&mut self, event: Event) {
        match event {
            Event::Did(action) => log::debug!("{action:?}"),
            Event::Heard { done, all } => self.heard(done, all),
        }
    }

    fn heard(&mut self, done: Span, all: Span) {
        self.progress.get_or_insert_with(Progress::new).update(done, Some(share(done, all)));
    }

    fn finish(self) {
        self.progress.into_iter().for_each(Progress::finish);
    }
}

fn tell_test(tested: &Tested) {
    let Tested { poses, worst, step_ms } = tested;
    tell(format_args!(
        "self-test    {poses} poses, at most {worst:.1e} from the golden answer; a step takes {step_ms:.2} ms of its 20"
    ));
}

fn before(store: &Store) -> anyhow::Result<()> {
    let previous = store.holding(Slot::Previous)?;
    tell(format_args!("before       {}; `keyface model rollback` returns to it", told(previous.as_ref())));
    Ok(())
}

/// A running face keeps the model that it began with.
fn tell_restart() {
    tell("next start   a running service takes it up after `systemctl restart keyface`");
}

fn told(held: Option<&Holding>) -> String {
    match held {
        None => "the shipped model".to_owned(),
        Some(Holding { model: Some(model), folder, .. }) => format!("{model}, {}", folder.display()),
        Some(Holding { damage, .. }) => format!("damaged: {}", damage.as_deref().unwrap_or_default()),
    }
}

fn named(folder: &Path) -> Option<ModelSummary> {
    keyface::model::card(folder).inspect_err(|error| warn(error)).ok().map(|card| ModelSummary::from(&card))
}

fn warn(warning: impl std::fmt::Display) {
    note(format_args!("keyface: warning: {warning}"));
}
