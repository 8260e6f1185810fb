//! `.npy` files: small ones whole, large ones row by row from the disk.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::array::{Array, count};
use super::header::Header;
use crate::corpus::{Error, Result};

/// More than any header has.
const HEAD: u64 = 1 << 17;

/// An array from the bytes of a file; `place` is named in errors.
///
/// # Errors
/// When it is no array of numbers, or does not end where its shape says.
pub fn read_npy(bytes: &[u8], place: &str) -> Result<Array> {
    let wrong = |came: String| Error::unexpected(place, "an array of numbers (.npy)", came);
    let header = Header::parse(bytes).map_err(wrong)?;
    let data = bytes.get(header.data_at..).unwrap_or_default().to_vec();
    Array::new(header.shape, header.dtype, header.is_fortran, data).map_err(wrong)
}

/// An array on the disk whose first axis is rows; nothing but its header is in memory.
#[derive(Debug)]
pub struct NpyFile {
    file: File,
    path: PathBuf,
    header: Header,
    width: usize,
}

impl NpyFile {
    /// Reads the header and looks whether the file is as long as it says.
    ///
    /// # Errors
    /// When the file cannot be read, is no array of numbers, or is cut off.
    pub fn open(path: &Path) -> Result<NpyFile> {
        let file = File::open(path).map_err(Error::io(path))?;
        let mut head = Vec::new();
        (&file).take(HEAD).read_to_end(&mut head).map_err(Error::io(path))?;
        let wrong = |came: String| Error::unexpected(path.display().to_string(), "rows of numbers (.npy)", came);
        let header = Header::parse(&head).map_err(wrong)?;
        let Some((_, row)) = header.shape.split_first() else { return Err(wrong("a single number".into())) };
        let width = count(row).filter(|width| *width > 0).ok_or_else(|| wrong("empty rows".into()))?;
        let bytes = count(&header.shape).and_then(|n| n.checked_mul(header.dtype.width())).unwrap_or(usize::MAX);
        let held = file.metadata().map_err(Error::io(path))?.len().saturating_sub(header.data_at as u64);
        if held != bytes as u64 {
            return Err(wrong(format!("{held} bytes for the shape {:?}", header.shape)));
        }
        Ok(NpyFile { file, path: path.to_path_buf(), header, width })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.header.shape[0]
    }

    /// Numbers in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a row into `out`.
    ///
    /// # Errors
    /// When the row is not there, or the disk fails.
    pub fn read_row(&self, row: usize, out: &mut Vec<f32>) -> Result<()> {
        if row >= self.rows() {
            let expected = format!("a row below {}", self.rows());
            return Err(Error::unexpected(self.path.display().to_string(), expected, row.to_string()));
        }
        out.clear();
        if self.header.is_fortran {
            let columns = self.columns();
            return columns.into_iter().try_for_each(|column| self.read(column * self.rows() + row, 1, out));
        }
        self.read(row * self.width, self.width, out)
    }

    /// In a file in Fortran order, the columns of a row in C order of its axes.
    fn columns(&self) -> Vec<usize> {
        let axes = &self.header.shape[1..];
        let at = |n: usize| {
            let (mut rest, mut stride, mut at) = (n, self.width, 0);
            for length in axes.iter().rev() {
                stride /= length;
                at += rest % length * stride;
                rest /= length;
            }
            at
        };
        (0..self.width).map(at).collect()
    }

    fn read(&self, from: usize, count: usize, out: &mut Vec<f32>) -> Result<()> {
        let size = self.header.dtype.width();
        let mut bytes = vec![0; count * size];
        let at = self.header.data_at + from * size;
        self.file.read_exact_at(&mut bytes, at as u64).map_err(Error::io(&self.path))?;
        out.extend(bytes.chunks_exact(size).map(|element| self.header.dtype.value(element) as f32));
        Ok(())
    }
}

/// Writes rows of 32-bit floats as `.npy`; the file appears only when it is complete.
///
/// # Errors
/// When the disk does not take the file.
pub fn write_npy(path: &Path, width: usize, values: &[f32]) -> Result<()> {
    let rows = values.len() / width.max(1);
    let dict = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    // Magic, version and length are 10 bytes; numpy wants the numbers to begin at a multiple of 64.
    let length = (dict.len() + 1 + 10).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{dict:<width$}\n", width = length - 1).into_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    let part = path.with_extension("npy.part");
    std::fs::write(&part, bytes).map_err(Error::io(&part))?;
    std::fs::rename(&part, path).map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use super::super::header::testing::header;
    use super::*;

    fn written(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        std::fs::write(&path, bytes).unwrap();
        (dir, path)
    }

    #[test]
    fn rows_are_read_from_the_disk_in_either_order() {
        let (c, fortran) = ([0u8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [0u8, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
        for (is_fortran, numbers) in [(false, c), (true, fortran)] {
            let bytes = [header(1, "|u1", is_fortran, "(2, 3, 2)"), numbers.to_vec()].concat();
            let (_dir, path) = written(&bytes);
            let file = NpyFile::open(&path).unwrap();
            assert_eq!((file.rows(), file.width()), (2, 6));
            let mut row = Vec::new();
            file.read_row(1, &mut row).unwrap();
            assert_eq!(row, [6.0, 7.0, 8.0, 9.0, 10.0, 11.0], "{is_fortran}");
            assert!(file.read_row(2, &mut row).is_err());
            assert_eq!(read_npy(&bytes, "a").unwrap().indices().unwrap(), (0..12).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        write_npy(&path, 3, &[1.0, 2.0, 3.0, -0.5, 0.0, 1e-9]).unwrap();
        let array = read_npy(&std::fs::read(&path).unwrap(), "a").unwrap();
        assert_eq!((array.shape(), array.floats()), (&[2, 3][..], vec![1.0, 2.0, 3.0, -0.5, 0.0, 1e-9]));
    }

    #[test]
    fn a_cut_file_is_refused_before_a_row_is_read() {
        let (_dir, path) = written(&[header(1, "<f4", false, "(2, 3)"), vec![0; 23]].concat());
        let error = NpyFile::open(&path).unwrap_err().to_string();
        assert!(error.contains("a.npy") && error.contains("23 bytes for the shape [2, 3]"), "{error}");
    }
}
