//! What a reader of lips reads from a mesh that it has not guided: it sees the rig's channels, as a guide does, and hears
//! nothing.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::lens::Lens;
use super::material::Item;
use super::said::ToRead;
use crate::expert::{Read, Reader, Search};
use crate::papers::corpus::Regions;

/// A reader, and where it is written what should be read.
pub struct Judge {
    reader: Reader,
    textgrids: PathBuf,
}

impl Judge {
    /// Of alignments `FOLDER/CLIP.TextGrid`, or what aligners write instead.
    pub fn new(reader: Reader, textgrids: &Path) -> Judge {
        Judge { reader, textgrids: textgrids.into() }
    }

    /// Its run's name.
    pub fn name(&self) -> &str {
        &self.reader.name
    }

    /// What it gets wrong, greedily, where vertices `[frames, values]` are shown for a clip.
    ///
    /// # Errors
    /// When the clip's alignment cannot be read, or the mesh has no pairs across the lips.
    pub fn read(&self, item: &Item, regions: &Regions, shown: &[f32]) -> Result<Read> {
        let to_read = ToRead::of(&self.textgrids, &item.clip.id, self.reader.units.spell())?;
        let lens = Lens::new(item, regions, &to_read)?;
        let seen = lens.poses(item, shown, &self.reader.device);
        Ok(self.reader.score(&seen, &lens.said, Search::Greedy))
    }
}

#[cfg(test)]
pub mod testing {
    use burn::tensor::{Device, Tensor};

    use super::*;
    use crate::corpus::audio;
    use crate::papers::corpus::{Captured, Frames, Part, Rest, Sound};
    use crate::papers::numpy::{NpyFile, write_npy};

    /// Five pairs across the lips, and both corners.
    pub fn face() -> (Vec<f32>, Regions) {
        let xs: [f32; 5] = [-0.016, -0.008, 0.0, 0.008, 0.016];
        let mut rest: Vec<f32> = [xs, xs].concat().iter().flat_map(|x| [*x, 0.0, 0.0]).collect();
        rest.extend([-0.025, 0.0, 0.0, 0.025, 0.0, 0.0]);
        let lip_pairs = (0..5).map(|n| (n, n + 5)).collect();
        (rest, Regions { lips: (0..12).collect(), upper_face: vec![], lip_pairs })
    }

    /// Two seconds, five times "ma", "m aa" of 160 and 240 ms: the lower lip falls by 12 mm in each AA.
    pub fn item(folder: &Path, rest: &[f32]) -> Item {
        let frame = |n: usize| {
            let mut frame = rest.to_vec();
            let fallen = if n % 10 < 4 { 0.0 } else { 0.012 };
            (5..10).for_each(|lower| frame[3 * lower + 1] -= fallen);
            frame
        };
        let path = folder.join("a.npy");
        write_npy(&path, rest.len(), &(0..50).flat_map(frame).collect::<Vec<f32>>()).unwrap();
        let intervals = (0..5).flat_map(|n| {
            let at = 0.4 * n as f64;
            [format!("{at} {} \"M\"\n", at + 0.16), format!("{} {} \"AA\"\n", at + 0.16, at + 0.4)]
        });
        let words = (0..5).map(|n| 0.4 * n as f64).map(|at| format!("{at} {} \"ma\"\n", at + 0.4));
        let head = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0 2 <exists> 2\n";
        let tier = |name: &str, rows: &str| format!("\"IntervalTier\" \"{name}\" 0 2 {}\n{rows}", rows.lines().count());
        let tiers = tier("phones", &intervals.collect::<String>()) + &tier("words", &words.collect::<String>());
        std::fs::write(folder.join("a.TextGrid"), head.to_string() + &tiers).unwrap();
        audio::write(&folder.join("a.wav"), &[0.0; 32_000]).unwrap();
        Item {
            clip: Captured {
                id: "a".into(),
                speaker: "F2".into(),
                sentence: 1,
                part: Part::Train,
                template: Rest::new(rest.to_vec()),
                sound: Sound::File(folder.join("a.wav")),
                frames: Frames::all(NpyFile::open(&path).unwrap()),
                rate_hz: 25.0,
            },
            features: Tensor::zeros([1, 100, 1], &Device::flex()),
            heard: Tensor::zeros([1, 100, 1], &Device::flex()),
            frames: 50,
            speaker: None,
            keys: vec![],
            letters: vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::optim::{AdamConfig, GradientsParams};
    use burn::tensor::{Device, Tensor, TensorData};

    use super::testing::{face, item};
    use super::*;
    use crate::expert::net::ExpertConfig;
    use crate::expert::{Eyes, Points, Said, UnitChoice};
    use crate::loss::smoothed_cross_entropy;
    use crate::space::rig14;

    #[test]
    fn what_a_judge_has_learned_to_read_it_reads_from_a_mesh_and_not_from_a_face_at_rest() {
        let dir = tempfile::tempdir().unwrap();
        let ((rest, regions), device) = (face(), Device::flex());
        let item = item(dir.path(), &rest);
        let (training, units, eye) =
            (device.clone().autodiff(), UnitChoice::Phones.units().unwrap(), Points::Lips.eye());
        training.seed(1);
        let lens = Lens::new(&item, &regions, &ToRead::of(dir.path(), "a", false).unwrap()).unwrap();
        let rows = item.rows().unwrap();
        let moves: Vec<f32> = rows.iter().zip(rest.iter().cycle()).map(|(at, rest)| at - rest).collect();
        let moves = Tensor::from_data(TensorData::new(moves, [1, 50, rest.len()]), &training);
        let config = ExpertConfig { dropout: 0.0, ..ExpertConfig::tiny(eye.numbers()) };
        let (mut expert, mut optimizer) =
            (config.init(units.count(), rig14::WIDTH, &training), AdamConfig::new().init());
        let target = Said::of(std::slice::from_ref(&lens.said), &units, expert.answers(), &training);
        for _ in 0..80 {
            // Unit by unit: CTC itself would say nothing for long.
            let reading = expert.read(eye.see(lens.see(&moves)), None, None);
            let loss = smoothed_cross_entropy(reading.ctc, target.frames.clone(), 0.0);
            expert = optimizer.step(1e-2, expert.clone(), GradientsParams::from_grads(loss.backward(), &expert));
        }
        let reader = Reader { name: "taught".into(), expert: expert.valid(), eyes: Eyes::Points(eye), units, device };
        let judge = Judge::new(reader, dir.path());
        let read = |shown: &[f32]| judge.read(&item, &regions, shown).unwrap().phones;
        let (truth, still) = (read(&rows), read(&rest.repeat(50)));
        assert!(truth.of == 10.0 && truth.wrong <= 2.0 && still.wrong >= 6.0, "{truth:?} {still:?}");
        let told = Judge::new(judge.reader, &dir.path().join("none")).read(&item, &regions, &rows).unwrap_err();
        assert!(told.to_string().contains("expected a with one of the endings"), "{told}");
    }
}
