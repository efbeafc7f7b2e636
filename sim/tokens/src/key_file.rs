//! Key files: PEM as openssl writes it for RSA (PKCS#1 or PKCS#8) and Ed25519 (PKCS#8), and for HS256 a JWK,
//! `{"kty":"oct","k":"<the secret in base64url>"}`.

use crate::algorithm::Algorithm;
use crate::jwk::{PublicJwk, decoded, encoded};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RsaKeyPair};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

/// RFC 7518 asks that of RSA, and the library verifies nothing shorter.
const LEAST_RSA_BYTES: usize = 256;

/// What a key is made of, whatever its file looked like.
pub(crate) enum Parts {
    Secret { secret: Vec<u8>, jwk: PublicJwk },
    Pair { algorithm: Algorithm, signing: EncodingKey, public: PublicJwk },
}

/// The text of a file with a new key; none if the machine refuses.
pub(crate) fn new_file(algorithm: Algorithm) -> Option<String> {
    let pem = |der: &[u8]| pem::encode(&pem::Pem::new("PRIVATE KEY", der)).replace("\r\n", "\n");
    match algorithm {
        Algorithm::Hs256 => {
            let mut secret = [0; 32];
            aws_lc_rs::rand::fill(&mut secret).ok()?;
            Some(format!("{:#}\n", json!({"kty": "oct", "alg": "HS256", "k": encoded(&secret)})))
        }
        Algorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
            Some(pem(AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).ok()?.as_ref()))
        }
        // The first version, without the public half, is what openssl and Python's cryptography write and read.
        Algorithm::EdDsa => Some(pem(Ed25519KeyPair::generate().ok()?.to_pkcs8v1().ok()?.as_ref())),
    }
}

/// What a file's text holds; an error says why it holds no key.
pub(crate) fn parts(file: &str) -> Result<Parts, &'static str> {
    if file.trim_start().starts_with('{') {
        return secret(file);
    }
    let pem = pem::parse(file).map_err(|_| "it is neither PEM nor a JWK")?;
    let der = pem.contents();
    match pem.tag() {
        "RSA PRIVATE KEY" => rsa(file, &RsaKeyPair::from_der(der).map_err(|_| "its RSA key is damaged")?),
        "PRIVATE KEY" => {
            if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
                return rsa(file, &pair);
            }
            let pair = Ed25519KeyPair::from_pkcs8(der);
            let pair = pair.map_err(|_| "it is damaged, or neither an RSA nor an Ed25519 key")?;
            let public = PublicJwk::Ed25519 { x: encoded(pair.public_key().as_ref()) };
            Ok(Parts::Pair { algorithm: Algorithm::EdDsa, signing: EncodingKey::from_ed_der(der), public })
        }
        "ENCRYPTED PRIVATE KEY" => Err("it is encrypted: decrypt it first, with `openssl pkey -in FILE -out FILE`"),
        "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => Err("it is public, and only a private key signs"),
        _ => Err("it is PEM, but not of a key"),
    }
}

fn rsa(file: &str, pair: &RsaKeyPair) -> Result<Parts, &'static str> {
    if pair.public_modulus_len() < LEAST_RSA_BYTES {
        return Err("its RSA key is too short: at least 2048 bits are needed");
    }
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let signing = EncodingKey::from_rsa_pem(file.as_bytes()).map_err(|_| "its RSA key is damaged")?;
    let public = PublicJwk::Rsa { n: encoded(&n), e: encoded(&e) };
    Ok(Parts::Pair { algorithm: Algorithm::Rs256, signing, public })
}

fn secret(file: &str) -> Result<Parts, &'static str> {
    let jwk: Value = serde_json::from_str(file).map_err(|_| "it is damaged JSON")?;
    match jwk["kty"].as_str() {
        Some("oct") => {}
        Some(_) => return Err("it is a JWK of a key pair: convert it to PEM"),
        None => return Err("it is JSON without a `kty`"),
    }
    if jwk["alg"].as_str().is_some_and(|alg| alg != "HS256") {
        return Err("its `alg` is not HS256");
    }
    let secret = jwk["k"].as_str().and_then(decoded).filter(|secret| !secret.is_empty());
    let secret = secret.ok_or("its `k` is not a base64url secret")?;
    let jwk = PublicJwk::Secret { k: encoded(&secret) };
    Ok(Parts::Secret { secret, jwk })
}
