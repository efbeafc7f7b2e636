//! Where something private stands in free text, told by its shape: phone numbers, e-mail addresses, tokens and keys. Names and
//! addresses of people have no shape to go by.
//!
//! Ids, UUIDs, moments, money and coordinates have shapes as well, and stay: a number without a `+` and without groups is no
//! phone number here, and a key is one only by its prefix or by what is said before it.

use super::{Private, PrivateKind, phones};
use std::borrow::Cow;
use std::ops::Range;

/// What kind of private thing stands in a text first, if one does.
pub fn scan(text: &str) -> Option<PrivateKind> {
    find(text).first().map(|(_, kind)| *kind)
}

/// A text with the token of each private thing in the thing's place: what it says besides stays to be read and compared, and
/// two texts are the same after it if they were before. Nothing of it is found private again.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let found = find(text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for (place, _) in found {
        out.push_str(&text[from..place.start]);
        out.push_str(&Private::new(&text[place.clone()]).to_string());
        from = place.end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

type Found = (Range<usize>, PrivateKind);

/// Every private thing, in order, none within another.
fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    // Most texts have none of the signs that all but a phone number needs.
    if text.contains('@') {
        emails(text, &mut found);
    }
    tokens(text, &mut found);
    phones::find(text, &mut found);
    found.sort_by_key(|(place, _)| (place.start, std::cmp::Reverse(place.end)));
    let mut end = 0;
    found.retain(|(place, _)| {
        let is_new = place.start >= end;
        end = end.max(place.end);
        is_new
    });
    found
}

fn emails(text: &str, found: &mut Vec<Found>) {
    for (at, _) in text.match_indices('@') {
        let is_name = |c: char| c.is_alphanumeric() || "._%+'-".contains(c);
        let is_host = |c: char| c.is_alphanumeric() || ".-".contains(c);
        let start = text[..at].rfind(|c| !is_name(c)).map_or(0, |place| place + width(text, place));
        let rest = &text[at + 1..];
        let host = &rest[..rest.find(|c| !is_host(c)).unwrap_or(rest.len())];
        let host = host.trim_end_matches(['.', '-']);
        let ends_in_letters = host
            .rsplit_once('.')
            .is_some_and(|(before, top)| !before.is_empty() && !top.is_empty() && top.chars().all(char::is_alphabetic));
        if start < at && ends_in_letters {
            found.push((start..at + 1 + host.len(), PrivateKind::Email));
        }
    }
}

/// How long the character is that begins there.
fn width(text: &str, place: usize) -> usize {
    text[place..].chars().next().map_or(1, char::len_utf8)
}

/// How the keys of known services begin.
const PREFIXES: [&str; 23] = [
    "sk_live_",
    "sk_test_",
    "pk_live_",
    "pk_test_",
    "rk_live_",
    "rk_test_",
    "whsec_",
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "AKIA",
    "ASIA",
    "AIza",
    "SG.",
    "ya29.",
    "shpat_",
];
/// What is said before a key or a password, without regard to case, `_` or `-`.
const KEYS: [&str; 15] = [
    "apikey",
    "accesskey",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "authtoken",
    "sessiontoken",
    "securitytoken",
    "authorization",
    "token",
    "signature",
    "sig",
    "credential",
    "secretkey",
    "privatekey",
];
/// Names whose values are private whatever they look like.
const PASSWORDS: [&str; 6] = ["password", "passwd", "pwd", "secret", "clientsecret", "passphrase"];
/// The schemes of an `Authorization` header.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

fn tokens(text: &str, found: &mut Vec<Found>) {
    let mut add = |range: Range<usize>| found.push((range, PrivateKind::Token));
    for (at, _) in text.match_indices("eyJ").filter(|(at, _)| begins(text, *at)) {
        let end = at + run(&text[at..], |c| c.is_ascii_alphanumeric() || "_-.=".contains(c));
        let jwt = text[at..end].trim_end_matches('.');
        if jwt.len() >= 12 && jwt.contains('.') {
            add(at..at + jwt.len());
        }
    }
    for prefix in PREFIXES {
        for (at, _) in text.match_indices(prefix).filter(|(at, _)| begins(text, *at)) {
            let rest = at + prefix.len();
            let end = rest + run(&text[rest..], |c| c.is_ascii_alphanumeric() || "_-.".contains(c));
            let key = text[rest..end].trim_end_matches('.');
            if key.len() >= 16 && key.bytes().any(|b| b.is_ascii_digit()) {
                add(at..rest + key.len());
            }
        }
    }
    for (at, _) in text.match_indices("://") {
        let rest = at + 3;
        let end = rest + run(&text[rest..], |c| !c.is_whitespace() && !"/?#\"'<>".contains(c));
        let user = text[rest..end].rfind('@').filter(|user| *user > 0);
        if let Some(user) = user.filter(|user| !text[rest..rest + user].starts_with("private:")) {
            add(rest..rest + user);
        }
    }
    for (at, _) in text.match_indices("-----BEGIN ") {
        if text[at..].lines().next().is_some_and(|line| line.contains("PRIVATE KEY")) {
            let end = text[at..].find("-----END ").map_or(text.len(), |end| {
                let rest = &text[at + end + 9..];
                at + end + 9 + rest.find("-----").map_or(rest.len(), |last| last + 5)
            });
            add(at..end);
        }
    }
    said_before(text, &mut add);
}

/// Keys and passwords by the words that say so: `Bearer …`, `api_key=…`, `"password": "…"`.
fn said_before(text: &str, add: &mut impl FnMut(Range<usize>)) {
    let mut from = 0;
    while let Some(start) = text[from..].find(|c: char| c.is_ascii_alphabetic()).map(|at| from + at) {
        let end = start + run(&text[start..], |c| c.is_ascii_alphanumeric() || "_-".contains(c));
        from = end;
        let word: String =
            text[start..end].chars().filter(|c| !"_-".contains(*c)).map(|c| c.to_ascii_lowercase()).collect();
        let rest = &text[end..];
        if SCHEMES.contains(&word.as_str()) {
            let blanks = run(rest, |c| c == ' ');
            let value = end + blanks..end + blanks + value_of(&rest[blanks..]);
            if blanks > 0 && is_secret(&text[value.clone()]) {
                from = value.end;
                add(value);
            }
            continue;
        }
        let is_password = PASSWORDS.contains(&word.as_str());
        if !is_password && !KEYS.iter().any(|key| word == *key || (word.starts_with('x') && word.ends_with(key))) {
            continue;
        }
        let quote = run(rest, |c| c == '"' || c == '\'');
        let Some(sign) = rest[quote..].chars().next().filter(|c| "=:".contains(*c)) else { continue };
        let after = quote + 1 + run(&rest[quote + 1..], |c| c == ' ' || c == '"' || c == '\'');
        let is_quoted = rest[quote + 1..after].contains(['"', '\'']);
        let value = end + after..end + after + value_of(&rest[after..]);
        let said = &text[value.clone()];
        // `password: must be given` is a sentence.
        let is_given = is_password && said.len() >= 3 && (sign == '=' || is_quoted || after == quote + 1);
        if (is_given && !said.starts_with("private:")) || is_secret(said) {
            from = value.end;
            add(value);
        }
    }
}

/// How long the value is that begins a text.
fn value_of(text: &str) -> usize {
    run(text, |c| !c.is_whitespace() && !"\"'<>,;&)]}".contains(c))
}

/// Whether a value looks as if a machine had made it: words do not have digits or capitals within.
fn is_secret(value: &str) -> bool {
    let has_digit = value.bytes().any(|b| b.is_ascii_digit());
    let has_letter = value.bytes().any(|b| b.is_ascii_alphabetic());
    let capital_within = value.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    let is_mixed = capital_within && value.bytes().any(|b| b.is_ascii_lowercase());
    value.len() >= 8 && !value.starts_with("private:") && has_letter && (has_digit || is_mixed)
}

/// How far the characters go that are of a kind.
fn run(text: &str, is_of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_of(c)).unwrap_or(text.len())
}

/// Whether a word can begin there.
fn begins(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_')
}
