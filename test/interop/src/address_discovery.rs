//! `peer address-discovery`: iroh's own QAD probe, alone.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use iroh_relay::{
    quic::{QUIC_ADDR_DISC_CLOSE_CODE, QUIC_ADDR_DISC_CLOSE_REASON, QuicClient},
    tls::default_provider,
};
use noq::{Endpoint, PathId, rustls::ClientConfig};
use serde_json::json;
use tokio_stream::StreamExt;

use crate::{
    arguments::Arguments,
    lines::emit,
    relays::{self, count, ms, trusted},
};

pub const HELP: &str = "
peer address-discovery --relay-addr IP:PORT --name HOST --ca FILE [--runs N] [--timeout MS]

Asks a relay for our address, one time after the other, each with a fresh socket, as iroh's net report does: its QuicClient
connects, the first OBSERVED_ADDRESS counts. Prints a line for each:
  {\"event\":\"address-discovery\",\"run\",\"ok\":true,\"ms\",\"rttMs\",\"observed\":\"IP:PORT\",\"localPort\"}
  {\"event\":\"address-discovery\",\"run\",\"ok\":false,\"ms\",\"error\"}
ms runs from before the socket is bound to the address (or to the error).
  --relay-addr  where address discovery listens, 7842 on most relays
  --name        that its certificate is for
  --ca          PEM file with the certificates that are trusted, and no others are
  --runs        default 1
  --timeout     for each, default 3000, as in the net report";

/// How long the relay may take to hear of the end, outside of what is measured.
const GOODBYE: Duration = Duration::from_millis(500);

struct Answer {
    observed: SocketAddr,
    local_port: u16,
    rtt: Duration,
}

pub async fn run(mut arguments: Arguments) -> Result<()> {
    let text = arguments.need("relay-addr")?;
    let relay: SocketAddr = text.parse().with_context(|| format!("--relay-addr {text}"))?;
    let name = arguments.need("name")?;
    let tls = trusted(&mut arguments)?.client_config(default_provider())?;
    let runs = count(&mut arguments, "runs")?;
    let limit = relays::limit(&mut arguments, 3_000)?;
    arguments.finish()?;

    for run in 1..=runs {
        let begun = Instant::now();
        let socket = bind(relay)?;
        let asked = tokio::time::timeout(limit, ask(&socket, tls.clone(), relay, &name)).await;
        let took = ms(begun);
        let mut line = json!({ "event": "address-discovery", "run": run, "ok": false, "ms": took });
        match asked.unwrap_or_else(|_| Err(anyhow::anyhow!("timed out"))) {
            Ok(answer) => {
                line["ok"] = json!(true);
                line["rttMs"] = json!(answer.rtt.as_secs_f64() * 1e3);
                line["observed"] = json!(answer.observed.to_string());
                line["localPort"] = json!(answer.local_port);
            }
            // The layers above say the same once more.
            Err(error) => line["error"] = json!(error.root_cause().to_string()),
        }
        emit(line);
        tokio::time::timeout(GOODBYE, socket.wait_idle()).await.ok();
    }
    Ok(())
}

fn bind(relay: SocketAddr) -> Result<Endpoint> {
    let any = match relay {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    Endpoint::client(any).context("binding a socket")
}

/// The steps of iroh's `run_probe_v4`, which is not public.
async fn ask(socket: &Endpoint, tls: ClientConfig, relay: SocketAddr, name: &str) -> Result<Answer> {
    let connection = QuicClient::new(socket.clone(), tls).create_conn(relay, name).await?;
    let observed = connection.observed_external_addr().next().await.context("no address was observed")?;
    let rtt = connection.rtt(PathId::ZERO).unwrap_or_default();
    connection.close(QUIC_ADDR_DISC_CLOSE_CODE, QUIC_ADDR_DISC_CLOSE_REASON);
    let observed = SocketAddr::new(observed.ip().to_canonical(), observed.port());
    Ok(Answer { observed, local_port: socket.local_addr()?.port(), rtt })
}
