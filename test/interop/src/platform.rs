//! The platform, as far as the protocol shows it: what it remembers, and the commands it obeys.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use iroh::{Endpoint, EndpointAddr, EndpointId, SecretKey, endpoint::Connection, protocol::Router};
use iroh_services::{ALPN, ApiSecret};
use serde_json::{Value, json};

use crate::{
    answers::Answers,
    arguments::Arguments,
    dial_back, flood,
    lines::{self, Command, emit},
    net,
    tokens::{self, Token},
};

/// What the stub remembers of an endpoint between its messages and the dial-back.
#[derive(Clone)]
struct Known {
    address: EndpointAddr,
    grant: Option<Token>,
}

pub struct State {
    endpoint: Endpoint,
    pub secret: SecretKey,
    pub answers: Answers,
    /// Refuse connections whose first message is not Auth. The official client reconnects without it.
    pub strict: AtomicBool,
    pub connections: AtomicU64,
    pub live: Mutex<BTreeMap<u64, Connection>>,
    known: Mutex<BTreeMap<EndpointId, Known>>,
    last_granter: Mutex<Option<EndpointId>>,
}

#[derive(Clone)]
pub struct Platform(pub Arc<State>);

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Platform")
    }
}

pub const HELP: &str = "
peer platform [--seed HEX] [--port-v4 N] [--port-v6 N] [--secret-seed HEX]

Plays the platform on loopback: tells of every message as a JSON line, obeys commands from stdin, ends when it closes.
  --seed         the endpoint's secret key (default: random)
  --secret-seed  the API secret's key (default: random)
  --port-v4, --port-v6  default: any free ports";

/// `--seed`, `--port-v4`, `--port-v6` as in [`net::bind`]; `--secret-seed HEX` for the API secret's key.
pub async fn run(mut arguments: Arguments) -> Result<()> {
    let endpoint = net::bind(&mut arguments).await?;
    let secret = match arguments.text("secret-seed") {
        Some(seed) => SecretKey::from_bytes(&net::bytes32(&seed)?),
        None => SecretKey::generate(),
    };
    arguments.finish()?;
    let address = net::address(&endpoint);
    let platform = Platform(Arc::new(State {
        endpoint: endpoint.clone(),
        secret: secret.clone(),
        answers: Answers::default(),
        strict: AtomicBool::new(true),
        connections: AtomicU64::new(0),
        live: Mutex::default(),
        known: Mutex::default(),
        last_granter: Mutex::default(),
    }));
    let router = Router::builder(endpoint).accept(ALPN, platform.clone()).spawn();
    emit(json!({
        "event": "ready",
        "role": "platform",
        "id": address.id.to_string(),
        "addrs": net::address_texts(&address),
        "secret_id": secret.public().to_string(),
        "api_secret": ApiSecret::new(secret, address).to_string(),
    }));
    lines::serve(|command| platform.clone().obey(command)).await?;
    tokio::time::timeout(Duration::from_secs(3), router.shutdown()).await.ok();
    Ok(())
}

impl Platform {
    async fn obey(self, command: Command) {
        let outcome = match command.name() {
            "answer" => self.0.answers.set(&command),
            "strict" => {
                self.0.strict.store(command.flag("value"), Ordering::Relaxed);
                Ok(json!({}))
            }
            "close-connections" => self.close_connections(&command),
            "dial-back" => self.dial_back(&command).await,
            "flood" => match self.target(&command) {
                Ok(known) => flood::run(&self.0.endpoint, known.address, &command).await,
                Err(error) => Err(error),
            },
            other => Err(anyhow::anyhow!("unknown command {other:?}")),
        };
        command.settle(outcome);
    }

    fn close_connections(&self, command: &Command) -> Result<Value> {
        let code: u32 = command.number("code").unwrap_or(0).try_into()?;
        let reason = command.text("reason").unwrap_or_default();
        let live = self.0.live.lock().expect("no panic under the lock");
        for connection in live.values() {
            connection.close(code.into(), reason.as_bytes());
        }
        Ok(json!({ "count": live.len() }))
    }

    /// `to` (default: whoever granted last), at `addrs` (default: where its messages came from).
    fn target(&self, command: &Command) -> Result<Known> {
        let id = match command.text("to") {
            Some(text) => text.parse()?,
            None => {
                self.0.last_granter.lock().expect("no panic under the lock").context("nobody granted yet")?
            }
        };
        let known = self.0.known.lock().expect("no panic under the lock").get(&id).cloned();
        match command.texts("addrs") {
            Some(texts) => Ok(Known {
                address: net::parse_address(id, &texts)?,
                grant: known.and_then(|known| known.grant),
            }),
            None => known.context("this endpoint never sent anything: give addrs"),
        }
    }

    async fn dial_back(&self, command: &Command) -> Result<Value> {
        let known = self.target(command)?;
        let mut token = match command.get("token") {
            Some(wish) => Some(tokens::make(wish, self.0.endpoint.secret_key())?),
            None => known.grant,
        };
        if let Some(how) = command.text("tamper") {
            token = token.map(|token| tokens::tamper(token, how)).transpose()?;
        }
        dial_back::run(&self.0.endpoint, known.address, token, command).await
    }

    /// Keeps where the endpoint is, for the dial-back, and its grant if it sent one.
    pub fn remember(&self, connection: &Connection, grant: Option<Token>) {
        let address = net::peer_address(connection);
        let id = address.id;
        let mut known = self.0.known.lock().expect("no panic under the lock");
        let entry = known.entry(id).or_insert_with(|| Known { address: address.clone(), grant: None });
        if !address.is_empty() {
            entry.address = address;
        }
        if grant.is_some() {
            entry.grant = grant;
            *self.0.last_granter.lock().expect("no panic under the lock") = Some(id);
        }
    }
}
