//! `fieldday merge` of files: the shards of an exploration or of a proof become one result.

use super::args::MergeArgs;
use crate::args::Format;
use crate::commands::proof_parts::ProofPart;
use crate::commands::prove::{self, holds, shown};
use crate::failure::Failure;
use crate::{file, output, terminal};
use fieldday_documents::explored::{Exploration, render};
use fieldday_folder::Outcome;
use fieldday_paint::Paint;
use fieldday_paint::units::counted;
use fieldday_plan::shard::Shard;
use std::fs;
use std::path::{Path, PathBuf};

/// A file holds a document for programs, not a run.
pub fn are_files(paths: &[PathBuf]) -> bool {
    paths.iter().any(|path| path.is_file())
}

/// The content of a file that one shard of a command wrote.
trait Part: Sized {
    /// Reads it; says what is wrong with it.
    fn read(text: &str) -> Result<Self, String>;
    /// Which shard it is; none of a result in one piece.
    fn shard(&self) -> Option<Shard>;
    /// A text that is the same in all shards of one command and in no other's.
    fn of(&self) -> &str;
    /// Whether it came to its end, as far as that is known.
    fn is_complete(&self) -> bool;
}

impl Part for Exploration {
    fn read(text: &str) -> Result<Exploration, String> {
        Exploration::from_json(text)
    }
    fn shard(&self) -> Option<Shard> {
        self.shard
    }
    fn of(&self) -> &str {
        &self.of
    }
    fn is_complete(&self) -> bool {
        true
    }
}

impl Part for ProofPart {
    fn read(text: &str) -> Result<ProofPart, String> {
        ProofPart::from_json(text)
    }
    fn shard(&self) -> Option<Shard> {
        Some(self.shard)
    }
    fn of(&self) -> &str {
        &self.of
    }
    fn is_complete(&self) -> bool {
        self.complete
    }
}

/// Parts of one result, in the order of their shards.
struct Parts<P> {
    parts: Vec<P>,
    of: u32,
    /// The reasons why the merged result does not cover the whole: shards that are missing or were cut short.
    problems: Vec<String>,
}

pub fn merge(args: &MergeArgs) -> Result<u8, Failure> {
    for (option, is_typed) in [("--wait", args.wait.is_some()), ("--otlp", args.otlp.is_some())] {
        if is_typed {
            return Err(Failure::NoEffect { option, with: "files of explore or prove".to_owned() });
        }
    }
    let texts =
        args.folders.iter().map(|path| Ok((path.as_path(), read(path)?))).collect::<Result<Vec<_>, Failure>>()?;
    // An exploration names its seeds, and nothing else does.
    let is_exploration = texts.first().is_some_and(|(_, text)| text.contains("\"never_reached\""));
    if is_exploration { explorations(args, &texts) } else { proofs(args, &texts) }
}

fn explorations(args: &MergeArgs, texts: &[(&Path, String)]) -> Result<u8, Failure> {
    let Parts { parts, of, problems } = Parts::<Exploration>::find(texts)?;
    say(&problems, parts.len(), of);
    let mut parts = parts.into_iter();
    let Some(mut all) = parts.next() else { return Err(nothing(texts)) };
    for part in parts {
        all.from = all.from.min(part.from);
        all.explored.merge(part.explored);
    }
    let merged = Exploration::new(all.of, all.from, None, all.explored);
    let text = match args.format {
        Format::Json => merged.to_json(),
        Format::Terminal => render(&merged, Paint::new(terminal::stdout_has_colour())),
    };
    output::print(&text)?;
    args.out.as_deref().map_or(Ok(()), |out| file::replace(out, &merged.to_json()))?;
    Ok(code(merged.explored.failures.is_empty(), &problems, args.partial))
}

fn proofs(args: &MergeArgs, texts: &[(&Path, String)]) -> Result<u8, Failure> {
    let Parts { parts, of, problems } = Parts::<ProofPart>::find(texts)?;
    say(&problems, parts.len(), of);
    let command = parts.first().map_or(String::new(), |part| part.of.clone());
    let Some(proof) = ProofPart::merge(parts, problems.is_empty() || args.partial) else { return Err(nothing(texts)) };
    let format = match args.format {
        Format::Json => prove::Format::Json,
        Format::Terminal => prove::Format::Terminal,
    };
    output::print(&shown(&proof, format, &command))?;
    if let Some(out) = &args.out {
        file::replace(out, &shown(&proof, prove::Format::Markdown, &command))?;
    }
    Ok(code(holds(&proof), &problems, args.partial))
}

impl<P: Part> Parts<P> {
    fn find(texts: &[(&Path, String)]) -> Result<Parts<P>, Failure> {
        let (mut parts, mut problems): (Vec<(Shard, P)>, Vec<String>) = (Vec::new(), Vec::new());
        for (path, text) in texts {
            let wrong = |why: String| Failure::NotAPart { path: (*path).to_owned(), why };
            let part = P::read(text).map_err(wrong)?;
            let shard = part.shard().ok_or_else(|| wrong("it holds all of it, not a shard".to_owned()))?;
            match parts.first() {
                Some((first, known)) if known.of() != part.of() || first.of != shard.of => {
                    let why = format!("it is of `{}` in {} shards", part.of(), shard.of);
                    problems.push(format!("{}: {why}, not of `{}` in {}", path.display(), known.of(), first.of));
                }
                _ if parts.iter().any(|(known, _)| *known == shard) => {
                    problems.push(format!("{}: shard {shard} is there twice; the first one counts", path.display()));
                }
                _ => {
                    if !part.is_complete() {
                        problems.push(format!("{}: shard {shard} did not come to its end", path.display()));
                    }
                    parts.push((shard, part));
                }
            }
        }
        parts.sort_by_key(|(shard, _)| shard.index);
        let of = parts.first().map_or(0, |(shard, _)| shard.of);
        let is_there = |index: &u32| parts.iter().any(|(shard, _)| shard.index == *index);
        let missing: Vec<String> = (0..of).filter(|index| !is_there(index)).map(|index| index.to_string()).collect();
        if !missing.is_empty() {
            problems.push(format!("missing of {}: {}", counted(of.into(), "shard", "shards"), missing.join(", ")));
        }
        Ok(Parts { parts: parts.into_iter().map(|(_, part)| part).collect(), of, problems })
    }
}

/// What the result comes to: inconclusive if it is not the whole one, and nobody accepts that.
fn code(is_good: bool, problems: &[String], partial: bool) -> u8 {
    match () {
        () if !problems.is_empty() && !partial => Outcome::Invalid.exit_code(),
        () if is_good => 0,
        () => 1,
    }
}

fn say(problems: &[String], merged: usize, of: u32) {
    output::note(&format!("{merged} of {}", counted(of.into(), "shard", "shards")));
    problems.iter().for_each(|problem| output::note(&format!("warning: {problem}")));
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::Unreadable { path: path.to_owned(), source })
}

fn nothing(texts: &[(&Path, String)]) -> Failure {
    let path = texts.first().map_or_else(PathBuf::new, |(path, _)| (*path).to_owned());
    Failure::NotAPart { path, why: "no shard is in it".to_owned() }
}
