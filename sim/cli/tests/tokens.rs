//! `fieldday tokens`, as a shell sees it.

mod common;

use common::{room, said};
use std::fs;

#[test]
fn a_new_key_signs_what_its_jwks_verifies_and_nothing_secret_is_said() {
    use fieldday_api::token::Credential;
    let room = room("tokens-round");
    for algorithm in ["rs256", "eddsa"] {
        let file = room.join(format!("{algorithm}.pem"));
        let file = file.to_str().unwrap();
        let (code, out, err) = said(&["tokens", "new-key", "--algorithm", algorithm, file]);
        assert_eq!((code, err.as_str()), (0, ""));
        let kid = out.trim_end().rsplit(' ').next().unwrap();
        let secret = fs::read_to_string(file).unwrap();
        let line = secret.lines().nth(1).unwrap();
        assert!(out.contains(file) && !out.contains(line), "{out}");

        let (code, jwks, _) = said(&["tokens", "jwks", file]);
        assert!(code == 0 && jwks.contains(kid) && !jwks.contains("\"d\""), "{jwks}");
        let mint =
            ["tokens", "mint", "--key", file, "--user", "user_1", "--tenant", "org_1", "--role", "org:sales_rep"];
        let (code, token, err) = said(&mint);
        assert_eq!((code, token.lines().count(), err.as_str()), (0, 1, ""), "the token and nothing else");
        let verifier = fieldday_tokens::Verifier::from_jwks(&jwks).unwrap();
        let Credential::Token(claims) = verifier.read(Some(&format!("Bearer {}", token.trim_end()))) else {
            panic!("its own token is refused")
        };
        assert_eq!((claims.user.as_deref(), claims.tenant.as_deref()), (Some("user_1"), Some("org_1")));
        assert_eq!(claims.expires_at.since(claims.issued_at).as_seconds(), 60);
    }
}

#[test]
fn a_key_is_never_written_over_and_a_secret_is_in_no_jwks() {
    let room = room("tokens-care");
    let file = room.join("secret.json");
    let file = file.to_str().unwrap();
    assert_eq!(said(&["tokens", "new-key", "--algorithm", "hs256", file]).0, 0);
    let before = fs::read(file).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let (code, out, err) = said(&["tokens", "new-key", file]);
    assert!(code == 2 && out.is_empty() && err.contains(file) && err.contains("never overwritten"), "{err}");
    assert_eq!(fs::read(file).unwrap(), before);
    let (code, jwks, err) = said(&["tokens", "jwks", file]);
    assert_eq!((code, jwks.as_str()), (0, "{\"keys\":[]}\n"));
    assert!(err.contains("left out"), "{err}");
}

#[test]
fn what_is_no_key_is_said_without_being_shown() {
    let room = room("tokens-wrong");
    let file = room.join("notes.txt");
    fs::write(&file, "correct horse battery staple").unwrap();
    let file = file.to_str().unwrap();
    for words in [vec!["tokens", "jwks", file], vec!["tokens", "jwks", "/no/such/key.pem"], vec!["tokens", "jwks"]] {
        let (code, out, err) = said(&words);
        assert!(code == 2 && out.is_empty() && !err.contains("horse"), "{err}");
    }
    let (code, _, err) = said(&["tokens", "jwks", file]);
    assert!(code == 2 && err.contains("neither PEM nor a JWK") && err.contains("new-key"), "{err}");
}
