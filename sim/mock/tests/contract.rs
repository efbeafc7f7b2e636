//! `fixtures/openapi.json` is the table of endpoints, no more and no less.

use fieldday_api::endpoint::ENDPOINTS;
use serde_json::Value;
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../fixtures/openapi.json")).unwrap()
}

#[test]
fn it_names_each_endpoint_of_the_table_by_method_and_path_and_nothing_else() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut named = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(named.insert((method.to_uppercase(), path.clone(), name)));
        }
    }
    let name = |op| serde_json::to_value(op).unwrap().as_str().unwrap().to_owned();
    let table = ENDPOINTS.iter().map(|row| (row.method.to_string(), row.path.to_owned(), name(row.op)));
    assert_eq!(named, table.collect());
}

#[test]
fn it_asks_for_a_token_where_the_table_has_roles_and_describes_every_error_by_the_envelope() {
    let document = document();
    for row in ENDPOINTS {
        let operation = &document["paths"][row.path][row.method.as_str().to_lowercase()];
        let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(is_open, row.roles.is_empty(), "{}", row.op);
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("200") && responses.contains_key("5XX"), "{}", row.op);
        for (status, response) in responses.iter().filter(|(status, _)| *status != "200") {
            assert_eq!(response["$ref"], format!("#/components/responses/E{status}"), "{}", row.op);
        }
        assert_eq!(responses.contains_key("401"), !row.roles.is_empty(), "{}", row.op);
    }
    let responses = document["components"]["responses"].as_object().unwrap();
    let is_envelope =
        |response: &Value| response["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Error";
    assert!(responses.values().all(is_envelope));
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{} references", found.len());
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}
