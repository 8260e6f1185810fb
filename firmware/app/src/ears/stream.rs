//! A sound file or a pipe in, blocks of 16 kHz mono out as they arrive. A thread reads, because reading waits; it is held
//! back when nobody fetches, and so is who writes into the pipe.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use keyface_core::{AudioTime, Samples};
use keyface_sound::{Channels, Hearing, Hints, MediaSource, ReadOnlySource, cancelled};

use super::{Ear, Heard, Pace, samples_in, step_due_in};
use crate::AppError;
use crate::wait::{Bell, Rope};

/// Samples that are handed over at once (64 ms).
const BLOCK_SAMPLES: usize = 1_024;
/// Blocks that may wait: 2 s of sound.
const BLOCKS_WAITING: usize = 32;
/// A pause of the writer beyond this is a pause of the speech: real time starts anew behind it.
const STARVED: Duration = Duration::from_millis(200);
/// How long a named pipe waits for somebody who writes into it.
const WRITER_PATIENCE: Duration = Duration::from_secs(10);
const STANDARD_INPUT: &str = "standard input";

/// What is known of a sound before it is heard.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// How raw samples are written.
    pub hints: Hints,
    /// Which channels are heard.
    pub channels: Channels,
}

/// What a caller sends.
pub(super) type Connection = Box<dyn Read + Send + Sync>;

/// Listens to a file or a pipe.
pub struct StreamEar {
    name: String,
    told: Receiver<News>,
    waiting: VecDeque<f32>,
    latency: Samples,
    progress: Option<(Arc<AtomicU64>, u64)>,
    warnings: Vec<String>,
    pace: Pace,
    given: usize,
    real_time: Option<(Instant, usize)>,
    ended: bool,
    /// Whether the thread had nothing more when it was asked last.
    is_dry: bool,
    rope: Rope,
}

/// To the ear: what is said, and the bell.
struct Teller {
    to: SyncSender<News>,
    rope: Rope,
}

impl Teller {
    /// Waits for room; false when nobody listens any more.
    fn say(&self, told: News) -> bool {
        let is_heard = self.to.send(told).is_ok();
        self.rope.pull();
        is_heard
    }
}

/// What the reading thread says.
enum News {
    /// A named pipe has somebody who writes into it.
    Opened,
    /// The head was read: bytes fetched, and of how many.
    Begun(Option<(Arc<AtomicU64>, u64)>),
    Sound(Vec<f32>, Samples),
    Warning(String),
    Failed(AppError),
}

impl StreamEar {
    /// Listens to standard input.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn standard_input(wish: Wish, pace: Pace) -> Result<StreamEar, AppError> {
        let wish = Wish { hints: Hints { is_pipe: true, ..wish.hints }, ..wish };
        let open = || Ok(Box::new(ReadOnlySource::new(io::stdin())) as Box<dyn MediaSource>);
        Self::start(STANDARD_INPUT.into(), wish, pace, Rope::default(), open)
    }

    /// Listens to what a caller sends, as if it came through a pipe.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn connection(
        name: String,
        caller: Connection,
        wish: Wish,
        pace: Pace,
        rope: Rope,
    ) -> Result<StreamEar, AppError> {
        let wish = Wish { hints: Hints { is_pipe: true, ..wish.hints }, ..wish };
        Self::start(name, wish, pace, rope, || Ok(Box::new(ReadOnlySource::new(caller))))
    }

    /// Listens to a file, or to a named pipe. A file's first samples are there when this returns.
    ///
    /// # Errors
    /// When there is no such file, it holds no sound, or nobody writes into the pipe.
    pub fn file(path: &Path, wish: Wish, pace: Pace) -> Result<StreamEar, AppError> {
        let metadata = fs::metadata(path).map_err(AppError::file(path, "open it"))?;
        if metadata.is_dir() {
            return Err(AppError::unexpected(path.display().to_string(), "a sound file", "a folder"));
        }
        let name = path.display().to_string();
        if metadata.is_file() {
            let file = File::open(path).map_err(AppError::file(path, "open it"))?;
            let mut ear = Self::start(name, wish, pace, Rope::default(), || Ok(Box::new(file)))?;
            ear.wait_for_sound()?;
            return Ok(ear);
        }
        let wish = Wish { hints: Hints { is_pipe: is_fifo(&metadata), ..wish.hints }, ..wish };
        let (path, place) = (path.to_path_buf(), name.clone());
        let ear = Self::start(name, wish, pace, Rope::default(), move || open_special(path))?;
        match ear.told.recv_timeout(WRITER_PATIENCE) {
            Ok(News::Failed(error)) => Err(error),
            Err(RecvTimeoutError::Timeout) => {
                let expected = format!("somebody who writes into this pipe within {} s", WRITER_PATIENCE.as_secs());
                Err(AppError::unexpected(place, expected, "nobody"))
            }
            _ => Ok(ear),
        }
    }

    /// Waits until the first samples are there, or all is over.
    ///
    /// # Errors
    /// When it holds no sound.
    pub fn wait_for_sound(&mut self) -> Result<(), AppError> {
        while self.waiting.is_empty() && !self.ended {
            match self.told.recv() {
                Ok(told) => self.take(told)?,
                Err(_) => self.ended = true,
            }
        }
        Ok(())
    }

    fn start(
        name: String,
        wish: Wish,
        pace: Pace,
        rope: Rope,
        open: impl FnOnce() -> Result<Box<dyn MediaSource>, AppError> + Send + 'static,
    ) -> Result<StreamEar, AppError> {
        let (to, told) = sync_channel(BLOCKS_WAITING);
        let place = name.clone();
        let teller = Teller { to, rope: rope.clone() };
        let work = move || {
            if let Err(error) = open().and_then(|source| tell(source, &place, wish, &teller)) {
                teller.say(News::Failed(error));
            }
            // Its end is news too, but only when it can be seen.
            let Teller { to, rope } = teller;
            drop(to);
            rope.pull();
        };
        let spawned = thread::Builder::new().name("keyface-sound".into()).spawn(work);
        spawned.map_err(|reason| AppError::Thread { what: "sound", reason })?;
        Ok(StreamEar {
            name,
            told,
            waiting: VecDeque::new(),
            latency: Samples(0),
            progress: None,
            warnings: Vec::new(),
            pace,
            given: 0,
            real_time: None,
            ended: false,
            is_dry: false,
            rope,
        })
    }

    /// No more than is soon needed: what is left waits, and so does the writer.
    fn take_in(&mut self) -> Result<(), AppError> {
        self.is_dry = false;
        while !self.ended && !self.is_dry && self.waiting.len() < BLOCK_SAMPLES {
            match self.told.try_recv() {
                Ok(told) => self.take(told)?,
                Err(TryRecvError::Empty) => self.is_dry = true,
                Err(TryRecvError::Disconnected) => self.ended = true,
            }
        }
        Ok(())
    }

    fn take(&mut self, told: News) -> Result<(), AppError> {
        match told {
            News::Opened => {}
            News::Begun(progress) => self.progress = progress,
            News::Sound(samples, latency) => {
                self.waiting.extend(samples);
                self.latency = latency;
            }
            News::Warning(warning) => {
                log::warn!("warning: {warning}");
                self.warnings.push(warning);
            }
            News::Failed(error) => return Err(error),
        }
        Ok(())
    }

    /// How many samples may be given by now. A speech engine writes faster than it would speak.
    fn allowed(&mut self) -> usize {
        if self.pace == Pace::Fast {
            return self.waiting.len();
        }
        let (since, given) = *self.real_time.get_or_insert((Instant::now(), self.given));
        let due = given + samples_in(since.elapsed());
        if self.waiting.is_empty() && due > self.given + samples_in(STARVED) {
            self.real_time = None;
        }
        due.saturating_sub(self.given).min(self.waiting.len())
    }
}

impl Ear for StreamEar {
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError> {
        self.take_in()?;
        if self.waiting.is_empty() && self.ended {
            return Ok(Heard::End);
        }
        if self.waiting.is_empty() && self.given == 0 {
            return Ok(Heard::Nothing);
        }
        let count = self.allowed();
        out.extend(self.waiting.drain(..count));
        self.given += count;
        Ok(if count == 0 { Heard::Nothing } else { Heard::Sound })
    }

    fn tie(&mut self, bell: &Bell) {
        self.rope.tie(bell);
    }

    fn due_in(&self) -> Option<Duration> {
        if self.waiting.is_empty() {
            return (!self.is_dry).then_some(Duration::ZERO);
        }
        let (start, before) =
            self.real_time.filter(|_| self.pace == Pace::RealTime).unwrap_or((Instant::now(), self.given));
        let given = self.given - before;
        Some(step_due_in(start, given, given + self.waiting.len()))
    }

    fn captured(&self, at: AudioTime) -> Option<Instant> {
        let (since, given) = self.real_time?;
        let behind = u64::try_from((at - Samples(given as u64).time()).0).ok()?;
        Some(since + Duration::from_micros(behind))
    }

    fn latency(&self) -> Samples {
        self.latency
    }

    fn progress(&self) -> Option<f32> {
        let (fetched, length) = self.progress.as_ref()?;
        Some(fetched.load(Relaxed) as f32 / (*length).max(1) as f32)
    }

    fn warning(&self) -> Option<String> {
        (!self.warnings.is_empty()).then(|| self.warnings.join("; "))
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Waits for somebody who writes.
fn open_special(path: PathBuf) -> Result<Box<dyn MediaSource>, AppError> {
    let file = File::open(&path).map_err(AppError::file(&path, "open it"))?;
    Ok(Box::new(ReadOnlySource::new(file)))
}

#[cfg(unix)]
fn is_fifo(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_fifo(_: &fs::Metadata) -> bool {
    false
}

/// Reads to the end, or until nobody listens any more.
fn tell(source: Box<dyn MediaSource>, name: &str, wish: Wish, to: &Teller) -> Result<(), AppError> {
    to.say(News::Opened);
    let mut hearing = Hearing::open(source, name, wish.hints, wish.channels)?;
    if let Some(assumed) = hearing.reader().assumed() {
        log::warn!("{name}: {assumed}");
    }
    let warn = |text: String| to.say(News::Warning(format!("{name}: {text}")));
    let mut is_heard = to.say(News::Begun(hearing.reader().progress()));
    let (mut samples, mut instead) = (Vec::new(), None);
    while is_heard && hearing.read(&mut samples)? {
        if hearing.instead().is_some() && hearing.instead() != instead {
            instead = hearing.instead();
            is_heard = instead.is_none_or(|channel| warn(cancelled(channel)));
        }
        let latency = hearing.latency();
        is_heard &= samples.chunks(BLOCK_SAMPLES).all(|block| to.say(News::Sound(block.to_vec(), latency)));
        samples.clear();
    }
    if let Some(warning) = hearing.reader().notes().sentence() {
        warn(warning);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn piped(pipe: impl Read + Send + Sync + 'static, pace: Pace) -> StreamEar {
        let hints = Hints { is_pipe: true, ..Hints::default() };
        let open = || Ok(Box::new(ReadOnlySource::new(pipe)) as Box<dyn MediaSource>);
        StreamEar::start("pipe".into(), Wish { hints, ..Wish::default() }, pace, Rope::default(), open).unwrap()
    }

    fn all(bytes: Vec<u8>) -> Result<Vec<f32>, AppError> {
        let mut ear = piped(Cursor::new(bytes), Pace::Fast);
        let mut out = Vec::new();
        while ear.read(&mut out)? != Heard::End {}
        Ok(out)
    }

    fn raw(samples: &[i16]) -> Vec<u8> {
        samples.iter().flat_map(|s| s.to_le_bytes()).collect()
    }

    #[test]
    fn raw_samples_pass() {
        assert_eq!(all(raw(&[8_192; 10_000])).unwrap(), vec![0.25; 10_000]);
        assert_eq!(all(raw(&[8_192; 3])).unwrap(), vec![0.25; 3]);
    }

    #[test]
    fn a_pipe_without_a_sample_is_refused() {
        for bytes in [vec![], vec![7]] {
            let error = all(bytes).unwrap_err().to_string();
            assert!(error.starts_with("pipe: expected sound (WAV, "), "{error}");
        }
        assert!(all(vec![]).unwrap_err().to_string().ends_with("came nothing"));
    }

    #[test]
    fn an_engine_that_writes_ahead_is_heard_in_real_time() {
        let mut ear = piped(Cursor::new(raw(&[1; 160_000])), Pace::RealTime);
        let (start, mut out) = (Instant::now(), Vec::new());
        while start.elapsed() < Duration::from_millis(50) {
            ear.read(&mut out).unwrap();
        }
        assert!(out.len() <= samples_in(start.elapsed()), "{}", out.len());
        assert!(!out.is_empty());
    }

    #[test]
    fn a_writer_is_held_back_when_nobody_fetches() {
        struct Endless(Arc<AtomicU64>);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0.fetch_add(buffer.len() as u64, Relaxed);
                buffer.fill(1);
                Ok(buffer.len())
            }
        }
        let written = Arc::new(AtomicU64::new(0));
        let mut ear = piped(Endless(Arc::clone(&written)), Pace::RealTime);
        let mut out = Vec::new();
        for _ in 0..20 {
            ear.read(&mut out).unwrap();
            thread::sleep(Duration::from_millis(5));
        }
        let ahead = written.load(Relaxed) / 2;
        assert!(ahead < 16_000 * 4, "{ahead} samples ahead");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_of_zeros_is_no_sound() {
        let mut ear = StreamEar::file(Path::new("/dev/zero"), Wish::default(), Pace::Fast).unwrap();
        let error = ear.wait_for_sound().unwrap_err().to_string();
        assert!(error.contains("came a file that starts with the bytes 00 00 00 00"), "{error}");
    }
}
