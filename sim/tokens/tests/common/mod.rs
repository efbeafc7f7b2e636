//! What the tests share: a moment, a user, its claims.
#![allow(dead_code)] // Each test file takes a part of it.

use fieldday_api::names::Role;
use fieldday_api::token::Claims;
use fieldday_kernel::time::{Span, Time};
use fieldday_tokens::Identity;
use std::path::PathBuf;

pub fn noon() -> Time {
    Time::parse("2026-06-10T12:00:00Z").unwrap()
}

pub fn rep(n: u32) -> Identity {
    Identity {
        user_id: format!("user_{n}").into(),
        tenant: "org_1".into(),
        role: Role::SalesRep,
        role_name: "org:sales_rep".into(),
    }
}

/// What that user's token says that is issued at noon and lives for a minute.
pub fn claims(who: &Identity) -> Claims {
    Claims {
        tenant: Some(who.tenant.clone()),
        user: Some(who.user_id.clone()),
        role: Some(who.role_name.clone()),
        issued_at: noon(),
        expires_at: noon() + Span::seconds(60),
        ..Claims::default()
    }
}

/// An empty place of a test's own.
pub fn room(name: &str) -> PathBuf {
    let room = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&room);
    std::fs::create_dir_all(&room).unwrap();
    room
}
