//! espeak-ng's C library, opened when first needed: text in, 16-bit samples and events out.
//!
//! # Safety
//! The proof for every `unsafe` here. (1) The signatures and the event's layout are those of `speak_lib.h`, revision 12,
//! which espeak-ng keeps for compatibility; the returned revision of the library is not newer than what it can read,
//! because the functions used exist since revision 7. (2) The library is not thread-safe: it lives inside one mutex
//! and every call goes through it. (3) It is never unloaded, so its functions live as long as the process.
//! (4) In synchronous mode the callback runs on the calling thread, inside `espeak_Synth`; it only copies into a static
//! behind its own mutex and cannot panic. (5) Every string that goes in is a live `CStr`.
#![allow(unsafe_code, reason = "a C library; the proof stands above")]

use std::ffi::{CStr, CString, c_char, c_int, c_short, c_uint, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use libloading::Library;

const NAMES: [&str; 3] = ["libespeak-ng.so.1", "libespeak-ng.so", "libespeak-ng.dylib"];
const SYNCHRONOUS: c_int = 2;
const PHONEME_EVENTS: c_int = 0x1;
const DO_NOT_EXIT: c_int = 0x8000;
const UTF8: c_uint = 1;
const END_PAUSE: c_uint = 0x1000;
const CHARACTERS: c_int = 1;
const EVENT_LIST_END: c_int = 0;
const EVENT_WORD: c_int = 1;
const EVENT_PHONEME: c_int = 7;

/// What can be set: the numbers of `espeak_PARAMETER`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum Parameter {
    /// Words a minute, 80..=450.
    Rate = 1,
    /// 0..=99.
    Pitch = 3,
    /// 0..=99.
    Range = 4,
}

/// Something that begins at a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A phone, by its mnemonic.
    Phone(String),
    /// A word: position of its first character in the text, counted from 1, and number of characters.
    Word(usize, usize),
}

/// What the library said.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    /// At [`Espeak::rate_hz`].
    pub samples: Vec<i16>,
    /// Sample and mark, in order.
    pub marks: Vec<(usize, Mark)>,
}

#[repr(C)]
struct Event {
    kind: c_int,
    _message: c_uint,
    text_position: c_int,
    length: c_int,
    _audio_position_ms: c_int,
    sample: c_int,
    _user_data: *mut c_void,
    name: [u8; 8],
}

type Callback = extern "C" fn(*mut c_short, c_int, *mut Event) -> c_int;
type Initialize = unsafe extern "C" fn(c_int, c_int, *const c_char, c_int) -> c_int;
type SetCallback = unsafe extern "C" fn(Callback);
type SetVoice = unsafe extern "C" fn(*const c_char) -> c_int;
type SetParameter = unsafe extern "C" fn(c_int, c_int, c_int) -> c_int;
type Synth =
    unsafe extern "C" fn(*const c_void, usize, c_uint, c_int, c_uint, c_uint, *mut c_uint, *mut c_void) -> c_int;

static LIBRARY: Mutex<Option<Espeak>> = Mutex::new(None);
static HEARD: Mutex<Spoken> = Mutex::new(Spoken { samples: Vec::new(), marks: Vec::new() });

/// The opened library.
pub struct Espeak {
    rate_hz: u32,
    set_voice: SetVoice,
    set_parameter: SetParameter,
    synth: Synth,
}

/// Runs `work` with the library, alone.
///
/// # Errors
/// When the library or its data is not there, or `work` fails.
pub fn with_espeak<T>(work: impl FnOnce(&Espeak) -> Result<T, String>) -> Result<T, String> {
    let mut library = lock(&LIBRARY);
    if library.is_none() {
        *library = Some(Espeak::open()?);
    }
    library.as_ref().map_or_else(|| Err("not opened".into()), work)
}

impl Espeak {
    fn open() -> Result<Espeak, String> {
        let library = open_first(&NAMES)?;
        // SAFETY: (1) the types are those of the header.
        let espeak = unsafe { Espeak::start(&library).map_err(|e| e.to_string())? };
        // (3): never unloaded.
        std::mem::forget(library);
        espeak
    }

    /// # Safety
    /// `library` is espeak-ng.
    unsafe fn start(library: &Library) -> Result<Result<Espeak, String>, libloading::Error> {
        // SAFETY: (1), and (4) for the callback.
        unsafe {
            let initialize = *library.get::<Initialize>(b"espeak_Initialize\0")?;
            let set_callback = *library.get::<SetCallback>(b"espeak_SetSynthCallback\0")?;
            let set_voice = *library.get::<SetVoice>(b"espeak_SetVoiceByName\0")?;
            let set_parameter = *library.get::<SetParameter>(b"espeak_SetParameter\0")?;
            let synth = *library.get::<Synth>(b"espeak_Synth\0")?;
            let rate_hz = initialize(SYNCHRONOUS, 0, std::ptr::null(), PHONEME_EVENTS | DO_NOT_EXIT);
            set_callback(on_sound);
            let rate_hz = u32::try_from(rate_hz).map_err(|_| "its data is not there".to_string());
            Ok(rate_hz.map(|rate_hz| Espeak { rate_hz, set_voice, set_parameter, synth }))
        }
    }

    /// Sample rate of everything it speaks.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Chooses who speaks; parameters go back to the voice's own.
    ///
    /// # Errors
    /// When there is no such voice.
    pub fn set_voice(&self, name: &str) -> Result<(), String> {
        let name = CString::new(name).map_err(|e| e.to_string())?;
        // SAFETY: (2), (5).
        match unsafe { (self.set_voice)(name.as_ptr()) } {
            0 => Ok(()),
            code => Err(format!("espeak-ng has no such voice (code {code})")),
        }
    }

    /// Sets a parameter of the voice.
    pub fn set_parameter(&self, parameter: Parameter, value: i32) {
        // SAFETY: (2); a value out of range is clamped by the library.
        unsafe { (self.set_parameter)(parameter as c_int, value, 0) };
    }

    /// Speaks a text.
    ///
    /// # Errors
    /// When the library refuses it.
    pub fn speak(&self, text: &CStr) -> Result<Spoken, String> {
        *lock(&HEARD) = Spoken::default();
        let (bytes, len) = (text.as_ptr().cast(), text.count_bytes() + 1);
        let none: *mut c_void = std::ptr::null_mut();
        // SAFETY: (2), (4), (5); no identifier is asked for.
        let code = unsafe { (self.synth)(bytes, len, 0, CHARACTERS, 0, UTF8 | END_PAUSE, none.cast(), none) };
        match code {
            0 => Ok(std::mem::take(&mut *lock(&HEARD))),
            code => Err(format!("espeak-ng answered {code}")),
        }
    }
}

fn open_first(names: &[&str]) -> Result<Library, String> {
    let mut reason = String::new();
    for name in names {
        // SAFETY: loading espeak-ng runs no code but its C library's initialisers.
        match unsafe { Library::new(*name) } {
            Ok(library) => return Ok(library),
            Err(e) if reason.is_empty() => reason = e.to_string(),
            Err(_) => {}
        }
    }
    Err(reason)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

extern "C" fn on_sound(sound: *mut c_short, count: c_int, events: *mut Event) -> c_int {
    let mut heard = lock(&HEARD);
    if let (false, Ok(count)) = (sound.is_null(), usize::try_from(count)) {
        // SAFETY: the header promises `count` samples behind a pointer that is not null.
        heard.samples.extend_from_slice(unsafe { std::slice::from_raw_parts(sound, count) });
    }
    let mut next = events;
    while !next.is_null() {
        // SAFETY: the header promises a list that an event of kind 0 ends.
        let event = unsafe { &*next };
        if event.kind == EVENT_LIST_END {
            break;
        }
        heard.marks.extend(mark(event));
        // SAFETY: this event was not the last.
        next = unsafe { next.add(1) };
    }
    0
}

fn mark(event: &Event) -> Option<(usize, Mark)> {
    let number = |n: c_int| usize::try_from(n).ok();
    let mark = match event.kind {
        EVENT_WORD => Mark::Word(number(event.text_position)?, number(event.length)?),
        EVENT_PHONEME => {
            let len = event.name.iter().position(|b| *b == 0).unwrap_or(event.name.len());
            Mark::Phone(String::from_utf8_lossy(&event.name[..len]).into_owned())
        }
        _ => return None,
    };
    Some((number(event.sample)?, mark))
}
