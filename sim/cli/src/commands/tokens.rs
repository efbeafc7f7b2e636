//! `fieldday tokens`: keys and tokens by hand, for a backend on a laptop.

use crate::failure::Failure;
use crate::output;
use clap::{Args, Subcommand, ValueEnum};
use fieldday_api::defaults::TOKEN_LIFE;
use fieldday_api::names::Role;
use fieldday_api::token::{Claims, RoleClaim, TenantClaim, UserClaim};
use fieldday_kernel::time::{Span, Time};
use fieldday_tokens::{Algorithm, Key, Stamp, jwks};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Args, Debug)]
pub struct TokensArgs {
    #[command(subcommand)]
    pub command: TokensCommand,
}

#[derive(Subcommand, Debug)]
pub enum TokensCommand {
    /// Create a signing key in a new file that only you can read
    NewKey {
        /// The signature algorithm
        #[arg(long, value_enum, default_value_t = AlgorithmWord::Rs256)]
        algorithm: AlgorithmWord,
        /// The file to write; an existing file is not overwritten
        file: PathBuf,
    },
    /// Print the JWKS of public keys, for the backend to trust
    Jwks {
        /// Key files; HS256 secrets have no public key and are left out
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Sign a session token and print it
    ///
    /// Whoever holds the token is logged in until it expires: `curl -H "Authorization: Bearer $(fieldday tokens mint …)"`.
    Mint(MintArgs),
}

#[derive(Args, Debug)]
pub struct MintArgs {
    /// The key file that signs; the development key if not given, which `fieldday mock` trusts on the loopback
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The user's id: `sub`
    #[arg(long, value_name = "ID")]
    pub user: String,
    /// The tenant id (claim `org_id`)
    #[arg(long, value_name = "ID", required_unless_present = "without_tenant")]
    pub tenant: Option<String>,
    /// Leave the tenant out, to see how the backend refuses such a token
    #[arg(long, conflicts_with = "tenant")]
    pub without_tenant: bool,
    /// The role (claim `org_role`), for example org:sales_rep
    #[arg(long)]
    pub role: String,
    /// Lifetime of the token in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = TOKEN_LIFE.as_seconds() as u32, value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub life: u32,
    /// Make the token expire this many seconds in the past
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=31_536_000))]
    pub expired: u32,
    /// The claim that names the tenant
    #[arg(long, value_name = "CLAIM", default_value = "org_id", value_parser = one_of(TenantClaim::ALL, TenantClaim::as_str))]
    pub tenant_claim: String,
    /// The claim that names the user
    #[arg(long, value_name = "CLAIM", default_value = "sub", value_parser = one_of(UserClaim::ALL, UserClaim::as_str))]
    pub user_claim: String,
    /// The claim that names the role
    #[arg(long, value_name = "CLAIM", default_value = "org_role", value_parser = one_of(RoleClaim::ALL, RoleClaim::as_str))]
    pub role_claim: String,
    /// The issuer (claim `iss`)
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum AlgorithmWord {
    /// A shared secret
    Hs256,
    /// RSA, the algorithm that Clerk uses
    Rs256,
    /// Ed25519
    Eddsa,
}

impl From<AlgorithmWord> for Algorithm {
    fn from(word: AlgorithmWord) -> Algorithm {
        match word {
            AlgorithmWord::Hs256 => Algorithm::Hs256,
            AlgorithmWord::Rs256 => Algorithm::Rs256,
            AlgorithmWord::Eddsa => Algorithm::EdDsa,
        }
    }
}

pub fn tokens(args: &TokensArgs) -> Result<(), Failure> {
    match &args.command {
        TokensCommand::NewKey { algorithm, file } => {
            let key = Key::generate((*algorithm).into())?;
            key.save(file)?;
            output::print(&format!("{}: a new {} key, kid {}\n", file.display(), key.algorithm(), key.kid()))?;
        }
        TokensCommand::Jwks { files } => {
            let keys: Vec<Key> = files.iter().map(|file| Key::load(file)).collect::<Result<_, _>>()?;
            for (key, file) in keys.iter().zip(files).filter(|(key, _)| key.algorithm() == Algorithm::Hs256) {
                output::note(&format!("{} is left out: an {} key has no public key", file.display(), key.algorithm()));
            }
            output::print(&format!("{}\n", jwks(&keys)))?;
        }
        TokensCommand::Mint(args) => mint(args)?,
    }
    Ok(())
}

/// The names that a claim may go by.
fn one_of<C: Copy>(all: &[C], name: impl Fn(C) -> &'static str) -> clap::builder::PossibleValuesParser {
    all.iter().map(|claim| name(*claim)).collect::<Vec<_>>().into()
}

/// The claim of a name, which the command line has checked.
fn named<C: Copy + Default>(all: &[C], name: impl Fn(C) -> &'static str, written: &str) -> C {
    all.iter().copied().find(|claim| name(*claim) == written).unwrap_or_default()
}

fn mint(args: &MintArgs) -> Result<(), Failure> {
    if Role::from_claim(&args.role).is_none() {
        output::note(&format!("{:?} is not a role of this API; it will be answered with 403", args.role));
    }
    let key = args.key.as_deref().map_or_else(|| Ok(Key::development()), Key::load)?;
    let key = key.stamping(Stamp { issuer: args.issuer.clone(), azp: None });
    let life = Span::seconds(i64::from(args.life));
    let now = now();
    // One that expired was issued a whole life before it did.
    let issued_at = if args.expired > 0 { now - Span::seconds(i64::from(args.expired)) - life } else { now };
    let token = key.sign(&Claims {
        tenant: args.tenant.as_deref().map(Into::into),
        user: Some(args.user.as_str().into()),
        role: Some(args.role.as_str().into()),
        named_by: (
            named(TenantClaim::ALL, TenantClaim::as_str, &args.tenant_claim),
            named(UserClaim::ALL, UserClaim::as_str, &args.user_claim),
            named(RoleClaim::ALL, RoleClaim::as_str, &args.role_claim),
        ),
        issued_at,
        expires_at: issued_at + life,
    });
    // The one place where a token is a result.
    output::print(&format!("{}\n", token.expose()))?;
    Ok(())
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
