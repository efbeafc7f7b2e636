//! Public keys as JSON (RFC 7517), and their thumbprints (RFC 7638).

use crate::algorithm::Algorithm;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::Value;

/// The parts of a key that its thumbprint is taken of, in base64url. Of a pair that is its public half.
#[derive(Clone)]
pub(crate) enum PublicJwk {
    Rsa { n: String, e: String },
    Ed25519 { x: String },
    Secret { k: String },
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// RFC 7638: the members that a kind of key needs, in order, without spaces, hashed.
pub(crate) fn thumbprint(jwk: &PublicJwk) -> String {
    let members = match jwk {
        PublicJwk::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        PublicJwk::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
        PublicJwk::Secret { k } => format!(r#"{{"k":"{k}","kty":"oct"}}"#),
    };
    encoded(digest(&SHA256, members.as_bytes()).as_ref())
}

impl PublicJwk {
    pub(crate) fn verifying(&self) -> Result<DecodingKey, &'static str> {
        let key = match self {
            PublicJwk::Rsa { n, e } => DecodingKey::from_rsa_components(n, e),
            PublicJwk::Ed25519 { x } => DecodingKey::from_ed_components(x),
            PublicJwk::Secret { .. } => return Err("a secret has no public key"),
        };
        key.map_err(|_| "its public key is not base64url")
    }

    /// A public key of a JWKS, with its algorithm; none if it is of a kind that this reads no tokens of. Secrets are of no
    /// such kind: whoever published one would let everybody sign.
    pub(crate) fn from_json(jwk: &Value) -> Option<(Algorithm, PublicJwk)> {
        let text = |name: &str| jwk[name].as_str();
        let bytes = |name: &str| text(name).and_then(decoded);
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let (algorithm, key) = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let (n, e) = (bytes("n")?, bytes("e")?);
                (Algorithm::Rs256, PublicJwk::Rsa { n: encoded(&n), e: encoded(&e) })
            }
            ("OKP", Some("Ed25519")) => {
                let x = bytes("x").filter(|x| x.len() == 32)?;
                (Algorithm::EdDsa, PublicJwk::Ed25519 { x: encoded(&x) })
            }
            _ => return None,
        };
        let named = |name: &str| name == algorithm.as_str() || (algorithm == Algorithm::EdDsa && name == "Ed25519");
        text("alg").is_none_or(named).then_some((algorithm, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        // RFC 7638, section 3.1; RFC 8037, appendix A.3.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok\
                 njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu\
                 6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a\
                 wapJzKnqDKgw";
        let rsa = PublicJwk::Rsa { n: n.to_owned(), e: "AQAB".to_owned() };
        assert_eq!(thumbprint(&rsa), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let ed25519 = PublicJwk::Ed25519 { x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned() };
        assert_eq!(thumbprint(&ed25519), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
