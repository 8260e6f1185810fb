use super::*;

const LONG: &str = r#"File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 1.5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "anna - words"
        xmin = 0
        xmax = 1.5
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1
            text = "say ""a"""
        intervals [2]:
            xmin = 1
            xmax = 1.5
            text = ""
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 1.5
        points: size = 1
        points [1]:
            number = 0.3
            mark = "x"
"#;

const SHORT: &str = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0\n1.5\n<exists>\n2\n\
    \"IntervalTier\"\n\"anna - words\"\n0\n1.5\n2\n0\n1\n\"say \"\"a\"\"\"\n1\n1.5\n\"\"\n\
    \"TextTier\"\n\"clicks\"\n0\n1.5\n1\n0.3\n\"x\"\n";

fn interval(start_s: f64, end_s: f64, text: &str) -> Interval {
    Interval { start_s, end_s, text: text.into() }
}

#[test]
fn long_and_short_formats_say_the_same() {
    let long = TextGrid::parse(LONG.as_bytes(), "long").unwrap();
    let short = TextGrid::parse(SHORT.as_bytes(), "short").unwrap();
    assert_eq!(long, short);
    assert_eq!(long.tiers[0].intervals, [interval(0.0, 1.0, "say \"a\""), interval(1.0, 1.5, "")]);
}

#[test]
fn what_is_written_is_read() {
    let intervals = vec![interval(0.0, 0.123456, "HH"), interval(0.123456, 2.0, "\"quoted\"\nlines")];
    let grid = TextGrid { end_s: 2.0, tiers: vec![Tier { name: "phones".into(), intervals }] };
    assert_eq!(TextGrid::parse(grid.to_text().as_bytes(), "test").unwrap(), grid);
}

#[test]
fn utf_16_is_read() {
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(LONG.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(TextGrid::parse(&bytes, "wide").unwrap(), TextGrid::parse(LONG.as_bytes(), "long").unwrap());
}

#[test]
fn windows_line_ends_do_not_matter() {
    let windows = LONG.replace('\n', "\r\n");
    assert_eq!(
        TextGrid::parse(windows.as_bytes(), "windows").unwrap(),
        TextGrid::parse(LONG.as_bytes(), "long").unwrap()
    );
}

fn grid_of(names: &[&str]) -> TextGrid {
    let tiers = names.iter().map(|name| Tier { name: (*name).into(), intervals: vec![interval(0.0, 1.0, "AA")] });
    TextGrid { end_s: 1.0, tiers: tiers.collect() }
}

#[test]
fn the_tier_of_phones_is_found_by_every_usual_name() {
    for name in ["phones", "Phone", "phonemes", "MAU", "phn", "anna - phones", "Segments"] {
        assert_eq!(grid_of(&["words", name, "notes"]).phones()[0].name, name);
    }
    assert!(grid_of(&["words", "notes"]).phones().is_empty());
    assert_eq!(grid_of(&["segments", "MAU", "phones"]).phones()[0].name, "phones");
}

#[test]
fn every_speakers_tier_is_found() {
    let grid = grid_of(&["anna - words", "anna - phones", "bert - words", "bert - phones"]);
    let names: Vec<&str> = grid.phones().iter().map(|tier| tier.name.as_str()).collect();
    assert_eq!(names, ["anna - phones", "bert - phones"]);
}

#[test]
fn letters_of_one_byte_are_read() {
    let latin: Vec<u8> = LONG.replace("say", "s\u{e4}y").chars().map(|c| c as u8).collect();
    assert_eq!(TextGrid::parse(&latin, "latin").unwrap().tiers[0].intervals[0].text, "s\u{e4}y \"a\"");
}

#[test]
fn a_damaged_file_names_the_line() {
    let damaged = LONG.replace("xmax = 1\n", "xmax = one\n");
    let error = TextGrid::parse(damaged.as_bytes(), "a.TextGrid").unwrap_err();
    assert_eq!(error.to_string(), "a.TextGrid, line 18: expected a number, came \"say \\\"a\\\"\"");
}

#[test]
fn a_cut_file_is_refused() {
    let error = TextGrid::parse(&LONG.as_bytes()[..300], "a.TextGrid").unwrap_err();
    assert!(error.to_string().ends_with("came the end of the file"), "{error}");
}

#[test]
fn a_time_of_any_length_is_written_as_it_is_read() {
    let interval = Interval { start_s: 0.0, end_s: 1e308, text: "b".into() };
    let grid = TextGrid { end_s: 1e308, tiers: vec![Tier { name: "phones".into(), intervals: vec![interval] }] };
    assert_eq!(TextGrid::parse(grid.to_text().as_bytes(), "a").unwrap(), grid);
}
