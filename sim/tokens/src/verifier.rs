//! Reading an `Authorization` header as the backend does: whose signature, which claims.

use crate::algorithm::Algorithm;
use crate::claims;
use crate::jwk::PublicJwk;
use crate::key::Key;
use crate::key_error::KeyError;
use fieldday_api::token::{Claims, Credential};
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;

/// Whoever trusts some keys. A key verifies by its own algorithm and no other, whatever a token's header says.
#[derive(Clone, Default)]
pub struct Verifier {
    keys: HashMap<String, Trusted>,
}

#[derive(Clone)]
struct Trusted {
    algorithm: Algorithm,
    key: DecodingKey,
    validation: Validation,
}

impl Trusted {
    fn new(algorithm: Algorithm, key: DecodingKey) -> Trusted {
        let mut validation = Validation::new(algorithm.as_jose());
        // When a token ends is the backend's to judge, by its own clock and leeway.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Trusted { algorithm, key, validation }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verifier of {} keys", self.keys.len())
    }
}

impl Verifier {
    /// Trusts those keys, secrets too.
    pub fn of(keys: &[Key]) -> Verifier {
        let trusted = |key: &Key| (key.kid.clone(), Trusted::new(key.algorithm, key.verifying.clone()));
        Verifier { keys: keys.iter().map(trusted).collect() }
    }

    /// Trusts the keys of a JWKS that sign by RS256 or EdDSA; others are passed over.
    pub fn from_jwks(json: &str) -> Result<Verifier, KeyError> {
        let jwks: Value = serde_json::from_str(json).map_err(|_| KeyError::Jwks("it is not JSON"))?;
        let list = jwks["keys"].as_array().ok_or(KeyError::Jwks("it has no list `keys`"))?;
        let trusted = list.iter().filter_map(|jwk| {
            let (algorithm, public) = PublicJwk::from_json(jwk)?;
            Some((jwk["kid"].as_str()?.to_owned(), Trusted::new(algorithm, public.verifying().ok()?)))
        });
        let keys: HashMap<_, _> = trusted.collect();
        if keys.is_empty() { Err(KeyError::Jwks("none of its keys is usable")) } else { Ok(Verifier { keys }) }
    }

    /// What a request's `Authorization` header says. An expired token is still a token.
    pub fn read(&self, authorization: Option<&str>) -> Credential {
        let Some(header) = authorization else { return Credential::None };
        // Schemes are told apart whatever their case (RFC 9110).
        let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let claims = token.and_then(|(_, token)| self.claims(token.trim_matches(' ')));
        claims.map_or(Credential::Invalid, Credential::Token)
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        // An extension that must be understood, and is not (RFC 7515).
        if header.crit.is_some() {
            return None;
        }
        let trusted = match &header.kid {
            Some(kid) => self.keys.get(kid)?,
            // Without a name it can only be the one key that there is.
            None if self.keys.len() == 1 => self.keys.values().next()?,
            None => return None,
        };
        if header.alg != trusted.algorithm.as_jose() {
            return None;
        }
        let read = jsonwebtoken::decode::<Map<String, Value>>(token, &trusted.key, &trusted.validation);
        claims::from_json(&read.ok()?.claims)
    }
}
