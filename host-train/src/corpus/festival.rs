//! festival: a voice, a manner and a text in, speech with phones and words out. One process speaks many sentences.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::audio;
use super::error::{Error, Result};
use super::scratch::Scratch;
use super::speech::{Prosody, Speech, seconds};
use super::timeline::cover;
use crate::clip::Segment;
use keyface_sound::said::{Interval, phones_of_label, spread};

const PACKAGES: &str = "festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts festlex-cmu festlex-poslex";
/// Fundamental frequency and its deviation of the diphone voices, as festival sets them.
const BASE_HZ: f64 = 105.0;
const DEVIATION_HZ: f64 = 14.0;
/// Ends every answer, whether the command before it succeeded or not.
const END: &str = "keyface-end";

const SCRIPT: &str = r#"
(define (keyface_end) (format t "\nkeyface-end\n") (fflush nil))
(define (keyface_say text wav)
  (let ((u (utt.synth (eval (list 'Utterance 'Text text)))))
    (utt.save.wave u wav 'riff)
    (mapcar (lambda (s) (format t "\nphone\t%f\t%s\n" (item.feat s "end") (item.name s))) (utt.relation.items u 'Segment))
    (mapcar (lambda (w) (format t "\nword\t%f\t%f\t%s\n" (item.feat w "word_start") (item.feat w "word_end") (item.name w)))
      (utt.relation.items u 'Word))))
"#;

/// Running processes, waiting for the next sentence.
#[derive(Default)]
pub struct Festival {
    idle: Mutex<Vec<Process>>,
}

/// Looks whether the program and its voices are there.
///
/// # Errors
/// [`Error::EngineMissing`] when they are not.
pub fn find() -> Result<Festival> {
    let missing = |reason| Error::EngineMissing { engine: "festival", reason, packages: PACKAGES };
    let mut process = Process::start().map_err(missing)?;
    let answer = process.ask("(format t \"%l\" (voice.list))").map_err(missing)?.join(" ");
    let is_there = |name: &&str| answer.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|v| v == *name);
    match ["kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts"].iter().find(|name| !is_there(name)) {
        Some(lacking) => Err(missing(format!("it has no voice {lacking}"))),
        None => Ok(Festival { idle: Mutex::new(vec![process]) }),
    }
}

impl Festival {
    /// Speaks a text. The words are festival's own: numbers are spelled out.
    ///
    /// # Errors
    /// When festival fails; the next sentence gets a fresh process.
    pub fn speak(&self, voice: &str, prosody: &Prosody, text: &str) -> Result<Speech> {
        let mute = |reason: String| Error::Mute { voice: voice.into(), text: text.into(), reason };
        let waiting = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut process = waiting.map_or_else(Process::start, Ok).map_err(mute)?;
        let wav = Scratch::new("wav");
        let path = wav.path().display().to_string();
        let say =
            format!("(if (string-equal current-voice \"{voice}\") (keyface_say {} {}))", quoted(text), quoted(&path));
        let answer = process.ask(&format!("{}\n{say}", manner(voice, prosody))).map_err(mute)?;
        let samples = audio::read(wav.path()).map_err(|e| mute(e.to_string()))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
        let (segments, words) = parse(&answer).map_err(mute)?;
        let phones = cover(segments, seconds(&samples), voice)?;
        Ok(Speech { samples, phones, words })
    }
}

/// Selecting a voice sets everything back, so the manner follows it. The HMM voice takes a rate only.
fn manner(voice: &str, prosody: &Prosody) -> String {
    let Prosody { stretch, range, .. } = prosody;
    if voice.ends_with("_hts") {
        let params =
            format!("(set! hts_engine_params (append {voice}::hts_engine_params '((\"-r\" {:.3}))))", 1.0 / stretch);
        return format!("(voice_{voice})\n{params}");
    }
    let (mean_hz, deviation_hz) = (prosody.moved_hz(BASE_HZ), DEVIATION_HZ * range);
    let melody = format!("(target_f0_mean {mean_hz:.1}) (target_f0_std {deviation_hz:.1})");
    format!(
        "(voice_{voice})\n(Parameter.set 'Duration_Stretch {stretch:.3})\n\
         (set! int_lr_params '({melody} (model_f0_mean 170) (model_f0_std 34)))"
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn parse(answer: &[String]) -> std::result::Result<(Vec<Segment>, Vec<Interval>), String> {
    let (mut segments, mut words): (Vec<Segment>, Vec<Interval>) = (Vec::new(), Vec::new());
    let mut start_s = 0.0;
    for line in answer {
        let damaged = || format!("expected a phone or a word, came {line:?}");
        let number = |field: &str| field.parse::<f64>().map_err(|_| damaged());
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            ["phone", end, name] => {
                let end_s = number(end)?;
                segments.extend(spread(start_s, end_s, &phones_of_label(name).ok_or_else(damaged)?));
                start_s = end_s;
            }
            ["word", start, end, text] => {
                words.push(Interval { start_s: number(start)?, end_s: number(end)?, text: text.to_lowercase() });
            }
            _ => {}
        }
    }
    if segments.is_empty() { Err("expected phones, came none".into()) } else { Ok((segments, words)) }
}

/// One festival that reads commands.
struct Process {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    fn start() -> std::result::Result<Process, String> {
        let mut festival = Command::new("festival");
        festival.arg("--pipe").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = festival.spawn().map_err(|e| e.to_string())?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (commands, answers) = pipes.ok_or("it has no pipes")?;
        let mut process = Process { child, commands, answers: BufReader::new(answers) };
        process.ask(SCRIPT)?;
        Ok(process)
    }

    /// Sends commands and reads lines until the end mark.
    fn ask(&mut self, command: &str) -> std::result::Result<Vec<String>, String> {
        writeln!(self.commands, "{command}\n(keyface_end)").map_err(|e| e.to_string())?;
        self.commands.flush().map_err(|e| e.to_string())?;
        let mut answer = Vec::new();
        for line in (&mut self.answers).lines() {
            let line = line.map_err(|e| e.to_string())?;
            if line == END {
                return Ok(answer);
            }
            answer.push(line);
        }
        Err("festival ended".into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::Phone;

    use super::*;

    #[test]
    fn an_answer_is_read() {
        let lines = ["", "phone\t0.2\tpau", "phone\t0.3\thh", "word\t0.2\t0.3\tHi"].map(String::from);
        let (segments, words) = parse(&lines).unwrap();
        assert_eq!(segments[1], Segment { start_s: 0.2, end_s: 0.3, phone: Phone::HH });
        assert_eq!(words[0].text, "hi");
    }

    #[test]
    fn quotes_cannot_end_the_text() {
        assert_eq!(quoted(r#"a "b" \"#), r#""a \"b\" \\""#);
    }

    #[test]
    fn a_process_speaks_on_after_a_failure() {
        let festival = match find() {
            Ok(festival) => festival,
            Err(missing) => return crate::corpus::testing::skip(missing),
        };
        assert!(festival.speak("no_such_voice", &Prosody::NEUTRAL, "One.").is_err());
        for voice in ["kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts"] {
            let spoken =
                |stretch| festival.speak(voice, &Prosody { stretch, ..Prosody::NEUTRAL }, "Say \"map\" twice.");
            let (quick, slow) = (spoken(0.9).unwrap(), spoken(1.3).unwrap());
            assert!(slow.samples.len() as f64 > 1.25 * quick.samples.len() as f64, "{voice}");
            assert_eq!(quick.phones.last().unwrap().end_s, seconds(&quick.samples));
            assert_eq!(quick.words.len(), 3);
        }
    }
}
