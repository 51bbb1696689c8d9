//! A peer for the interop tests, on the official crates.
//!
//! `peer platform …` plays the platform, `peer client-host …` a client that can be dialled back. Both write JSON
//! lines to stdout, take commands as JSON lines on stdin, and end when stdin closes. The other roles are measured
//! against: they write JSON lines and end by themselves (`delay-wire` when stdin closes).

mod address_discovery;
mod answers;
mod arguments;
mod attack;
mod backend;
mod client_2;
mod client_host;
#[cfg(target_os = "linux")]
mod delay_wire;
mod dial_back;
mod fleet;
mod flood;
mod lines;
mod net;
mod net_diagnostics;
mod net_report;
mod pair;
mod platform;
mod raw;
mod relays;
mod report;
mod services;
mod tokens;

use std::pin::Pin;

use anyhow::{Result, bail};
use arguments::Arguments;
use serde_json::json;

type Running = Pin<Box<dyn Future<Output = Result<()>>>>;

struct Role {
    name: &'static str,
    /// What `peer ROLE --help` prints.
    help: &'static str,
    run: fn(Arguments) -> Running,
}

const ROLES: &[Role] = &[
    Role { name: "platform", help: platform::HELP, run: |a| Box::pin(platform::run(a)) },
    Role { name: "client-host", help: client_host::HELP, run: |a| Box::pin(client_host::run(a)) },
    Role { name: "backend", help: backend::HELP, run: |a| Box::pin(backend::run(a)) },
    Role { name: "client-2", help: client_2::HELP, run: |a| Box::pin(client_2::run(a)) },
    Role { name: "fleet", help: fleet::HELP, run: |a| Box::pin(fleet::run(a)) },
    Role { name: "attack", help: attack::HELP, run: |a| Box::pin(attack::run(a)) },
    Role { name: "net-report", help: net_report::HELP, run: |a| Box::pin(net_report::run(a)) },
    Role { name: "net-diagnostics", help: net_diagnostics::HELP, run: |a| Box::pin(net_diagnostics::run(a)) },
    Role {
        name: "address-discovery",
        help: address_discovery::HELP,
        run: |a| Box::pin(address_discovery::run(a)),
    },
    Role { name: "pair-accept", help: pair::ACCEPT_HELP, run: |a| Box::pin(pair::accept(a)) },
    Role { name: "pair-dial", help: pair::DIAL_HELP, run: |a| Box::pin(pair::dial(a)) },
    #[cfg(target_os = "linux")]
    Role { name: "delay-wire", help: delay_wire::HELP, run: |a| Box::pin(async { delay_wire::run(a) }) },
];

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
    let mut words = std::env::args().skip(1).peekable();
    let name = words.next().unwrap_or_default();
    let Some(role) = ROLES.iter().find(|role| role.name == name) else {
        let names: Vec<&str> = ROLES.iter().map(|role| role.name).collect();
        bail!("usage: peer {} [--name value]…; `peer ROLE --help` tells more", names.join("|"));
    };
    if words.peek().is_some_and(|word| word == "--help") {
        println!("{}", role.help.trim());
        return Ok(());
    }
    (role.run)(Arguments::parse(words)?).await
}
