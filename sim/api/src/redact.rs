//! Passwords, keys, tokens and people's numbers in what others wrote: URLs, command lines, the output of commands. Whatever is
//! printed or kept of these is printed and kept without them.

/// What stands in the place of something secret.
pub const HIDDEN: &str = "***";

/// Parts of the names that a secret follows.
const NAMES: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "credential",
    "authorization",
    "private_key",
];
/// What secrets of common services begin with.
const BEGINNINGS: [&str; 14] = [
    "eyJ",
    "sk_",
    "pk_",
    "rk_",
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "AIza",
];

/// A URL without its user, its password and its query, which may be secret. A text without a scheme is taken for one that
/// lacks it.
pub fn url_without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(_, rest)| (&url[..url.len() - rest.len()], rest));
    // A password may hold a slash or a question mark that was not encoded: what counts is the last at sign.
    let (user, rest) = rest.rsplit_once('@').map_or((String::new(), rest), |(_, rest)| (format!("{HIDDEN}@"), rest));
    let (rest, query) = rest.split_once('?').map_or((rest, String::new()), |(rest, _)| (rest, format!("?{HIDDEN}")));
    format!("{scheme}{user}{rest}{query}")
}

/// A command line, or a line of what a command said, without what is secret or private in it: passwords and users of URLs,
/// what follows the name of a secret, tokens by their look, e-mail addresses, phone numbers.
pub fn line_without_secrets(line: &str) -> String {
    // A password in a URL may hold what separates other words.
    let line: String =
        line.split_inclusive(|c: char| c.is_whitespace() || "\"'`".contains(c)).map(without_user).collect();
    let mut shown = String::with_capacity(line.len());
    let (mut rest, mut before) = (line.as_str(), Before::default());
    while !rest.is_empty() {
        let separators = rest.find(|c| !is_separator(c)).unwrap_or(rest.len());
        let (between, after) = rest.split_at(separators);
        let (word, after) = after.split_at(after.find(is_separator).unwrap_or(after.len()));
        shown.push_str(between);
        before.passes(between);
        shown.push_str(&before.shows(word));
        rest = after;
    }
    without_phone_numbers(&shown)
}

fn without_user(word: &str) -> String {
    match word.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://{HIDDEN}@{rest}"),
        None => word.to_owned(),
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || "\"'`,;()<>{}[]&|=:".contains(c)
}

/// What was read before a word.
#[derive(Default)]
struct Before {
    /// The word names a secret: what comes next is one, if it is given to the name.
    named: Option<Named>,
    /// The word is a secret.
    is_secret: bool,
}

enum Named {
    /// By a name, such as `password` or `"api_key"`: its value comes behind a sign.
    Name,
    /// By an option, such as `--password`: its value may be the next word.
    Option,
}

impl Before {
    fn passes(&mut self, between: &str) {
        let is_given = between.contains(['=', ':']);
        self.is_secret = match self.named.take() {
            Some(Named::Option) => true,
            Some(Named::Name) => is_given,
            None => self.is_secret,
        };
    }
    /// What is shown of a word.
    fn shows(&mut self, word: &str) -> String {
        let lower = word.to_ascii_lowercase();
        let is_secret = std::mem::take(&mut self.is_secret);
        // `Authorization: Bearer …`: the secret is still to come, with a header or without.
        if lower == "bearer" || (is_secret && ["basic", "digest", "is"].contains(&lower.as_str())) {
            self.is_secret = true;
            return word.to_owned();
        }
        // What the shell puts in its place is not here.
        if is_secret && !word.is_empty() && !word.starts_with('$') {
            return HIDDEN.to_owned();
        }
        if let Some((name, host)) = word.rsplit_once('@') {
            return if name.ends_with(HIDDEN) { word.to_owned() } else { format!("{HIDDEN}@{host}") };
        }
        let names_a_place = ["file", "path", "url"].iter().any(|end| lower.ends_with(end));
        if !names_a_place && NAMES.iter().any(|name| lower.contains(name)) {
            self.named = Some(if word.starts_with('-') { Named::Option } else { Named::Name });
            return word.to_owned();
        }
        if looks_secret(word) { HIDDEN.to_owned() } else { word.to_owned() }
    }
}

/// Whether a word looks like a key or a token: by its beginning, or as no name, path or number does.
fn looks_secret(word: &str) -> bool {
    let has = |of: fn(&u8) -> bool| word.as_bytes().iter().any(of);
    let is_known = word.len() >= 12 && BEGINNINGS.iter().any(|beginning| word.starts_with(beginning));
    let is_plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+.".contains(&b));
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    is_known || (word.len() >= 24 && is_plain && is_mixed)
}

/// A line whose phone numbers, with a country's code or in the forms of North America and Europe, are hidden.
fn without_phone_numbers(line: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || " -.()+/".contains(c);
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while !rest.is_empty() {
        let start = rest.find(|c: char| c.is_ascii_digit() || c == '+' || c == '(').unwrap_or(rest.len());
        let (plain, from) = rest.split_at(start);
        shown.push_str(plain);
        let run = &from[..from.find(|c| !is_part(c)).unwrap_or(from.len())];
        let run = run.trim_end_matches(|c: char| !c.is_ascii_digit());
        // Digits within a word are a part of an id.
        let follows_a_word = shown.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        let ends_in_a_word = from[run.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let is_phone = !follows_a_word && !ends_in_a_word && is_phone_number(run);
        let taken = match run.is_empty() {
            true => from.chars().next().map_or(0, char::len_utf8),
            false => run.len(),
        };
        shown.push_str(if is_phone { HIDDEN } else { &from[..taken] });
        rest = &from[taken..];
    }
    shown
}

fn is_phone_number(run: &str) -> bool {
    let groups: Vec<&str> = run.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let digits = groups.concat();
    if run.starts_with('+') {
        return (8..=15).contains(&digits.len());
    }
    let national = digits.strip_prefix('1').filter(|rest| rest.len() == 10).unwrap_or(&digits);
    let begins = |at: usize| national.as_bytes().get(at).is_some_and(|b| (b'2'..=b'9').contains(b));
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let is_american = national.len() == 10
        && begins(0)
        && begins(3)
        && (lengths.ends_with(&[3, 3, 4]) || lengths.ends_with(&[3, 7]) || lengths.len() == 1);
    let is_european =
        groups.len() > 1 && digits.starts_with('0') && (9..=12).contains(&digits.len()) && lengths[0] <= 5;
    is_american || is_european
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_user_password_and_query() {
        for (url, shown) in [
            ("https://user:secret@host:8/path", "https://***@host:8/path"),
            ("user:se/cret@host", "***@host"),
            ("https://host/path?token=secret", "https://host/path?***"),
            ("https://host/path", "https://host/path"),
        ] {
            assert_eq!(url_without_secrets(url), shown);
        }
    }

    #[test]
    fn what_is_secret_or_private_is_in_no_line() {
        for (line, shown) in [
            ("psql postgres://otto:hun,ter=2@db:5432/otto", "psql postgres://***@db:5432/otto"),
            ("PGPASSWORD=hunter2 psql -h db", "PGPASSWORD=*** psql -h db"),
            ("mysql --password hunter2 --user root", "mysql --password *** --user root"),
            ("{\"db_password\": \"hunter2\", \"rows\": 7}", "{\"db_password\": \"***\", \"rows\": 7}"),
            ("curl -H 'Authorization: Bearer abc.def.ghi' url", "curl -H 'Authorization: Bearer ***' url"),
            ("using bearer abcdef", "using bearer ***"),
            ("Authorization: Basic dXNlcjpwdw==", "Authorization: Basic ***=="),
            ("key eyJhbGciOiJub25lIn0.e30.c2ln", "key ***"),
            ("the api_key is: sk_live_0123456789", "the api_key is: ***"),
            ("stripe sk_live_0123456789 used", "stripe *** used"),
            ("called 415-555-0182, (415) 555-0183 and 4155550184", "called ***, *** and ***"),
            ("to +44 20 7946 0958 or 020 7946 0958", "to *** or ***"),
            ("mail ann@example.com", "mail ***@example.com"),
        ] {
            assert_eq!(line_without_secrets(line), shown);
        }
    }

    #[test]
    fn what_is_neither_is_shown_as_it_is() {
        for line in [
            "2026-06-10 10:00:00 loaded 1,200 rows in 3.25 s (4 tables)",
            "line 31",
            "appt_5a2f302f7bb043 of tenant org_415555",
            "at 1764410400 by commit 9dd484b1c7a8b5f60c1b9f4d1f0a2b3c4d5e6f70",
            "password authentication failed for user otto",
            "PGPASSWORD=$DB_PASSWORD TOKEN=$(cat token) KEY=${API_KEY} ./load.sh --password-file /run/pw \"$DATABASE_URL\"",
            "./load.sh --url https://staging.example.com:8443/otto",
            "duration 00:00:10.123456",
        ] {
            assert_eq!(line_without_secrets(line), line);
        }
    }
}
