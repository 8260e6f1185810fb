//! The decoder's numbers, found on validation clips by coordinate search: a minute of work after every training.

use keyface_core::{AudioTime, Closures, DecoderConfig, Heads, Mouth, MouthDecoder};
use rayon::prelude::*;

use super::score::{Events, MouthScore, Scorer};
use crate::clip::Segment;

/// A clip that the network has heard.
pub struct HeardClip {
    /// What was said.
    pub phones: Vec<Segment>,
    /// What the network says, every 20 ms; the first after 20 ms.
    pub heads: Vec<Heads>,
}

/// What a search listens to: the same clips twice.
pub struct Searched {
    /// As they were recorded.
    pub clean: Vec<HeardClip>,
    /// With noise behind the speech; may be empty.
    pub noisy: Vec<HeardClip>,
    /// More false closures a minute than this cost dearly: lips that close for nothing are seen at once.
    pub false_per_min: f64,
}

/// Milliseconds of a step.
const STEP_MS: i64 = 20;
/// The bar for people never heard whose lips a live face shows.
pub const LIVE_FALSE_PER_MIN: f64 = 10.0;
/// The bar for files.
pub const FILE_FALSE_PER_MIN: f64 = 6.0;
/// False closures a minute of the other choices.
const CAREFUL_PER_MIN: f64 = 4.0;
const EAGER_PER_MIN: f64 = 18.0;
/// The same for lip on teeth, which is seen less: as many as people say f and v.
const FALSE_LIP_TEETH_PER_MIN: f64 = 16.0;
/// Weight of the classes told apart in noise beside those in the clear.
const NOISY: f64 = 0.25;
/// A larger share of the pauses with an open mouth costs too: a face that chews on silence.
const OPEN_IN_PAUSE: f64 = 0.015;
/// Rounds over all numbers.
const ROUNDS: usize = 3;

/// Turns one number of the decoder up or down.
type Turn = fn(&mut DecoderConfig, f32);

const TURNS: &[Turn] = &[
    |d, s| d.bias[0] += 0.25 * s,
    |d, s| d.bias[2] += 0.25 * s,
    |d, s| d.bias[3] += 0.25 * s,
    |d, s| d.bias[4] += 0.25 * s,
    |d, s| d.bias[5] += 0.25 * s,
    |d, s| d.bias[6] += 0.25 * s,
    |d, s| d.stay = (d.stay + 0.05 * s).clamp(0.2, 0.97),
    |d, s| d.lead = (d.lead + 0.2 * s).clamp(0.0, 3.0),
    |d, s| d.closure_head_share = (d.closure_head_share + 0.1 * s).clamp(0.0, 1.0),
    |d, s| d.lip_teeth_head_share = (d.lip_teeth_head_share + 0.2 * s).clamp(0.0, 1.0),
    |d, s| d.newest_share = (d.newest_share + 0.1 * s).clamp(0.3, 1.0),
    |d, s| d.closure_on = (d.closure_on + 0.04 * s).clamp(d.closure_off, 0.9),
    |d, s| d.closure_off = (d.closure_off + 0.03 * s).clamp(0.02, d.closure_on),
    |d, s| d.closure_min_ms = (d.closure_min_ms + 20.0 * s).clamp(40.0, 80.0),
];

/// The best numbers found and what they score on the clips.
pub fn search_decode(heard: &Searched, start: DecoderConfig) -> (DecoderConfig, Option<MouthScore>) {
    let mut best = start;
    let mut found = merit(heard, &best);
    for _ in 0..ROUNDS {
        let before = found;
        for turn in TURNS {
            let tries: Vec<(f64, DecoderConfig)> = [-2.0, -1.0, 1.0, 2.0]
                .par_iter()
                .map(|by| {
                    let mut decode = best;
                    turn(&mut decode, *by);
                    (merit(heard, &decode), decode)
                })
                .collect();
            if let Some((value, decode)) = tries.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))
                && value > found
            {
                (found, best) = (value, decode);
            }
        }
        if found <= before {
            break;
        }
    }
    (best, judge(&heard.clean, &best))
}

/// Thresholds for lips that close more carefully and more eagerly than `shipped`: the lowest and the highest with at most
/// [`CAREFUL_PER_MIN`] and [`EAGER_PER_MIN`] false closures; `None` without clips.
pub fn search_closures(heard: &Searched, shipped: DecoderConfig) -> Option<Closures> {
    let wrong = |on: f32| judge(&heard.clean, &shipped.closing_above(on)).map(|score| score.false_closures_per_min);
    wrong(shipped.closure_on)?;
    let steps = |from: f32, to: f32| (0..=20).map(move |n| from + (to - from) * n as f32 / 20.0);
    let within = |on: &f32, most: f64| wrong(*on).is_some_and(|wrong| wrong <= most);
    let careful = steps(shipped.closure_on, 0.95).find(|on| within(on, CAREFUL_PER_MIN)).unwrap_or(0.95);
    let lowest = 0.1 * shipped.closure_on;
    let eager = steps(shipped.closure_on, lowest).take_while(|on| within(on, EAGER_PER_MIN)).last();
    Some(Closures { careful, eager: eager.unwrap_or(shipped.closure_on) })
}

/// What a decoder reaches on the clips as they were recorded.
pub fn decoded_score(heard: &Searched, decode: &DecoderConfig) -> Option<MouthScore> {
    judge(&heard.clean, decode)
}

/// The decoder with a margin of weight on silence: noises that nobody has heard move the mouth more than those of the
/// search do (recorded ones at -35 dBFS: 0.4 % of the time instead of 1.4 %).
pub fn calmed(mut decode: DecoderConfig) -> DecoderConfig {
    const MARGIN: f32 = 0.25;
    decode.bias[Mouth::Silent as usize] += MARGIN;
    decode
}

/// Classes told apart, and contacts hit without many false ones; late shapes cost a little.
fn merit(heard: &Searched, decode: &DecoderConfig) -> f64 {
    let clean = judge(&heard.clean, decode).map_or(f64::MIN, |score| worth(&score, heard.false_per_min));
    let noisy = judge(&heard.noisy, decode).map_or(0.0, |score| score.balanced);
    clean + NOISY * noisy
}

fn worth(score: &MouthScore, false_per_min: f64) -> f64 {
    let extra = (score.false_closures_per_min - false_per_min).max(0.0);
    let bitten = (score.false_lip_teeth_per_min - FALSE_LIP_TEETH_PER_MIN).max(0.0);
    let restless = (score.open_in_pause - OPEN_IN_PAUSE).max(0.0);
    let late = (score.lag_ms - 80).max(0) as f64 / 10.0;
    score.balanced + 0.5 * score.closures - 0.04 * extra - 0.01 * bitten - 0.5 * restless - 0.01 * late
}

fn judge(clips: &[HeardClip], decode: &DecoderConfig) -> Option<MouthScore> {
    let mut scorer = Scorer::default();
    clips.iter().for_each(|clip| scorer.add("", &clip.phones, &shown(&clip.heads, decode)));
    scorer.score()
}

/// Visemes with the times at which a live face could show them.
fn shown(heads: &[Heads], decode: &DecoderConfig) -> Events {
    let mut decoder = MouthDecoder::new(*decode, STEP_MS as f32);
    let step = |(n, heads)| (AudioTime::from_ms((n as i64 + 1) * STEP_MS), decoder.push(heads).viseme);
    heads.iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_core::Phone;
    use keyface_core::heads::{HEADS, VOICE};

    /// A network that hears every phone, but silence a little too willingly.
    fn heard() -> HeardClip {
        let phones = [Phone::SIL, Phone::AA, Phone::S, Phone::AA, Phone::F, Phone::UW, Phone::SIL];
        let segment = |(n, phone)| Segment { start_s: n as f64 * 0.2, end_s: (n + 1) as f64 * 0.2, phone };
        let segments: Vec<Segment> = phones.into_iter().enumerate().map(segment).collect();
        let heads = phones.iter().flat_map(|phone| {
            let mut raw = [0.0; HEADS];
            (raw[Phone::SIL as usize], raw[*phone as usize], raw[VOICE]) = (4.0, 3.5, 3.0);
            std::iter::repeat_n(Heads::from_raw(&raw), 10)
        });
        HeardClip { heads: heads.collect(), phones: segments }
    }

    #[test]
    fn a_wrong_prior_is_corrected() {
        let heard = Searched { clean: vec![heard()], noisy: vec![], false_per_min: LIVE_FALSE_PER_MIN };
        let before = judge(&heard.clean, &DecoderConfig::default()).unwrap();
        let (decode, after) = search_decode(&heard, DecoderConfig::default());
        assert!(after.unwrap().balanced > before.balanced + 0.2, "{decode:?}");
    }

    #[test]
    fn only_silence_gets_a_margin() {
        let (decode, calm) = (DecoderConfig::default(), calmed(DecoderConfig::default()));
        let silent = Mouth::Silent as usize;
        assert!(calm.bias[silent] > decode.bias[silent]);
        assert_eq!(DecoderConfig { bias: decode.bias, ..calm }, decode);
    }
}
