//! Many connections at once that never say a word.

use std::time::{Duration, Instant};

use anyhow::Result;
use iroh::{Endpoint, EndpointAddr};
use iroh_services::CLIENT_HOST_ALPN;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{dial_back::millis, lines::Command};

/// `{"cmd":"flood","connections":N,"hold_ms":N,"timeout_ms":N}`: opens them together, holds them, counts those left.
pub async fn run(endpoint: &Endpoint, address: EndpointAddr, command: &Command) -> Result<Value> {
    let wanted = command.number("connections").unwrap_or(200);
    let limit = Duration::from_millis(command.number("timeout_ms").unwrap_or(30_000));
    let hold = Duration::from_millis(command.number("hold_ms").unwrap_or(1_000));
    let started = Instant::now();
    let mut dials = JoinSet::new();
    for _ in 0..wanted {
        let (endpoint, address) = (endpoint.clone(), address.clone());
        dials.spawn(
            async move { tokio::time::timeout(limit, endpoint.connect(address, CLIENT_HOST_ALPN)).await },
        );
    }
    let mut connections = Vec::new();
    for outcome in dials.join_all().await {
        connections.extend(outcome.ok().and_then(Result::ok));
    }
    let connect_ms = millis(started);
    tokio::time::sleep(hold).await;
    let open = connections.iter().filter(|connection| connection.close_reason().is_none()).count();
    for connection in &connections {
        connection.close(0u32.into(), b"");
    }
    Ok(json!({
        "wanted": wanted,
        "connected": connections.len(),
        "still_open": open,
        "connect_ms": connect_ms,
    }))
}
