//! The papers' metrics on vertices as they were captured; what a metric has in common with those on our own channels is
//! computed by the same code.

use crate::evaluate::metric::{fdd, mtm, sync};
use crate::judge::{Marks, Sample};
use crate::papers::Told;
use crate::papers::corpus::{Captured, Layout, Regions};

/// A clip's vertices as shown and in truth, both cut to the shorter.
pub struct VertexClip<'a> {
    shown: &'a [f32],
    truth: &'a [f32],
    template: &'a [f32],
    regions: &'a Regions,
    unit_m: f64,
    frame_ms: f64,
    worst_lip: Vec<f64>,
    openings: Option<[Vec<f64>; 2]>,
}

/// A metric on vertices.
#[derive(Clone, Copy)]
pub struct VertexMetric {
    /// Its name in the field.
    pub name: &'static str,
    /// Unit of its value; `unit2` is the corpus' unit of length, squared, as the papers print it.
    pub unit: &'static str,
    /// Its value for a clip; `None` where it says nothing.
    pub of: fn(&VertexClip) -> Option<Sample>,
}

/// All of them, in the order of the reports.
pub const VERTEX_METRICS: &[VertexMetric] = &[
    VertexMetric { name: "LVE", unit: "unit2", of: |clip| clip.mean_of(clip.worst_lip.iter().copied()) },
    VertexMetric {
        name: "LVE-mm",
        unit: "mm",
        of: |clip| clip.mean_of(clip.worst_lip.iter().map(|square| clip.millimetres(*square))),
    },
    VertexMetric { name: "FDD", unit: "unit2", of: |clip| fdd::mean(clip.deviations()) },
    VertexMetric {
        name: "FDD-abs",
        unit: "unit2",
        of: |clip| fdd::mean(clip.deviations().into_iter().map(f64::abs).collect()),
    },
    VertexMetric { name: "MVE", unit: "mm", of: |clip| clip.mean_distance(&clip.all()) },
    VertexMetric { name: "UFVE", unit: "mm", of: |clip| clip.mean_distance(&clip.regions.upper_face) },
    VertexMetric { name: "MOD", unit: "mm", of: |clip| clip.opening_difference() },
    VertexMetric { name: "LRP@2mm", unit: "", of: |clip| clip.readable(2.0) },
    VertexMetric { name: "LRP@3mm", unit: "", of: |clip| clip.readable(3.0) },
    VertexMetric { name: "LRP@4mm", unit: "", of: |clip| clip.readable(4.0) },
    VertexMetric { name: "LRP@5mm", unit: "", of: |clip| clip.readable(5.0) },
    VertexMetric {
        name: "MTM",
        unit: "ms",
        of: |clip| {
            let [shown, truth] = clip.openings.as_ref()?;
            mtm::misalignment(shown, truth, clip.frame_ms)
        },
    },
    VertexMetric {
        name: "MTM coverage",
        unit: "",
        of: |clip| {
            let [shown, truth] = clip.openings.as_ref()?;
            mtm::coverage(shown, truth)
        },
    },
    VertexMetric {
        name: "sync offset",
        unit: "ms",
        of: |clip| {
            let [shown, truth] = clip.openings.as_ref()?;
            sync::offset_of(shown, truth, clip.frame_ms)
        },
    },
];

/// Marks for these metrics; none yet.
pub fn marks() -> Marks {
    Marks::new(VERTEX_METRICS.iter().map(|metric| (metric.name, metric.unit)))
}

impl<'a> VertexClip<'a> {
    /// Rows of `x, y, z` in the corpus' unit, each as wide as the clip's template.
    ///
    /// # Errors
    /// When rows and template do not go together.
    pub fn new(
        layout: Layout,
        clip: &'a Captured,
        regions: &'a Regions,
        shown: &'a [f32],
        truth: &'a [f32],
    ) -> Told<VertexClip<'a>> {
        let width = clip.template.len();
        if width == 0 || [shown, truth].iter().any(|rows| !rows.len().is_multiple_of(width)) {
            return Err(format!("{} and {} values in rows of {width}", shown.len(), truth.len()));
        }
        let values = shown.len().min(truth.len());
        let mut of = VertexClip {
            shown: &shown[..values],
            truth: &truth[..values],
            template: &clip.template,
            regions,
            unit_m: layout.unit_m(),
            frame_ms: 1e3 / clip.rate_hz,
            worst_lip: vec![],
            openings: None,
        };
        of.worst_lip =
            of.frames().map(|(p, g)| regions.lips.iter().map(|v| square(p, g, *v)).fold(0.0, f64::max)).collect();
        of.openings = regions.opening_pair().map(|pair| [of.shown, of.truth].map(|rows| of.opening(rows, pair)));
        Ok(of)
    }

    /// Every metric's value, in the order of [`VERTEX_METRICS`].
    pub fn values(&self) -> Vec<Option<Sample>> {
        VERTEX_METRICS.iter().map(|metric| (metric.of)(self)).collect()
    }

    fn frames(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        let width = self.template.len();
        self.shown.chunks_exact(width).zip(self.truth.chunks_exact(width))
    }

    fn all(&self) -> Vec<usize> {
        (0..self.template.len() / 3).collect()
    }

    fn millimetres(&self, square: f64) -> f64 {
        1e3 * self.unit_m * square.sqrt()
    }

    /// A clip weighs as many frames as it has.
    fn mean_of(&self, frames: impl Iterator<Item = f64>) -> Option<Sample> {
        let weight = self.worst_lip.len() as f64;
        (weight > 0.0).then(|| Sample { value: frames.sum::<f64>() / weight, weight })
    }

    fn mean_distance(&self, region: &[usize]) -> Option<Sample> {
        let frame = |(p, g): (&[f32], &[f32])| {
            region.iter().map(|v| self.millimetres(square(p, g, *v))).sum::<f64>() / region.len() as f64
        };
        if region.is_empty() { None } else { self.mean_of(self.frames().map(frame)) }
    }

    fn readable(&self, limit_mm: f64) -> Option<Sample> {
        let is_near = |square: &f64| f64::from(u8::from(self.millimetres(*square) < limit_mm));
        self.mean_of(self.worst_lip.iter().map(is_near))
    }

    /// Standard deviations of the upper face's squared distances from the template: true less shown.
    fn deviations(&self) -> Vec<f64> {
        let squares = |row: &[f32]| -> Vec<f64> {
            self.regions.upper_face.iter().map(|v| square(row, self.template, *v)).collect()
        };
        fdd::deviations_of(self.frames().map(|(_, g)| squares(g)), self.frames().map(|(p, _)| squares(p)))
    }

    /// Mean over frames and pairs of the difference of the distances across the mouth (MOD).
    fn opening_difference(&self) -> Option<Sample> {
        let pairs = &self.regions.lip_pairs;
        let gap = |row: &[f32], (upper, lower): (usize, usize)| across(row, upper, lower);
        let frame = |(p, g): (&[f32], &[f32])| {
            let miss = |pair: &(usize, usize)| 1e3 * self.unit_m * (gap(p, *pair) - gap(g, *pair)).abs();
            pairs.iter().map(miss).sum::<f64>() / pairs.len() as f64
        };
        if pairs.is_empty() { None } else { self.mean_of(self.frames().map(frame)) }
    }

    /// Distance across a pair in metres.
    fn opening(&self, rows: &[f32], (upper, lower): (usize, usize)) -> Vec<f64> {
        rows.chunks_exact(self.template.len()).map(|row| self.unit_m * across(row, upper, lower)).collect()
    }
}

fn at(row: &[f32], vertex: usize) -> [f64; 3] {
    [0, 1, 2].map(|axis| f64::from(row[3 * vertex + axis]))
}

fn square(a: &[f32], b: &[f32], vertex: usize) -> f64 {
    at(a, vertex).iter().zip(at(b, vertex)).map(|(a, b)| (a - b).powi(2)).sum()
}

fn across(row: &[f32], upper: usize, lower: usize) -> f64 {
    at(row, upper).iter().zip(at(row, lower)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::papers::corpus::Part;
    use crate::papers::corpus::testing::{self, TEMPLATE};

    fn regions() -> Regions {
        Regions { lips: vec![0, 1, 2, 3], upper_face: vec![4, 5], lip_pairs: vec![(0, 1)] }
    }

    /// The value of a metric where the lower lip is 3 mm and then 1 mm too low and the brows stand still.
    fn value(layout: Layout, name: &str) -> f64 {
        let (regions, clip) = (regions(), testing::clip("F2", 1, Part::Train));
        let mut shown = [TEMPLATE; 2];
        let mut truth = shown;
        (shown[0][4], shown[1][4]) = (shown[0][4] - 0.003, shown[1][4] - 0.001);
        // In truth a brow rises by 10 mm in the second frame.
        truth[1][3 * 4 + 1] += 0.01;
        let clip = VertexClip::new(layout, &clip, &regions, shown.as_flattened(), truth.as_flattened()).unwrap();
        let metric = VERTEX_METRICS.iter().find(|metric| metric.name == name).unwrap();
        (metric.of)(&clip).unwrap().value
    }

    #[track_caller]
    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-4 * wanted.abs().max(1e-9), "{found}, expected {wanted}");
    }

    #[test]
    fn the_papers_figures_are_in_the_corpus_own_unit() {
        near(value(Layout::Vocaset, "LVE"), (9e-6 + 1e-6) / 2.0);
        near(value(Layout::Biwi, "LVE"), (9e-6 + 1e-6) / 2.0);
        // Squared distances 0 and 1e-4: their deviation is 5e-5, over two vertices.
        near(value(Layout::Vocaset, "FDD"), 2.5e-5);
    }

    #[test]
    fn millimetres_know_the_size_of_the_unit() {
        near(value(Layout::Vocaset, "LVE-mm"), 2.0);
        near(value(Layout::Biwi, "LVE-mm"), 0.4);
        near(value(Layout::Vocaset, "MVE"), (3.0 + 1.0 + 10.0) / 16.0);
        near(value(Layout::Vocaset, "UFVE"), 10.0 / 4.0);
        near(value(Layout::Vocaset, "MOD"), 2.0);
    }

    #[test]
    fn readable_frames_are_those_within_the_limit() {
        assert_eq!(value(Layout::Vocaset, "LRP@2mm"), 0.5);
        assert_eq!(value(Layout::Biwi, "LRP@2mm"), 1.0);
    }

    #[test]
    fn a_late_mouth_is_late_by_its_time() {
        let (regions, clip) = (regions(), testing::clip("F2", 1, Part::Train));
        let rows = |late: f32| -> Vec<f32> { (0..50).flat_map(|n| testing::frame((n as f32 - late) / 25.0)).collect() };
        let (shown, truth) = (rows(2.0), rows(0.0));
        let clip = VertexClip::new(Layout::Vocaset, &clip, &regions, &shown, &truth).unwrap();
        let value = |name: &str| {
            let metric = VERTEX_METRICS.iter().find(|metric| metric.name == name).unwrap();
            (metric.of)(&clip).unwrap().value
        };
        // Two frames of 40 ms.
        assert!((value("sync offset") - 80.0).abs() < 8.0, "{}", value("sync offset"));
        assert!((value("MTM") - 80.0).abs() < 25.0, "{}", value("MTM"));
        assert!(value("MTM coverage") > 0.6);
    }

    #[test]
    fn rows_of_another_mesh_are_told() {
        let (regions, clip) = (regions(), testing::clip("F2", 1, Part::Train));
        assert!(VertexClip::new(Layout::Biwi, &clip, &regions, &[0.0; 5], &[0.0; 24]).is_err());
    }
}
