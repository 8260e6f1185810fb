//! A prepared clip as a safetensors file: `mel_power` f32 `[T, 80]` and its copies `mel_power_1`..., `phone` u8 `[T]`,
//! `motion` f32 `[T, 14]`, `touch` u8 `[T]` (1: lips, 2: lip on teeth), `keys` f32 `[N]` in seconds; in the metadata who and
//! what it is, and the words as JSON, `[[start_s, end_s, text], ...]`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use keyface_core::{MEL_BANDS, MOTION_CHANNELS, Motion, Phone};
use keyface_sound::said::Interval;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use super::Prepared;
use crate::clip::Split;
use crate::corpus::{Error, Result, split_name};
use crate::truth::Touch;

/// What made a file: prepared clips of another recipe are made anew and never mixed.
pub const RECIPE_KEY: &str = "recipe";

impl Prepared {
    /// Writes the clip; the file appears only when it is complete.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, path: &Path, recipe: &str) -> Result<()> {
        let mel = floats(self.mel_power.as_flattened());
        let motion: Vec<f32> = self.motion.iter().flat_map(|m| m.0).collect();
        let motion = floats(&motion);
        let phone: Vec<u8> = self.phones.iter().map(|p| *p as u8).collect();
        let keys: Vec<f32> = self.keys_s.iter().map(|s| *s as f32).collect();
        let keys_bytes = floats(&keys);
        let rows = self.phones.len();
        let damaged =
            |e: safetensors::SafeTensorError| Error::unexpected(path.display().to_string(), "tensors", e.to_string());
        let view = |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), bytes).map_err(damaged);
        let touch: Vec<u8> = self.touches.iter().map(|t| u8::from(t.lips) | u8::from(t.lip_teeth) << 1).collect();
        let copies: Vec<Vec<u8>> = self.copies.iter().map(|copy| floats(copy.as_flattened())).collect();
        let mut tensors = vec![
            (sound_name(0), view(Dtype::F32, &[rows, MEL_BANDS], &mel)?),
            ("motion".into(), view(Dtype::F32, &[rows, MOTION_CHANNELS], &motion)?),
            ("keys".into(), view(Dtype::F32, &[keys.len()], &keys_bytes)?),
            ("phone".into(), view(Dtype::U8, &[rows], &phone)?),
            ("touch".into(), view(Dtype::U8, &[rows], &touch)?),
        ];
        for (n, copy) in copies.iter().enumerate() {
            tensors.push((sound_name(n + 1), view(Dtype::F32, &[rows, MEL_BANDS], copy)?));
        }
        let bytes = serialize(tensors, Some(self.metadata(recipe, path)?)).map_err(damaged)?;
        let part = path.with_extension("part");
        fs::write(&part, bytes).map_err(Error::io(&part))?;
        fs::rename(&part, path).map_err(Error::io(path))
    }

    fn metadata(&self, recipe: &str, path: &Path) -> Result<HashMap<String, String>> {
        let split = split_name(self.split);
        let words: Vec<_> = self.words.iter().map(|word| (word.start_s, word.end_s, &word.text)).collect();
        let words = serde_json::to_string(&words)
            .map_err(|e| Error::unexpected(path.display().to_string(), "words", e.to_string()))?;
        let pairs = [
            ("id", self.id.as_str()),
            ("speaker", &self.speaker),
            ("split", split),
            ("corpus", &self.corpus),
            (RECIPE_KEY, recipe),
            ("words", &words),
        ];
        Ok(pairs.map(|(key, value)| (key.to_string(), value.to_string())).into())
    }

    /// Reads a clip.
    ///
    /// # Errors
    /// When the file is not there or is no prepared clip; the error tells which part of it is wrong.
    pub fn read(path: &Path) -> Result<Prepared> {
        Ok(Self::read_with_recipe(path)?.0)
    }

    /// Reads a clip and the recipe that it was made by.
    ///
    /// # Errors
    /// As [`Prepared::read`].
    pub fn read_with_recipe(path: &Path) -> Result<(Prepared, String)> {
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let place = path.display().to_string();
        let wrong = |e: safetensors::SafeTensorError| Error::unexpected(&place, "a prepared clip", e.to_string());
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(wrong)?;
        let reader = Reader { tensors: SafeTensors::deserialize(&bytes).map_err(wrong)?, place: &place };
        let text = |key: &str| {
            let value = header.metadata().as_ref().and_then(|m| m.get(key)).cloned();
            value.ok_or_else(|| Error::unexpected(&place, format!("metadata `{key}`"), "none"))
        };
        let phones = reader.phones()?;
        let copies = (1..).map(sound_name).take_while(|name| reader.tensors.tensor(name).is_ok());
        let copies = copies.map(|name| reader.rows(&name, phones.len())).collect::<Result<_>>()?;
        let prepared = Prepared {
            id: text("id")?,
            speaker: text("speaker")?,
            split: split_of(&text("split")?, &place)?,
            corpus: text("corpus")?,
            mel_power: reader.rows(&sound_name(0), phones.len())?,
            copies,
            touches: reader.touches(phones.len())?,
            motion: reader.rows("motion", phones.len())?.into_iter().map(Motion).collect(),
            keys_s: reader.floats("keys")?.into_iter().map(f64::from).collect(),
            words: words_of(&text("words")?, &place)?,
            phones,
        };
        Ok((prepared, text(RECIPE_KEY)?))
    }
}

/// Tensors of one file, checked as they are taken.
struct Reader<'a> {
    tensors: SafeTensors<'a>,
    place: &'a str,
}

impl Reader<'_> {
    fn bytes(&self, name: &str, dtype: Dtype) -> Result<&[u8]> {
        let expected = || format!("tensor `{name}` of {dtype:?}");
        let tensor = self.tensors.tensor(name).map_err(|e| Error::unexpected(self.place, expected(), e.to_string()))?;
        if tensor.dtype() != dtype {
            return Err(Error::unexpected(self.place, expected(), format!("{:?}", tensor.dtype())));
        }
        Ok(tensor.data())
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>> {
        let (words, _) = self.bytes(name, Dtype::F32)?.as_chunks::<4>();
        Ok(words.iter().map(|w| f32::from_le_bytes(*w)).collect())
    }

    fn rows<const WIDTH: usize>(&self, name: &str, rows: usize) -> Result<Vec<[f32; WIDTH]>> {
        let values = self.floats(name)?;
        let (whole, rest) = values.as_chunks::<WIDTH>();
        if whole.len() != rows || !rest.is_empty() {
            let (expected, came) = (format!("{rows} rows of {WIDTH} in `{name}`"), format!("{} values", values.len()));
            return Err(Error::unexpected(self.place, expected, came));
        }
        Ok(whole.to_vec())
    }

    fn touches(&self, rows: usize) -> Result<Vec<Touch>> {
        let bits = self.bytes("touch", Dtype::U8)?;
        if bits.len() != rows {
            return Err(Error::unexpected(self.place, format!("{rows} values in `touch`"), bits.len().to_string()));
        }
        Ok(bits.iter().map(|bits| Touch { lips: bits & 1 != 0, lip_teeth: bits & 2 != 0 }).collect())
    }

    fn phones(&self) -> Result<Vec<Phone>> {
        let phone = |index: &u8| {
            let found = Phone::ALL.get(usize::from(*index)).copied();
            found.ok_or_else(|| Error::unexpected(self.place, "phones below 40", index.to_string()))
        };
        self.bytes("phone", Dtype::U8)?.iter().map(phone).collect()
    }
}

/// Name of the tensor of copy `n`; 0 is the clip as it was recorded.
fn sound_name(n: usize) -> String {
    if n == 0 { "mel_power".into() } else { format!("mel_power_{n}") }
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn words_of(text: &str, place: &str) -> Result<Vec<Interval>> {
    let words: Vec<(f64, f64, String)> = serde_json::from_str(text)
        .map_err(|e| Error::unexpected(place, "`words` as a list of start, end and text", e.to_string()))?;
    Ok(words.into_iter().map(|(start_s, end_s, text)| Interval { start_s, end_s, text }).collect())
}

fn split_of(name: &str, place: &str) -> Result<Split> {
    let all = [Split::Train, Split::Valid, Split::Eval];
    let found = all.into_iter().find(|split| split_name(*split) == name);
    found.ok_or_else(|| Error::unexpected(place, "split `train`, `valid` or `eval`", name))
}

#[cfg(test)]
mod tests {
    use super::super::Renderer;
    use super::super::tests::clip;
    use super::*;
    use crate::truth::Style;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        let prepared = Prepared::of(&clip(), "test", &Style::NEUTRAL);
        let mut prepared = prepared.with_copies(&clip(), &Renderer::default(), 2).unwrap();
        prepared.write(&path, "r1").unwrap();
        prepared.keys_s.iter_mut().for_each(|s| *s = f64::from(*s as f32));
        assert_eq!(Prepared::read_with_recipe(&path).unwrap(), (prepared, "r1".to_string()));
    }

    #[test]
    fn a_damaged_file_is_told_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        fs::write(&path, b"not a tensor").unwrap();
        let error = Prepared::read(&path).unwrap_err().to_string();
        assert!(error.contains("a.safetensors: expected a prepared clip"), "{error}");
    }

    #[test]
    fn a_file_of_other_tensors_is_told_by_their_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        let bytes = [0; 4];
        let view = TensorView::new(Dtype::F32, vec![1], &bytes).unwrap();
        fs::write(&path, serialize([("weight", view)], None).unwrap()).unwrap();
        assert!(Prepared::read(&path).unwrap_err().to_string().contains("`phone`"));
    }
}
