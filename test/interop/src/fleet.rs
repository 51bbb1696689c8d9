//! A fleet for load tests: many apps with the official client of crate 2.0, each on an endpoint of its own.

use std::{
    collections::BTreeMap,
    str::FromStr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use iroh::{
    Endpoint, EndpointId, RelayMode,
    endpoint::{Connection, PortmapperConfig, presets},
    protocol::{AcceptError, ProtocolHandler, Router},
};
use iroh_services_2::{ApiSecret, CLIENT_HOST_ALPN, Client, caps::Caps};
use iroh_services_proto::{ClientHostProtocol, NetDiagnosticsMessage, net_diagnostics::DiagnosticsReport};
use irpc_iroh::read_request;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    arguments::Arguments,
    dial_back::millis,
    lines::{self, Command, emit},
};

/// A ping that takes longer counts as failed.
const PING_LIMIT: Duration = Duration::from_secs(20);
/// Between two tries of an app whose platform is away; the official client itself never tries again.
const RETRY: Duration = Duration::from_millis(500);

pub const HELP: &str = "
peer fleet [--api-secret S] [--apps N] [--per-second N] [--ping-ms N] [--metrics-ms N] [--host-every N] [--run-ms N]
           [--name TEXT]

N apps on loopback, each an endpoint with the official client of crate iroh-services 2.0: it authenticates, names itself,
joins a group, sets attributes, grants a dial-back, pushes metrics and pings. Writes `ramped` when all have had an answer;
obeys commands from stdin, ends when it closes.
  --api-secret   or the variable IROH_SERVICES_API_SECRET
  --apps         default 100
  --per-second   how many start in a second; default 50
  --ping-ms      between two pings of an app; default 30000
  --metrics-ms   between two pushes of an app; default 60000, as in the crate; 0: none
  --host-every   each Nth app answers dial-backs; default 0: none
  --run-ms       how long the answer to a dial-back takes; default 1000
Commands: `status` (pings since the last one), `ping-all` (all at once, until each has an answer or `timeout_ms` is over),
`hosts` (ids of the apps that answer dial-backs).";

/// Pings since somebody last asked, in milliseconds.
#[derive(Default)]
struct Pings {
    answered: Vec<f64>,
    failed: u64,
}

impl Pings {
    fn describe(mut self) -> Value {
        self.answered.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = self.answered.len().checked_sub(1)?;
            self.answered.get((last as f64 * share).round() as usize).copied()
        };
        json!({
            "answered": self.answered.len(),
            "failed": self.failed,
            "median": at(0.5),
            "p95": at(0.95),
            "p99": at(0.99),
            "max": at(1.0),
        })
    }
}

struct App {
    client: Client,
    id: EndpointId,
    /// Keeps the host for dial-backs running.
    host: Option<Router>,
    _endpoint: Endpoint,
}

impl App {
    /// @returns milliseconds; none when there was no answer
    async fn ping(&self) -> Option<f64> {
        let begun = Instant::now();
        let pong = tokio::time::timeout(PING_LIMIT, self.client.ping()).await;
        pong.ok()?.ok()?;
        Some(begun.elapsed().as_secs_f64() * 1000.0)
    }

    async fn ping_until(&self, deadline: Instant) -> Option<f64> {
        let begun = Instant::now();
        while Instant::now() < deadline {
            if self.ping().await.is_some() {
                return Some(begun.elapsed().as_secs_f64() * 1000.0);
            }
            sleep(RETRY).await;
        }
        None
    }
}

/// Answers dial-backs by a report without measurements, after the time that a run takes. The crate's own host would ask the
/// gateway of the machine, for twenty seconds.
#[derive(Debug)]
struct Host {
    id: EndpointId,
    run: Duration,
}

impl ProtocolHandler for Host {
    async fn accept(&self, connection: Connection) -> Result<(), AcceptError> {
        self.serve(&connection).await.map_err(AcceptError::from_err)
    }
}

impl Host {
    async fn serve(&self, connection: &Connection) -> std::io::Result<()> {
        while let Some(message) = read_request::<ClientHostProtocol>(connection).await? {
            match message {
                NetDiagnosticsMessage::Auth(message) => {
                    message.tx.send(()).await.ok();
                }
                NetDiagnosticsMessage::RunNetworkDiagnostics(message) => {
                    sleep(self.run).await;
                    message.tx.send(Ok(self.report())).await.ok();
                }
            }
        }
        Ok(())
    }

    fn report(&self) -> DiagnosticsReport {
        DiagnosticsReport {
            endpoint_id: self.id,
            net_report: None,
            direct_addrs: Vec::new(),
            portmap_probe: None,
            iroh_version: "1.4.1".to_owned(),
            iroh_services_version: "2.0.0".to_owned(),
        }
    }
}

/// What every app of the fleet is like.
struct Plan {
    secret: ApiSecret,
    name: String,
    ping: Duration,
    metrics: Option<Duration>,
    host_every: usize,
    run: Duration,
}

struct Fleet {
    plan: Plan,
    apps: Mutex<Vec<Arc<App>>>,
    pings: Mutex<Pings>,
}

pub async fn run(mut arguments: Arguments) -> Result<()> {
    let count: usize = arguments.number("apps")?.unwrap_or(100);
    let per_second: f64 = arguments.number("per-second")?.unwrap_or(50.0);
    let ms = |number: Option<u64>, default| Duration::from_millis(number.unwrap_or(default));
    let metrics = ms(arguments.number("metrics-ms")?, 60_000);
    let plan = Plan {
        secret: api_secret(&mut arguments)?,
        name: arguments.text("name").unwrap_or_else(|| "fleet".to_owned()),
        ping: ms(arguments.number("ping-ms")?, 30_000),
        metrics: Some(metrics).filter(|every| !every.is_zero()),
        host_every: arguments.number("host-every")?.unwrap_or(0),
        run: ms(arguments.number("run-ms")?, 1_000),
    };
    arguments.finish()?;
    let fleet = Arc::new(Fleet { plan, apps: Mutex::default(), pings: Mutex::default() });
    emit(json!({ "event": "ready", "role": "fleet" }));
    tokio::spawn(ramp(fleet.clone(), count, per_second));
    lines::serve(|command| obey(fleet.clone(), command)).await
}

pub fn api_secret(arguments: &mut Arguments) -> Result<ApiSecret> {
    match arguments.text("api-secret") {
        Some(text) => ApiSecret::from_str(&text).ok().context("the API secret does not parse"),
        None => Ok(ApiSecret::from_env_var(iroh_services_2::API_SECRET_ENV_VAR_NAME)?),
    }
}

/// An endpoint with one socket, which nobody but its peer hears of.
pub async fn bind() -> Result<Endpoint> {
    Endpoint::builder(presets::Minimal)
        .relay_mode(RelayMode::Disabled)
        .portmapper_config(PortmapperConfig::Disabled)
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0")?
        .bind()
        .await
        .context("binding an endpoint")
}

async fn ramp(fleet: Arc<Fleet>, count: usize, per_second: f64) {
    let begun = Instant::now();
    let mut starting = JoinSet::new();
    for index in 0..count {
        sleep(Duration::from_secs_f64(index as f64 / per_second).saturating_sub(begun.elapsed())).await;
        starting.spawn(start(fleet.clone(), index));
    }
    let mut retries = 0;
    while let Some(outcome) = starting.join_next().await {
        match outcome {
            Ok(Ok(tries)) => retries += tries,
            Ok(Err(error)) => emit(json!({ "event": "fatal", "error": format!("{error:#}") })),
            Err(error) => emit(json!({ "event": "fatal", "error": error.to_string() })),
        }
    }
    emit(json!({ "event": "ramped", "apps": count, "ms": millis(begun), "retries": retries }));
}

/// @returns how often it had to try again until it had an answer
async fn start(fleet: Arc<Fleet>, index: usize) -> Result<usize> {
    let plan = &fleet.plan;
    let endpoint = bind().await?;
    let id = endpoint.id();
    let host = (plan.host_every > 0 && index.is_multiple_of(plan.host_every)).then(|| {
        Router::builder(endpoint.clone()).accept(CLIENT_HOST_ALPN, Host { id, run: plan.run }).spawn()
    });
    let attributes =
        BTreeMap::from([("region", format!("eu-{}", index % 7)), ("version", "1.4.1".to_owned())]);
    let mut builder = Client::builder(&endpoint)
        .api_secret(plan.secret.clone())
        .name(format!("{}-{index}", plan.name))?
        .group(format!("group-{}", index % 10))?
        .attributes(attributes)?;
    builder = match plan.metrics {
        Some(interval) => builder.metrics_interval(interval),
        None => builder.disable_metrics_interval(),
    };
    let client = builder.build().await?;
    let app = Arc::new(App { client, id, host, _endpoint: endpoint });
    let mut tries = 0;
    while app.ping().await.is_none() {
        tries += 1;
        sleep(RETRY).await;
    }
    app.client.grant_capability(plan.secret.addr().id, Caps::net_diagnostics_get_any()).await.ok();
    fleet.apps.lock().expect("no panic under the lock").push(app.clone());
    tokio::spawn(live(fleet.clone(), app, index));
    Ok(tries)
}

async fn live(fleet: Arc<Fleet>, app: Arc<App>, index: usize) {
    // Spread over the interval, however fast the fleet came.
    sleep(fleet.plan.ping.mul_f64((index as f64 * 0.618_034).fract())).await;
    loop {
        let outcome = app.ping().await;
        fleet.note(outcome);
        sleep(fleet.plan.ping).await;
    }
}

async fn obey(fleet: Arc<Fleet>, command: Command) {
    let outcome = fleet.act(&command).await;
    command.settle(outcome);
}

impl Fleet {
    async fn act(&self, command: &Command) -> Result<Value> {
        match command.name() {
            "status" => {
                let pings = std::mem::take(&mut *self.pings.lock().expect("no panic under the lock"));
                Ok(json!({ "pings": pings.describe() }))
            }
            "ping-all" => {
                let begun = Instant::now();
                let deadline = begun + Duration::from_millis(command.number("timeout_ms").unwrap_or(120_000));
                let mut pinging = JoinSet::new();
                for app in self.all() {
                    pinging.spawn(async move { app.ping_until(deadline).await });
                }
                let mut pings = Pings::default();
                for outcome in pinging.join_all().await {
                    match outcome {
                        Some(ms) => pings.answered.push(ms),
                        None => pings.failed += 1,
                    }
                }
                Ok(json!({ "pings": pings.describe(), "ms": millis(begun) }))
            }
            "hosts" => {
                let apps = self.all();
                let hosts = apps.iter().filter(|app| app.host.is_some()).map(|app| app.id.to_string());
                Ok(json!({ "ids": hosts.collect::<Vec<_>>() }))
            }
            other => bail!("unknown command {other:?}"),
        }
    }

    fn note(&self, outcome: Option<f64>) {
        let mut pings = self.pings.lock().expect("no panic under the lock");
        match outcome {
            Some(ms) => pings.answered.push(ms),
            None => pings.failed += 1,
        }
    }

    fn all(&self) -> Vec<Arc<App>> {
        self.apps.lock().expect("no panic under the lock").clone()
    }
}
