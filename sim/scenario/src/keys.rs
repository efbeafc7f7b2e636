//! The keys of scenario files as their JSON schema has them, so that what goes through a scenario key by key (a swarm that
//! draws it, a failure that is made small) can be held to leave none out.

use super::Scenario;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Every key that holds a value, such as `network.gap_ppm` or, in each table of a list, `mishap.rate_ppm`.
pub fn all() -> &'static BTreeSet<String> {
    static ALL: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let root = Scenario::json_schema();
        let mut keys = BTreeSet::new();
        add(&root, &root, "", &mut keys);
        keys
    });
    &ALL
}

fn add(root: &Value, schema: &Value, path: &str, keys: &mut BTreeSet<String>) {
    let named = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
    // What may be absent is itself or null; the elements of a list have the list's path.
    let optional = schema["anyOf"].as_array().and_then(|any| any.iter().find(|one| one["type"] != "null"));
    let inner = named.map(|name| &root["$defs"][name]).or(optional).or_else(|| schema.get("items"));
    match (schema["properties"].as_object(), inner) {
        (Some(properties), _) => {
            for (key, inner) in properties {
                let dot = if path.is_empty() { "" } else { "." };
                add(root, inner, &format!("{path}{dot}{key}"), keys);
            }
        }
        (None, Some(inner)) => add(root, inner, path, keys),
        (None, None) => drop(keys.insert(path.to_owned())),
    }
}

/// The keys whose values differ between two scenarios.
pub fn changed(one: &Scenario, other: &Scenario) -> BTreeSet<String> {
    let [one, other] = [one, other].map(|scenario| serde_json::to_value(scenario).unwrap_or_default());
    all().iter().filter(|key| values(&one, key) != values(&other, key)).cloned().collect()
}

fn values<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    key.split('.').fold(vec![value], |found, step| {
        let tables = found.into_iter().flat_map(|value| match value {
            Value::Array(tables) => tables.iter().collect(),
            table => vec![table],
        });
        tables.filter_map(|table| table.get(step)).collect()
    })
}

/// What is wrong with a list of exceptions (a key or what it begins with, and the reason), if these keys are `covered`: keys that
/// are neither, and exceptions that are none.
pub fn uncovered(covered: &BTreeSet<String>, exceptions: &[(&str, &str)]) -> Vec<String> {
    let all = all();
    let below = |key: &str, of: &str| key.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let excepted = |key: &String| exceptions.iter().any(|(of, _)| below(key, of));
    let missing = all.iter().filter(|key| !covered.contains(*key) && !excepted(key));
    let mut wrong: Vec<String> = missing.map(|key| format!("`{key}` is left out without a reason")).collect();
    for (of, reason) in exceptions {
        let keys: Vec<&String> = all.iter().filter(|key| below(key, of)).collect();
        if keys.is_empty() {
            wrong.push(format!("`{of}` is an exception ({reason}), but no key"));
        }
        let needless = keys.into_iter().filter(|key| covered.contains(*key));
        wrong.extend(needless.map(|key| format!("`{key}` is an exception ({reason}), but is not left out")));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_reach_into_tables_lists_of_tables_and_what_may_be_absent() {
        let there = ["name", "network.gap_minutes", "mishap.rate_ppm", "people.habits.patience_s", "plant.scaling.up"];
        for key in there {
            assert!(all().contains(key), "{key}");
        }
        assert!(!all().contains("mishap") && !all().contains("plant.scaling"), "these hold no value themselves");
    }

    #[test]
    fn a_key_that_is_left_out_and_an_exception_that_is_none_are_told() {
        let every_key_but = |key: &str| all().iter().filter(|of| *of != key).cloned().collect();
        let covered: BTreeSet<String> = every_key_but("name");
        assert_eq!(uncovered(&covered, &[("name", "a reason")]), Vec::<String>::new());
        assert_eq!(uncovered(&covered, &[]), ["`name` is left out without a reason"]);
        let stale = uncovered(&covered, &[("name", "a reason"), ("kills.ppm", "a reason"), ("nonsense", "a reason")]);
        let told = [
            "`kills.ppm` is an exception (a reason), but is not left out",
            "`nonsense` is an exception (a reason), but no key",
        ];
        assert_eq!(stale, told);
    }
}
