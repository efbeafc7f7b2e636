//! The machine: what it is, and what a run took of it. The only clocks of the whole program are here.

use fieldday_folder::Host;
use std::time::Instant;

/// The time that a run took, in seconds: on the wall's clock, and of all processors.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub wall_s: f64,
    pub cpu_s: Option<f64>,
}

/// Measures what a run takes, from its making on.
pub struct Stopwatch {
    began: Instant,
    cpu_s: Option<f64>,
}

impl Stopwatch {
    pub fn start() -> Stopwatch {
        Stopwatch { began: Instant::now(), cpu_s: cpu_s() }
    }
    pub fn took(&self) -> Took {
        let cpu_s = cpu_s().zip(self.cpu_s).map(|(now, then)| now - then);
        Took { wall_s: self.began.elapsed().as_secs_f64(), cpu_s }
    }
}

/// The system's time in UTC.
pub use fieldday_live::clock::utc_now as now;
pub use fieldday_live::machine::{raise_open_files, random};

/// Processor time of this process, all its threads.
#[cfg(unix)]
pub fn cpu_s() -> Option<f64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}
#[cfg(not(unix))]
pub fn cpu_s() -> Option<f64> {
    None
}

/// The number of threads that can run at once on this machine.
pub fn cores() -> u64 {
    std::thread::available_parallelism().map_or(1, |n| n.get() as u64)
}

/// The peak resident memory of this process, in bytes; none where the system does not tell.
pub fn peak_memory_bytes() -> Option<u64> {
    kilobytes("/proc/self/status", "VmHWM:")
}

/// Which build of the command this is: what is in its file. Its version alone does not tell two commits apart.
pub fn build() -> String {
    let bytes = std::env::current_exe().and_then(std::fs::read).unwrap_or_default();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
}

/// The machine with what figures of speed depend on.
pub fn host() -> Host {
    let processor = || {
        let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    Host {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        processor: processor(),
        cores: cores(),
        memory_bytes: kilobytes("/proc/meminfo", "MemTotal:"),
        optimised: !cfg!(debug_assertions),
        kernel: text_of("/proc/sys/kernel/osrelease"),
        // A processor whose clock is low when nothing happens answers late for a moment when something does.
        governor: text_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    }
}

/// The text of a system file of one line; none if it cannot be read.
fn text_of(file: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The bytes that a line such as `VmHWM:    12345 kB` of a file tells; none if there is no such line.
fn kilobytes(file: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Has the system give this process memory in small pages. A huge one is cleared as a whole when it is first touched: some
/// milliseconds in the middle of a run, and whatever was answered meanwhile would seem to have taken as much longer.
/// A system that does not do so runs on with what it has.
#[cfg(target_os = "linux")]
pub fn take_small_pages() {
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
#[cfg(not(target_os = "linux"))]
pub fn take_small_pages() {}

/// Does something whose talk on stdout goes nowhere: goose says there how many users it launched, and stdout is for the result
/// alone. On stderr it would go through the picture that is drawn there; and where whoever read stderr has left, goose would
/// panic, and the run would be lost.
#[cfg(unix)]
pub fn with_stdout_aside<T>(work: impl FnOnce() -> T) -> T {
    use rustix::stdio;
    let kept = rustix::io::dup(stdio::stdout());
    let nowhere = std::fs::OpenOptions::new().write(true).open("/dev/null").ok();
    let aside = || nowhere.as_ref().map_or_else(|| stdio::dup2_stdout(stdio::stderr()), stdio::dup2_stdout);
    let is_aside = kept.is_ok() && aside().is_ok();
    let done = work();
    if let Ok(kept) = kept.as_ref()
        && is_aside
    {
        // If that fails, the result goes to stderr: it is not lost.
        let _ = stdio::dup2_stdout(kept);
    }
    done
}
#[cfg(not(unix))]
pub fn with_stdout_aside<T>(work: impl FnOnce() -> T) -> T {
    work()
}
