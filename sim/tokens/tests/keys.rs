//! Keys, their files, and who takes what they signed.

mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{claims, noon, rep, room};
use fieldday_api::token::{Claims, Credential, RoleClaim, TenantClaim, UserClaim};
use fieldday_kernel::time::Span;
use fieldday_tokens::{Algorithm, Jwt, Key, KeyError, Stamp, Verifier, jwks};
use serde_json::{Value, json};

fn keys() -> Vec<Key> {
    Algorithm::ALL.iter().map(|algorithm| Key::generate(*algorithm).unwrap()).collect()
}

fn read(verifier: &Verifier, jwt: &Jwt) -> Credential {
    verifier.read(Some(&jwt.expose_as_bearer()))
}

/// A token put together by hand.
fn by_hand(header: &Value, payload: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("Bearer {}.{}", part(header), part(payload));
    let signature = sign(signed.strip_prefix("Bearer ").unwrap().as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn hs256(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> + use<> {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    move |message| aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
}

#[test]
fn what_a_key_signs_is_read_by_whoever_trusts_it_and_by_nobody_else() {
    let keys = keys();
    let everybody = Verifier::of(&keys);
    for key in &keys {
        let jwt = key.sign(&claims(&rep(7)));
        let own = Verifier::of(std::slice::from_ref(key));
        for verifier in [&everybody, &own] {
            assert!(read(verifier, &jwt) == Credential::Token(claims(&rep(7))), "{key:?}");
            assert!(read(verifier, &jwt.forged()) == Credential::Invalid, "{key:?}");
        }
        let others: Vec<Key> = keys.iter().filter(|other| other.kid() != key.kid()).cloned().collect();
        assert!(read(&Verifier::of(&others), &jwt) == Credential::Invalid, "{key:?}");
        let twin = Key::generate(key.algorithm()).unwrap();
        assert!(read(&own, &twin.sign(&claims(&rep(7)))) == Credential::Invalid, "another key of the same kind");
    }
}

#[test]
fn every_name_of_a_claim_is_written_and_read() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    let verifier = Verifier::of(std::slice::from_ref(&key));
    for tenant in TenantClaim::ALL {
        for (user, role) in [(UserClaim::Sub, RoleClaim::Role), (UserClaim::UserId, RoleClaim::OrgRole)] {
            let said = Claims { named_by: (*tenant, user, role), ..claims(&rep(1)) };
            assert!(read(&verifier, &key.sign(&said)) == Credential::Token(said.clone()), "{tenant:?} {user:?}");
        }
    }
    let nobody = Claims { tenant: None, user: None, role: None, ..claims(&rep(1)) };
    assert!(read(&verifier, &key.sign(&nobody)) == Credential::Token(nobody));
}

#[test]
fn of_several_claims_the_first_that_holds_something_counts() {
    let key = Key::generate(Algorithm::Hs256).unwrap();
    let room = room("several");
    key.save(&room.join("key")).unwrap();
    let jwk: Value = serde_json::from_slice(&std::fs::read(room.join("key")).unwrap()).unwrap();
    let sign = hs256(&URL_SAFE_NO_PAD.decode(jwk["k"].as_str().unwrap()).unwrap());
    let verifier = Verifier::of(std::slice::from_ref(&key));
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": key.kid(), "cat": "as Clerk has it"});
    let token = |payload: Value| verifier.read(Some(&by_hand(&header, &payload, &sign)));
    let Credential::Token(claims) = token(json!({
        "org_id": "", "organization_id": null, "tenant_id": "org_2", "company_id": "org_3", "user_id": "u2",
        "org_role": 7, "role": "rep", "iat": 1_000_000_000.5, "exp": 1_000_000_060, "aud": "somebody", "nbf": 9e12,
    })) else {
        panic!("refused")
    };
    assert_eq!(claims.named_by, (TenantClaim::TenantId, UserClaim::UserId, RoleClaim::Role));
    assert_eq!((claims.tenant.as_deref(), claims.role.as_deref()), (Some("org_2"), Some("rep")));
    assert_eq!(claims.expires_at.since(claims.issued_at), Span::millis(59_500));
    for wrong in [json!({}), json!({"exp": "soon"}), json!({"exp": 1e300}), json!({"exp": -1}), json!({"exp": null})] {
        assert!(token(wrong.clone()) == Credential::Invalid, "{wrong}");
    }
    assert!(token(json!([1, 2])) == Credential::Invalid);
}

#[test]
fn an_expired_token_is_still_a_token() {
    let key = Key::generate(Algorithm::Rs256).unwrap();
    let old = Claims { expires_at: noon() - Span::hours(24 * 365 * 20), ..claims(&rep(1)) };
    assert!(read(&Verifier::of(std::slice::from_ref(&key)), &key.sign(&old)) == Credential::Token(old));
}

#[test]
fn what_is_no_bearer_token_is_told_from_nothing() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    let verifier = Verifier::of(std::slice::from_ref(&key));
    let good = key.sign(&claims(&rep(1)));
    let good = good.expose();
    assert!(verifier.read(None) == Credential::None);
    assert!(verifier.read(Some(&format!("bearer {good}"))) != Credential::Invalid, "a scheme has no case");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let wrong = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer ..".to_owned(),
        good.to_owned(),
        format!("Basic {good}"),
        format!("Bearer {signed}"),
        format!("Bearer {signed}."),
        format!("Bearer {good}.{signature}"),
        format!("Bearer {good} {good}"),
        format!("Bearer x{good}"),
        "Bearer \u{1F4A5}.\u{0}.é".to_owned(),
    ];
    for header in wrong {
        assert!(verifier.read(Some(&header)) == Credential::Invalid, "{} letters", header.len());
    }
    assert!(Verifier::default().read(Some(&format!("Bearer {good}"))) == Credential::Invalid, "it trusts nobody");
}

#[test]
fn no_header_makes_a_key_verify_by_another_algorithm() {
    let keys = keys();
    let verifier = Verifier::of(&keys);
    let payload = json!({"sub": "user_1", "org_id": "org_1", "org_role": "admin", "exp": 4_000_000_000_u64});
    let public = jwks(&keys);
    let list: Value = serde_json::from_str(&public).unwrap();
    let text = |n: usize, name: &str| list["keys"][n][name].as_str().unwrap_or_default().to_owned();
    // Everything public that an attacker may take for a secret.
    let mut secrets: Vec<Vec<u8>> = vec![Vec::new(), public.clone().into_bytes()];
    for n in 0..2 {
        for name in ["n", "x", "e", "kid"] {
            secrets.push(text(n, name).into_bytes());
            secrets.push(URL_SAFE_NO_PAD.decode(text(n, name)).unwrap_or_default());
        }
        secrets.push(list["keys"][n].to_string().into_bytes());
    }
    for kid in keys.iter().map(Key::kid) {
        for secret in &secrets {
            let header = json!({"alg": "HS256", "typ": "JWT", "kid": kid});
            assert!(verifier.read(Some(&by_hand(&header, &payload, hs256(secret)))) == Credential::Invalid);
        }
        for alg in ["none", "None", "", "HS512", "RS512", "PS256", "ES256"] {
            for signature in [Vec::new(), vec![0; 64], vec![0; 256]] {
                let header = json!({"alg": alg, "typ": "JWT", "kid": kid});
                let token = by_hand(&header, &payload, |_| signature.clone());
                assert!(verifier.read(Some(&token)) == Credential::Invalid, "{alg}");
            }
        }
    }
    // A key that comes with the token is nobody's key; an extension that must be understood is not.
    let own = hs256(b"my own");
    for more in [json!({"jwk": {"kty": "oct", "k": "bXkgb3du"}}), json!({"kid": "unknown"}), json!({"crit": ["exp"]})] {
        let mut header = json!({"alg": "HS256", "typ": "JWT", "kid": keys[0].kid()});
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert!(verifier.read(Some(&by_hand(&header, &payload, &own))) == Credential::Invalid, "{more}");
    }
}

#[test]
fn a_jwks_holds_public_halves_alone_and_verifies_like_the_keys() {
    let keys = keys();
    let json = jwks(&keys);
    let list: Value = serde_json::from_str(&json).unwrap();
    let list = list["keys"].as_array().unwrap();
    assert_eq!(list.len(), 2, "the secret is left out");
    for (jwk, names) in
        list.iter().zip([["kty", "use", "alg", "kid", "n", "e"], ["kty", "use", "alg", "kid", "crv", "x"]])
    {
        let mut found: Vec<&str> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        let mut names = names.to_vec();
        found.sort();
        names.sort();
        assert_eq!(found, names);
    }
    let verifier = Verifier::from_jwks(&json).unwrap();
    for key in &keys {
        let is_token = read(&verifier, &key.sign(&claims(&rep(1)))) != Credential::Invalid;
        assert_eq!(is_token, key.algorithm() != Algorithm::Hs256);
    }
    let secret = json!({"keys": [{"kty": "oct", "kid": "s", "alg": "HS256", "k": "c2VjcmV0"}]}).to_string();
    let curve = json!({"keys": [{"kty": "EC", "kid": "e", "crv": "P-256", "x": "AA", "y": "AA"}]}).to_string();
    for wrong in ["", "[]", "{}", r#"{"keys": 7}"#, r#"{"keys": [7, {}, null]}"#, &secret, &curve] {
        assert!(matches!(Verifier::from_jwks(wrong), Err(KeyError::Jwks(_))), "{wrong}");
    }
}

#[test]
fn a_saved_key_is_the_same_key_and_its_owners_alone() {
    let room = room("saved");
    for key in keys() {
        let file = room.join(key.algorithm().as_str());
        key.save(&file).unwrap();
        let again = Key::load(&file).unwrap();
        assert_eq!((again.kid(), again.algorithm()), (key.kid(), key.algorithm()));
        let is_token = read(&Verifier::of(std::slice::from_ref(&key)), &again.sign(&claims(&rep(1))));
        assert!(is_token != Credential::Invalid);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let before = std::fs::read(&file).unwrap();
        let refused = Key::generate(Algorithm::EdDsa).unwrap().save(&file);
        assert!(matches!(refused, Err(KeyError::Unwritable { .. })));
        assert_eq!(std::fs::read(&file).unwrap(), before, "a key is never written over");
    }
}

#[test]
fn an_rsa_key_is_read_in_both_of_its_forms() {
    let room = room("pkcs1");
    let key = Key::generate(Algorithm::Rs256).unwrap();
    key.save(&room.join("pkcs8.pem")).unwrap();
    let pkcs8 = pem::parse(std::fs::read(room.join("pkcs8.pem")).unwrap()).unwrap();
    // PKCS#8 wraps PKCS#1: version, algorithm, and the header of an octet string make 26 bytes at 2048 bits.
    let pkcs1 = pem::encode(&pem::Pem::new("RSA PRIVATE KEY", &pkcs8.contents()[26..]));
    std::fs::write(room.join("pkcs1.pem"), pkcs1).unwrap();
    let again = Key::load(&room.join("pkcs1.pem")).unwrap();
    assert_eq!(again.kid(), key.kid());
    assert!(again.sign(&claims(&rep(1))) == key.sign(&claims(&rep(1))), "RSA signs the same in the same way");
}

#[test]
fn what_is_no_key_is_refused_with_the_reason_and_not_shown() {
    let room = room("no-key");
    let public = pem::encode(&pem::Pem::new("PUBLIC KEY", [48, 3, 1, 2, 3]));
    let encrypted = pem::encode(&pem::Pem::new("ENCRYPTED PRIVATE KEY", [48, 3, 1, 2, 3]));
    let damaged = pem::encode(&pem::Pem::new("PRIVATE KEY", [48, 3, 1, 2, 3]));
    let wrong: [(&[u8], &str); 11] = [
        (b"", "neither PEM nor a JWK"),
        (b"hunter2", "neither PEM nor a JWK"),
        (b"\xff\xfe\x00", "binary"),
        (b"{\"kty\": \"oct\", \"k\": ", "damaged JSON"),
        (b"{\"k\": \"aHVudGVyMg\"}", "without a `kty`"),
        (b"{\"kty\": \"oct\", \"k\": \"\"}", "not a base64url secret"),
        (b"{\"kty\": \"oct\", \"alg\": \"HS512\", \"k\": \"aHVudGVyMg\"}", "not HS256"),
        (b"{\"kty\": \"RSA\", \"n\": \"aHVudGVyMg\"}", "convert it to PEM"),
        (public.as_bytes(), "only a private key signs"),
        (encrypted.as_bytes(), "encrypted"),
        (damaged.as_bytes(), "damaged"),
    ];
    for (bytes, why) in wrong {
        std::fs::write(room.join("key"), bytes).unwrap();
        let error = Key::load(&room.join("key")).unwrap_err();
        let said = format!("{error} {error:?} {}", error.hint());
        assert!(said.contains(why) && said.contains("key"), "{said}");
        assert!(!said.contains("hunter2") && !said.contains("aHVudGVyMg"), "{said}");
    }
    std::fs::write(room.join("key"), vec![b'x'; 1 << 20]).unwrap();
    assert!(Key::load(&room.join("key")).unwrap_err().to_string().contains("too large"));
    assert!(matches!(Key::load(&room.join("none")), Err(KeyError::Unreadable { .. })));
}

#[test]
fn neither_a_key_nor_a_token_shows_itself() {
    let room = room("shows");
    for key in keys() {
        let key = key.stamping(Stamp { issuer: Some("https://clerk.example".to_owned()), azp: None });
        let file = room.join(key.algorithm().as_str());
        key.save(&file).unwrap();
        let jwt = key.sign(&claims(&rep(1)));
        let verifier = Verifier::of(std::slice::from_ref(&key));
        let shown = format!("{key:?} {jwt:?} {jwt} {verifier:?} {:?}", read(&verifier, &jwt));
        let secret = std::fs::read_to_string(&file).unwrap();
        let secret = secret.lines().max_by_key(|line| line.len()).unwrap();
        let inner = secret.trim().trim_matches('"');
        assert!(!shown.contains(inner) && !shown.contains(&jwt.expose()[..20]), "{shown}");
        assert!(!shown.contains("user_1") && shown.contains("2026-06-10T12:01:00Z"), "{shown}");
    }
}

#[test]
fn an_issuer_stamps_its_tokens() {
    let stamp = Stamp { issuer: Some("https://clerk.example".to_owned()), azp: Some("https://app.example".to_owned()) };
    let jwt = Key::generate(Algorithm::EdDsa).unwrap().stamping(stamp).sign(&claims(&rep(1)));
    let payload = jwt.expose().split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let expected = json!({
        "sub": "user_1", "org_id": "org_1", "org_role": "org:sales_rep", "iss": "https://clerk.example",
        "azp": "https://app.example", "iat": 1_781_092_800, "exp": 1_781_092_860,
    });
    assert_eq!(payload, expected);
}
