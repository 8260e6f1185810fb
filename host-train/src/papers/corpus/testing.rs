//! Small folders and clips with the names, shapes and pickles of the real ones, for tests.

use std::fs;
use std::path::Path;

use super::captured::{Captured, Frames, Rest, Sound};
use super::official::{Layout, Part};
use crate::papers::numpy::{NpyFile, write_npy};

/// Vertices of the face: upper lip, lower lip, two corners, two of the brows, two of the cheeks.
pub const VERTICES: usize = 8;
/// Their places in metres: x to the left, y up, z forward.
pub const TEMPLATE: [f32; 3 * VERTICES] = [
    0.0, 0.0, 0.1, 0.0, -0.001, 0.1, -0.025, 0.0, 0.09, 0.025, 0.0, 0.09, //
    -0.02, 0.08, 0.1, 0.02, 0.08, 0.1, -0.05, 0.03, 0.05, 0.05, 0.03, 0.05,
];

/// A folder that is removed with it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// A processed folder of clips of a second each, at `rate_hz`.
    pub fn new(layout: Layout, rate_hz: f64, ids: &[&str]) -> Folder {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["wav", "vertices_npy", "regions"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let mut speakers: Vec<&str> = ids.iter().filter_map(|id| Some(layout.parse_id(id)?.0)).collect();
        speakers.dedup();
        let array = pickled_array("f8", &[VERTICES, 3], TEMPLATE.map(f64::from).map(f64::to_le_bytes).as_flattened());
        let templates: Vec<(&str, Vec<u8>)> = speakers.iter().map(|speaker| (*speaker, array.clone())).collect();
        fs::write(dir.path().join("templates.pkl"), pickled(&dict(&templates))).unwrap();
        if layout == Layout::Biwi {
            fs::write(dir.path().join("regions/lve.txt"), "0,1,2,3").unwrap();
            fs::write(dir.path().join("regions/fdd.txt"), "4,5").unwrap();
        } else {
            let mask = |ids: &[i32]| {
                pickled_array("i4", &[ids.len()], &ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<_>>())
            };
            let masks = [("lips", mask(&[0, 1, 2, 3])), ("forehead", mask(&[4, 5])), ("eye_region", mask(&[5]))];
            fs::write(dir.path().join("FLAME_masks.pkl"), pickled(&dict(&masks))).unwrap();
        }
        fs::write(dir.path().join("regions/lip_pairs.txt"), "0 1").unwrap();
        let folder = Folder(dir);
        ids.iter().for_each(|id| folder.add(id, rate_hz));
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A clip of a second: the lower lip falls and rises twice, by up to 10 mm.
    fn add(&self, id: &str, rate_hz: f64) {
        let frames: Vec<f32> = (0..rate_hz as usize).flat_map(|n| frame(n as f32 / rate_hz as f32)).collect();
        write_npy(&self.path().join(format!("vertices_npy/{id}.npy")), 3 * VERTICES, &frames).unwrap();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 22_050,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(self.path().join(format!("wav/{id}.wav")), spec).unwrap();
        (0..22_050).for_each(|n| wav.write_sample(((n as f32 * 0.05).sin() * 9e3) as i16).unwrap());
        wav.finalize().unwrap();
    }
}

/// The face at a time within its second.
pub fn frame(time_s: f32) -> [f32; 3 * VERTICES] {
    let mut frame = TEMPLATE;
    frame[4] -= 0.005 * (1.0 - (std::f32::consts::TAU * 2.0 * time_s).cos());
    frame
}

/// A clip of one frame, the template.
pub fn clip(speaker: &str, sentence: usize, part: Part) -> Captured {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    write_npy(&path, TEMPLATE.len(), &TEMPLATE).unwrap();
    Captured {
        id: format!("{speaker}_e{sentence:02}"),
        speaker: speaker.into(),
        sentence,
        part,
        template: Rest::new(TEMPLATE.to_vec()),
        sound: Sound::File("a.wav".into()),
        frames: Frames::all(NpyFile::open(&path).unwrap()),
        rate_hz: 25.0,
    }
}

/// A pickle of protocol 2.
pub fn pickled(value: &[u8]) -> Vec<u8> {
    [b"\x80\x02", value, b"."].concat()
}

/// A dict whose keys are short texts of Python 2.
pub fn dict(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let pair = |(key, value): &(&str, Vec<u8>)| [b"U", &[key.len() as u8][..], key.as_bytes(), value].concat();
    [b"}(".to_vec(), pairs.iter().flat_map(pair).collect(), b"u".to_vec()].concat()
}

/// A whole number.
pub fn int(number: i32) -> Vec<u8> {
    [b"J".as_slice(), &number.to_le_bytes()].concat()
}

/// An array as Python 2 pickles it: its data is a string.
pub fn pickled_array(dtype: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let shape: Vec<u8> = shape.iter().flat_map(|length| int(*length as i32)).collect();
    [
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01(".as_slice(),
        &shape,
        b"tcnumpy\ndtype\nU\x02",
        dtype.as_bytes(),
        b"K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T",
        &(data.len() as u32).to_le_bytes(),
        data,
        b"tb",
    ]
    .concat()
}
