//! Tokens (rcan): describing those that arrive, making those a test asks for.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use ed25519_dalek::{Signature, SigningKey};
use iroh::{EndpointId, SecretKey};
use iroh_services::caps::{Cap, Caps};
use rcan::{CapabilityOrigin, Expires, Rcan};
use serde_json::{Value, json};

use crate::{lines::texts, net};

pub type Token = Rcan<Caps>;

pub fn describe(token: &Token) -> Value {
    json!({
        "issuer": net::hex(token.issuer().as_bytes()),
        "audience": net::hex(token.audience().as_bytes()),
        "origin": match token.capability_origin() {
            CapabilityOrigin::Issuer => json!("issuer"),
            CapabilityOrigin::Delegation(root) => json!(net::hex(root.as_bytes())),
        },
        "caps": token.capability().to_strings(),
        "expires_at": match token.expires() {
            Expires::Never => Value::Null,
            Expires::At(seconds) => json!(seconds),
        },
        // Stand-alone form, version byte first: the crate's own encoding, to compare with ours byte by byte.
        "bytes": net::hex(&token.encode()),
    })
}

/// The crate's own parser knows `all` but neither `client` nor an empty list.
pub fn caps(names: &[String]) -> Result<Caps> {
    let mut caps = Caps::default();
    for name in names {
        let cap = if name == "client" { Cap::Client } else { name.parse()? };
        caps = caps.extend([cap]);
    }
    Ok(caps)
}

/// Makes the token a test describes; see `README.md` beside the project for the fields.
pub fn make(wish: &Value, own: &SecretKey) -> Result<Token> {
    if let Some(bytes) = wish.get("bytes").and_then(Value::as_str) {
        return Token::decode(&net::from_hex(bytes)?);
    }
    let issuer = match wish.get("issuer_seed").and_then(Value::as_str) {
        Some(seed) => SigningKey::from_bytes(&net::bytes32(seed)?),
        None => SigningKey::from_bytes(&own.to_bytes()),
    };
    let audience = match wish.get("audience").and_then(Value::as_str) {
        Some(id) => id.parse::<EndpointId>()?,
        None => own.public(),
    };
    let caps = match wish.get("caps") {
        Some(names) => caps(&texts(names))?,
        None => caps(&["net-diagnostics:get-any".to_owned()])?,
    };
    let expires = match wish.get("expires_at") {
        None => Expires::valid_for(Duration::from_secs(3600)),
        Some(Value::String(word)) if word == "never" => Expires::Never,
        Some(value) => Expires::At(value.as_u64().context("expires_at: unix seconds or \"never\"")?),
    };
    let audience = audience.as_verifying_key();
    let builder = match wish.get("delegated_from").and_then(Value::as_str) {
        None => Rcan::issuing_builder(&issuer, audience, caps),
        Some(root) => {
            let root = root.parse::<EndpointId>()?.as_verifying_key();
            Rcan::delegating_builder(&issuer, audience, root, caps)
        }
    };
    Ok(builder.sign(expires))
}

/// Breaks a token: `signature` flips one bit of it, `payload` puts the signature under another text.
pub fn tamper(token: Token, how: &str) -> Result<Token> {
    match how {
        "signature" => {
            let mut bytes = token.signature.to_bytes();
            bytes[0] ^= 1;
            Ok(Rcan { signature: Signature::from_bytes(&bytes), ..token })
        }
        "payload" => {
            let anyone = SigningKey::from_bytes(&[7; 32]);
            let other = Rcan::issuing_builder(&anyone, *token.audience(), token.capability().clone());
            let other = other.sign(token.expires().clone());
            Ok(Rcan { signature: other.signature, ..token })
        }
        _ => bail!("tamper: signature or payload, not {how:?}"),
    }
}

/// What the platform checks of a client token; the reason when it is refused.
pub fn problem(token: &Token, secret: &SecretKey, remote: EndpointId) -> Option<&'static str> {
    use rcan::Capability;
    if !matches!(token.capability_origin(), CapabilityOrigin::Issuer) {
        Some("not first-party")
    } else if *token.issuer() != secret.public().as_verifying_key() {
        Some("issuer is not the API secret")
    } else if *token.audience() != remote.as_verifying_key() {
        Some("audience is not the remote end")
    } else if !token.expires().is_valid_at(SystemTime::now()) {
        Some("expired")
    } else if !token.capability().permits(&Caps::for_shared_secret()) {
        Some("does not permit client")
    } else {
        None
    }
}
