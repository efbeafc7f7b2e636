//! Why there is no token.

use crate::KeyError;
use fieldday_api::SmolStr;
use fieldday_kernel::time::Time;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Why there is no token. Ids of users are in it; tokens, secrets and what others answered are not.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The key that should sign is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What the environment says is wrong or missing.
    #[error("{0}")]
    Settings(&'static str),
    /// The file of tokens cannot be read.
    #[error("the tokens of {} cannot be read: {why}", path.display())]
    Unreadable {
        /// The file that cannot be read.
        path: PathBuf,
        /// What the operating system reported.
        why: String,
    },
    /// The file of tokens is wrong.
    #[error("{}: {place} {why}", path.display())]
    File {
        /// The file that is wrong.
        path: PathBuf,
        /// The place in the file: a line or a key.
        place: String,
        /// What is wrong there; never what stands there.
        why: &'static str,
    },
    /// The file of tokens has none for a user.
    #[error("{} has no token for {user}", path.display())]
    NotInFile {
        /// The file that lacks the token.
        path: PathBuf,
        /// The user without a token.
        user: SmolStr,
    },
    /// The token is one that has expired.
    #[error("the token for {user} expired at {at}")]
    Expired {
        /// The user that the token is of.
        user: SmolStr,
        /// The time at which it expired.
        at: Time,
    },
    /// The token is somebody else's.
    #[error("the token for {user} names another {what}")]
    OfAnother {
        /// The user whose token it should be.
        user: SmolStr,
        /// The claim that differs: user, tenant or role.
        what: &'static str,
    },
    /// The command printed no token.
    #[error("the command {program:?} gives no token: {what}")]
    Command {
        /// The program, without its arguments.
        program: String,
        /// What the command printed or how it ended.
        what: String,
    },
    /// The identity provider gives none.
    #[error("{at} gives no token: {what}{}", status.map_or(String::new(), |status| format!(" (status {status})")))]
    Provider {
        /// The address of the provider that was asked.
        at: String,
        /// The HTTP status of the provider's answer; none if there was no answer.
        status: Option<u16>,
        /// What the provider's answer lacked, or why there is none.
        what: Cow<'static, str>,
    },
}

impl TokenError {
    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> TokenError {
        TokenError::Unreadable { path: path.to_owned(), why: error.to_string() }
    }

    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            TokenError::Key(error) => error.hint(),
            TokenError::Settings(_) => "set it in the environment, never in a scenario or on the command line",
            TokenError::Unreadable { .. } => "set `path` in [tokens] to the file",
            TokenError::File { .. } => "the file is a JSON object of tokens by user id, or lines of `user_id token`",
            TokenError::NotInFile { .. } => "add one, or remove the user",
            TokenError::Expired { .. } => "renew it at its source; a file is read again when it changes",
            TokenError::OfAnother { .. } => "the target would see another user; correct the source",
            TokenError::Command { .. } => {
                "run it by hand with FIELDDAY_USER_ID, FIELDDAY_TENANT_ID, FIELDDAY_ROLE and FIELDDAY_ROLE_NAME set: it must \
                 print the token and nothing else"
            }
            TokenError::Provider { status: Some(401 | 403), .. } => {
                "the secret belongs to another instance, or is revoked"
            }
            TokenError::Provider { status: Some(429), .. } => "lower `parallel` in [tokens], or raise `life_s`",
            TokenError::Provider { .. } => "check CLERK_API_URL, and that the users exist in that instance",
        }
    }
}
