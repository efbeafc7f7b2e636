//! What can be wrong with a key or its file.

use std::io;
use std::path::PathBuf;

/// What can be wrong with a key or its file. It never says what is in the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("the key {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file that cannot be read.
        path: PathBuf,
        /// What the operating system reported.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("the key {} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file that cannot be written.
        path: PathBuf,
        /// What the operating system reported.
        source: io::Error,
    },
    /// The file is none of the forms that a key has.
    #[error("{} is not a key: {why}", path.display())]
    NoKey {
        /// The file that holds no key.
        path: PathBuf,
        /// What was expected and what the file holds instead.
        why: &'static str,
    },
    /// A JWKS that holds nothing to verify with.
    #[error("the JWKS is not usable: {0}")]
    Jwks(&'static str),
    /// The machine gives no randomness, or the library refuses to make a key.
    #[error("this machine cannot create a {0} key")]
    NotMade(crate::Algorithm),
}

impl KeyError {
    /// What the user can do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            KeyError::Unreadable { .. } => "create one with `fieldday tokens new-key FILE`",
            KeyError::Unwritable { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                "keys are never overwritten: choose another file, or move this one away"
            }
            KeyError::Unwritable { .. } => "choose another file",
            KeyError::NoKey { .. } => {
                "a key file is PEM (`PRIVATE KEY` or `RSA PRIVATE KEY`) or, for HS256, a JWK {\"kty\":\"oct\",\"k\":…}; \
                 create one with `fieldday tokens new-key FILE`"
            }
            KeyError::Jwks(_) => "a JWKS is {\"keys\": […]} with RSA or Ed25519 keys that have a kid",
            KeyError::NotMade(_) => "try another algorithm: --algorithm eddsa",
        }
    }
}
