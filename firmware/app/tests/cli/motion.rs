//! Motion instead of a sound.

use serde_json::Value;

use crate::util::Desk;

const HEADER: &str = "Timecode,BlendShapeCount,JawOpen,HeadYaw";

/// A jaw that opens to a half, and a head that turns with it, in 31 rows of half a second.
fn desk() -> Desk {
    let rows = (0..=30).map(|n| format!("00:00:00:{n:02}.000,61,{:.4},{:.4}", n as f64 / 60.0, n as f64 / -300.0));
    let desk = Desk::new();
    desk.write("take.csv", format!("{HEADER}\n{}\n", rows.collect::<Vec<_>>().join("\n")));
    desk
}

#[test]
fn a_take_is_shown_in_real_time_and_the_face_goes_to_rest() {
    let run = desk().run("run --input take.csv --to stdout");
    assert_eq!(run.code, Some(0), "{run:?}");
    let faces: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |face: &Value| {
        let weight = face["weights"]["JawOpen"].as_f64().unwrap();
        (face["time_s"].as_f64().unwrap(), weight, face["head_rad"]["yaw"].as_f64().unwrap())
    };
    let (shown, rest): (Vec<_>, Vec<_>) = faces.iter().map(of).partition(|(time_s, ..)| *time_s < 0.5);
    assert!(shown.len() >= 10, "{run:?}");
    for (time_s, jaw, yaw_rad) in shown {
        assert!((jaw - time_s).abs() < 2e-3 && (yaw_rad + time_s / 5.0).abs() < 2e-3, "{time_s} {jaw} {yaw_rad}");
    }
    assert!(rest.windows(2).all(|two| two[1].1 <= two[0].1) && rest.last().unwrap().1 == 0.0, "{rest:?}");
    let report: Value = serde_json::from_str(run.stderr.lines().last().unwrap()).unwrap();
    assert_eq!((report["rows"].as_u64(), report["skipped"].as_u64()), (Some(31), Some(0)));
}

#[test]
fn what_is_for_a_sound_is_refused_beside_motion() {
    let desk = desk();
    for args in ["--play", "--fast", "--model live", "--to stdout,file:a.csv", "--device hw:7", "--rate 8000"] {
        let line = desk.refuse(&format!("run --input take.csv {args}"));
        assert!(line.contains(": expected a sound as --input, came take.csv, motion that is shown as it is"), "{line}");
    }
    let line = desk.refuse("run --input take.csv --to none");
    assert_eq!(line, "keyface: --to none: expected somewhere to show take.csv, came nothing");
}

#[test]
fn what_is_no_motion_says_what_came() {
    let desk = desk();
    desk.write("a.csv", "time,jaw\n0,1\n");
    desk.write("b.csv", [0xFF, 0xFE, 0]);
    desk.write("c.csv", format!("{HEADER}\n00:00:00:00.0,61,0.1\n"));
    let line = desk.refuse("run --input a.csv --to stdout");
    assert!(
        line.ends_with(
            "expected a CSV of the Live Link Face app (Timecode, JawOpen, ...), came the header \"time,jaw\""
        )
    );
    assert!(desk.refuse("run --input b.csv --to stdout").ends_with("came other bytes"));
    assert!(desk.refuse("run --input c.csv --to stdout").ends_with("came line 2: \"00:00:00:00.0,61,0.1\""));
    std::fs::create_dir(desk.path("d.csv")).unwrap();
    assert!(desk.refuse("run --input d.csv --to stdout").ends_with("came a folder"));
    assert!(desk.refuse("run --input none.csv --to stdout").starts_with("keyface: none.csv: cannot read it: "));
}
