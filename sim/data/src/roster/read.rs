//! Reading a file of users: JSON or CSV, with errors that name line and column, or the key.

use super::{Roster, RosterTenant, RosterUser};
use crate::csv;
use fieldday_api::SmolStr;
use fieldday_api::names::Role;
use fieldday_api::private::{Private, scan};
use fieldday_scenario::nearest_name;
use fieldday_scenario::zones;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::fmt;

/// The columns of a CSV file, in their order where it has no header.
const COLUMNS: [&str; 6] = ["tenant", "zone", "user_id", "rep_id", "role", "token"];
const ROLES: &str = "sales_rep, csr, manager (or admin, exec, rep, org:admin, org:csr, org:sales_rep)";

/// What is wrong with a file of users.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct RosterError {
    /// The file as it was named.
    pub file: String,
    /// The line, from 1, and the column where it is known.
    pub at: Option<(usize, Option<usize>)>,
    /// The key: `tenants[1].users[3].user_id`, or a CSV file's column; empty if it is not known.
    pub key: String,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl fmt::Display for RosterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match self.at {
            Some((line, Some(column))) => write!(f, ":{line}:{column}")?,
            Some((line, None)) => write!(f, ":{line}")?,
            None => {}
        }
        if !self.key.is_empty() {
            write!(f, ": `{}`", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Roster {
    /// Reads a file of users. `file` is the name that errors give.
    pub fn parse(text: &str, file: &str) -> Result<Roster, RosterError> {
        let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
        let roster = if is_json { from_json(text, file)? } else { from_csv(text, file)? };
        match problem(&roster) {
            Some((key, message)) => Err(RosterError { file: file.to_owned(), at: None, key, message }),
            None => Ok(roster),
        }
    }
}

fn from_json(text: &str, file: &str) -> Result<Roster, RosterError> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let (whole, at) = (error.to_string(), (error.line(), Some(error.column())));
        let message = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(message, _)| message).to_owned();
        // The checks below begin with the key.
        let keyed = message.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
        let (key, message) = match keyed {
            Some((key, message)) => (key.to_owned(), message.to_owned()),
            None => (String::new(), message),
        };
        RosterError { file: file.to_owned(), at: Some(at), key, message }
    })
}

fn from_csv(text: &str, file: &str) -> Result<Roster, RosterError> {
    let wrong = |line: usize, key: &str, message: String| RosterError {
        file: file.to_owned(),
        at: Some((line, None)),
        key: key.to_owned(),
        message,
    };
    let records = csv::read(text).map_err(|error| wrong(error.line, "", error.message.to_owned()))?;
    let mut columns: Vec<&str> = COLUMNS.to_vec();
    let mut rows = records.as_slice();
    if let Some((head, rest)) = records.split_first()
        && head.fields.iter().any(|field| field.as_deref() == Some("user_id"))
    {
        columns.clear();
        for name in &head.fields {
            let name = name.as_deref().unwrap_or_default().trim();
            let known = COLUMNS
                .iter()
                .find(|known| **known == name)
                .ok_or_else(|| wrong(head.line, name, format!("unknown column; allowed: {}", COLUMNS.join(", "))))?;
            columns.push(known);
        }
        rows = rest;
    }
    let mut roster = Roster { tenants: Vec::new() };
    for row in rows {
        if row.fields.len() > columns.len() {
            let message =
                format!("{} fields, but there are {} columns: {}", row.fields.len(), columns.len(), columns.join(","));
            return Err(wrong(row.line, "", message));
        }
        let field = |name: &str| {
            let at = columns.iter().position(|column| *column == name)?;
            row.fields.get(at)?.as_deref().map(str::trim).filter(|text| !text.is_empty())
        };
        let needed = |name| field(name).ok_or_else(|| wrong(row.line, name, "is missing".to_owned()));
        let checked =
            |name, checked: Result<SmolStr, String>| checked.map_err(|message| wrong(row.line, name, message));
        let id = checked("tenant", checked_id(needed("tenant")?))?;
        let user = RosterUser {
            user_id: checked("user_id", checked_id(needed("user_id")?))?,
            rep_id: field("rep_id").map(|id| checked("rep_id", checked_id(id))).transpose()?,
            role: checked_role(needed("role")?).map_err(|message| wrong(row.line, "role", message))?,
            token: field("token").map(Private::from),
        };
        // The zone of a tenant may stand on its first line alone.
        match roster.tenants.iter_mut().find(|tenant| tenant.id == id) {
            Some(tenant) => {
                if let Some(zone) = field("zone").filter(|zone| *zone != tenant.zone) {
                    let zone = quoted(zone);
                    let message = format!("{zone}, but the lines before have {:?} for this tenant", tenant.zone);
                    return Err(wrong(row.line, "zone", message));
                }
                tenant.users.push(user);
            }
            None => {
                let zone = checked_zone(needed("zone")?).map_err(|message| wrong(row.line, "zone", message))?;
                roster.tenants.push(RosterTenant { id, zone, users: vec![user] });
            }
        }
    }
    Ok(roster)
}

/// What is wrong with the whole, by its key.
fn problem(roster: &Roster) -> Option<(String, String)> {
    let mut tenants = BTreeSet::new();
    for (i, tenant) in roster.tenants.iter().enumerate() {
        if !tenants.insert(&tenant.id) {
            return Some((format!("tenants[{i}].id"), format!("{:?} appears twice", tenant.id)));
        }
        let (mut users, mut reps) = (BTreeSet::new(), BTreeSet::new());
        for (j, user) in tenant.users.iter().enumerate() {
            if !users.insert(&user.user_id) {
                let key = format!("tenants[{i}].users[{j}].user_id");
                return Some((key, format!("{:?} appears twice in {}", user.user_id, tenant.id)));
            }
            if user.role == Role::SalesRep && !reps.insert(user.rep_id()) {
                let key = format!("tenants[{i}].users[{j}].rep_id");
                return Some((key, format!("{:?} appears twice in {}", user.rep_id(), tenant.id)));
            }
        }
    }
    let none = roster.count(Role::SalesRep) == 0;
    none.then(|| ("tenants".to_owned(), "the file has no sales rep, so no rep could work".to_owned()))
}

fn checked_id(text: &str) -> Result<SmolStr, String> {
    let well = |b: u8| b.is_ascii_graphic() && !b"\"\\<>{}`^".contains(&b);
    if text.is_empty() || text.len() > 200 || !text.bytes().all(well) {
        return Err("is not an id: expected 1 to 200 printable ASCII characters without blanks or quotes".to_owned());
    }
    Ok(SmolStr::new(text))
}

fn checked_zone(text: &str) -> Result<String, String> {
    if zones::is_known(text) {
        return Ok(text.to_owned());
    }
    let meant = nearest_name(text, zones::names()).map_or(String::new(), |name| format!("; did you mean {name:?}?"));
    let text = quoted(text);
    Err(format!("{text} is not an IANA time zone, such as \"America/New_York\"{meant}"))
}

fn checked_role(text: &str) -> Result<Role, String> {
    Role::from_claim(text).ok_or_else(|| format!("{} is not a role; allowed: {ROLES}", quoted(text)))
}

/// A value as an error shows it: not if it is a token or an address that slipped into another field.
fn quoted(text: &str) -> String {
    if scan(text).is_some() || text.len() > 60 { "this value".to_owned() } else { format!("{text:?}") }
}

/// An error that begins with its key, for [`from_json`] to take apart.
fn keyed<E: serde::de::Error>(key: &str, message: String) -> E {
    E::custom(format_args!("`{key}`: {message}"))
}

pub(super) fn id<'de, D: Deserializer<'de>>(d: D) -> Result<SmolStr, D::Error> {
    checked_id(&String::deserialize(d)?).map_err(|message| keyed("id", message))
}
pub(super) fn user_id<'de, D: Deserializer<'de>>(d: D) -> Result<SmolStr, D::Error> {
    checked_id(&String::deserialize(d)?).map_err(|message| keyed("user_id", message))
}
pub(super) fn maybe_id<'de, D: Deserializer<'de>>(d: D) -> Result<Option<SmolStr>, D::Error> {
    let text = Option::<String>::deserialize(d)?;
    text.map(|text| checked_id(&text)).transpose().map_err(|message| keyed("rep_id", message))
}
pub(super) fn zone<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    checked_zone(&String::deserialize(d)?).map_err(|message| keyed("zone", message))
}
pub(super) fn role<'de, D: Deserializer<'de>>(d: D) -> Result<Role, D::Error> {
    checked_role(&String::deserialize(d)?).map_err(|message| keyed("role", message))
}
