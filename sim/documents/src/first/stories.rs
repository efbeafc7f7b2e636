//! The stories of broken rules in a run's folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where the stories of broken rules are.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoryPaths {
    by_folder: BTreeMap<String, String>,
}

impl StoryPaths {
    /// Those that a run folder has, as they are reached from the folder itself, or by the name that the folder is given.
    pub fn of(folder: &Path, name: Option<&str>) -> StoryPaths {
        let mut paths = StoryPaths::default();
        for entry in fs::read_dir(folder.join("violations")).into_iter().flatten().flatten() {
            let number_and_rule = entry.file_name().to_string_lossy().into_owned();
            let Some((_, rule)) = number_and_rule.split_once('-') else { continue };
            if entry.path().join("story.md").is_file() {
                let before = name.map_or(String::new(), |name| format!("{}/", name.trim_end_matches('/')));
                let path = format!("{before}violations/{number_and_rule}/story.md");
                paths.by_folder.insert(rule.to_owned(), path);
            }
        }
        paths
    }
    /// The story of a rule's first case.
    pub fn get(&self, rule: &str) -> Option<&str> {
        self.by_folder.get(&rule.replace('.', "-")).map(String::as_str)
    }
}
