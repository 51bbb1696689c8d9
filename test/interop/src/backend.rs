//! A stand-in for the hosted backend, on the types of the second generation, as strict as the one in the crate's own
//! tests: it reads one request after the other, any error ends the connection, a second `Auth` closes it, the metrics
//! decoder lives as long as the connection. It keeps one metrics push per 30 s and drops the others without a word.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use iroh::{
    Endpoint, EndpointAddr, SecretKey,
    endpoint::Connection,
    protocol::{AcceptError, ProtocolHandler, Router},
};
use iroh_metrics::encoding::Decoder;
use iroh_services_2::{ALPN, ApiSecret};
use iroh_services_proto::{
    Auth, CLIENT_HOST_ALPN, ClientHostClient, GrantCap, IrohServicesProtocol, Pong, PutMetrics, RemoteError,
    RunNetworkDiagnostics, ServicesMessage, caps::Caps,
};
use irpc::channel::oneshot;
use irpc_iroh::{IrohRemoteConnection, read_request};
use rcan::Rcan;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    arguments::Arguments,
    lines::{self, Command, emit},
    net,
};

/// What is kept of metrics: one push in this time.
const PUSH_INTERVAL: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct State {
    endpoint: Endpoint,
    secret: SecretKey,
    delay: Duration,
    connections: AtomicU64,
    /// Answer the next request of 2.0 by `RateLimited`.
    limit_next: AtomicBool,
    live: Mutex<Vec<Connection>>,
    /// The last grant, and where its endpoint is.
    grant: Mutex<Option<(EndpointAddr, Rcan<Caps>)>>,
}

#[derive(Debug, Clone)]
struct Backend(Arc<State>);

pub const HELP: &str = "
peer backend [--seed HEX] [--port-v4 N] [--port-v6 N] [--secret-seed HEX] [--delay-ms N]

Plays the hosted backend, strictly, on loopback: tells of every request as a JSON line, obeys commands from stdin, ends
when it closes.
  --delay-ms  before each answer (default: 0)";

pub async fn run(mut arguments: Arguments) -> Result<()> {
    let endpoint = net::bind(&mut arguments).await?;
    let secret = match arguments.text("secret-seed") {
        Some(seed) => SecretKey::from_bytes(&net::bytes32(&seed)?),
        None => SecretKey::generate(),
    };
    let delay = Duration::from_millis(arguments.number("delay-ms")?.unwrap_or(0));
    arguments.finish()?;
    let address = net::address(&endpoint);
    let backend = Backend(Arc::new(State {
        endpoint: endpoint.clone(),
        secret: secret.clone(),
        delay,
        connections: AtomicU64::new(0),
        limit_next: AtomicBool::new(false),
        live: Mutex::default(),
        grant: Mutex::default(),
    }));
    let router = Router::builder(endpoint).accept(ALPN, backend.clone()).spawn();
    emit(json!({
        "event": "ready",
        "role": "backend",
        "id": address.id.to_string(),
        "addrs": net::address_texts(&address),
        "api_secret": ApiSecret::new(secret, address).to_string(),
    }));
    lines::serve(|command| backend.clone().obey(command)).await?;
    tokio::time::timeout(Duration::from_secs(3), router.shutdown()).await.ok();
    Ok(())
}

impl ProtocolHandler for Backend {
    async fn accept(&self, connection: Connection) -> Result<(), AcceptError> {
        let number = self.0.connections.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.live.lock().await.push(connection.clone());
        emit(
            json!({ "event": "connected", "connection": number, "remote": connection.remote_id().to_string() }),
        );
        let error = self.serve(&connection, number).await.err().map(|error| format!("{error:#}"));
        let closed = connection.close_reason().map(|reason| net::describe(&reason));
        connection.close(0u32.into(), b"");
        self.0.live.lock().await.retain(|other| other.stable_id() != connection.stable_id());
        emit(json!({
            "event": "disconnected",
            "connection": number,
            "remote": connection.remote_id().to_string(),
            "closed": closed,
            "error": error,
        }));
        Ok(())
    }
}

impl Backend {
    async fn serve(&self, connection: &Connection, number: u64) -> Result<()> {
        let Some(first) = read_request::<IrohServicesProtocol>(connection).await? else {
            return Ok(());
        };
        let ServicesMessage::Auth(first) = first else {
            connection.close(400u32.into(), b"Expected initial auth message");
            bail!("expected initial auth message");
        };
        if !self.permits(connection, &first.inner.caps) {
            connection.close(401u32.into(), b"Unauthorized");
            bail!("unauthorized");
        }
        emit(json!({ "event": "auth", "connection": number }));
        self.answer(first.tx, ()).await?;

        let mut metrics = Metrics::default();
        while let Some(request) = read_request::<IrohServicesProtocol>(connection).await? {
            self.take(connection, number, request, &mut metrics).await?;
        }
        Ok(())
    }

    async fn take(
        &self,
        connection: &Connection,
        number: u64,
        request: ServicesMessage,
        metrics: &mut Metrics,
    ) -> Result<()> {
        let tell = |event: &str, mut line: Value| {
            line["event"] = json!(event);
            line["connection"] = json!(number);
            emit(line);
        };
        match request {
            ServicesMessage::Auth(_) => {
                connection.close(400u32.into(), b"Unexpected auth message");
                bail!("unexpected auth message");
            }
            ServicesMessage::Ping(message) => {
                let req_id = message.inner.req_id;
                tell("ping", json!({ "id": net::hex(&req_id) }));
                self.answer(message.tx, Pong { req_id }).await?;
            }
            ServicesMessage::PutMetrics(message) => {
                let mut line = metrics.take(message.inner);
                line["traffic"] = traffic(connection);
                tell("metrics", line);
                self.answer(message.tx, Ok(())).await?;
            }
            ServicesMessage::PutNetworkDiagnostics(message) => {
                tell("report", json!({ "version": message.inner.report.iroh_services_version }));
                self.answer(message.tx, Ok(())).await?;
            }
            ServicesMessage::GrantCap(message) => {
                let GrantCap { cap } = message.inner;
                tell("grant", json!({}));
                *self.0.grant.lock().await = Some((net::peer_address(connection), cap));
                self.answer(message.tx, Ok(())).await?;
            }
            ServicesMessage::NameEndpoint(message) => {
                tell("name", json!({ "name": message.inner.name }));
                self.answer(message.tx, Ok(())).await?;
            }
            ServicesMessage::SetGroup(message) => {
                tell("group", json!({ "group": message.inner.group }));
                self.answer(message.tx, self.verdict(&message.inner.group)).await?;
            }
            ServicesMessage::SetAttributes(message) => {
                tell("attributes", json!({ "attributes": message.inner.attributes }));
                self.answer(message.tx, self.verdict("")).await?;
            }
        }
        Ok(())
    }

    /// A group called `refused` is no group here.
    fn verdict(&self, group: &str) -> Result<(), RemoteError> {
        if self.0.limit_next.swap(false, Ordering::Relaxed) {
            return Err(RemoteError::RateLimited);
        }
        match group {
            "refused" => Err(RemoteError::InvalidInput("no such group".to_owned())),
            _ => Ok(()),
        }
    }

    /// A caller that has reset its stream meanwhile ends the connection by it.
    async fn answer<T: irpc::RpcMessage>(&self, tx: oneshot::Sender<T>, answer: T) -> Result<()> {
        tokio::time::sleep(self.0.delay).await;
        tx.send(answer).await?;
        Ok(())
    }

    fn permits(&self, connection: &Connection, token: &Rcan<Caps>) -> bool {
        token.issuer().as_bytes() == self.0.secret.public().as_bytes()
            && token.audience().as_bytes() == connection.remote_id().as_bytes()
    }

    async fn obey(self, command: Command) {
        let outcome = match command.name() {
            "limit-next" => {
                self.0.limit_next.store(true, Ordering::Relaxed);
                Ok(json!({}))
            }
            // As a backend that restarts.
            "close-connections" => {
                let live = self.0.live.lock().await;
                live.iter().for_each(|connection| connection.close(0u32.into(), b""));
                Ok(json!({ "count": live.len() }))
            }
            "dial-back" => self.dial_back().await,
            other => Err(anyhow::anyhow!("unknown command {other:?}")),
        };
        command.settle(outcome);
    }

    async fn dial_back(&self) -> Result<Value> {
        let Some((address, caps)) = self.0.grant.lock().await.clone() else {
            bail!("nobody granted yet");
        };
        let begun = Instant::now();
        let connection = self.0.endpoint.connect(address, CLIENT_HOST_ALPN).await?;
        let client = ClientHostClient::boxed(IrohRemoteConnection::new(connection.clone()));
        client.rpc(Auth { caps }).await?;
        let report = client.rpc(RunNetworkDiagnostics).await?;
        connection.close(0u32.into(), b"");
        let ms = begun.elapsed().as_millis() as u64;
        match report {
            Ok(report) => Ok(json!({ "version": report.iroh_services_version, "ms": ms })),
            Err(error) => bail!("{error:#}"),
        }
    }
}

/// What went over the wire so far, with everything that QUIC adds.
fn traffic(connection: &Connection) -> Value {
    let stats = connection.stats();
    json!({
        "rx_bytes": stats.udp_rx.bytes,
        "rx_datagrams": stats.udp_rx.datagrams,
        "tx_bytes": stats.udp_tx.bytes,
        "tx_datagrams": stats.udp_tx.datagrams,
    })
}

/// The metrics of one connection.
#[derive(Default)]
struct Metrics {
    decoder: Decoder,
    kept_at: Option<Instant>,
}

impl Metrics {
    /// A push that comes too soon is dropped, and its schema with it.
    fn take(&mut self, push: PutMetrics) -> Value {
        let has_schema = push.update.schema.is_some();
        let values = push.update.values.items.len();
        let is_kept = self.kept_at.is_none_or(|at| at.elapsed() >= PUSH_INTERVAL);
        if !is_kept {
            return json!({ "kept": false, "has_schema": has_schema, "values": values });
        }
        self.kept_at = Some(Instant::now());
        self.decoder.import(push.update);
        let items: Vec<Value> = self
            .decoder
            .iter()
            .map(|item| {
                let name = item.schema.prefixed_name();
                json!({ "name": name, "labels": item.schema.labels, "value": item.value })
            })
            .collect();
        json!({
            "kept": true,
            "has_schema": has_schema,
            "values": values,
            "session": push.session_id.to_string(),
            "items": items,
        })
    }
}
