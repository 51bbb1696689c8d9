//! Attacks on a platform's fairness, for load tests: all by holders of one API secret, or of none.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use iroh::{Endpoint, endpoint::Connection};
use iroh_metrics::{
    MetricType, MetricValue,
    encoding::{ItemSchema, Schema, Update, Values},
};
use iroh_services_2::{ALPN, ApiSecret, caps};
use iroh_services_proto::{Auth, IrohServicesClient, PutMetrics, caps::Caps};
use irpc_iroh::IrohRemoteConnection;
use rcan::Rcan;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::{
    arguments::Arguments,
    fleet::{api_secret, bind},
    lines::{self, Command, emit},
};

/// A token's life.
const HOUR: Duration = Duration::from_secs(3600);
/// For each step of an attack: one that hangs is given up and begun again.
const STEP: Duration = Duration::from_secs(10);
/// Before an attacker who was thrown out comes back.
const BACK: Duration = Duration::from_millis(100);
/// Sessions that one key holds open, and requests that one session holds open: the platform allows no more.
const SESSIONS: usize = 4;
const STREAMS: usize = 16;
/// Metrics of a large schema, and bytes of each help text: together a little less than a request may have.
const ITEMS: usize = 4_000;
const HELP_BYTES: usize = 180;

pub const HELP: &str = "
peer attack --kind idle|half|schema|storm|strangers [--keys N] [--api-secret S]

Attacks a platform on loopback until stdin closes, with N keys (default 64), and answers `status` by what it did.
  idle       four sessions of each key, which are silent; comes back when it is thrown out
  half       the same, with sixteen half-sent requests in each session
  schema     each key pushes a new metrics schema of almost a megabyte, again and again
  storm      each key opens a session and closes it, again and again
  strangers  connections without a token, each with a new key
  --api-secret   or the variable IROH_SERVICES_API_SECRET";

#[derive(Default)]
struct Done {
    sessions: AtomicU64,
    refused: AtomicU64,
    requests: AtomicU64,
}

struct Attack {
    kind: String,
    secret: ApiSecret,
    done: Done,
}

pub async fn run(mut arguments: Arguments) -> Result<()> {
    let kind = arguments.need("kind")?;
    if !["idle", "half", "schema", "storm", "strangers"].contains(&kind.as_str()) {
        bail!("--kind: {kind:?} is not known");
    }
    let keys: usize = arguments.number("keys")?.unwrap_or(64);
    let attack = Arc::new(Attack { kind, secret: api_secret(&mut arguments)?, done: Done::default() });
    arguments.finish()?;
    for _ in 0..keys {
        let endpoint = bind().await?;
        let sessions = if ["idle", "half"].contains(&attack.kind.as_str()) { SESSIONS } else { 1 };
        for _ in 0..sessions {
            tokio::spawn(attack.clone().go_on(endpoint.clone()));
        }
    }
    emit(json!({ "event": "ready", "role": "attack" }));
    lines::serve(|command| obey(attack.clone(), command)).await
}

async fn obey(attack: Arc<Attack>, command: Command) {
    let outcome = match command.name() {
        "status" => Ok(attack.done.describe()),
        other => Err(anyhow::anyhow!("unknown command {other:?}")),
    };
    command.settle(outcome);
}

impl Done {
    /// What was done since the last time.
    fn describe(&self) -> Value {
        json!({
            "sessions": self.sessions.swap(0, Relaxed),
            "refused": self.refused.swap(0, Relaxed),
            "requests": self.requests.swap(0, Relaxed),
        })
    }
}

impl Attack {
    async fn go_on(self: Arc<Self>, endpoint: Endpoint) {
        loop {
            if self.once(&endpoint).await.is_err() {
                self.done.refused.fetch_add(1, Relaxed);
                sleep(BACK).await;
            }
        }
    }

    async fn once(&self, endpoint: &Endpoint) -> Result<()> {
        if self.kind == "strangers" {
            let stranger = bind().await?;
            let connection = self.connect(&stranger).await?;
            sleep(BACK).await;
            connection.close(0u32.into(), b"");
            stranger.close().await;
            return Ok(());
        }
        let connection = self.connect(endpoint).await?;
        let client = IrohServicesClient::boxed(IrohRemoteConnection::new(connection.clone()));
        let auth = Auth { caps: token(&self.secret, endpoint)? };
        timeout(STEP, client.rpc(auth)).await??;
        self.done.sessions.fetch_add(1, Relaxed);
        match self.kind.as_str() {
            "idle" => {
                connection.closed().await;
                bail!("thrown out");
            }
            "half" => self.send_halves(&connection).await,
            "schema" => self.push_schemas(&client).await,
            _ => {
                connection.close(0u32.into(), b"");
                Ok(())
            }
        }
    }

    async fn connect(&self, endpoint: &Endpoint) -> Result<Connection> {
        Ok(timeout(STEP, endpoint.connect(self.secret.addr().clone(), ALPN)).await??)
    }

    /// The first half of reports, each on a stream of its own.
    async fn send_halves(&self, connection: &Connection) -> Result<()> {
        // The length in front, 60000 as a varint, and the number of the request.
        let mut half = vec![0xe0, 0xd4, 0x03, 0x03];
        half.resize(30_000, 0);
        let mut open = Vec::new();
        for _ in 0..STREAMS {
            let (mut send, receive) = timeout(STEP, connection.open_bi()).await??;
            timeout(STEP, send.write_all(&half)).await??;
            self.done.requests.fetch_add(1, Relaxed);
            open.push((send, receive));
        }
        connection.closed().await;
        bail!("thrown out");
    }

    async fn push_schemas(&self, client: &IrohServicesClient) -> Result<()> {
        for turn in 0u64.. {
            let session_id = format!("{turn:032x}").parse().context("an id has 32 hex digits")?;
            let push = PutMetrics { session_id, update: large_update(turn) };
            timeout(3 * STEP, client.rpc(push)).await??.ok();
            self.done.requests.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}

fn token(secret: &ApiSecret, endpoint: &Endpoint) -> Result<Rcan<Caps>> {
    let key = secret.secret.clone();
    let token = caps::create_api_token_from_secret_key(key, endpoint.id(), HOUR, caps::Caps::client());
    Rcan::decode(&token.encode())
}

fn large_update(turn: u64) -> Update {
    let mut schema = Schema::default();
    let help = "h".repeat(HELP_BYTES);
    for index in 0..ITEMS {
        let no_labels: &[(&str, &str)] = &[];
        let name = format!("attack_{turn}_{index}");
        schema.push(ItemSchema::new(&name, &["a"], no_labels, MetricType::Counter), &help);
    }
    let items = (0..ITEMS).map(|_| MetricValue::Counter(turn)).collect();
    Update { schema: Some(schema), values: Values { items } }
}
