//! The official client of the second generation (crate 2.0), with its host for dial-backs on the same endpoint.

use std::{
    collections::BTreeMap,
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
use iroh_metrics::{Counter, EncodeLabelSet, Family, Gauge, Histogram, MetricsGroup};
use iroh_services_2::{API_SECRET_ENV_VAR_NAME, ApiSecret, CLIENT_HOST_ALPN, Client, ClientHost, caps::Caps};
use serde_json::{Value, json};

use crate::{
    arguments::Arguments,
    dial_back::millis,
    lines::{self, Command, emit},
    net,
};

/// Metrics of an app's own: one of each kind, and one with labels.
#[derive(Debug, MetricsGroup)]
#[metrics(name = "app", default)]
struct AppMetrics {
    /// Jobs done
    jobs: Counter,
    /// Jobs that wait
    depth: Gauge,
    /// Seconds that jobs wait
    #[default(Histogram::new(vec![0.1, 1.0]))]
    wait: Histogram,
    /// Requests by path
    requests: Family<PathLabels, Counter>,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
struct PathLabels {
    path: String,
}

/// The crate's host with a line after each connection.
#[derive(Debug)]
struct Watched(ClientHost);

impl ProtocolHandler for Watched {
    async fn accept(&self, connection: Connection) -> Result<(), AcceptError> {
        let remote = connection.remote_id().to_string();
        let error = self.0.accept(connection.clone()).await.err().map(|error| format!("{error:#}"));
        let closed = connection.close_reason().map(|reason| net::describe(&reason));
        emit(json!({ "event": "dial-back-over", "remote": remote, "closed": closed, "error": error }));
        Ok(())
    }
}

struct Actor {
    client: Client,
    platform: EndpointId,
    metrics: Arc<AppMetrics>,
}

pub const HELP: &str = "
peer client-2 [--api-secret S] [--name N] [--group G] [--attribute KEY=VALUE]… [--seed HEX] [--port-v4 N] [--port-v6 N]
              [--metrics-interval-ms N] [--relay URL]

The official client of crate iroh-services 2.0 and its host for dial-backs on one endpoint on loopback, with metrics of
its own; obeys commands from stdin, ends when it closes.
  --api-secret  or the variable IROH_SERVICES_API_SECRET";

pub async fn run(mut arguments: Arguments) -> Result<()> {
    let endpoint = net::bind(&mut arguments).await?;
    let secret = match arguments.text("api-secret") {
        Some(text) => ApiSecret::from_str(&text).ok().context("the API secret does not parse")?,
        None => ApiSecret::from_env_var(API_SECRET_ENV_VAR_NAME)?,
    };
    let platform = secret.addr().id;
    let metrics = Arc::new(AppMetrics::default());
    let mut builder = Client::builder(&endpoint).api_secret(secret).register_metrics_group(metrics.clone());
    builder = match arguments.number("metrics-interval-ms")? {
        Some(interval) => builder.metrics_interval(Duration::from_millis(interval)),
        None => builder.disable_metrics_interval(),
    };
    if let Some(name) = arguments.text("name") {
        builder = builder.name(name)?;
    }
    if let Some(group) = arguments.text("group") {
        builder = builder.group(group)?;
    }
    let attributes = arguments.texts("attribute");
    if !attributes.is_empty() {
        builder = builder.attributes(pairs(&attributes)?)?;
    }
    arguments.finish()?;
    let router = Router::builder(endpoint.clone())
        .accept(CLIENT_HOST_ALPN, Watched(ClientHost::new(&endpoint)))
        .spawn();
    emit(json!({
        "event": "ready",
        "role": "client-2",
        "id": endpoint.id().to_string(),
        "addrs": net::address_texts(&net::address(&endpoint)),
        "platform": platform.to_string(),
    }));
    let actor = Arc::new(Actor { client: builder.build().await?, platform, metrics });
    lines::serve(|command| obey(actor.clone(), command)).await?;
    tokio::time::timeout(Duration::from_secs(3), router.shutdown()).await.ok();
    Ok(())
}

fn pairs(texts: &[String]) -> Result<BTreeMap<String, String>> {
    texts
        .iter()
        .map(|text| {
            let (key, value) = text.split_once('=').with_context(|| format!("no key=value: {text:?}"))?;
            Ok((key.to_owned(), value.to_owned()))
        })
        .collect()
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
                return Ok(json!({ "id": net::hex(&pong.req_id) }));
            }
            // Counts on, so that a test can tell one push from the next.
            "work" => {
                self.metrics.jobs.inc();
                self.metrics.depth.set(-3);
                self.metrics.wait.observe(0.5);
                let path = command.text("path").unwrap_or("/").to_owned();
                self.metrics.requests.get_or_create(&PathLabels { path }).inc();
            }
            "push-metrics" => self.client.push_metrics().await?,
            "set-name" => self.client.set_name(command.need("name")?).await?,
            "set-group" => self.client.set_group(command.need("group")?).await?,
            "set-attributes" => {
                let attributes = pairs(&command.texts("attributes").unwrap_or_default())?;
                self.client.set_attributes(attributes).await?
            }
            "set-attribute" => {
                self.client.set_attribute(command.need("key")?, command.need("value")?).await?
            }
            "grant" => self.client.grant_capability(self.platform, Caps::net_diagnostics_get_any()).await?,
            "net-diagnostics" => {
                let report = self.client.net_diagnostics(command.flag("upload")).await?;
                return Ok(json!({ "report": report }));
            }
            "shutdown" => self.client.shutdown().await,
            other => bail!("unknown command {other:?}"),
        }
        Ok(json!({}))
    }
}
