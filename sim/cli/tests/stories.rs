//! The script of a story, against a mock with the story's defect and against one without. The stories are those of
//! `tests/stories`, minimised by `fieldday shrink`; `bench/repro` tries every defect.

mod common;

use common::{fieldday, room};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A mock that ends when this goes.
struct Mock {
    child: Child,
    url: String,
}

impl Mock {
    fn of(scenario: &Path) -> Mock {
        let mut command = fieldday();
        command.arg("mock").arg(scenario).args(["--listen", "127.0.0.1:0", "--format", "json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let from = line.find("http://").unwrap_or_else(|| panic!("the mock says where it is: {line}"));
        let url = line[from..].split(['"', ',', ' ']).next().unwrap().to_owned();
        Mock { child, url }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a script as its head says: the lines that export tokens are typed first.
fn judged(script: &Path, url: &str) -> (i32, String) {
    let text = fs::read_to_string(script).unwrap();
    let tokens: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# export TOKEN")).collect();
    let tokens: String = tokens.iter().map(|line| format!("export TOKEN{line}\n")).collect();
    let binary = Path::new(env!("CARGO_BIN_EXE_fieldday")).parent().unwrap().display();
    let typed = format!("{tokens}exec sh {}", script.display());
    let mut command = Command::new("sh");
    command.args(["-c", &typed]).env("BASE_URL", url);
    command.env("PATH", format!("{binary}:{}", std::env::var("PATH").unwrap_or_default()));
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

/// What is wrong with one story; empty if its script judges both mocks rightly.
fn wrong(toml: &Path) -> String {
    let defect = toml.file_stem().unwrap().to_string_lossy().into_owned();
    let place = room(&format!("story-{defect}"));
    let out = place.display().to_string();
    let mut shrink = fieldday();
    shrink.arg("shrink").arg(toml).args(["--threads", "1", "--out", &out]);
    assert!(shrink.output().unwrap().status.success(), "{defect} is told again");
    let folder = fs::read_dir(&place).unwrap().next().unwrap().unwrap().path();
    let script = folder.join("repro.sh");
    let with = folder.join("repro.toml");
    let text = fs::read_to_string(&with).unwrap();
    let names = format!("defects = [\"{defect}\"]");
    assert!(text.contains(&names), "{defect} is the story's only defect");
    let without = place.join("healthy.toml");
    fs::write(&without, text.replace(&names, "defects = []")).unwrap();
    let mut wrong = String::new();
    for (scenario, code, word) in [(&with, 1, "BROKEN: "), (&without, 0, "held: ")] {
        let mock = Mock::of(scenario);
        let (came, said) = judged(&script, &mock.url);
        if came != code || !said.lines().last().unwrap_or_default().starts_with(word) {
            wrong.push_str(&format!("{defect}: expected {code}, got {came} from {}:\n{said}", scenario.display()));
        }
    }
    // Nobody listens there.
    let (came, said) = judged(&script, "http://127.0.0.1:9");
    if came != 3 {
        wrong.push_str(&format!("{defect}: expected 3 without a target, got {came}:\n{said}"));
    }
    wrong
}

#[test]
fn the_script_of_a_story_tells_a_broken_target_from_a_healthy_one() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut stories: Vec<_> = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect();
    stories.sort();
    assert!(stories.len() >= 20, "{} stories", stories.len());
    let (even, odd): (Vec<_>, Vec<_>) = stories.iter().enumerate().partition(|(number, _)| number % 2 == 0);
    let told =
        |half: Vec<(usize, &std::path::PathBuf)>| -> String { half.iter().map(|(_, story)| wrong(story)).collect() };
    let wrong = std::thread::scope(|scope| {
        let other = scope.spawn(|| told(odd));
        told(even) + &other.join().unwrap()
    });
    assert!(wrong.is_empty(), "{wrong}");
}
