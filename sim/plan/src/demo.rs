//! The demo organisation of §5 of the spec, from `fixtures/demo.toml`.

use fieldday_api::SmolStr;
use fieldday_api::names::Role;
use fieldday_api::private::Private;
use serde::Deserialize;
use std::sync::LazyLock;

/// The demo organisation with its users, as `fixtures/demo.toml` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Demo {
    pub organisation: SmolStr,
    pub user: Vec<DemoUser>,
}

/// A user of the demo organisation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoUser {
    pub role: Role,
    pub user_id: SmolStr,
    pub email: Private,
    pub name: Private,
}

static DEMO: LazyLock<Demo> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/demo.toml");
    toml::from_str(text).expect("fixtures/demo.toml is checked by a test")
});

/// The demo organisation, read once from the fixture in the binary.
pub(super) fn demo() -> &'static Demo {
    &DEMO
}

impl Demo {
    /// The first user of the demo organisation who has this role.
    pub fn user(&self, role: Role) -> Option<&DemoUser> {
        self.user.iter().find(|user| user.role == role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_a_rep_and_a_manager() {
        assert!(demo().organisation.starts_with("org_"));
        assert!([Role::SalesRep, Role::Manager].iter().all(|role| demo().user(*role).is_some()));
    }
}
