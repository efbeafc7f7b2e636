//! What a token costs whoever signs it, and whoever verifies it, by algorithm. `cargo bench -p fieldday-tokens`.

use criterion::{Criterion, criterion_group, criterion_main};
use fieldday_api::token::Claims;
use fieldday_kernel::time::{Span, Time};
use fieldday_tokens::{Algorithm, Key, Verifier};
use std::hint::black_box;

fn sign_and_verify(c: &mut Criterion) {
    let now = Time::parse("2026-06-10T12:00:00Z").expect("a time");
    let claims = Claims {
        user: Some("user_7".into()),
        tenant: Some("tenant_1".into()),
        issued_at: now,
        expires_at: now + Span::seconds(60),
        ..Claims::default()
    };
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).expect("the system has random numbers");
        let jwt = key.sign(&claims);
        let bearer = jwt.expose_as_bearer();
        let verifier = Verifier::of(std::slice::from_ref(&key));
        let mut group = c.benchmark_group(algorithm.to_string());
        group.bench_function("sign", |b| b.iter(|| black_box(key.sign(black_box(&claims)))));
        group.bench_function("verify", |b| b.iter(|| black_box(verifier.read(black_box(Some(&bearer))))));
        group.finish();
    }
}

criterion_group!(benches, sign_and_verify);
criterion_main!(benches);
