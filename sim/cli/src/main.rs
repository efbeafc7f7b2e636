//! The `fieldday` command: arguments in, an exit code out. What it does is in [`commands`], what it says in the report
//! library, and what it runs in the engine.

mod again;
mod args;
mod choice;
mod command_line;
mod commands;
mod exit;
mod failure;
mod file;
mod headings;
mod help;
mod interrupt;
mod log;
mod machine;
mod meeting;
mod options;
mod otlp;
mod output;
mod packed;
mod picture;
mod planned;
mod progress;
mod shard;
mod show;
mod terminal;
mod values;
mod watcher;

/// Thousands of reps allocate in bursts: this gives back what is free again, and takes less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    commands::main()
}
