//! The command as a shell calls it, where it waits: live runs, servers, windows of the day. One binary for all of them, since cargo
//! runs binaries one after the other and the tests of one side by side.

#[path = "../common/mod.rs"]
mod common;

mod capacity;
mod capacity_disturb;
mod capacity_shards;
mod compare;
mod conform_first;
mod deploy;
mod disturb;
mod ledger;
mod live;
mod live_data;
mod log;
mod merge;
mod mock;
mod watch;
