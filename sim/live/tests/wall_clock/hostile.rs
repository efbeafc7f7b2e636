//! Targets that answer oddly, or not at all: all of it is a result, none of it a crash.

use crate::common::{Day, lived, ready};
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::EventKind;
use fieldday_live::clock::utc_now;
use fieldday_live::prepare::Called;
use fieldday_mock::{Mock, Options, Service};
use fieldday_plan::Plan;
use fieldday_tokens::{Algorithm, Key};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Serves every connection with the same bytes, after a request's first ones; gives its address. It dies with the process.
fn serves(answer: &'static [u8], then_hangs: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answers(stream, answer, then_hangs));
        }
    });
    format!("http://{address}")
}

fn answers(mut stream: TcpStream, answer: &[u8], then_hangs: bool) {
    let mut bytes = [0; 4096];
    while stream.read(&mut bytes).is_ok_and(|n| n > 0) {
        if stream.write_all(answer).is_err() {
            return;
        }
        if then_hangs {
            // Until the phone gives up and closes.
            while stream.read(&mut bytes).is_ok_and(|n| n > 0) {}
            return;
        }
    }
}

fn lives_through(base_url: &str) -> fieldday_live::run::LiveOutcome {
    let mut scenario = crate::common::demo(8_000);
    scenario.live.window = Some((scenario.day.leave_home.0, fieldday_kernel::time::TimeOfDay::hm(12, 0)));
    scenario.live.linger_s = 1;
    scenario.live.auditors = false;
    let Day { outcome, cells, .. } = lived(ready(scenario, Called::Url(base_url.to_owned()), None));
    assert_eq!(outcome.panicked, [""; 0], "{base_url}");
    assert_eq!(outcome.run.rep_days, 4, "every rep lives on as a person would");
    assert!(!cells["cell-0"].1.is_empty());
    outcome
}

#[test]
fn whatever_a_target_answers_the_day_goes_on_and_nothing_is_believed() {
    let html = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<h1>Oops</h1>\r\n";
    let redirect = b"HTTP/1.1 302 Found\r\nLocation: https://login.example.com/\r\nContent-Length: 0\r\n\r\n";
    let other = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"hello\":[1,2]}\n";
    for answer in [&html[..], redirect, other] {
        let outcome = lives_through(&serves(answer, false));
        assert!(outcome.run.requests > 2, "{}", outcome.run.requests);
        let clocked = outcome.run.findings.count(Rule::ShiftClockInOnce);
        assert_eq!((clocked.exercised, clocked.broken), (0, 0), "no clock-in was ever acknowledged");
    }
}

#[test]
fn targets_that_break_off_or_never_end_are_results() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"data\":";
    let no_http = b"220 mail.example.com ESMTP\r\n";
    for (answer, hangs) in [(&half[..], true), (no_http, false)] {
        let outcome = lives_through(&serves(answer, hangs));
        assert!(outcome.run.requests > 0);
        // The phones gave up; the wire tells that there was no answer within the limit.
        let late: u64 = outcome.run.findings.punctuality.iter().map(|line| line.late).sum();
        assert_eq!(late > 0, hangs, "{late} late");
    }
}

#[test]
fn a_target_that_is_gone_is_a_result() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outcome = lives_through(&format!("http://{address}"));
    assert!(outcome.run.requests > 0);
    assert!(!outcome.run.findings.any_broken(), "an app that cannot connect breaks no rule");
}

/// What every list and every detail names its contact by, and as long a name that means nothing.
const CONTACT: &[u8] = b"\"contact_card_id\"";
const NOTHING: &[u8] = b"\"somebody_or_so\" ";

/// Stands before a target and takes the contacts out of whatever it answers; gives its address.
fn without_contacts(target: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for here in listener.incoming().flatten() {
            let there = TcpStream::connect(target.trim_start_matches("http://")).unwrap();
            let (mut asks, mut asked) = (here.try_clone().unwrap(), there.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut asks, &mut asked);
                let _ = asked.shutdown(std::net::Shutdown::Write);
            });
            thread::spawn(move || passes_on(there, here));
        }
    });
    format!("http://{address}")
}

fn passes_on(mut from: TcpStream, mut to: TcpStream) {
    let (mut held, mut bytes) = (Vec::new(), [0; 4096]);
    while let Ok(n @ 1..) = from.read(&mut bytes) {
        held.extend_from_slice(&bytes[..n]);
        while let Some(at) = held.windows(CONTACT.len()).position(|window| window == CONTACT) {
            held[at..at + CONTACT.len()].copy_from_slice(NOTHING);
        }
        // What may be the beginning of another is held back until the rest is there.
        let kept = (1..CONTACT.len()).rev().find(|n| held.ends_with(&CONTACT[..*n])).unwrap_or(0);
        let rest = held.split_off(held.len() - kept);
        if to.write_all(&std::mem::replace(&mut held, rest)).is_err() {
            return;
        }
    }
}

#[test]
fn whoever_is_not_told_a_contact_opens_no_thread_of_theirs() {
    let mut scenario = crate::common::demo(8_000);
    scenario.set_today(utc_now());
    // A mock that stands by itself, since something comes between: it trusts a key in a file.
    let (key, file) =
        (Key::generate(Algorithm::EdDsa).unwrap(), env!("CARGO_TARGET_TMPDIR").to_owned() + "/hostile.pem");
    let _ = std::fs::remove_file(&file);
    key.save(file.as_ref()).unwrap();
    scenario.tokens.key = Some(file);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let threads_opened = |takes_out: bool| {
        let plan = Plan::new(Arc::new(scenario.clone()), crate::common::SEED).unwrap();
        let mut options = Options::trusting(plan, std::slice::from_ref(&key));
        options.service = Service::Scaled(20);
        let mock = runtime.block_on(Mock::serve(options)).unwrap();
        let base_url = if takes_out { without_contacts(mock.base_url()) } else { mock.base_url() };
        let Day { outcome, cells, .. } = lived(ready(scenario.clone(), Called::Url(base_url), None));
        assert!(outcome.run.complete && outcome.panicked.is_empty(), "the day goes on without contacts");
        assert_eq!(outcome.contract.is_empty(), !takes_out, "what is left out is told");
        let asked = |of: Op| {
            let is_it =
                |event: &&fieldday_history::Event| matches!(&event.what, EventKind::Wire(wire) if wire.op == of);
            cells.values().flat_map(|(_, events)| events).filter(is_it).count()
        };
        assert!(asked(Op::GetAppointment) > 3, "visits are made");
        asked(Op::GetThread)
    };
    assert!(threads_opened(false) > 0);
    assert_eq!(threads_opened(true), 0);
}
