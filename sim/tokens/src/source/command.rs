//! Tokens that a command prints. It is run once a fetch, without a shell, and told in its environment for whom:
//! `FIELDDAY_USER_ID`, `FIELDDAY_TENANT_ID`, `FIELDDAY_ROLE` (`sales_rep`, `csr`, `manager`) and `FIELDDAY_ROLE_NAME`. Its
//! standard output is the token and nothing else. What it says on its standard error is dropped, since nobody knows what is
//! in it.

use super::{FETCH_LIMIT, Identity};
use crate::{Jwt, TokenError};
use std::fmt;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// The most bytes that a command may print: no token is longer.
const MOST_BYTES: u64 = 64 * 1024;

/// Tokens that a command prints.
pub struct TokenCommand {
    /// The program and its arguments.
    words: Vec<String>,
    limit: Duration,
}

impl fmt::Debug for TokenCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tokens printed by {}", self.program())
    }
}

impl TokenCommand {
    /// That program with those arguments, which has as long as the app waits for a token.
    pub fn new(words: Vec<String>) -> TokenCommand {
        TokenCommand { words, limit: FETCH_LIMIT }
    }

    /// The command with another limit on its time.
    pub fn with_limit(self, limit: Duration) -> TokenCommand {
        TokenCommand { limit, ..self }
    }

    fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    pub(super) async fn token(&self, who: &Identity) -> Result<Jwt, TokenError> {
        let wrong = |what: String| TokenError::Command { program: self.program().to_owned(), what };
        match tokio::time::timeout(self.limit, self.run(who)).await {
            Ok(Ok(text)) => Jwt::read(text.trim()).ok_or_else(|| wrong("its output is not a session token".to_owned())),
            Ok(Err(what)) => Err(wrong(what)),
            // The future that was dropped took the process with it.
            Err(_) => Err(wrong(format!("it took longer than {} s", self.limit.as_secs_f32()))),
        }
    }

    async fn run(&self, who: &Identity) -> Result<String, String> {
        let mut command = Command::new(self.program());
        command
            .args(self.words.iter().skip(1))
            .env("FIELDDAY_USER_ID", who.user_id.as_str())
            .env("FIELDDAY_TENANT_ID", who.tenant.as_str())
            .env("FIELDDAY_ROLE", who.role.as_str())
            .env("FIELDDAY_ROLE_NAME", who.role_name.as_str())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("it cannot be run: {error}"))?;
        let stdout = child.stdout.take().ok_or("its output cannot be read")?;
        let mut text = String::new();
        let read = stdout.take(MOST_BYTES + 1).read_to_string(&mut text).await;
        read.map_err(|_| "its output is not text".to_owned())?;
        if text.len() as u64 > MOST_BYTES {
            return Err("its output is longer than any token".to_owned());
        }
        let status = child.wait().await.map_err(|error| format!("waiting for it failed: {error}"))?;
        match status.code() {
            Some(0) => Ok(text),
            Some(code) => Err(format!("it exited with code {code}")),
            None => Err("it was killed by a signal".to_owned()),
        }
    }
}
