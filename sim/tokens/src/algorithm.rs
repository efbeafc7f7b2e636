//! The algorithms that sign tokens.

use std::fmt;

/// The algorithm of a token's signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// A secret that both sides have. Its key is never in a JWKS.
    Hs256,
    /// RSA with SHA-256, as Clerk signs.
    Rs256,
    /// Ed25519: an elliptic curve, with short keys and signatures.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm, in the order of declaration.
    pub const ALL: &'static [Algorithm] = &[Algorithm::Hs256, Algorithm::Rs256, Algorithm::EdDsa];

    /// Its name in a token's header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Hs256 => "HS256",
            Algorithm::Rs256 => "RS256",
            Algorithm::EdDsa => "EdDSA",
        }
    }
    pub(crate) const fn as_jose(self) -> jsonwebtoken::Algorithm {
        match self {
            Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
