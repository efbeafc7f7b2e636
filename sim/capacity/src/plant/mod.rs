//! What serves the requests: a deterministic queueing model on integer time.
