//! The first help page: the commands in groups, by what a person wants to do. clap lists them all under one heading.

use clap::Command;
use std::fmt::Write as _;

/// The groups in the order of the page, each with its commands.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Run", &["run", "merge", "conform", "explore", "capacity"]),
    ("Judge and compare", &["report", "check", "results", "compare", "trend"]),
    ("Reproduce", &["replay", "shrink"]),
    ("Scenarios and data", &["scenarios", "init", "fixtures", "mock", "tokens"]),
    ("Rules and their validation", &["rules", "defects", "marks", "prove"]),
    ("Shell", &["completions", "help"]),
];
/// The page is no wider than a terminal of so many columns.
const WIDTH: usize = 80;

/// The command with its help page in groups.
pub fn by_task(command: Command) -> Command {
    let heading = *command.get_styles().get_header();
    let name = *command.get_styles().get_literal();
    let widest = GROUPS.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max().unwrap_or(0);
    let mut list = String::new();
    for (title, names) in GROUPS {
        let _ = writeln!(list, "{heading}{title}:{heading:#}");
        for of in names {
            let about = command.find_subcommand(of).and_then(Command::get_about).map(ToString::to_string);
            let about = about.unwrap_or_else(|| "Print the help of a command".to_owned());
            let mut lines = folded(&about, WIDTH - widest - 4).into_iter();
            let _ = writeln!(list, "  {name}{of:widest$}{name:#}  {}", lines.next().unwrap_or_default());
            for line in lines {
                let _ = writeln!(list, "  {:widest$}  {line}", "");
            }
        }
        list.push('\n');
    }
    let template = "{about-with-newline}\n{usage-heading} {usage}\n\n";
    command.help_template(format!("{template}{list}{heading}Options:{heading:#}\n{{options}}{{after-help}}"))
}

/// The text in lines of at most this width, broken between words.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.len() + 1 + word.len() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_line::Cli;
    use clap::CommandFactory;

    #[test]
    fn every_command_is_in_one_group() {
        let command = Cli::command();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        let mut commands: Vec<&str> = command.get_subcommands().map(Command::get_name).chain(["help"]).collect();
        grouped.sort_unstable();
        commands.sort_unstable();
        assert_eq!(grouped, commands);
    }

    #[test]
    fn the_page_is_no_wider_than_80_columns() {
        let page = by_task(Cli::command()).render_long_help().to_string();
        for line in page.lines() {
            assert!(line.chars().count() <= WIDTH, "{line:?}");
        }
        assert!(page.contains("\nReproduce:\n  replay "), "{page}");
    }
}
