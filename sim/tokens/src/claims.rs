//! Claims as a token's JSON has them, and back.

use crate::Stamp;
use fieldday_api::SmolStr;
use fieldday_api::token::{Claims, RoleClaim, TenantClaim, UserClaim};
use fieldday_kernel::time::Time;
use serde_json::{Map, Value};

/// The moments that a token may name: 1970 to the end of 9999. Beyond them sums of times could overflow.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// The claims under the names that [`Claims::named_by`] says, with what else the issuer stamps on them.
pub(crate) fn to_json(claims: &Claims, stamp: &Stamp) -> Map<String, Value> {
    let (tenant, user, role) = claims.named_by;
    let texts = [
        (tenant.as_str(), claims.tenant.as_deref()),
        (user.as_str(), claims.user.as_deref()),
        (role.as_str(), claims.role.as_deref()),
        ("iss", stamp.issuer.as_deref()),
        ("azp", stamp.azp.as_deref()),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
    let times = [("iat", claims.issued_at), ("exp", claims.expires_at)];
    texts.chain(times.map(|(name, time)| (name.to_owned(), Value::from(seconds(time))))).collect()
}

/// Whole seconds since the epoch, as JWTs count.
pub(crate) fn seconds(time: Time) -> i64 {
    time.micros().div_euclid(1_000_000)
}

/// The same moment without its fraction of a second, which a token does not carry.
pub(crate) fn whole_second(time: Time) -> Time {
    Time::from_micros(seconds(time) * 1_000_000)
}

/// What a token's JSON says; none if it does not say when it ends, or that is no time. Of several names for a claim the
/// first that holds a text counts (§0.1), as `a or b` does in the backends that read them.
pub(crate) fn from_json(json: &Map<String, Value>) -> Option<Claims> {
    let text = |name: &str| json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(SmolStr::new);
    let tenant = TenantClaim::ALL.iter().find_map(|claim| Some((*claim, text(claim.as_str())?)));
    let user = UserClaim::ALL.iter().find_map(|claim| Some((*claim, text(claim.as_str())?)));
    let role = RoleClaim::ALL.iter().find_map(|claim| Some((*claim, text(claim.as_str())?)));
    let expires_at = time(json.get("exp")?)?;
    let issued_at = match json.get("iat").or(json.get("nbf")) {
        Some(value) => time(value)?,
        None => Time::from_micros(0),
    };
    let named_by = (
        tenant.as_ref().map_or_else(TenantClaim::default, |(claim, _)| *claim),
        user.as_ref().map_or_else(UserClaim::default, |(claim, _)| *claim),
        role.as_ref().map_or_else(RoleClaim::default, |(claim, _)| *claim),
    );
    let [tenant, user, role] = [tenant.map(|(_, text)| text), user.map(|(_, text)| text), role.map(|(_, text)| text)];
    Some(Claims { tenant, user, role, named_by, issued_at, expires_at })
}

/// A NumericDate (RFC 7519): seconds since the epoch, perhaps with a fraction.
fn time(value: &Value) -> Option<Time> {
    let seconds = value.as_f64().filter(|seconds| (0.0..=LAST_SECOND).contains(seconds))?;
    Some(Time::from_micros((seconds * 1e6).round() as i64))
}
