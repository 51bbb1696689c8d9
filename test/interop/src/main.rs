//! A peer for the interop tests, on the official crates.
//!
//! `peer platform …` plays the platform, `peer client-host …` a client that can be dialled back. Both write JSON
//! lines to stdout, take commands as JSON lines on stdin, and end when stdin closes.

mod answers;
mod arguments;
mod client_host;
mod dial_back;
mod flood;
mod lines;
mod net;
mod platform;
mod raw;
mod report;
mod services;
mod tokens;

use anyhow::{Result, bail};
use arguments::Arguments;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    if let Err(error) = run().await {
        lines::emit(json!({ "event": "fatal", "error": format!("{error:#}") }));
        std::process::exit(1);
    }
    // Reading stdin occupies a thread that cannot be cancelled; leaving is the only way to end it.
    std::process::exit(0);
}

async fn run() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let role = words.next();
    let arguments = Arguments::parse(words)?;
    match role.as_deref() {
        Some("platform") => platform::run(arguments).await,
        Some("client-host") => client_host::run(arguments).await,
        _ => bail!("usage: peer platform|client-host [--name value]…"),
    }
}
