//! Tokens from a key, a file and a command, and the wallet that keeps them.

mod common;

use common::{claims, noon, rep, room};
use fieldday_api::token::{Claims, TenantClaim};
use fieldday_kernel::time::Span;
use fieldday_scenario::Scenario;
use fieldday_tokens::{Algorithm, Key, Keyless, Local, Source, TokenCommand, TokenError, TokenFile, Wallet};
use std::path::Path;
use std::time::Duration;

fn key() -> Key {
    Key::generate(Algorithm::EdDsa).unwrap()
}

fn file(name: &str, text: &str) -> Result<Source, TokenError> {
    let path = room(name).join("tokens");
    std::fs::write(&path, text).unwrap();
    TokenFile::open(&path).map(Source::File)
}

fn shell(script: &str) -> Source {
    Source::Command(TokenCommand::new(["sh", "-c", script].map(str::to_owned).to_vec()))
}

#[tokio::test]
async fn a_scenario_says_where_tokens_come_from() {
    let head = "name = 'test'\nabout = 'a test'\n[day]\ndates = ['2026-06-10']\n";
    let source = |section: String| {
        let scenario = Scenario::parse(&format!("{head}{section}"), "test.toml").unwrap();
        Source::of(&scenario.tokens, Span::seconds(60), Keyless::Generated)
    };
    let path = room("scenario").join("key.pem");
    key().save(&path).unwrap();
    let kid = Key::load(&path).unwrap().kid().to_owned();
    let local = source(format!("[tokens]\nkey = {path:?}\nlife_s = 90\ntenant_claim = 'tenant_id'\n")).unwrap();
    assert_eq!(local.key().unwrap().kid(), kid);
    let jwt = local.token(&rep(1), noon()).await.unwrap();
    assert_eq!(jwt.expires_at().since(noon()), Span::seconds(90));
    assert_eq!(jwt.claims.named_by.0, TenantClaim::TenantId);
    let usual = source(String::new()).unwrap();
    let jwt = usual.token(&rep(1), noon() + Span::millis(999)).await.unwrap();
    assert!(jwt.claims == claims(&rep(1)), "a minute, to the second, under the usual names");
    for (section, part) in [
        ("[tokens]\nkey = '/no/such/key'\n", "/no/such/key"),
        ("[tokens]\nsource = 'file'\npath = '/no/such/file'\n", "/no/such/file"),
    ] {
        let error = source(section.to_owned()).unwrap_err();
        assert!(error.to_string().contains(part) && !error.hint().is_empty(), "{error}");
    }
}

#[tokio::test]
async fn a_file_is_json_or_lines_and_is_read_again_when_it_changed() {
    let key = key();
    let tokens = [1, 2].map(|n| key.sign(&claims(&rep(n))));
    let [one, two] = [tokens[0].expose(), tokens[1].expose()];
    let lines = format!("# users of the test tenant\n\nuser_1 {one}\n  user_2\t{two}\r\n");
    let json = serde_json::json!({"user_1": one, "user_2": two}).to_string();
    for (name, text) in [("lines", lines), ("json", json)] {
        let source = file(name, &text).unwrap();
        for n in [1, 2] {
            assert!(source.token(&rep(n), noon()).await.unwrap() == tokens[n as usize - 1], "{name}");
        }
        let missing = source.token(&rep(3), noon()).await.unwrap_err();
        assert!(matches!(&missing, TokenError::NotInFile { user, .. } if user == "user_3"), "{missing}");
        let late = source.token(&rep(1), noon() + Span::seconds(60)).await.unwrap_err();
        assert!(matches!(late, TokenError::Expired { .. }), "{late}");
        let newer = key.sign(&Claims { expires_at: noon() + Span::seconds(3600), ..claims(&rep(1)) });
        std::fs::write(room(name).join("tokens"), format!("user_1 {}\n", newer.expose())).unwrap();
        assert!(source.token(&rep(1), noon() + Span::seconds(60)).await.unwrap() == newer);
    }
}

#[test]
fn a_wrong_file_is_placed_and_not_shown() {
    let token = key().sign(&claims(&rep(1)));
    let token = token.expose();
    let wrong = [
        ("user_1 opaque-secret".to_owned(), "line 1"),
        (format!("user_1 {token}\nuser_2 {token} {token}"), "line 2"),
        (format!("user_1 {token}\nopaque-secret"), "line 2"),
        (format!("user_1 {token}\nuser_1 {token}"), "line 2"),
        ("{\"user_1\": \"opaque-secret\"}".to_owned(), "user_1"),
        ("{\"user_1\":\n 7, \"a\": \"opaque-secret\"}".to_owned(), "line 2"),
        ("{\"user_1\": \"a.opaque-secret.c\"}".to_owned(), "user_1"),
    ];
    for (text, place) in wrong {
        let error = file("wrong", &text).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(said.contains(place) && said.contains("tokens"), "{said}");
        assert!(!said.contains("opaque-secret") && !said.contains(token), "{said}");
    }
}

#[tokio::test]
async fn somebody_elses_token_is_refused() {
    let key = key();
    let elsewhere = Claims { tenant: Some("org_2".into()), ..claims(&rep(1)) };
    let nowhere = Claims { tenant: None, ..claims(&rep(1)) };
    for (said, expected) in [(claims(&rep(2)), Some("user")), (elsewhere, Some("tenant")), (nowhere, None)] {
        let source = file("another", &format!("user_1 {}", key.sign(&said).expose())).unwrap();
        match source.token(&rep(1), noon()).await {
            Ok(_) => assert_eq!(expected, None),
            Err(error) => {
                assert!(matches!(error, TokenError::OfAnother { what, .. } if Some(what) == expected), "{error}")
            }
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_is_told_whose_token_it_should_print() {
    let jwt = key().sign(&claims(&rep(1)));
    let room = room("command");
    std::fs::write(room.join("user_1.org_1.sales_rep.org:sales_rep"), jwt.expose()).unwrap();
    let who = "$FIELDDAY_USER_ID.$FIELDDAY_TENANT_ID.$FIELDDAY_ROLE.$FIELDDAY_ROLE_NAME";
    let source = shell(&format!("echo noise >&2; cat '{}'/\"{who}\" && echo", room.display()));
    assert!(source.token(&rep(1), noon()).await.unwrap() == jwt);
    assert!(source.token(&rep(2), noon()).await.unwrap_err().to_string().contains("exited with code"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_that_fails_is_said_without_what_it_said() {
    let secret = "private-words";
    let cases = [
        (shell(&format!("echo {secret} >&2; echo {secret}; exit 3")), "exited with code 3"),
        (shell(&format!("echo {secret}")), "not a session token"),
        (shell("true"), "not a session token"),
        (shell("printf '\\377'"), "not text"),
        (shell("kill -9 $$"), "signal"),
        (shell("yes"), "longer than any token"),
        (Source::Command(TokenCommand::new(vec!["/no/such/program".to_owned()])), "cannot be run"),
        (Source::Command(TokenCommand::new(Vec::new())), "cannot be run"),
        (
            Source::Command(
                TokenCommand::new(["sleep", "600"].map(str::to_owned).to_vec()).with_limit(Duration::from_millis(50)),
            ),
            "longer than",
        ),
    ];
    for (source, part) in cases {
        let error = source.token(&rep(1), noon()).await.unwrap_err();
        let said = format!("{error} {error:?} {source:?}");
        assert!(said.contains(part) && !said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn a_wallet_gives_the_token_in_hand_until_its_last_ten_seconds() {
    let local = Local { key: key(), named_by: Default::default(), life: Span::seconds(60) };
    let wallet = Wallet::new(Source::Local(local), 4);
    let first = wallet.token(&rep(1), noon()).await.unwrap();
    assert!(wallet.token(&rep(1), noon() + Span::seconds(49)).await.unwrap() == first);
    assert_eq!(wallet.fetches(), 1);
    let second = wallet.token(&rep(1), noon() + Span::seconds(50)).await.unwrap();
    assert_eq!((second.expires_at().since(first.expires_at()), wallet.fetches()), (Span::seconds(50), 2));
    assert!(wallet.token(&rep(2), noon()).await.unwrap() != first, "another user's is another");
    let fresh = wallet.fresh(&rep(1), noon() + Span::seconds(51)).await.unwrap();
    assert!(fresh != second, "an app that was refused gets a new one");
    assert!(wallet.token(&rep(1), noon() + Span::seconds(52)).await.unwrap() == fresh, "which is then the one in hand");
}

#[cfg(unix)]
#[tokio::test]
async fn a_thousand_users_fetch_a_few_at_a_time() {
    // Each run of the command is a folder while it lasts; how many there are at once is written down by each.
    let room = room("parallel");
    let (key, path) = (key(), |name: &str| room.join(name).display().to_string());
    for n in 0..24 {
        std::fs::write(room.join(format!("user_{n}")), key.sign(&claims(&rep(n))).expose()).unwrap();
    }
    std::fs::create_dir(room.join("running")).unwrap();
    let script = format!(
        "mkdir {running}/$$; ls {running} | wc -l >> {seen}; cat {room}/$FIELDDAY_USER_ID; sleep 0.02; rmdir {running}/$$",
        running = path("running"),
        seen = path("seen"),
        room = room.display(),
    );
    let wallet = Wallet::new(shell(&script), 3);
    let wallet = std::sync::Arc::new(wallet);
    let asks: Vec<_> = (0..24)
        .map(|n| {
            let wallet = wallet.clone();
            tokio::spawn(async move { wallet.token(&rep(n), noon()).await.is_ok() })
        })
        .collect();
    for ask in asks {
        assert!(ask.await.unwrap());
    }
    let seen = std::fs::read_to_string(Path::new(&path("seen"))).unwrap();
    let most = seen.lines().map(|line| line.trim().parse::<u32>().unwrap()).max();
    assert!(most <= Some(3) && seen.lines().count() == 24, "{most:?}");
}
