//! Tokens from a file: a JSON object of them by user id, or a line each, `user_id token`. Empty lines and lines that begin
//! with `#` are passed over. Whoever keeps the file fresh may replace it during a run: it is read again when it changed.

use super::Identity;
use crate::{Jwt, TokenError};
use fieldday_api::SmolStr;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Takes tokens from a file that holds them by user.
pub struct TokenFile {
    path: PathBuf,
    read: Mutex<Read>,
}

/// What the file held when it was last read.
struct Read {
    state: State,
    tokens: HashMap<SmolStr, Jwt>,
}

/// By what a file that changed is told: when it was written, and its length.
type State = (Option<SystemTime>, u64);

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tokens of {}", self.path.display())
    }
}

impl TokenFile {
    /// Reads the file, so that a wrong one is known before a run begins.
    pub fn open(path: &Path) -> Result<TokenFile, TokenError> {
        let read = Read::new(path, state(path)?)?;
        Ok(TokenFile { path: path.to_owned(), read: Mutex::new(read) })
    }

    pub(super) fn token(&self, who: &Identity) -> Result<Jwt, TokenError> {
        // What is in there is whole whatever panicked: it is replaced, never changed.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let state = state(&self.path)?;
        if state != read.state {
            *read = Read::new(&self.path, state)?;
        }
        let missing = || TokenError::NotInFile { path: self.path.clone(), user: who.user_id.clone() };
        read.tokens.get(&who.user_id).cloned().ok_or_else(missing)
    }
}

fn state(path: &Path) -> Result<State, TokenError> {
    let metadata = std::fs::metadata(path).map_err(|error| TokenError::unreadable(path, &error))?;
    Ok((metadata.modified().ok(), metadata.len()))
}

impl Read {
    fn new(path: &Path, state: State) -> Result<Read, TokenError> {
        let text = std::fs::read_to_string(path).map_err(|error| TokenError::unreadable(path, &error))?;
        let wrong = |place: String, why| TokenError::File { path: path.to_owned(), place, why };
        let tokens = if text.trim_start().starts_with('{') { of_json(&text) } else { of_lines(&text) };
        Ok(Read { state, tokens: tokens.map_err(|(place, why)| wrong(place, why))? })
    }
}

/// Where a file is wrong, and in what way. Never what stands there: it may be a token.
type Wrong = (String, &'static str);

const NO_TOKEN: &str = "is not a session token (three parts, with `exp` in the second)";

fn of_json(text: &str) -> Result<HashMap<SmolStr, Jwt>, Wrong> {
    let by_user: HashMap<SmolStr, String> = serde_json::from_str(text)
        .map_err(|error| (format!("line {}", error.line()), "is not a JSON object of tokens by user id"))?;
    let token = |(user, text): (SmolStr, String)| match Jwt::read(text.trim()) {
        Some(jwt) => Ok((user, jwt)),
        None => Err((format!("the token of {user}"), NO_TOKEN)),
    };
    by_user.into_iter().map(token).collect()
}

fn of_lines(text: &str) -> Result<HashMap<SmolStr, Jwt>, Wrong> {
    let mut tokens = HashMap::new();
    for (i, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why| (format!("line {}", i + 1), why);
        let mut words = line.split_whitespace();
        let (Some(user), Some(token), None) = (words.next(), words.next(), words.next()) else {
            return Err(wrong("is not a user id, a space and a token"));
        };
        let jwt = Jwt::read(token).ok_or_else(|| wrong(NO_TOKEN))?;
        if tokens.insert(SmolStr::new(user), jwt).is_some() {
            return Err(wrong("repeats a user"));
        }
    }
    Ok(tokens)
}
