//! Endpoints that never leave the loopback interface.

use std::time::Duration;

use anyhow::{Context, Result};
use iroh::{
    Endpoint, EndpointAddr, EndpointId, RelayConfig, RelayMap, RelayMode, RelayUrl, SecretKey, TransportAddr,
    endpoint::{BindOpts, Connection, ConnectionError, PortmapperConfig, presets},
};
use serde_json::{Value, json};

use crate::arguments::Arguments;

/// `--seed HEX` (default: random), `--port-v4 N`, `--port-v6 N` (default: any free port), `--relay URL` (default: none),
/// which has no address discovery.
pub async fn bind(arguments: &mut Arguments) -> Result<Endpoint> {
    let secret = match arguments.text("seed") {
        Some(seed) => SecretKey::from_bytes(&bytes32(&seed)?),
        None => SecretKey::generate(),
    };
    let v4: u16 = arguments.number("port-v4")?.unwrap_or(0);
    let v6: u16 = arguments.number("port-v6")?.unwrap_or(0);
    let relay_mode = match arguments.text("relay") {
        Some(url) => {
            let url: RelayUrl = url.parse().context("--relay")?;
            RelayMode::Custom(RelayMap::from_iter([RelayConfig::new(url, None)]))
        }
        None => RelayMode::Disabled,
    };
    let endpoint = Endpoint::builder(presets::Minimal)
        .relay_mode(relay_mode)
        .portmapper_config(PortmapperConfig::Disabled)
        .secret_key(secret)
        .bind_addr(format!("127.0.0.1:{v4}"))?
        // A machine without IPv6 still runs these tests.
        .bind_addr_with_opts(format!("[::1]:{v6}"), BindOpts::default().set_is_required(false))?
        .bind()
        .await
        .context("binding the endpoint")?;
    Ok(endpoint)
}

/// Where the endpoint's sockets are; its own idea of its addresses may take a while to settle.
pub fn address(endpoint: &Endpoint) -> EndpointAddr {
    let sockets = endpoint.bound_sockets().into_iter().map(TransportAddr::Ip);
    EndpointAddr::from_parts(endpoint.id(), sockets)
}

pub fn address_texts(address: &EndpointAddr) -> Vec<String> {
    address.ip_addrs().map(ToString::to_string).collect()
}

/// The other end, with the addresses this connection has open paths to.
pub fn peer_address(connection: &Connection) -> EndpointAddr {
    let paths = connection.paths();
    let addresses = paths.iter().map(|path| path.remote_addr().clone());
    EndpointAddr::from_parts(connection.remote_id(), addresses)
}

pub fn parse_address(id: EndpointId, texts: &[String]) -> Result<EndpointAddr> {
    let mut sockets = Vec::new();
    for text in texts {
        let socket = text.parse().with_context(|| format!("not a socket address: {text:?}"))?;
        sockets.push(TransportAddr::Ip(socket));
    }
    Ok(EndpointAddr::from_parts(id, sockets))
}

/// Waits at most `limit` for the connection to end; null when it is still open then.
pub async fn ending(connection: &Connection, limit: Duration) -> Value {
    match tokio::time::timeout(limit, connection.closed()).await {
        Ok(reason) => describe(&reason),
        Err(_) => Value::Null,
    }
}

pub fn describe(reason: &ConnectionError) -> Value {
    match reason {
        ConnectionError::ApplicationClosed(frame) => json!({
            "by": "peer",
            "code": frame.error_code.into_inner(),
            "reason": String::from_utf8_lossy(&frame.reason),
        }),
        ConnectionError::LocallyClosed => json!({ "by": "local", "code": null, "reason": "" }),
        ConnectionError::TimedOut => json!({ "by": "timeout", "code": null, "reason": "" }),
        other => json!({ "by": "other", "code": null, "reason": other.to_string() }),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn from_hex(text: &str) -> Result<Vec<u8>> {
    anyhow::ensure!(text.is_ascii() && text.len().is_multiple_of(2), "not hex: {text:?}");
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16));
    pairs.collect::<Result<_, _>>().with_context(|| format!("not hex: {text:?}"))
}

pub fn bytes32(text: &str) -> Result<[u8; 32]> {
    let bytes = from_hex(text)?;
    bytes.try_into().ok().context("a key takes 64 hex digits")
}
