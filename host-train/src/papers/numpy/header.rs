//! What stands before the numbers of a `.npy` file: versions 1 to 3 of numpy's format.

use super::Dtype;

const MAGIC: &[u8] = b"\x93NUMPY";
/// numpy itself takes no longer ones.
const LONGEST: usize = 1 << 16;
/// numpy's own limit.
const MOST_AXES: usize = 64;

/// What an array is and where its numbers begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// What an element is.
    pub dtype: Dtype,
    /// Whether the first axis runs fastest.
    pub is_fortran: bool,
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// First byte of the numbers.
    pub data_at: usize,
}

impl Header {
    /// From the beginning of a file; the error says what stands there instead.
    pub fn parse(bytes: &[u8]) -> Result<Header, String> {
        let rest = bytes.strip_prefix(MAGIC).ok_or("no magic number of numpy")?;
        let (length, at) = match rest {
            [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), MAGIC.len() + 4),
            [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, MAGIC.len() + 6),
            [version, ..] if !(1..=3).contains(version) => return Err(format!("version {version}")),
            _ => return Err("an end within the header".into()),
        };
        if length > LONGEST {
            return Err(format!("a header of {length} bytes"));
        }
        let text = bytes.get(at..at + length).ok_or("an end within the header")?;
        let text: String = text.iter().map(|byte| char::from(*byte)).collect();
        let mut fields = Fields { rest: text.trim() };
        fields.read(at + length).ok_or_else(|| format!("the header {:?}", text.trim()))
    }
}

/// A Python literal of the one form that numpy writes: a dict of `descr`, `fortran_order` and `shape`.
struct Fields<'a> {
    rest: &'a str,
}

impl<'a> Fields<'a> {
    fn read(&mut self, data_at: usize) -> Option<Header> {
        let (mut dtype, mut order, mut shape) = (None, None, None);
        self.sign('{')?;
        while self.sign('}').is_none() {
            let key = self.text()?;
            self.sign(':')?;
            match key {
                "descr" => dtype = Some(Dtype::parse(self.text()?)?),
                "fortran_order" => order = Some(self.truth()?),
                "shape" => shape = Some(self.shape()?),
                _ => return None,
            }
            if self.sign(',').is_none() && !self.rest.starts_with('}') {
                return None;
            }
        }
        Some(Header { dtype: dtype?, is_fortran: order?, shape: shape?, data_at })
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?.trim_start();
        Some(())
    }

    fn text(&mut self) -> Option<&'a str> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (text, rest) = self.rest[1..].split_once(quote)?;
        self.rest = rest.trim_start();
        Some(text)
    }

    fn truth(&mut self) -> Option<bool> {
        let (truth, rest) = [("True", true), ("False", false)]
            .iter()
            .find_map(|(word, truth)| Some((*truth, self.rest.strip_prefix(word)?)))?;
        self.rest = rest.trim_start();
        Some(truth)
    }

    fn shape(&mut self) -> Option<Vec<usize>> {
        self.sign('(')?;
        let mut shape = Vec::new();
        while self.sign(')').is_none() {
            let end = self.rest.find(|c: char| !c.is_ascii_digit())?;
            // Python 2 wrote long numbers with an L.
            let (number, rest) = self.rest.split_at(end);
            shape.push(number.parse().ok()?);
            self.rest = rest.strip_prefix('L').unwrap_or(rest).trim_start();
            if (self.sign(',').is_none() && !self.rest.starts_with(')')) || shape.len() > MOST_AXES {
                return None;
            }
        }
        Some(shape)
    }
}

#[cfg(test)]
pub mod testing {
    /// A header as numpy writes it, in each of its versions.
    pub fn header(version: u8, descr: &str, fortran: bool, shape: &str) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let dict = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let length = dict.len() as u32;
        let mut bytes = [b"\x93NUMPY", &[version, 0][..]].concat();
        bytes.extend(if version == 1 { (length as u16).to_le_bytes().to_vec() } else { length.to_le_bytes().to_vec() });
        bytes.extend(dict.as_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::testing::header;
    use super::*;

    #[test]
    fn every_version_is_read() {
        for version in [1, 2, 3] {
            let bytes = header(version, "<f4", true, "(3, 15069)");
            let read = Header::parse(&bytes).unwrap();
            assert_eq!((read.shape, read.is_fortran, read.data_at), (vec![3, 15_069], true, bytes.len()));
        }
    }

    #[test]
    fn shapes_of_one_axis_of_none_and_of_python_2_are_read() {
        for (text, shape) in [("(5,)", vec![5]), ("()", vec![]), ("(3L, 2L)", vec![3, 2]), ("(0, 4)", vec![0, 4])] {
            assert_eq!(Header::parse(&header(1, "|u1", false, text)).unwrap().shape, shape, "{text}");
        }
    }

    #[test]
    fn what_is_no_header_is_told() {
        let object = Header::parse(&header(1, "|O", false, "(3,)")).unwrap_err();
        assert!(object.contains("|O"), "{object}");
        assert!(Header::parse(b"\x93NUMPY\x07\0").unwrap_err().contains("version 7"));
        assert!(Header::parse(b"PK").unwrap_err().contains("magic"));
        assert!(Header::parse(&header(1, "<f4", false, "(3 4)")).is_err());
        assert!(Header::parse(&header(1, "<f4", false, "(3, 4)")[..30]).unwrap_err().contains("end within"));
    }
}
