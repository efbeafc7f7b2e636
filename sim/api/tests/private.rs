//! What is private in free text is found, and what only looks a little like it is not.

use fieldday_api::private::{Private, PrivateKind, scan, scrub};
use proptest::prelude::*;

const PHONES: &[&str] = &[
    "415-555-0182",
    "(415) 555-0183",
    "(415)555-0183",
    "415.555.0182",
    "415 555 0182",
    "415 555-0182",
    "1-800-555-0182",
    "1 (415) 555-0182",
    "123-456-7890",
    "+1 415 555 0182",
    "+1-415-555-0182",
    "+1 (415) 555-0182",
    "+14155550182",
    "+15550100",
    "+49 30 1234567",
    "+44 20 7946 0958",
    "+33 1 23 45 67 89",
    "+1.415.555.0182",
    "0049 30 1234567",
    "020 7946 0958",
    "07700 900123",
    "030/1234567",
    "0151 12345678",
    "01 23 45 67 89",
    "06.12.34.56.78",
];
const EMAILS: &[&str] = &["ada@example.com", "ada.lovelace+otto@mail.example.co.uk", "zoë@exämple.de", "x_1%y@a-b.io"];
const TOKENS: &[&str] = &[
    "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "sk-proj-abcdEFGH0123456789abcd",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE12",
    "AIzaSyD4iE2xVSpkLLOXoyqT-RuPwURN3ddScAI",
];
const INNOCENT: &[&str] = &[
    "",
    "Rep is already clocked in",
    "Appointment not found",
    "call 7 failed: status 404, request req_0123456789abcdef, appt_5a2f302f7bb043",
    "took +12 ms at 2026-06-10T10:00:00+00:00",
    "2026-06-10 10:00:00.123456+0200",
    "06-10-2026 10:15 and 10.06.2026, 06/10/2026 12 rows",
    "between 100-2000 and 2026-06-10 07:30",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "00000000-0000-0000-0000-000000000000",
    "Root=1-67891233-abcdef012345678912345678",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "1749549600 1749549600000 4155550182",
    "$1,234,567.89 or 1 234 567.00 or 12345678.90 EUR, 5000.00",
    "40.735657,-74.172367 and +40.7356571, -74.1723667; lat 07.12345678",
    "192.168.100.200:8080 v10.20.3000 1.2.3",
    "https://otto.example.com/api/v1/tasks?limit=100&offset=2000000",
    "s3://otto/recordings/session_012345678901",
    "@property decorated, user@localhost, a @ b",
    "Bearer token is missing; Bearer authentication required; Basic auth",
    "Invalid token: signature has expired; token: missing; password: field required",
    "MISSING_TENANT_ID token_expired secret-santa",
    "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "expected 3 of 415, got 555 after 182 ms",
    "id 12345-67890-12345, order 415-555-01823, 0-415-555-018",
];

#[test]
fn every_form_is_found_within_a_sentence_and_nothing_of_it_is_left() {
    let kinds = [(PHONES, PrivateKind::Phone), (EMAILS, PrivateKind::Email), (TOKENS, PrivateKind::Token)];
    for (things, kind) in kinds {
        for thing in things {
            let sentences = [
                thing.to_string(),
                format!("could not text {thing}"),
                format!("could not text {thing}."),
                format!("'{thing}', twice"),
                format!("({thing})"),
                format!("{{\"to\":\"{thing}\"}}"),
                format!("to={thing}&limit=5"),
                format!("to:{thing}; x"),
            ];
            for text in sentences {
                assert_eq!(scan(&text), Some(kind), "{text}");
                let scrubbed = scrub(&text);
                assert!(!scrubbed.contains(thing), "{scrubbed}");
                // No four characters in a row of it: part of a number is enough to know whose.
                let parts: Vec<char> = thing.chars().collect();
                assert!(
                    parts.windows(5).all(|part| !scrubbed.contains(&part.iter().collect::<String>())),
                    "{scrubbed}"
                );
                assert_eq!(scrub(&scrubbed), scrubbed, "what is scrubbed stays as it is");
            }
            assert_eq!(scrub(&format!("could not text {thing}")), format!("could not text {}", Private::from(*thing)));
        }
    }
}

#[test]
fn secrets_are_found_by_what_stands_before_them() {
    for (text, secret) in [
        ("Authorization: Bearer a1b2c3d4e5f6", "a1b2c3d4e5f6"),
        ("authorization: basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("{\"password\": \"hunter2\"}", "hunter2"),
        ("password=hunter2", "hunter2"),
        ("api_key=0123456789abcdef", "0123456789abcdef"),
        ("X-Api-Key: 0123456789abcdef", "0123456789abcdef"),
        ("https://s3.example.com/a?X-Amz-Signature=0123456789abcdef&x=1", "0123456789abcdef"),
        ("postgres://otto:s3cret@db.example.com/otto", "otto:s3cret"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "MIIE"),
    ] {
        assert_eq!(scan(text), Some(PrivateKind::Token), "{text}");
        assert!(!scrub(text).contains(secret), "{}", scrub(text));
    }
}

#[test]
fn what_is_not_private_stays_to_the_letter() {
    for text in INNOCENT {
        assert_eq!(scan(text), None, "{text}");
        assert_eq!(scrub(text), *text);
    }
}

#[test]
fn texts_that_differ_in_what_is_private_alone_still_differ() {
    let of = |number: &str| scrub(&format!("could not text {number}")).into_owned();
    assert_ne!(of("415-555-0182"), of("415-555-0183"));
    assert_eq!(of("415-555-0182"), of("415-555-0182"));
    let already = scrub("Rep (415) 555-0183 is already clocked in").into_owned();
    assert!(already.starts_with("Rep private:") && already.ends_with(" is already clocked in"), "{already}");
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        "(appt|task|session|shift|lead|contact|msg|req|org|user)_[0-9a-f]{6,24}",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "[0-9]{8}-[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{12}",
        "Root=1-[0-9]{8}-[0-9a-f]{24}",
        "Root=1-[0-9a-f]{8}-[0-9]{24}",
        "00-[0-9a-f]{32}-[0-9a-f]{16}-01",
        "[0-9A-HJKMNP-TV-Z]{26}",
        "[0-9a-f]{7,40}",
        "[0-9]{1,19}",
        "SM[0-9a-f]{32}",
    ]
}
fn figure() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_i64..4_000_000_000_000_000).prop_map(|us| fieldday_kernel::time::Time::from_micros(us).to_string()),
        "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]) (0[0-9]|1[0-9]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{3,6})?([+-](0[0-9]|1[0-4]):?[03]0)?",
        "(0[1-9]|1[0-2])[-/.](0[1-9]|[12][0-9])[-/.]20[0-9]{2}",
        "[$€]?-?[0-9]{1,9}\\.[0-9]{2}",
        "[$€][0-9]{1,3}(,[0-9]{3}){1,3}\\.[0-9]{2}",
        "-?[0-9]{1,3}\\.[0-9]{4,14}, ?-?[0-9]{1,3}\\.[0-9]{4,14}",
        "[0-9]{1,9} (ms|s|%|rows|bytes)",
        "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}:[0-9]{4}",
    ]
}

proptest! {
    #[test]
    fn ids_times_money_and_coordinates_are_not_private(
        parts in proptest::collection::vec(prop_oneof![id(), figure()], 1..4),
        glue in prop_oneof![Just(" and "), Just(", of "), Just("; "), Just(" is not ")]
    ) {
        let text = parts.join(glue);
        prop_assert_eq!(scan(&text), None, "{}", text);
        prop_assert_eq!(scrub(&text), text.as_str());
    }

    #[test]
    fn a_number_is_found_whatever_stands_around_it(
        area in 200..1000_u32, exchange in 200..1000_u32, line in 0..10_000_u32, form in 0..5_usize,
        before in "[a-zäß ,;'\"]{0,12}[ ,;'\"(]", after in "[ ,;'\")][a-zäß ,;'\"]{0,12}"
    ) {
        let number = match form {
            0 => format!("{area}-{exchange}-{line:04}"),
            1 => format!("({area}) {exchange}-{line:04}"),
            2 => format!("{area}.{exchange}.{line:04}"),
            3 => format!("+1{area}{exchange}{line:04}"),
            _ => format!("+1 {area} {exchange} {line:04}"),
        };
        let text = format!("{before}{number}{after}");
        prop_assert_eq!(scan(&text), Some(PrivateKind::Phone), "{}", text);
        prop_assert_eq!(scrub(&text), format!("{before}{}{after}", Private::from(number)));
    }

    #[test]
    fn no_text_makes_it_panic_and_what_is_scrubbed_stays(text in any::<String>(), odd in "[0-9+().:@/=eyJ\u{e9} -]{0,40}") {
        for text in [&text, &odd] {
            let once = scrub(text).into_owned();
            prop_assert_eq!(scrub(&once), once.as_str(), "{}", text);
        }
    }
}
