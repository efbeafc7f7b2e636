//! Keys that sign tokens.

use crate::algorithm::Algorithm;
use crate::claims::{to_json, whole_second};
use crate::jwk::{PublicJwk, thumbprint};
use crate::jwt::Jwt;
use crate::key_error::KeyError;
use crate::key_file::{Parts, new_file, parts};
use fieldday_api::token::Claims;
use jsonwebtoken::{DecodingKey, EncodingKey, Header};
use std::fmt;
use std::io::Write;
use std::path::Path;

/// A key file is a few thousand bytes; what is larger is something else.
const MOST_BYTES: u64 = 64 * 1024;

/// What an issuer puts on every token beside the claims of its user.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stamp {
    /// `iss`: who issued it; a URL, for Clerk.
    pub issuer: Option<String>,
    /// `azp`: which origin it was issued for.
    pub azp: Option<String>,
}

/// A key that signs. Debug tells its algorithm and its kid, which are no secrets, and nothing else.
#[derive(Clone)]
pub struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: String,
    pub(crate) signing: EncodingKey,
    pub(crate) verifying: DecodingKey,
    /// None for a secret, which has no public part.
    pub(crate) public: Option<PublicJwk>,
    /// The key as its file has it.
    pub(crate) file: String,
    stamp: Stamp,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} key {}", self.algorithm, self.kid)
    }
}

impl Key {
    /// A new key. An RSA key has 2048 bits, a secret 256.
    pub fn generate(algorithm: Algorithm) -> Result<Key, KeyError> {
        let not_made = KeyError::NotMade(algorithm);
        let Some(file) = new_file(algorithm) else { return Err(not_made) };
        Key::from_text(&file).map_err(|_| not_made)
    }

    /// The key that signs where none is named and the target is on the loopback, and that the tool's mock trusts there. It
    /// stands in this repository for everybody to read: whatever trusts it beyond a developer's machine trusts everybody.
    pub fn development() -> Key {
        Key::from_text(include_str!("development_key.pem")).expect("a key that new-key wrote")
    }

    /// Reads a key from a file, in any of the forms that a key has.
    pub fn load(path: &Path) -> Result<Key, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
        let no_key = |why| KeyError::NoKey { path: path.to_owned(), why };
        if std::fs::metadata(path).map_err(unreadable)?.len() > MOST_BYTES {
            return Err(no_key("it is too large for a key"));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| no_key("it is binary, and a key file is text"))?;
        Key::from_text(text).map_err(no_key)
    }

    /// Writes the key to a new file, which its owner alone may read. A file that is there already is an error.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(path).and_then(|mut file| {
            let written = file.write_all(self.file.as_bytes()).and_then(|()| file.sync_all());
            // A part of a key is no key, and would be in the way of the next try.
            written.inspect_err(|_| drop(std::fs::remove_file(path)))
        });
        written.map_err(|source| KeyError::Unwritable { path: path.to_owned(), source })
    }

    /// The key of a file's text; an error says why the text is none.
    pub(crate) fn from_text(file: &str) -> Result<Key, &'static str> {
        let (algorithm, signing, verifying, jwk) = match parts(file)? {
            Parts::Secret { secret, jwk } => {
                let keys =
                    EncodingKey::from_secret(&secret).and_then(|key| Ok((key, DecodingKey::from_secret(&secret)?)));
                let (signing, verifying) = keys.map_err(|_| "its secret is empty")?;
                (Algorithm::Hs256, signing, verifying, jwk)
            }
            Parts::Pair { algorithm, signing, public } => (algorithm, signing, public.verifying()?, public),
        };
        // Of a secret this is a hash of the secret itself. A token gives no less away: its signature is one, too.
        let kid = thumbprint(&jwk);
        let public = (algorithm != Algorithm::Hs256).then_some(jwk);
        let key = Key { algorithm, kid, signing, verifying, public, file: file.to_owned(), stamp: Stamp::default() };
        // Whatever could keep it from signing shows here, and never in the middle of a run.
        key.try_sign(&Claims::default()).map_err(|_| "it does not sign")?;
        Ok(key)
    }

    /// The key with a stamp that it puts on every token.
    pub fn stamping(mut self, stamp: Stamp) -> Key {
        self.stamp = stamp;
        self
    }

    /// The algorithm that the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What it is called in a token's header and in a JWKS: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The token that says those claims, under the names that they say. Times lose their fraction of a second.
    pub fn sign(&self, claims: &Claims) -> Jwt {
        self.try_sign(claims).expect("a key signs: it was tried when the key was made")
    }

    fn try_sign(&self, claims: &Claims) -> jsonwebtoken::errors::Result<Jwt> {
        let mut header = Header::new(self.algorithm.as_jose());
        header.kid = Some(self.kid.clone());
        let text = jsonwebtoken::encode(&header, &to_json(claims, &self.stamp), &self.signing)?;
        let (issued_at, expires_at) = (whole_second(claims.issued_at), whole_second(claims.expires_at));
        Ok(Jwt::new(text, Claims { issued_at, expires_at, ..claims.clone() }))
    }
}
