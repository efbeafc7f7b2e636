//! What can be wrong with a key or its file.

use std::io;
use std::path::PathBuf;

/// What can be wrong with a key or its file. It never says what is in the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("the key {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system reported.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("the key {} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system reported.
        source: io::Error,
    },
    /// The file is none of the forms that a key has.
    #[error("{} is no key: {why}", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
        /// Why, with what was expected.
        why: &'static str,
    },
    /// A JWKS that holds nothing to verify with.
    #[error("the JWKS is of no use: {0}")]
    Jwks(&'static str),
    /// The machine gives no randomness, or the library refuses to make a key.
    #[error("no {0} key can be made on this machine")]
    NotMade(crate::Algorithm),
}

impl KeyError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            KeyError::Unreadable { .. } => "`fieldday tokens new-key FILE` makes one",
            KeyError::Unwritable { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                "a key is never written over another: choose another file, or move that one away"
            }
            KeyError::Unwritable { .. } => "choose another file",
            KeyError::NoKey { .. } => {
                "a key file is PEM (`PRIVATE KEY` or `RSA PRIVATE KEY`) or, for HS256, a JWK {\"kty\":\"oct\",\"k\":…}; \
                 `fieldday tokens new-key FILE` makes one"
            }
            KeyError::Jwks(_) => "it is {\"keys\": […]} with RSA or Ed25519 keys that have a kid",
            KeyError::NotMade(_) => "try another algorithm: --algorithm eddsa",
        }
    }
}
