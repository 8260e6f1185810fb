//! The page from top to bottom.

use super::chart::escape;
use super::curve::{Curves, draw, legend};
use super::{clip, table};
use crate::evaluate::report::{CorpusReport, EvaluationReport};
use crate::evaluate::score::MouthScore;
use crate::evaluate::tables::{notes, tables};

const STYLE: &str = include_str!("style.css");
const CURVES_TOLD: &str = "What hearing further ahead brings: each point is a model, each line a corpus.";
const CONFUSION_TOLD: &str = "Per cent of the time in which a class is said, at the best lag. The row l r er hh is not \
    scored; the column counts the viseme RR, which passes as round and as narrow. ey and oy are left out.";
const CLIPS_TOLD: &str = "Curves at the audio times that they describe.";

/// A page of what was measured of one or several models.
pub fn page(reports: &[EvaluationReport]) -> String {
    let names: Vec<&str> = reports.iter().map(|r| r.model.as_str()).collect();
    let title = escape(&format!("Keyface: {}", names.join(", ")));
    let body = header(reports)
        + &curves(reports)
        + &closures(reports)
        + &reports.iter().enumerate().map(model).collect::<String>();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn header(reports: &[EvaluationReport]) -> String {
    let corpora: Vec<String> = reports.iter().take(1).flat_map(|r| &r.corpora).map(CorpusReport::heard).collect();
    let is_known = reports.iter().flat_map(|r| &r.corpora).any(|part| part.trained_on.is_some());
    let told =
        if is_known { "Speech, of which models know voices" } else { "Speech that the models were not trained on" };
    let link = |(n, r): (usize, &EvaluationReport)| {
        format!("<a href=\"#model-{n}\">{}, {} ms</a>", escape(&r.model), r.look_ahead_ms)
    };
    let links: String = reports.iter().enumerate().map(link).collect();
    let nav = if reports.len() > 1 { format!("<nav>{links}</nav>\n") } else { String::new() };
    format!("<h1>Keyface, evaluated</h1>\n<p>{told}: {}.</p>\n{nav}", escape(&corpora.join("; ")))
}

/// Figures over the look-ahead; nothing for a single model.
fn curves(reports: &[EvaluationReport]) -> String {
    if reports.len() < 2 {
        return String::new();
    }
    let corpora: Vec<String> = reports[0].corpora.iter().map(|part| part.corpus.clone()).collect();
    let figure = |title: &str, digits: usize, value: fn(&CorpusReport) -> Option<f64>| {
        let line = |corpus: &String| (corpus.clone(), points(reports, corpus, value));
        draw(&Curves { title: title.into(), digits, over: "look-ahead, ms", lines: corpora.iter().map(line).collect() })
    };
    let drawn = [
        figure("balanced recall of mouth classes", 2, |p| Some(own(p)?.balanced)),
        figure("closures hit, %", 0, |p| Some(100.0 * own(p)?.closures)),
        figure("false closures a minute", 1, |p| Some(own(p)?.false_closures_per_min)),
        figure("LVE, mm", 2, |p| Some(p.motion.first()?.figure("LVE-mm")?.pooled)),
    ];
    format!(
        "<h2>Over the look-ahead</h2>\n<p>{CURVES_TOLD}</p>\n{}<div class=\"curves\">\n{}</div>\n",
        legend(&corpora),
        drawn.concat()
    )
}

/// Closures over false ones for each corpus, a line for each model; nothing where no thresholds were tried.
fn closures(reports: &[EvaluationReport]) -> String {
    let name = |r: &EvaluationReport| r.model.clone();
    let corpora: Vec<&String> = reports[0].corpora.iter().map(|part| &part.corpus).collect();
    let points = |r: &EvaluationReport, corpus: &String| {
        let curve = r.corpora.iter().find(|part| part.corpus == *corpus).map(|part| &part.closure_curve[..]);
        let mut points: Vec<(f64, f64)> = curve
            .unwrap_or_default()
            .iter()
            .map(|(_, score)| (score.false_closures_per_min, 100.0 * score.closures))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    };
    let figure = |corpus: &&String| {
        let title = format!("closures hit, %: {corpus}");
        let lines = reports.iter().map(|r| (name(r), points(r, corpus))).collect();
        draw(&Curves { title, digits: 0, over: "false closures a minute", lines })
    };
    let drawn: String = corpora.iter().map(figure).collect();
    let names: Vec<String> = reports.iter().map(name).collect();
    let head = format!("<h2>Lips that close more willingly</h2>\n{}", legend(&names));
    if drawn.is_empty() { drawn } else { format!("{head}<div class=\"curves\">\n{drawn}</div>\n") }
}

/// The model's own score; the baselines stand behind it.
fn own(part: &CorpusReport) -> Option<&MouthScore> {
    part.mouths.first().map(|(_, score)| score)
}

/// A figure of a corpus for every model, by look-ahead.
fn points(reports: &[EvaluationReport], corpus: &str, value: fn(&CorpusReport) -> Option<f64>) -> Vec<(f64, f64)> {
    let point = |r: &EvaluationReport| {
        let part = r.corpora.iter().find(|part| part.corpus == corpus)?;
        Some((f64::from(r.look_ahead_ms), value(part)?))
    };
    let mut points: Vec<(f64, f64)> = reports.iter().filter_map(point).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

fn model((n, report): (usize, &EvaluationReport)) -> String {
    let notes: String = notes(report).iter().map(|note| format!("<p>{}</p>\n", escape(note))).collect();
    let parts: String = report.corpora.iter().map(corpus).collect();
    let (name, look_ahead_ms) = (escape(&report.model), report.look_ahead_ms);
    format!("<h2 id=\"model-{n}\">{name}, {look_ahead_ms} ms ahead</h2>\n{notes}{parts}")
}

fn corpus(part: &CorpusReport) -> String {
    let tables: String = tables(part).iter().map(table::table).collect();
    let known: String =
        part.trained_on.iter().map(|said| format!("<p><strong>{}.</strong></p>\n", escape(said))).collect();
    let drawn: String = part.drawn.iter().map(clip::draw).collect();
    format!(
        "<h3>{}</h3>\n{known}{}{tables}<h4>What was shown for what was said</h4>\n<p>{CONFUSION_TOLD}</p>\n{}\
         <h4>Clips</h4>\n<p>{CLIPS_TOLD}</p>\n{}{drawn}",
        escape(&part.corpus),
        own(part).map(tiles).unwrap_or_default(),
        table::confusion(&part.confusion),
        clip::legend()
    )
}

/// What one looks for first.
fn tiles(score: &MouthScore) -> String {
    let tile = |figure: String, told: &str| format!("<div class=\"tile\"><b>{figure}</b><span>{told}</span></div>\n");
    let tiles = [
        tile(format!("{:.2}", score.balanced), "balanced recall, chance 0.17"),
        tile(format!("{:.0} %", 100.0 * score.closures), "of p b m shown closed"),
        tile(format!("{:.1}", score.false_closures_per_min), "false closures a minute"),
        tile(format!("{} ms", score.lag_ms), "lag of a live face"),
    ];
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Confusion;
    use crate::evaluate::surface::default_surface;

    /// What a model with this look-ahead and this balanced recall would have.
    fn report(look_ahead_ms: u32, balanced: f64) -> EvaluationReport {
        let score = MouthScore {
            balanced,
            balanced_range: None,
            lag_ms: 80,
            recall: [Some(0.5); 6],
            closures: 0.75,
            closures_of: 4,
            false_closures_per_min: 2.0,
            false_lip_teeth_per_min: 1.0,
            open_in_pause: 0.0,
            active: 0.5,
            changes_per_s: 7.0,
        };
        let part = CorpusReport {
            speakers: vec![],
            corpus: "anna".into(),
            clips: 3,
            left_out: 0,
            minutes: 0.25,
            trained_on: None,
            mouths: vec![("ours".into(), score)],
            motion: Vec::new(),
            keys: Vec::new(),
            groups: Vec::new(),
            closure_curve: Vec::new(),
            confusion: Confusion::default(),
            drawn: Vec::new(),
        };
        EvaluationReport {
            model: "<m>".into(),
            look_ahead_ms,
            surface: default_surface().facts(),
            noise: "white noise",
            corpora: vec![part],
            noise_active: vec![("white noise", -60.0, 0.01)],
            streaming: None,
        }
    }

    #[test]
    fn the_page_needs_nothing_else() {
        let html = page(&[report(60, 0.8)]);
        for outside in ["<script", "<link", "src=", "http", "url(", "@import"] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(html.contains("&lt;m&gt;, 60 ms ahead") && html.contains("1.0 % at -60 dBFS"), "{html}");
    }

    #[test]
    fn several_models_make_a_curve_in_the_order_of_their_look_ahead() {
        let html = page(&[report(60, 0.8), report(0, 0.7), report(120, 0.75)]);
        assert!(html.contains("Over the look-ahead") && html.contains("id=\"model-2\""));
        // As in the test of curves: 0, 60 and 120 ms from left to right.
        assert!(html.contains("<path d=\"M46 204L196 14L346 109\"/>"), "{html}");
    }

    #[test]
    fn a_model_that_knows_the_voices_is_not_praised_for_it() {
        let mut known = report(60, 0.8);
        known.corpora[0].trained_on = Some("ours was trained on <anna>".into());
        let html = page(&[known]);
        assert!(html.contains("<strong>ours was trained on &lt;anna&gt;.</strong>"), "{html}");
        assert!(!html.contains("not trained on:") && page(&[report(60, 0.8)]).contains("not trained on: anna"));
    }

    #[test]
    fn one_model_has_no_curve() {
        assert!(!page(&[report(60, 0.8)]).contains("Over the look-ahead"));
    }
}
