//! `peer pair-accept` and `peer pair-dial`: whether two real endpoints find, reach, and keep a direct path to each other.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use iroh::{
    Endpoint, EndpointAddr, RelayUrl,
    endpoint::{Connection, Path},
};
use serde_json::{Value, json};
use tokio::time::{interval, sleep, timeout};

use crate::{
    arguments::Arguments,
    lines::emit,
    relays::{self, Relays, count, ms},
};

pub const ACCEPT_HELP: &str = "
peer pair-accept --relay URL… --ca FILE [--quic-port N…] [--tries N] [--timeout MS]

The far end: a fresh endpoint for each try. Prints one line when each is online or gave up, and echoes datagrams until killed:
  {\"event\":\"pair-ready\",\"peers\":[{\"id\",\"relay\"}]}   relay is null for one that is not online
  --tries    default 1
  --timeout  for being online, default 5000";

pub const DIAL_HELP: &str = "
peer pair-dial --relay URL… --ca FILE [--quic-port N…] [--peer ID --peer-relay URL] [--timeout MS]

The near end, on a fresh endpoint: knows of the peer its id and its relay alone. Prints one line and ends:
  {\"event\":\"pair\",\"online\",\"connected\",\"direct\",\"family\",\"ms\",\"echoed\",\"left\"}
direct: for two seconds a selected path that is no relay carried datagrams, to the end. ms runs from dialling to that path.
  --peer     without one nothing is dialled, and only online is told
  --timeout  for being online, default 5000";

const ALPN: &[u8] = b"iroh-net-diagnostics/pair";
const CONNECT: Duration = Duration::from_secs(6);
/// iroh punches again after five seconds: what is not direct by then, often never is.
const DIRECT: Duration = Duration::from_secs(6);
const ROUNDS: usize = 20;
const EVERY: Duration = Duration::from_millis(100);
/// Of the last half so many must come back: a lossy path is still a path, one that has died is none.
const ALIVE: usize = 2;
/// Small enough for an uplink of 64 kbit/s.
const PAYLOAD: usize = 200;

pub async fn accept(mut arguments: Arguments) -> Result<()> {
    let relays = Relays::parse(&mut arguments)?;
    let tries = count(&mut arguments, "tries")?;
    let limit = relays::limit(&mut arguments, 5_000)?;
    arguments.finish()?;

    let mut endpoints = Vec::new();
    for _ in 0..tries {
        let endpoint = relays.bind().await?;
        endpoint.set_alpns(vec![ALPN.to_vec()]);
        endpoints.push(endpoint);
    }
    let until = Instant::now() + limit;
    let mut peers = Vec::new();
    for endpoint in &endpoints {
        timeout(until.saturating_duration_since(Instant::now()), endpoint.online()).await.ok();
        let address = endpoint.addr();
        let relay = address.relay_urls().next().map(ToString::to_string);
        peers.push(json!({ "id": endpoint.id().to_string(), "relay": relay }));
        tokio::spawn(serve(endpoint.clone()));
    }
    emit(json!({ "event": "pair-ready", "peers": peers }));
    std::future::pending().await
}

async fn serve(endpoint: Endpoint) {
    while let Some(incoming) = endpoint.accept().await {
        let Ok(connection) = incoming.await else { continue };
        tokio::spawn(async move {
            while let Ok(datagram) = connection.read_datagram().await {
                // One that is lost is seen by who counts them.
                connection.send_datagram(datagram).ok();
            }
        });
    }
}

pub async fn dial(mut arguments: Arguments) -> Result<()> {
    let relays = Relays::parse(&mut arguments)?;
    let peer = match arguments.text("peer") {
        None => None,
        Some(id) => {
            let relay: RelayUrl = arguments.need("peer-relay")?.parse().context("--peer-relay")?;
            Some(EndpointAddr::new(id.parse().context("--peer")?).with_relay_url(relay))
        }
    };
    let limit = relays::limit(&mut arguments, 5_000)?;
    arguments.finish()?;

    let endpoint = relays.bind().await?;
    let is_online = timeout(limit, endpoint.online()).await.is_ok();
    let outcome = match peer {
        Some(peer) if is_online => dialled(&endpoint, peer).await,
        _ => None,
    };
    let mut line = json!({ "event": "pair", "online": is_online, "connected": outcome.is_some(), "direct": false });
    for (key, value) in outcome.iter().flat_map(|outcome| outcome.as_object()).flatten() {
        line[key] = value.clone();
    }
    emit(line);
    relays::close(endpoint).await;
    Ok(())
}

/// None: not connected.
async fn dialled(endpoint: &Endpoint, peer: EndpointAddr) -> Option<Value> {
    let begun = Instant::now();
    let connection = timeout(CONNECT, endpoint.connect(peer, ALPN)).await.ok()?.ok()?;
    let until = Instant::now() + DIRECT;
    let mut left = 0;
    while let Some(family) = direct(&connection, until).await {
        let at = ms(begun);
        let echoed = echo(&connection).await;
        if echoed.late >= ALIVE && family_of(&connection) == Some(family) {
            let all = echoed.all;
            return Some(json!({ "direct": true, "family": family, "ms": at, "echoed": all, "left": left }));
        }
        left += 1;
    }
    // It was there, carried nothing, and was left for the relay: not a direct path.
    Some(json!({ "left": left }))
}

/// Waits for a direct path; its family.
async fn direct(connection: &Connection, until: Instant) -> Option<u8> {
    while Instant::now() < until && connection.close_reason().is_none() {
        if let Some(family) = family_of(connection) {
            return Some(family);
        }
        sleep(Duration::from_millis(5)).await;
    }
    None
}

/// Of the path that carries data; None: it is a relay's.
fn family_of(connection: &Connection) -> Option<u8> {
    let paths = connection.paths();
    let address = paths.iter().find(Path::is_selected)?.remote_addr().clone();
    match address {
        iroh::TransportAddr::Ip(socket) => Some(if socket.is_ipv4() { 4 } else { 6 }),
        _ => None,
    }
}

struct Echoed {
    all: usize,
    /// Of the second half.
    late: usize,
}

/// Datagrams back and forth; those that are lost are not sent again.
async fn echo(connection: &Connection) -> Echoed {
    let mut echoed = Echoed { all: 0, late: 0 };
    let mut ticks = interval(EVERY);
    let mut round = 0;
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if round == ROUNDS {
                    return echoed;
                }
                connection.send_datagram(vec![round as u8; PAYLOAD].into()).ok();
                round += 1;
            }
            datagram = connection.read_datagram() => {
                let Ok(datagram) = datagram else { return echoed };
                echoed.all += 1;
                if datagram.first().is_some_and(|&sent| usize::from(sent) >= ROUNDS / 2) {
                    echoed.late += 1;
                }
            }
        }
    }
}
