//! The papers' metrics on vertices as they were captured: the motion space of a corpus, and the metrics that speak in it.

use crate::evaluate::metric::{Comparison, Metric, fdd, mtm, sync, vertex};
use crate::papers::Told;
use crate::papers::corpus::{Captured, Layout, Regions, Rest};
use crate::space::{MotionSpace, Region};

/// The space of a captured clip: a frame is `x, y, z` of every vertex in the corpus' unit of length.
pub struct Mesh {
    name: &'static str,
    template: Rest,
    regions: Regions,
    all: Vec<usize>,
    unit_m: f64,
    rate_hz: f64,
}

/// All of them, in the order of the reports.
pub const VERTEX_METRICS: &[Metric<Mesh>] = &[
    Metric { name: "LVE", unit: "unit2", of: vertex::lve },
    Metric { name: "LVE-mm", unit: "mm", of: vertex::lve_mm },
    Metric { name: "FDD", unit: "unit2", of: fdd::signed },
    Metric { name: "FDD-abs", unit: "unit2", of: fdd::absolute },
    Metric { name: "MVE", unit: "mm", of: vertex::mve },
    Metric { name: "UFVE", unit: "mm", of: vertex::ufve },
    Metric { name: "MOD", unit: "mm", of: vertex::lip_gap },
    Metric { name: "LRP@2mm", unit: "", of: vertex::lrp::<2, _> },
    Metric { name: "LRP@3mm", unit: "", of: vertex::lrp::<3, _> },
    Metric { name: "LRP@4mm", unit: "", of: vertex::lrp::<4, _> },
    Metric { name: "LRP@5mm", unit: "", of: vertex::lrp::<5, _> },
    Metric { name: "MTM", unit: "ms", of: mtm::misalignment },
    Metric { name: "MTM coverage", unit: "", of: mtm::coverage },
    Metric { name: "sync offset", unit: "ms", of: sync::offset },
];

impl Mesh {
    /// Of a clip and the regions of its corpus.
    pub fn new(layout: Layout, clip: &Captured, regions: &Regions) -> Mesh {
        Mesh {
            name: layout.name(),
            template: clip.template.clone(),
            regions: regions.clone(),
            all: (0..clip.vertices()).collect(),
            unit_m: layout.unit_m(),
            rate_hz: clip.rate_hz,
        }
    }

    /// Rows of vertices as shown and in truth.
    ///
    /// # Errors
    /// When rows and template do not go together.
    pub fn compare<'a>(&'a self, shown: &'a [f32], truth: &'a [f32]) -> Told<Comparison<'a, Mesh>> {
        let width = self.width();
        if width == 0 || [shown, truth].iter().any(|rows| !rows.len().is_multiple_of(width)) {
            return Err(format!("{} and {} values in rows of {}'s {width}", shown.len(), truth.len(), self.name()));
        }
        Ok(Comparison::new(self, shown.chunks_exact(width), truth.chunks_exact(width), &[]))
    }
}

impl MotionSpace for Mesh {
    type Frame = [f32];

    fn name(&self) -> &str {
        self.name
    }

    fn width(&self) -> usize {
        self.template.len()
    }

    fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    fn unit_m(&self) -> f64 {
        self.unit_m
    }

    fn rest(&self) -> &[f32] {
        &self.template
    }

    fn squares(&self, region: Region, from: &[f32], to: &[f32]) -> impl Iterator<Item = f64> {
        let vertices = match region {
            Region::Lips => &self.regions.lips,
            Region::UpperFace => &self.regions.upper_face,
            Region::All => &self.all,
        };
        vertices.iter().map(move |v| apart(at(from, *v), at(to, *v)))
    }

    fn gaps_m(&self, frame: &[f32]) -> impl Iterator<Item = f64> {
        self.regions.lip_pairs.iter().map(move |pair| self.unit_m * across(frame, *pair))
    }

    fn opening_m(&self, frame: &[f32]) -> Option<f64> {
        self.regions.opening_pair().map(|pair| self.unit_m * across(frame, pair))
    }
}

fn at(row: &[f32], vertex: usize) -> [f64; 3] {
    [0, 1, 2].map(|axis| f64::from(row[3 * vertex + axis]))
}

fn apart(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

fn across(row: &[f32], (upper, lower): (usize, usize)) -> f64 {
    apart(at(row, upper), at(row, lower)).sqrt()
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
        let mesh = Mesh::new(layout, &clip, &regions);
        let clip = mesh.compare(shown.as_flattened(), truth.as_flattened()).unwrap();
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
        let mesh = Mesh::new(Layout::Vocaset, &clip, &regions);
        let clip = mesh.compare(&shown, &truth).unwrap();
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
        let told = Mesh::new(Layout::Biwi, &clip, &regions).compare(&[0.0; 5], &[0.0; 24]).err().unwrap();
        assert_eq!(told, "5 and 24 values in rows of BIWI's 24");
    }
}
