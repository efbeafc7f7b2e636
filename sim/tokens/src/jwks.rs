//! A document of public keys (JWKS, RFC 7517).

use crate::jwk::PublicJwk;
use crate::key::Key;
use serde_json::json;

/// The JWKS of the keys' public halves, as `/.well-known/jwks.json` serves it. A secret has none, and is left out.
pub fn jwks(keys: &[Key]) -> String {
    let public = keys.iter().filter_map(|key| {
        let (alg, kid) = (key.algorithm.as_str(), &key.kid);
        Some(match key.public.as_ref()? {
            PublicJwk::Rsa { n, e } => json!({"kty": "RSA", "use": "sig", "alg": alg, "kid": kid, "n": n, "e": e}),
            PublicJwk::Ed25519 { x } => {
                json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": alg, "kid": kid, "x": x})
            }
            PublicJwk::Secret { .. } => return None,
        })
    });
    json!({"keys": public.collect::<Vec<_>>()}).to_string()
}
