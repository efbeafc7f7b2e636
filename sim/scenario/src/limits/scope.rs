//! Which endpoints a limit is of.

use super::super::words::nearest;
use fieldday_api::endpoint::{Op, TimeoutClass};

/// The endpoints that a limit is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// All of the API. The audio itself is none of it: it takes as long as its bytes do.
    All,
    /// The endpoints of a timeout class.
    Class(TimeoutClass),
    /// A single endpoint.
    Op(Op),
}

/// Words for several endpoints at once. One of `recording` is "recording operations".
const CLASSES: [(&str, Scope); 9] = [
    ("all", Scope::All),
    ("reads", Scope::Class(TimeoutClass::Read)),
    ("read", Scope::Class(TimeoutClass::Read)),
    ("updates", Scope::Class(TimeoutClass::Update)),
    ("update", Scope::Class(TimeoutClass::Update)),
    ("recording", Scope::Class(TimeoutClass::Recording)),
    ("health", Scope::Class(TimeoutClass::Health)),
    ("uploads", Scope::Class(TimeoutClass::Transfer)),
    ("upload", Scope::Class(TimeoutClass::Transfer)),
];

impl Scope {
    /// Whether an endpoint is among them.
    pub fn holds(self, op: Op) -> bool {
        match self {
            Scope::All => op.endpoint().class != TimeoutClass::Transfer,
            Scope::Class(class) => op.endpoint().class == class,
            Scope::Op(one) => op == one,
        }
    }
    /// The endpoints, in the spec's order.
    pub fn ops(self) -> impl Iterator<Item = Op> {
        Op::ALL.iter().copied().filter(move |op| self.holds(*op))
    }
    /// Reads `PATCH appointments/{id}`, `patch appointments`, `patch-appointment`, `update-appointment`, `PATCH /api/v1/appointments/{x}`, `reads`.
    pub fn parse(text: &str) -> Option<Scope> {
        let written = text.trim().to_lowercase();
        if let Some((_, scope)) = CLASSES.iter().find(|(word, _)| *word == written) {
            return Some(*scope);
        }
        let (plain, bare) = (joined(&written), joined(&without_ids(&written)));
        let find = |same: &dyn Fn(Op) -> bool| Op::ALL.iter().copied().find(|op| same(*op)).map(Scope::Op);
        find(&|op| op.kebab_name() == plain || joined(&op.label().to_lowercase()) == plain)
            .or_else(|| find(&|op| path(op) == joined(&without_prefix(&ids_alike(&written)))))
            .or_else(|| find(&|op| joined(&without_ids(&op.label().to_lowercase())) == bare && plain == bare))
            .or_else(|| find(&|op| joined(&without_ids(&op.label().to_lowercase())) == format!("{plain}s")))
    }
    /// The name of the endpoint or class that was probably meant, if one is near.
    pub fn nearest(text: &str) -> Option<String> {
        let words: Vec<String> = Op::ALL.iter().map(|op| op.kebab_name()).collect();
        let labels = Op::ALL.iter().map(|op| op.label()).chain(words.iter().map(String::as_str));
        nearest(text.trim(), labels.chain(CLASSES.iter().map(|(word, _)| *word))).map(str::to_owned)
    }
}

/// The name of an endpoint that was written with blanks or slashes, with hyphens in their place.
fn joined(text: &str) -> String {
    let parts = text.split(|c: char| c.is_whitespace() || c == '/').filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

fn without_ids(text: &str) -> String {
    text.split('/').filter(|part| !part.starts_with('{')).collect::<Vec<_>>().join("/")
}

fn ids_alike(text: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    text.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn without_prefix(text: &str) -> String {
    text.replacen("/api/v1", "", 1)
}

/// Method and path as in the spec.
fn path(op: Op) -> String {
    let row = op.endpoint();
    joined(&without_prefix(&ids_alike(&format!("{} {}", row.method, row.path).to_lowercase())))
}
