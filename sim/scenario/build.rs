//! The scenarios and fixtures are compiled in; when one changes, so must the crate.

fn main() {
    println!("cargo::rerun-if-changed=../../scenarios");
    println!("cargo::rerun-if-changed=../../fixtures");
}
