//! `peer net-diagnostics`: the report that the official host makes when it is dialled back.

use std::time::Instant;

use anyhow::{Context, Result};
use iroh_services::run_diagnostics;
use serde_json::json;

use crate::{
    arguments::Arguments,
    lines::emit,
    relays::{self, Relays, count, ms},
};

pub const HELP: &str = "
peer net-diagnostics --relay URL… --ca FILE [--quic-port N…] [--no-portmap] [--repeat N] [--timeout MS]

Calls the function the official host and client call, each time on a fresh endpoint, and prints a line for each:
  {\"event\":\"net-diagnostics\",\"run\",\"ms\",\"msWithBind\",\"report\"}
ms runs from the bound endpoint to the report, so its relay connection and net report begin with it; msWithBind runs from
before binding. Closing the endpoint counts in neither.
  --relay, --ca, --quic-port  as `peer net-report --help` has them
  --no-portmap  the endpoint does not ask the gateway for a port (the diagnostics do in any case)
  --repeat      default 1
  --timeout     for each, default 60000; past it the program fails";

pub async fn run(mut arguments: Arguments) -> Result<()> {
    let relays = Relays::parse(&mut arguments)?;
    let runs = count(&mut arguments, "repeat")?;
    let limit = relays::limit(&mut arguments, 60_000)?;
    arguments.finish()?;

    for run in 1..=runs {
        let begun = Instant::now();
        let endpoint = relays.bind().await?;
        let bound = Instant::now();
        let report = tokio::time::timeout(limit, run_diagnostics(&endpoint)).await;
        let report = report.context("the diagnostics took too long")??;
        emit(json!({
            "event": "net-diagnostics",
            "run": run,
            "ms": ms(bound),
            "msWithBind": ms(begun),
            "report": report,
        }));
        relays::close(endpoint).await;
    }
    Ok(())
}
