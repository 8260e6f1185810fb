//! Inheritance: the files of a board, joined to one.

use keyface_core::CoreError;
use keyface_core::check::is_plain;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

const INHERITS: &str = "inherits";
/// What says which board this is: never inherited.
const OWN: [&str; 2] = ["name", "device_tree"];

/// One file of a board: all of it, or what it changes of another board.
#[derive(Clone, Debug)]
pub struct Layer {
    place: String,
    text: String,
    keys: Table,
    inherits: Option<String>,
}

impl Layer {
    /// Reads the TOML `text` of the file `place`.
    ///
    /// # Errors
    /// [`CoreError::Schema`] when it is not TOML or `inherits` is not a name.
    pub fn new(place: &str, text: &str) -> Result<Layer, CoreError> {
        let mut keys: Table = toml::from_str(text).map_err(|e| schema(place, text, &e))?;
        let inherits = match keys.remove(INHERITS) {
            None => None,
            Some(Value::String(name)) if is_plain(&name) => Some(name),
            Some(other) => {
                return Err(CoreError::unexpected(place, "the name of a board", format!("{INHERITS} = {other}")));
            }
        };
        Ok(Layer { place: place.to_owned(), text: text.to_owned(), keys, inherits })
    }

    /// The board whose file comes next; `None` for a board that says everything itself.
    pub fn inherits(&self) -> Option<&str> {
        self.inherits.as_deref()
    }
}

/// What the layers make, and what errors call its place.
pub(super) fn join<T: DeserializeOwned>(layers: &[Layer]) -> Result<(String, T), CoreError> {
    if let [alone] = layers {
        let board = toml::from_str(&alone.text).map_err(|e| schema(&alone.place, &alone.text, &e))?;
        return Ok((alone.place.clone(), board));
    }
    let place = place(layers);
    let mut all = Table::new();
    for layer in layers.iter().rev() {
        OWN.iter().for_each(|key| _ = all.remove(*key));
        lay_over(&mut all, &layer.keys);
    }
    let board = Value::Table(all).try_into().map_err(|e: toml::de::Error| CoreError::Schema {
        place: place.clone(),
        reason: e.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" "),
    })?;
    Ok((place, board))
}

fn schema(place: &str, text: &str, error: &toml::de::Error) -> CoreError {
    CoreError::schema(place, text, error.span().map(|span| span.start), error.message())
}

fn place(layers: &[Layer]) -> String {
    let parents: Vec<&str> = layers.iter().skip(1).map(|layer| layer.place.as_str()).collect();
    let own = layers.first().map_or("", |layer| layer.place.as_str());
    format!("{own} (inherits {})", parents.join(", "))
}

/// Tables are joined; everything else is replaced.
fn lay_over(below: &mut Table, above: &Table) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}
