//! All defects there are: the backend's and the app's, by name.

use fieldday_api::defect_table::DefectInfo;
use fieldday_backend::BackendDefect;
use fieldday_rep::app::defects::AppDefect;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A bug that a scenario can switch on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// A bug of the model backend.
    Backend(BackendDefect),
    /// A bug of the app.
    App(AppDefect),
}

impl Defect {
    /// Every defect, the backend's first.
    pub fn all() -> impl Iterator<Item = Defect> {
        let backend = BackendDefect::ALL.iter().copied().map(Defect::Backend);
        backend.chain(AppDefect::ALL.iter().copied().map(Defect::App))
    }
    /// The defect of that name.
    pub fn named(name: &str) -> Option<Defect> {
        Defect::all().find(|defect| defect.name() == name)
    }
    /// The name in scenario files and reports.
    pub fn name(self) -> &'static str {
        self.info().name
    }
    /// The row of the defect in its table.
    pub fn info(self) -> &'static DefectInfo {
        match self {
            Defect::Backend(defect) => defect.info(),
            Defect::App(defect) => defect.info(),
        }
    }
    /// Where it is built in: "backend" or "app".
    pub fn place(self) -> &'static str {
        match self {
            Defect::Backend(_) => "backend",
            Defect::App(_) => "app",
        }
    }
}

/// A defect serialises as its name.
impl Serialize for Defect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}
impl<'de> Deserialize<'de> for Defect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Defect, D::Error> {
        let name = String::deserialize(deserializer)?;
        Defect::named(&name).ok_or_else(|| D::Error::custom(format!("there is no defect {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_scenario::Scenario;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_over_both_tables_and_every_scenario_named_is_there() {
        let names: BTreeSet<_> = Defect::all().map(Defect::name).collect();
        assert_eq!(names.len(), Defect::all().count());
        for defect in Defect::all() {
            assert_eq!(Defect::named(defect.name()), Some(defect));
            assert!(Scenario::builtin_text(defect.info().scenario).is_some(), "{}", defect.name());
        }
    }
}
