//! Steps below the crate's client: bytes of the test's own choice.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use iroh::endpoint::Connection;
use serde_json::{Value, json};

use crate::net;

/// More than any answer of the protocol's small requests.
const ANSWER: usize = 64 * 1024;

/// `{"wait_ms":N}`: does nothing for a while; ends early, as an error, when the connection does.
/// `{"raw":HEX,"pad":N,"finish":BOOL,"answer":BOOL}`: opens a stream, writes the bytes and then `pad` zeros,
/// finishes it (default true), reads the answer to its end (default true).
pub async fn take(connection: &Connection, step: &Value) -> Result<Value> {
    if let Some(wait) = step.get("wait_ms").and_then(Value::as_u64) {
        let closed = net::ending(connection, Duration::from_millis(wait)).await;
        if !closed.is_null() {
            bail!("closed while waiting");
        }
        return Ok(json!({}));
    }
    let flag = |key: &str| step.get(key).and_then(Value::as_bool).unwrap_or(true);
    let bytes = net::from_hex(step.get("raw").and_then(Value::as_str).context("unknown step")?)?;
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(&bytes).await?;
    let mut pad = step.get("pad").and_then(Value::as_u64).unwrap_or(0);
    let zeros = [0; 16 * 1024];
    while pad > 0 {
        let chunk = usize::try_from(pad).unwrap_or(usize::MAX).min(zeros.len());
        send.write_all(&zeros[..chunk]).await?;
        pad -= chunk as u64;
    }
    if flag("finish") {
        send.finish()?;
    }
    if !flag("answer") {
        return Ok(json!({}));
    }
    let answer = receive.read_to_end(ANSWER).await?;
    Ok(json!({ "answer": net::hex(&answer) }))
}
