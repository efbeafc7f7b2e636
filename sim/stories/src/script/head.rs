//! The head of a script: what it needs, and the lines that make the tokens.

use crate::attempts::Attempt;
use fieldday_api::call::Call;
use fieldday_api::names::Role;
use fieldday_history::event::{Cause, Client, CredentialKind};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::text::one_line;
use fieldday_kernel::time::Zone;
use std::fmt::Write as _;

/// A token that a script takes from the environment.
pub struct Token {
    /// The number of the client whose token it is.
    client: u32,
    /// The kind of the token: valid, expired, forged and so on.
    kind: CredentialKind,
    /// In which role, where that differs from its client's.
    role: Option<Role>,
    /// The variable of the environment that holds the token.
    pub variable: String,
    /// The token in words, for the script's comments.
    what: String,
    /// The line that makes it.
    mint: String,
}

impl Token {
    /// Whether an attempt goes with this token. Two that expired are alike, however long ago.
    pub fn is_of(&self, attempt: &Attempt<'_>) -> bool {
        self.client == attempt.client
            && alike(&self.kind, &attempt.sent.bearer)
            && (self.role == other_role(attempt) || self.kind != CredentialKind::Own)
    }
}

/// The role in a probe's token; none where it is its client's.
fn other_role(attempt: &Attempt<'_>) -> Option<Role> {
    match attempt.sent.cause {
        Cause::Probe(probe) => Some(probe.role()),
        _ => None,
    }
}

fn alike(one: &CredentialKind, other: &CredentialKind) -> bool {
    matches!((one, other), (CredentialKind::Expired { .. }, CredentialKind::Expired { .. })) || one == other
}

/// The tokens that a story needs, in the order of their first use.
pub fn tokens(events: &[Event], attempts: &[Attempt<'_>]) -> Vec<Token> {
    let clients: Vec<&Client> = events
        .iter()
        .filter_map(|event| match &event.what {
            EventKind::Client(client) => Some(client.as_ref()),
            _ => None,
        })
        .collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut users: Vec<u32> = Vec::new();
    for attempt in attempts.iter().filter(|attempt| !attempt.never_arrived) {
        if matches!(*attempt.sent.request, Call::PutAudio { .. }) || tokens.iter().any(|token| token.is_of(attempt)) {
            continue;
        }
        let Some(client) = clients.get(attempt.client as usize) else { continue };
        if !users.contains(&attempt.client) {
            users.push(attempt.client);
        }
        let number = users.iter().position(|user| *user == attempt.client).unwrap_or_default() + 1;
        tokens.extend(token(client, attempt, number, tokens.len()));
    }
    tokens
}

fn token(client: &Client, attempt: &Attempt<'_>, number: usize, others: usize) -> Option<Token> {
    let (mut tenant, mut role, mut life) = (format!(" --tenant {}", word(&client.tenant)), client.role.claim(), 3600);
    let mut names = String::new();
    let (ending, what) = match &attempt.sent.bearer {
        CredentialKind::None | CredentialKind::Forged => return None,
        CredentialKind::Own => match other_role(attempt).filter(|other| *other != client.role) {
            Some(other) => {
                role = other.claim();
                (format!("_AS_{}", other.as_str().to_uppercase()), "a session token")
            }
            None => (String::new(), "a session token"),
        },
        CredentialKind::Expired { ago } => {
            names = format!(" --expired {}", ago.as_seconds().max(1));
            life = 60;
            ("_EXPIRED".to_owned(), "an expired session token")
        }
        CredentialKind::WithoutTenant => {
            " --without-tenant".clone_into(&mut tenant);
            ("_WITHOUT_TENANT".to_owned(), "a session token that names no tenant")
        }
        CredentialKind::Alias { tenant, user, role: claim, role_name } => {
            names = format!(
                " --tenant-claim {} --user-claim {} --role-claim {}",
                tenant.as_str(),
                user.as_str(),
                claim.as_str()
            );
            role = role_name;
            (format!("_ALIAS_{}", others + 1), "a session token with other names for its claims")
        }
    };
    let mint =
        format!("fieldday tokens mint --user {}{tenant} --role {role}{names} --life {life}", word(&client.user_id));
    Some(Token {
        client: attempt.client,
        kind: attempt.sent.bearer.clone(),
        role: other_role(attempt),
        variable: format!("TOKEN_{number}{ending}"),
        what: format!("{what} of {} ({}, {}, role {role})", client.name, client.user_id, client.tenant),
        mint,
    })
}

/// One word of a shell.
fn word(text: &str) -> String {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:@/".contains(&b));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The lines above the library.
pub fn head(tokens: &[Token], about: &str, zone: &Zone) -> String {
    let mut out = format!("#!/bin/sh\n# {about}\n#\n");
    out.push_str(
        "# Exit codes: 1 the rule is broken at this target, too; 0 it held; 3 the target does not answer, or a token is missing;\n\
         # 4 inconclusive: before the rule was tested, the target answered a request otherwise than the story needs.\n\
         # The script writes to the target, so it can be run only once on the same rows.\n#\n\
         # It does not repeat the pauses of the story. If time matters, PAUSE=61 waits up to 61 s between two requests.\n\
         # export BASE_URL=http://127.0.0.1:8080    the deployment, with the rows of the story\n",
    );
    for token in tokens {
        let _ = writeln!(out, "# {} is {}:", token.variable, one_line(&token.what));
        let _ = writeln!(out, "# export {}=\"$({})\"", token.variable, token.mint);
    }
    let _ = writeln!(
        out,
        "# The lines sign with the development key, which `fieldday mock` trusts; add --key FILE for another.\n\
         # Private values are replaced by placeholders: private:0123456789abcdef.\nset -u\n\n\
         {}",
        needed("BASE_URL", "the deployment, such as http://127.0.0.1:8080")
    );
    for token in tokens {
        let _ = writeln!(out, "{}", needed(&token.variable, &token.what));
    }
    let _ = writeln!(
        out,
        "# The story's day is the target's today.\nZONE='{}'\nTODAY=${{TODAY:-$(TZ=$ZONE date +%Y-%m-%d)}}",
        zone.name.replace('\'', "")
    );
    out
}

/// The line that ends a script where a variable is missing. `${NAME:?}` would end it with a code that means something else.
fn needed(variable: &str, what: &str) -> String {
    let what = one_line(what).replace(['"', '$', '`', '\\'], "");
    format!("[ -n \"${{{variable}:-}}\" ] || {{ echo \"{variable} is missing: {what}\" >&2; exit 3; }}")
}

/// What stands in place of a script where an app broke a rule.
pub fn of_an_app(about: &str) -> String {
    format!(
        "#!/bin/sh\n# {about}\n#\n# It is a rule that the app must keep. curl has no app, so no request can show it.\n\
         echo 'INCONCLUSIVE: this is a rule of the app, which curl cannot show; see story.md' >&2\nexit 4\n"
    )
}
