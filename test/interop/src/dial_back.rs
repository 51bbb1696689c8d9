//! The platform's way back to an endpoint, with the crate's own client, as friend or as foe.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use iroh::{Endpoint, EndpointAddr, endpoint::Connection};
use iroh_services::{
    CLIENT_HOST_ALPN, ClientHostClient,
    protocol::{Auth, RunNetworkDiagnostics},
};
use irpc_iroh::IrohRemoteConnection;
use serde_json::{Value, json};

use crate::{lines::Command, net, raw, report, tokens::Token};

/// How long a refusal may take to show on the connection.
const ENDING: Duration = Duration::from_secs(2);

/// Runs `steps` (default: auth, run) one after the other on one connection, and stops at the first that fails.
pub async fn run(
    endpoint: &Endpoint,
    address: EndpointAddr,
    token: Option<Token>,
    command: &Command,
) -> Result<Value> {
    let steps = match command.get("steps") {
        Some(steps) => steps.as_array().context("steps is a list")?.clone(),
        None => vec![json!("auth"), json!("run")],
    };
    let limit = Duration::from_millis(command.number("timeout_ms").unwrap_or(60_000));
    let started = Instant::now();
    let connecting = endpoint.connect(address, CLIENT_HOST_ALPN);
    let connection = tokio::time::timeout(limit, connecting).await.context("connecting timed out")??;
    let connect_ms = millis(started);
    let client = ClientHostClient::boxed(IrohRemoteConnection::new(connection.clone()));

    let mut results = Vec::new();
    let mut ok = true;
    for step in steps {
        let begun = Instant::now();
        let outcome = tokio::time::timeout(limit, take(&connection, &client, &step, token.as_ref())).await;
        let outcome = outcome.unwrap_or_else(|_| bail!("timed out"));
        let mut line = outcome.unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        line["step"] = step;
        line["ms"] = json!(millis(begun));
        ok &= line.get("error").is_none() && line.get("remote_error").is_none();
        results.push(line);
        if !ok && !command.flag("keep_going") {
            break;
        }
    }
    let closed = match connection.close_reason() {
        Some(reason) => net::describe(&reason),
        None if ok => Value::Null,
        None => net::ending(&connection, ENDING).await,
    };
    connection.close(0u32.into(), b"");
    Ok(json!({
        "ok": ok,
        "remote": connection.remote_id().to_string(),
        "connect_ms": connect_ms,
        "total_ms": millis(started),
        "steps": results,
        "closed": closed,
    }))
}

async fn take(
    connection: &Connection,
    client: &ClientHostClient,
    step: &Value,
    token: Option<&Token>,
) -> Result<Value> {
    match step {
        Value::String(name) => match name.as_str() {
            "auth" => {
                let caps = token.context("no grant stored: give a token")?.clone();
                client.rpc(Auth { caps }).await?;
                Ok(json!({}))
            }
            "run" => match client.rpc(RunNetworkDiagnostics).await? {
                Ok(report) => Ok(json!({ "report": report })),
                Err(error) => Ok(json!({ "remote_error": report::remote_error(&error) })),
            },
            other => bail!("unknown step {other:?}"),
        },
        _ => raw::take(connection, step).await,
    }
}

pub fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
