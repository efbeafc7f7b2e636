//! Switchable bugs as data: the shape that every table of them has. The tables themselves stand where the bugs are built
//! in, in the backend and in the app.

use crate::rules::Rule;

/// A bug that a scenario can switch on. Each breaks a rule in a way that real systems did; a judge that does not see it
/// is no judge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DefectInfo {
    /// The name in scenario files and reports.
    pub name: &'static str,
    /// The rules it breaks: it counts as found when one of them does not hold.
    pub rules: &'static [Rule],
    /// The scenario in which it must be found.
    pub scenario: &'static str,
    /// What goes wrong, in a sentence.
    pub sentence: &'static str,
    /// The kind of real bug that it is modelled on.
    pub modelled_on: &'static str,
}

/// Makes an enum of a table, a row a bug, and `Defects`, a set of them.
#[macro_export]
macro_rules! defects {
    ($Defect:ident: $(#[doc = $about:literal])+ $($variant:ident $name:literal in $scenario:literal breaks $($rule:ident)+: $sentence:literal $modelled_on:literal;)+) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, $crate::serde::Serialize, $crate::serde::Deserialize)]
        #[serde(crate = "fieldday_api::serde")]
        pub enum $Defect { $(#[doc = $sentence] #[serde(rename = $name)] $variant),+ }
        impl $Defect {
            /// Every defect, in the order of declaration.
            pub const ALL: &'static [$Defect] = &[$($Defect::$variant),+];
            /// The row of the defect in the table.
            pub const fn info(self) -> &'static $crate::defect_table::DefectInfo {
                match self { $($Defect::$variant => &$crate::defect_table::DefectInfo {
                    name: $name,
                    rules: &[$($crate::rules::Rule::$rule),+],
                    scenario: $scenario,
                    sentence: $sentence,
                    modelled_on: $modelled_on,
                }),+ }
            }
            /// The name in scenario files and reports.
            pub const fn name(self) -> &'static str {
                self.info().name
            }
            /// The defect of that name.
            pub fn named(name: &str) -> Option<$Defect> {
                $Defect::ALL.iter().copied().find(|defect| defect.name() == name)
            }
        }
        impl std::fmt::Display for $Defect {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        /// A set of defects, such as those that are built into a run.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct Defects(u128);
        const _: () = assert!($Defect::ALL.len() <= 128, "one bit each");
        impl Defects {
            /// The set of these defects.
            pub fn new(defects: &[$Defect]) -> Defects {
                Defects(defects.iter().fold(0, |bits, defect| bits | 1 << *defect as u32))
            }
            /// Whether this one is on.
            pub const fn has(self, defect: $Defect) -> bool {
                self.0 & (1 << defect as u32) != 0
            }
        }
    };
}
