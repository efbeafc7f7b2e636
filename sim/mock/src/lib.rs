//! The model backend over HTTP: one handler, on axum for load and in wiremock for tests.
