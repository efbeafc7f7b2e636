//! Every help page, short and long, as it is printed: one snapshot for each command.
//!
//! A change of a page shows up here. If it is meant, accept it with `cargo xtask snapshots`, which runs this test with
//! `INSTA_UPDATE=always`, and read the difference before committing it.

mod common;

use common::{fieldday, read_output};
use std::collections::VecDeque;

fn page(words: &[String], flag: &str) -> String {
    let mut command = fieldday();
    command.args(words).arg(flag).env("COLUMNS", "120").env("TERM", "dumb");
    let (code, stdout, stderr) = read_output(&command.output().unwrap());
    assert_eq!((code, stderr.as_str()), (0, ""), "{words:?} {flag}");
    stdout
}

/// The subcommands that a page lists, without `help`, which prints the same pages.
fn subcommands(page: &str) -> Vec<String> {
    let before_options = page.lines().take_while(|line| !matches!(*line, "Arguments:" | "Options:"));
    // A name stands two spaces in; what continues a description stands further in.
    let names = before_options.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn every_help_page_is_as_committed() {
    let mut open = VecDeque::from([Vec::new()]);
    let mut pages = 0;
    while let Some(words) = open.pop_front() {
        let (short, long) = (page(&words, "-h"), page(&words, "--help"));
        for name in subcommands(&short) {
            open.push_back([&words[..], &[name]].concat());
        }
        let name = [&["fieldday".to_owned()], &words[..]].concat().join("-");
        let command = [&["fieldday".to_owned()], &words[..]].concat().join(" ");
        insta::with_settings!({ description => command.as_str(), omit_expression => true, prepend_module_to_snapshot => false,
            snapshot_path => "snapshots/help" }, {
            insta::assert_snapshot!(name, format!("$ {command} -h\n{short}\n$ {command} --help\n{long}"));
        });
        // A line of usage is one that a shell takes: clap does not wrap it.
        for line in [short, long].iter().flat_map(|page| page.lines()).filter(|line| !line.starts_with("Usage:")) {
            assert!(line.chars().count() <= 80, "{command}: {line:?} is wider than 80 columns");
        }
        pages += 1;
    }
    assert!(pages > 20, "only {pages} commands were found: do they still stand before the options?");
}
