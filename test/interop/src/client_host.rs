//! The official client, with the official host for dial-backs on the same endpoint.

use std::{
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use iroh::{
    EndpointId,
    endpoint::Connection,
    protocol::{AcceptError, ProtocolHandler, Router},
};
use iroh_services::{
    ApiSecret, CLIENT_HOST_ALPN, Client, ClientHost,
    caps::{Cap, NetDiagnosticsCap},
};
use serde_json::{Value, json};

use crate::{
    arguments::Arguments,
    dial_back::millis,
    lines::{self, Command, emit},
    net, tokens,
};

/// The crate's host with a line before and after each connection.
#[derive(Debug)]
struct Watched(ClientHost);

impl ProtocolHandler for Watched {
    async fn accept(&self, connection: Connection) -> Result<(), AcceptError> {
        let remote = connection.remote_id().to_string();
        emit(json!({ "event": "dialled-back", "remote": remote }));
        let error = self.0.accept(connection.clone()).await.err().map(|error| format!("{error:#}"));
        let closed = connection.close_reason().map(|reason| net::describe(&reason));
        emit(json!({ "event": "dial-back-over", "remote": remote, "closed": closed, "error": error }));
        Ok(())
    }
}

struct Actor {
    client: Client,
    platform: EndpointId,
}

pub const HELP: &str = "
peer client-host --api-secret S [--name N] [--seed HEX] [--port-v4 N] [--port-v6 N] [--grant no] [--metrics-interval-ms N]

The official client and the official host for dial-backs on one endpoint on loopback; obeys commands from stdin, ends
when it closes.
  --api-secret  or the variable IROH_SERVICES_API_SECRET
  --grant no    does not grant the platform a dial-back at the start";

/// `--api-secret S` (or the variable of the crate), `--name N`, `--seed HEX`, `--grant no`,
/// `--metrics-interval-ms N` (default: only on command).
pub async fn run(mut arguments: Arguments) -> Result<()> {
    let endpoint = net::bind(&mut arguments).await?;
    let secret = match arguments.text("api-secret") {
        Some(text) => ApiSecret::from_str(&text).ok().context("the API secret does not parse")?,
        None => ApiSecret::from_env_var(iroh_services::API_SECRET_ENV_VAR_NAME)?,
    };
    let platform = secret.addr().id;
    let mut builder = Client::builder(&endpoint).api_secret(secret)?;
    builder = match arguments.number("metrics-interval-ms")? {
        Some(interval) => builder.metrics_interval(Duration::from_millis(interval)),
        None => builder.disable_metrics_interval(),
    };
    if let Some(name) = arguments.text("name") {
        builder = builder.name(name)?;
    }
    let grant = arguments.text("grant").as_deref() != Some("no");
    arguments.finish()?;

    let router = Router::builder(endpoint.clone())
        .accept(CLIENT_HOST_ALPN, Watched(ClientHost::new(&endpoint)))
        .spawn();
    emit(json!({
        "event": "ready",
        "role": "client-host",
        "id": endpoint.id().to_string(),
        "addrs": net::address_texts(&net::address(&endpoint)),
        "platform": platform.to_string(),
    }));
    let actor = Arc::new(Actor { client: builder.build().await?, platform });
    if grant {
        let actor = actor.clone();
        tokio::spawn(async move {
            let outcome = actor.client.grant_capability(platform, [NetDiagnosticsCap::GetAny]).await;
            emit(match outcome {
                Ok(()) => json!({ "event": "granted" }),
                Err(error) => json!({ "event": "grant-failed", "error": format!("{error:#}") }),
            });
        });
    }
    lines::serve(|command| obey(actor.clone(), command)).await?;
    tokio::time::timeout(Duration::from_secs(3), router.shutdown()).await.ok();
    Ok(())
}

async fn obey(actor: Arc<Actor>, command: Command) {
    let begun = Instant::now();
    let outcome = actor.act(&command).await.map(|mut fields| {
        fields["ms"] = json!(millis(begun));
        fields
    });
    command.settle(outcome);
}

impl Actor {
    async fn act(&self, command: &Command) -> Result<Value> {
        match command.name() {
            "ping" => {
                let pong = self.client.ping().await?;
                Ok(json!({ "id": net::hex(&pong.req_id) }))
            }
            "push-metrics" => {
                self.client.push_metrics().await?;
                Ok(json!({}))
            }
            "set-name" => {
                self.client.set_name(command.need("name")?).await?;
                Ok(json!({}))
            }
            "grant" => {
                let to = command.text("to").map(EndpointId::from_str).transpose()?;
                let caps: Vec<Cap> = match command.texts("caps") {
                    Some(names) => tokens::caps(&names)?.iter().copied().collect(),
                    None => vec![NetDiagnosticsCap::GetAny.into()],
                };
                self.client.grant_capability(to.unwrap_or(self.platform), caps).await?;
                Ok(json!({}))
            }
            "net-diagnostics" => {
                let report = self.client.net_diagnostics(command.flag("upload")).await?;
                Ok(json!({ "report": report }))
            }
            other => bail!("unknown command {other:?}"),
        }
    }
}
