//! What a run takes from the machine.

/// A number that nobody can guess: the id of a run, and the key of its tokens for private values.
pub fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

/// Lets this process open a million files, or as many as are wanted, as far as the system's hard limit allows: how many that
/// is then. No more than that where there is no limit: a child that goes through all files that it may have would take long.
#[cfg(unix)]
pub fn raise_open_files(wanted: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let enough = wanted.max(1 << 20);
    if limit.current.is_none_or(|current| current >= enough) {
        return limit.current;
    }
    let raised = limit.maximum.map_or(enough, |most| most.min(enough));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }) {
        Ok(()) => Some(raised),
        Err(_) => limit.current,
    }
}
/// No system that limits how many files a process may open.
#[cfg(not(unix))]
pub fn raise_open_files(_wanted: u64) -> Option<u64> {
    None
}

/// How many ports an address of this machine has for connections to one target; none if the system does not say.
pub fn source_ports() -> Option<u64> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = range.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    (last + 1).checked_sub(first)
}
