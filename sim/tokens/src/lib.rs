//! Session tokens on a real wire: keys, signing, verification, and where a run's tokens come from.
