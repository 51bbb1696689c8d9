//! Endpoints that know the relays of a command line, and nobody else: no lookup, no publishing, no n0.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use iroh::{
    Endpoint, RelayConfig, RelayMap, RelayMode, RelayUrl,
    endpoint::{PortmapperConfig, presets},
    tls::CaTlsConfig,
};
use iroh_relay::RelayQuicConfig;
use noq::rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::arguments::Arguments;

/// How long an endpoint may take to say goodbye to its relays.
const GOODBYE: Duration = Duration::from_secs(2);

/// What each endpoint of a run is made with.
pub struct Relays {
    map: RelayMap,
    ca: CaTlsConfig,
    maps_ports: bool,
}

impl Relays {
    /// `--relay URL` (any number), `--quic-port N` (one for all, or one for each), `--ca FILE`, `--no-portmap`.
    pub fn parse(arguments: &mut Arguments) -> Result<Self> {
        let urls = arguments.texts("relay");
        let ports: Vec<u16> = arguments.numbers("quic-port")?;
        ensure!(
            ports.len() <= 1 || ports.len() == urls.len(),
            "--quic-port: one for all relays, or one for each"
        );
        let mut configs = Vec::new();
        for (index, text) in urls.iter().enumerate() {
            let url: RelayUrl = text.parse().with_context(|| format!("--relay {text}"))?;
            let quic = match ports.get(index).or(ports.first()) {
                None => Some(RelayQuicConfig::default()),
                Some(0) => None,
                Some(port) => Some(RelayQuicConfig::new(*port)),
            };
            configs.push(RelayConfig::new(url, quic));
        }
        Ok(Self {
            map: RelayMap::from_iter(configs),
            ca: trusted(arguments)?,
            maps_ports: arguments.allows("portmap"),
        })
    }

    pub async fn bind(&self) -> Result<Endpoint> {
        let portmapper = match self.maps_ports {
            true => PortmapperConfig::default(),
            false => PortmapperConfig::Disabled,
        };
        let builder = Endpoint::builder(presets::Minimal)
            .relay_mode(RelayMode::Custom(self.map.clone()))
            .ca_tls_config(self.ca.clone())
            .portmapper_config(portmapper);
        builder.bind().await.context("binding the endpoint")
    }
}

/// `--ca FILE`: the only certificates that are trusted.
pub fn trusted(arguments: &mut Arguments) -> Result<CaTlsConfig> {
    let file = arguments.need("ca")?;
    let certificates = CertificateDer::pem_file_iter(&file).with_context(|| format!("reading {file}"))?;
    let certificates: Vec<_> =
        certificates.collect::<Result<_, _>>().with_context(|| format!("in {file}"))?;
    ensure!(!certificates.is_empty(), "{file} has no certificate");
    Ok(CaTlsConfig::custom_roots(certificates))
}

/// Says goodbye, but not for ever: the next endpoint shall not meet the remains of this one.
pub async fn close(endpoint: Endpoint) {
    tokio::time::timeout(GOODBYE, endpoint.close()).await.ok();
}

/// `--timeout MS`.
pub fn limit(arguments: &mut Arguments, default_ms: u64) -> Result<Duration> {
    Ok(Duration::from_millis(arguments.number("timeout")?.unwrap_or(default_ms)))
}

/// `--NAME N`: how often, at least once.
pub fn count(arguments: &mut Arguments, name: &str) -> Result<u32> {
    let count = arguments.number(name)?.unwrap_or(1);
    ensure!(count > 0, "--{name} is at least 1");
    Ok(count)
}

/// Milliseconds since then, to the microsecond.
pub fn ms(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}
