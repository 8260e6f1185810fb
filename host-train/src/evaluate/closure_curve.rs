//! Closures against false closures: what a face shows of a corpus with lips that close more or less willingly.

use anyhow::Result;
use keyface_core::ModelCard;

use super::hear::{Sound, hear_all};
use super::rows::Judged;
use super::score::{Events, MouthScore, mouth_score};
use crate::export::Packed;

/// Thresholds that are tried, as multiples of the one that ships.
const TRIED: [f32; 8] = [0.3, 0.5, 0.7, 1.0, 1.2, 1.4, 1.7, 2.1];

/// Score above which lips close, and what is shown then; the threshold that ships is among them.
///
/// # Errors
/// When a network fails.
pub fn closure_curve(packed: &Packed, judged: &[Judged]) -> Result<Vec<(f32, MouthScore)>> {
    let shipped = packed.card.decode;
    let tried = TRIED.map(|times| times * shipped.closure_on).into_iter().filter(|on| *on < 1.0);
    let scored = tried.map(|on| {
        let card = ModelCard { decode: shipped.closing_above(on), closures: None, ..packed.card.clone() };
        let packed = Packed { card, ..packed.clone() };
        let heard = hear_all(&packed, judged, |_, j: &Judged| Sound::of(&j.clip))?;
        let shown: Vec<Events> = heard.into_iter().map(|heard| heard.events).collect();
        let score = mouth_score(judged.iter().zip(&shown).map(|(j, events)| (&j.clip, events)));
        Ok(score.map(|score| (on, score)))
    });
    Ok(scored.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}
