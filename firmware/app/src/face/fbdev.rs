//! The kernel's frame buffer device: pictures are written to it like to a file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use keyface_core::{Moment, Span};

use super::surface::zoom_of;
use super::turns::Stale;
use super::{Canvas, Depth, FaceError, Layout, Pixels, Ready, Surface};
use crate::board::PixelFormat;

/// How often the screen's size is read: drivers change it when another screen is plugged in.
const LOOK: Span = Span::from_ms(1_000);
/// Shows and hides the console's cursor, which blinks over the face.
const CURSOR: (&str, &str) = ("\x1b[?25h", "\x1b[?25l");
const CONSOLE: &str = "/dev/tty0";

/// A frame buffer. What it showed before comes back when it is dropped.
pub struct Fbdev {
    device: PathBuf,
    file: File,
    sysfs: PathBuf,
    layout: Layout,
    memory: Vec<u8>,
    stale: Stale,
    before: Vec<u8>,
    looked: Option<Moment>,
}

impl Fbdev {
    /// Opens the device file, of which `sysfs`/NAME tells size, depth and stride.
    ///
    /// # Errors
    /// [`FaceError::Screen`] when there is none, it may not be written or it is no screen of 16 or 32 bits;
    /// [`FaceError::Setting`] when it is of another depth than `format`.
    pub fn open(device: &Path, sysfs: &Path, format: PixelFormat) -> Result<Fbdev, FaceError> {
        let refused = |e: io::Error| FaceError::screen(device.display(), "a frame buffer that may be written", e);
        let file = OpenOptions::new().read(true).write(true).open(device).map_err(refused)?;
        let sysfs = sysfs.join(device.file_name().unwrap_or_default());
        let layout = layout(&sysfs)?;
        check_format(format, layout.depth)?;
        let mut before = vec![0; layout.bytes()];
        // A driver that cannot be read leaves a black screen behind.
        _ = file.read_exact_at(&mut before, 0);
        write_console(CURSOR.1);
        Ok(Fbdev {
            device: device.to_path_buf(),
            file,
            sysfs,
            layout,
            memory: vec![0; layout.bytes()],
            stale: Stale::default(),
            before,
            looked: None,
        })
    }

    /// The screen is still what it was.
    fn look(&self) -> Result<(), FaceError> {
        let now = layout(&self.sysfs)?;
        if now == self.layout {
            return Ok(());
        }
        let size = |l: &Layout| format!("{}x{} pixels in {} bytes", l.width, l.height, l.bytes());
        Err(FaceError::screen(self.device.display(), size(&self.layout), size(&now)))
    }
}

impl Surface for Fbdev {
    fn size_px(&self) -> (u32, u32) {
        (self.layout.width, self.layout.height)
    }

    fn zooms(&self) -> bool {
        true
    }

    fn tend(&mut self, now: Moment) -> Result<Ready, FaceError> {
        let looked = *self.looked.get_or_insert(now);
        if now - looked >= LOOK {
            self.looked = Some(now);
            self.look()?;
        }
        Ok(Ready::Now)
    }

    fn show(&mut self, picture: &Canvas, _now: Moment) -> Result<(), FaceError> {
        let zoom = zoom_of(self.size_px(), picture)?;
        self.stale.note(picture);
        let lacking = self.stale.take();
        Pixels::new(&mut self.memory, self.layout, zoom).show(picture, lacking);
        let gone = |e: io::Error| FaceError::screen(self.device.display(), "a frame buffer that takes pictures", e);
        // Whole rows: one call for each pixel row of an area would cost more than the columns beside it.
        let start = |row: u32| ((row * zoom) as usize * self.layout.stride).min(self.memory.len());
        let mut rows = lacking.bands().map(|rows| start(rows.start)..start(rows.end));
        rows.try_for_each(|rows| self.file.write_all_at(&self.memory[rows.clone()], rows.start as u64)).map_err(gone)
    }
}

impl Drop for Fbdev {
    fn drop(&mut self) {
        // Nothing is left to be done for a device that is gone.
        _ = self.file.write_all_at(&self.before, 0);
        write_console(CURSOR.0);
    }
}

/// For the machine's own console, where there is one that may be written.
fn write_console(text: &str) {
    _ = OpenOptions::new()
        .write(true)
        .open(CONSOLE)
        .and_then(|mut tty| io::Write::write_all(&mut tty, text.as_bytes()));
}

fn layout(sysfs: &Path) -> Result<Layout, FaceError> {
    let read = |name: &str| {
        let path = sysfs.join(name);
        let text = fs::read_to_string(&path).map_err(|e| FaceError::screen(path.display(), "a frame buffer's data", e));
        text.map(|text| (path, text.trim().to_owned()))
    };
    let (path, text) = read("virtual_size")?;
    let sides = text.split_once(',').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let (virtual_width, virtual_height) =
        sides.ok_or_else(|| FaceError::screen(path.display(), "WIDTH,HEIGHT", &text))?;
    // Double-buffered screens are as high again as what is seen.
    let mode = read("modes").ok().and_then(|(_, text)| seen(&text)).unwrap_or((virtual_width, virtual_height));
    let (width, height) = (virtual_width.min(mode.0), virtual_height.min(mode.1));
    let depth = depth(read("bits_per_pixel")?)?;
    let (path, text) = read("stride")?;
    let stride = text.parse().ok().filter(|stride| *stride >= width as usize * depth.bytes());
    let stride = stride.ok_or_else(|| FaceError::screen(path.display(), "the bytes of a row", &text))?;
    check_size(sysfs, Layout { width, height, stride, depth })
}

fn check_size(sysfs: &Path, layout: Layout) -> Result<Layout, FaceError> {
    let sides = super::MIN_SIDE..=super::MAX_SIDE;
    let Layout { width, height, stride, .. } = layout;
    if sides.contains(&width) && sides.contains(&height) && stride <= 8 * super::MAX_SIDE as usize {
        return Ok(layout);
    }
    Err(FaceError::screen(sysfs.display(), "a screen that has room for a face", format!("{width}x{height} pixels")))
}

fn depth((path, text): (PathBuf, String)) -> Result<Depth, FaceError> {
    match text.as_str() {
        "32" => Ok(Depth::Xrgb8888),
        "16" => Ok(Depth::Rgb565),
        _ => Err(FaceError::screen(path.display(), "16 or 32 bits a pixel", text)),
    }
}

/// The size in a mode's name: `U:1280x800p-0`.
fn seen(modes: &str) -> Option<(u32, u32)> {
    let (width, rest) = modes.lines().next()?.split_once(':')?.1.split_once('x')?;
    let height = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// A frame buffer's depth is the kernel's choice: `video=HDMI-A-1:1280x800-16` on its command line changes it.
fn check_format(format: PixelFormat, depth: Depth) -> Result<(), FaceError> {
    match (format, depth) {
        (PixelFormat::Auto, _) => Ok(()),
        (PixelFormat::Xrgb8888, Depth::Xrgb8888) | (PixelFormat::Rgb565, Depth::Rgb565) => Ok(()),
        (_, depth) => {
            let bits = 8 * depth.bytes();
            Err(FaceError::setting(
                "display.format",
                "the frame buffer's own, or `auto`",
                format!("other than its {bits} bits"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::face::{Face, Rotation};

    /// An ordinary file as the device, and a folder as what the kernel tells of it.
    struct Kernel(TempDir);

    impl Kernel {
        fn new(size: &str, bits: &str, stride: usize, bytes: usize) -> Kernel {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("fb0")).unwrap();
            fs::create_dir(folder.path().join("dev")).unwrap();
            fs::write(folder.path().join("dev/fb0"), vec![7; bytes]).unwrap();
            let kernel = Kernel(folder);
            kernel.says("virtual_size", size);
            kernel.says("bits_per_pixel", bits);
            kernel.says("stride", &stride.to_string());
            kernel
        }

        fn says(&self, name: &str, text: &str) {
            fs::write(self.0.path().join("fb0").join(name), format!("{text}\n")).unwrap();
        }

        fn open(&self, format: PixelFormat) -> Result<Fbdev, FaceError> {
            Fbdev::open(&self.0.path().join("dev/fb0"), self.0.path(), format)
        }

        fn memory(&self) -> Vec<u8> {
            fs::read(self.0.path().join("dev/fb0")).unwrap()
        }
    }

    fn picture(width: u32, height: u32) -> Canvas {
        Face::turned(width, height, Rotation::Deg0).unwrap().draw(&keyface_core::FacePose::REST).clone()
    }

    #[test]
    fn a_picture_is_written_row_by_row_with_the_devices_stride() {
        let kernel = Kernel::new("32,24", "32", 160, 160 * 24);
        let mut screen = kernel.open(PixelFormat::Auto).unwrap();
        let picture = picture(32, 24);
        screen.show(&picture, Moment(0)).unwrap();
        let memory = kernel.memory();
        for (i, [r, g, b]) in picture.rgb().enumerate() {
            let start = i / 32 * 160 + i % 32 * 4;
            assert_eq!(memory[start..start + 4], [b, g, r, 0]);
        }
    }

    #[test]
    fn what_was_there_before_comes_back() {
        let kernel = Kernel::new("32,24", "16", 64, 64 * 24);
        let mut screen = kernel.open(PixelFormat::Rgb565).unwrap();
        screen.show(&picture(32, 24), Moment(0)).unwrap();
        assert_ne!(kernel.memory(), vec![7; 64 * 24]);
        drop(screen);
        assert_eq!(kernel.memory(), vec![7; 64 * 24]);
    }

    #[test]
    fn only_what_is_seen_of_a_double_buffer_is_drawn() {
        let kernel = Kernel::new("32,48", "32", 128, 128 * 48);
        kernel.says("modes", "U:32x24p-60");
        let mut screen = kernel.open(PixelFormat::Auto).unwrap();
        assert_eq!(screen.size_px(), (32, 24));
        screen.show(&picture(32, 24), Moment(0)).unwrap();
        assert!(kernel.memory()[128 * 24..].iter().all(|byte| *byte == 7));
    }

    #[test]
    fn a_smaller_picture_is_shown_larger() {
        let kernel = Kernel::new("64,48", "32", 256, 256 * 48);
        let mut screen = kernel.open(PixelFormat::Auto).unwrap();
        screen.show(&picture(32, 24), Moment(0)).unwrap();
        let memory = kernel.memory();
        assert_eq!(memory[..4], memory[4..8]);
        assert_eq!(memory[..256], memory[256..512]);
    }

    #[test]
    fn another_screen_of_another_size_is_noticed() {
        let kernel = Kernel::new("32,24", "32", 128, 128 * 24);
        let mut screen = kernel.open(PixelFormat::Auto).unwrap();
        assert_eq!(screen.tend(Moment(0)).unwrap(), Ready::Now);
        kernel.says("virtual_size", "32,20");
        assert_eq!(screen.tend(Moment::from_ms(500)).unwrap(), Ready::Now);
        let error = screen.tend(Moment::from_ms(1_000)).unwrap_err();
        assert!(error.to_string().ends_with("expected 32x24 pixels in 3072 bytes, came 32x20 pixels in 2560 bytes"));
        assert!(error.may_pass());
    }

    #[test]
    fn what_the_kernel_says_is_checked() {
        let told = |name: &str, text: &str| {
            let kernel = Kernel::new("32,24", "32", 128, 128 * 24);
            kernel.says(name, text);
            kernel.open(PixelFormat::Auto).err().unwrap().to_string()
        };
        assert!(told("virtual_size", "x").ends_with("fb0/virtual_size: expected WIDTH,HEIGHT, came x"));
        assert!(told("bits_per_pixel", "24").ends_with("expected 16 or 32 bits a pixel, came 24"));
        assert!(told("stride", "127").ends_with("expected the bytes of a row, came 127"));
        assert!(told("virtual_size", "32,0").ends_with("expected a screen that has room for a face, came 32x0 pixels"));
    }

    #[test]
    fn a_missing_device_is_told_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let error = Fbdev::open(&folder.path().join("fb0"), folder.path(), PixelFormat::Auto).err().unwrap();
        assert!(error.to_string().contains("fb0: expected a frame buffer that may be written, came No such file"));
    }

    #[test]
    fn a_board_that_wants_another_depth_is_wrong_for_good() {
        let kernel = Kernel::new("32,24", "32", 128, 128 * 24);
        let error = kernel.open(PixelFormat::Rgb565).err().unwrap();
        assert_eq!(
            error.to_string(),
            "display.format: expected the frame buffer's own, or `auto`, came other than its 32 bits"
        );
        assert!(!error.may_pass());
    }

    #[test]
    fn a_mode_tells_what_is_seen() {
        assert_eq!(seen("U:1280x800p-0\nU:640x480p-60\n"), Some((1280, 800)));
        assert_eq!(seen(""), None);
    }
}
