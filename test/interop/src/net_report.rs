//! `peer net-report`: what the official endpoint finds out about its network by itself.

use std::time::Instant;

use anyhow::Result;
use iroh::Watcher;
use serde_json::json;

use crate::{
    arguments::Arguments,
    lines::emit,
    relays::{self, Relays, ms},
};

pub const HELP: &str = "
peer net-report --relay URL… --ca FILE [--quic-port N…] [--no-portmap] [--timeout MS]

Binds an endpoint that knows these relays alone, waits for its first net report, which is a full one, and prints one line:
  {\"event\":\"net-report\",\"ms\",\"msWithBind\",\"report\"}
ms runs from the bound endpoint to its report, msWithBind from before binding; report is null when none came in time.
  --relay       https://HOST[:PORT]/, any number of times
  --ca          PEM file with the certificates that are trusted, and no others are
  --quic-port   of address discovery, once for all relays or once for each; 0: the relay has none (default 7842)
  --no-portmap  does not ask the gateway for a port
  --timeout     default 30000";

pub async fn run(mut arguments: Arguments) -> Result<()> {
    let relays = Relays::parse(&mut arguments)?;
    let limit = relays::limit(&mut arguments, 30_000)?;
    arguments.finish()?;

    let begun = Instant::now();
    let endpoint = relays.bind().await?;
    let bound = Instant::now();
    let mut watcher = endpoint.net_report();
    let report = tokio::time::timeout(limit, watcher.initialized()).await.ok();
    emit(json!({
        "event": "net-report",
        "ms": ms(bound),
        "msWithBind": ms(begun),
        "report": report,
    }));
    relays::close(endpoint).await;
    Ok(())
}
