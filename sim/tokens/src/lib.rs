//! Session tokens on a real wire: keys, signing, verification, and where a run's tokens come from.
//!
//! A [`Key`] signs what [`Claims`](fieldday_api::token::Claims) say; a [`Verifier`] reads an `Authorization` header as the
//! model backend's [`Credential`](fieldday_api::token::Credential). Neither looks at a clock: whether a token has
//! expired is for the backend to say. A [`Source`] is where the tokens of a run come from, and a [`Wallet`] keeps them.

mod algorithm;
mod claims;
mod jwk;
mod jwks;
mod jwt;
mod key;
mod key_error;
mod key_file;
mod source;
mod token_error;
mod verifier;
mod wallet;

pub use algorithm::Algorithm;
pub use jwks::jwks;
pub use jwt::Jwt;
pub use key::{Key, Stamp};
pub use key_error::KeyError;
pub use source::{Clerk, Identity, Keyless, Local, Source, TokenCommand, TokenFile};
pub use token_error::TokenError;
pub use verifier::Verifier;
pub use wallet::Wallet;
