//! What the parts of the student's recipe are worth: the streaming networks trained anew without one of them, all for
//! the same number of steps, judged on clips of people and voices whom they never heard.

use anyhow::Result;
use burn::tensor::Device;
use serde::Serialize;

use crate::data::Utterance;
use crate::train::{
    Corpora, Experiment, FlowMaker, Hearing, RunDir, augmenter, motion_error, mouth_accuracy, room_activity,
    train_completion, train_key_motion,
};

/// One way to change the recipe.
#[derive(Clone, Copy)]
pub struct Student {
    /// Short name, also of its folder.
    pub name: &'static str,
    /// What is different.
    pub what: &'static str,
    /// The change of the experiment.
    pub change: fn(&mut Experiment),
}

/// Every student of the table, in its order.
pub const STUDENTS: &[Student] = &[
    Student { name: "student", what: "the whole recipe", change: |_| {} },
    Student {
        name: "no distillation",
        what: "the teacher learns beside it and says nothing",
        change: |e| e.weights.distillation = 0.0,
    },
    Student {
        name: "no teacher",
        what: "nothing above the trunk",
        change: |e| e.key_motion_net.teacher_dilations.clear(),
    },
    Student {
        name: "one look-ahead",
        what: "no heads for the others",
        change: |e| e.look_aheads_ms = vec![e.look_ahead_ms],
    },
    Student {
        name: "no next key",
        what: "the flow tells of past keys alone",
        change: |e| e.completion.next_key = false,
    },
    Student {
        name: "no recorded speech",
        what: "synthetic voices alone",
        change: |e| e.corpora.retain(|corpus| !corpus.recorded),
    },
    Student { name: "no pause noise", what: "pauses are silent", change: |e| e.augment.pause_noise = false },
];

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct StudentRow {
    /// Name of the student.
    pub name: &'static str,
    /// What is different.
    pub what: &'static str,
    /// Mean recall of the mouth classes, without any decoder, for each folder of clips.
    pub mouths: Vec<f64>,
    /// Root mean square distance of the motion from the truth, for each folder of clips.
    pub motion: Vec<f64>,
    /// Share of time in which the mouth moves in rooms where nobody speaks.
    pub active: f64,
}

/// What all students share.
pub struct Students<'a> {
    /// The whole recipe.
    pub experiment: &'a Experiment,
    /// Folders of clips to judge by.
    pub eval: &'a [Vec<Utterance>],
    /// The run of the whole recipe; the others lie within.
    pub run: &'a RunDir,
    /// Where it is computed.
    pub device: &'a Device,
}

impl Students<'_> {
    /// Trains a student, or goes on where it stood, and judges it.
    ///
    /// # Errors
    /// As training.
    pub fn row(&self, student: &Student) -> Result<StudentRow> {
        let mut changed = self.experiment.clone();
        (student.change)(&mut changed);
        let run = self.folder(student, &changed)?;
        run.keep_experiment(&changed)?;
        let corpora = Corpora::read(&changed)?;
        let net = train_key_motion(&changed, &corpora, self.hearing(&changed, &run), self.device)?;
        let completions = train_completion(&changed, &corpora, &net, &run, self.device)?;
        let (main, device) = (changed.main(), self.device);
        let flow = FlowMaker { device: device.clone(), next_key: changed.completion.next_key };
        let motion = |clips: &Vec<Utterance>| motion_error(&net, &completions.each[main.which], clips, main, &flow);
        let mouths = |clips: &Vec<Utterance>| mouth_accuracy(&net, clips, Hearing::Live(main), device);
        let crop_hops = self.experiment.key_motion.crop_hops;
        let rooms = augmenter(self.experiment)?.rooms(ROOMS, crop_hops, self.experiment.seed);
        Ok(StudentRow {
            name: student.name,
            what: student.what,
            mouths: self.eval.iter().map(mouths).collect(),
            motion: self.eval.iter().map(motion).collect(),
            active: room_activity(&net, &rooms, Hearing::Live(main), device),
        })
    }

    fn folder(&self, student: &Student, changed: &Experiment) -> Result<RunDir> {
        if changed == self.experiment {
            return Ok(self.run.clone());
        }
        RunDir::create(&self.run.file("students").join(student.name.replace(' ', "-")))
    }

    /// The run whose KeyMotionNet a student has: the whole recipe's, where only the completion differs.
    fn hearing<'b>(&'b self, changed: &Experiment, own: &'b RunDir) -> &'b RunDir {
        let heard = Experiment { completion: self.experiment.completion.clone(), ..changed.clone() };
        if heard == *self.experiment { self.run } else { own }
    }
}

/// Rooms to listen to.
const ROOMS: usize = 60;

/// Rows in, a Markdown table out; `folders` name the columns.
pub fn student_table(folders: &[String], rows: &[StudentRow]) -> String {
    let cells = |title: &str| folders.iter().map(|name| format!(" {title} {name} |")).collect::<String>();
    let mut text = format!(
        "| student | what differs |{}{} active in noise |\n|---|---|{}---|\n",
        cells("mouth accuracy,"),
        cells("motion RMS,"),
        "---|".repeat(2 * folders.len()),
    );
    for row in rows {
        let figures =
            |values: &[f64], digits: usize| values.iter().map(|v| format!(" {v:.digits$} |")).collect::<String>();
        let (mouths, motion) = (figures(&row.mouths, 3), figures(&row.motion, 4));
        text += &format!("| {} | {} |{mouths}{motion} {:.1} % |\n", row.name, row.what, 100.0 * row.active);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::CorpusChoice;
    use std::path::Path;

    #[test]
    fn every_student_changes_the_experiment_in_its_own_way() {
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let mut before = Experiment::read(&tiny).unwrap();
        let people = CorpusChoice { folder: "people".into(), recorded: true, ..before.corpora[0].clone() };
        before.corpora.push(people);
        let changed = STUDENTS.iter().map(|student| {
            let mut after = before.clone();
            (student.change)(&mut after);
            after
        });
        let changed: Vec<_> = changed.collect();
        assert_eq!(changed[0], before);
        for (n, experiment) in changed.iter().enumerate() {
            assert!(changed[..n].iter().all(|other| other != experiment), "{}", STUDENTS[n].name);
        }
    }

    #[test]
    fn a_row_has_a_cell_for_each_folder() {
        let row = StudentRow { name: "s", what: "w", mouths: vec![0.5, 0.75], motion: vec![0.1, 0.2], active: 0.015 };
        let text = student_table(&["a".into(), "b".into()], &[row]);
        assert_eq!(text.lines().last().unwrap(), "| s | w | 0.500 | 0.750 | 0.1000 | 0.2000 | 1.5 % |");
        assert_eq!(text.lines().next().unwrap().matches('|').count(), 8);
    }
}
