//! JSON lines: one object out per event, one object in per command.

use std::future::Future;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Writes one line. `println!` holds the lock for the whole line, so events of parallel tasks do not mix.
pub fn emit(event: Value) {
    println!("{event}");
}

/// A command: `cmd` names it, `ref` comes back unchanged with its outcome.
pub struct Command(Value);

impl Command {
    pub fn name(&self) -> &str {
        self.text("cmd").unwrap_or_default()
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    pub fn need(&self, key: &str) -> Result<&str> {
        self.text(key).with_context(|| format!("{:?} is missing", key))
    }

    pub fn number(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(Value::as_u64)
    }

    pub fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        self.get(key).map(texts)
    }

    /// Reports the outcome: `done` with the fields of `outcome` beside it, or `failed` with the error.
    pub fn settle(&self, outcome: Result<Value>) {
        let mut line = json!({ "cmd": self.name(), "ref": self.0.get("ref") });
        match outcome {
            Ok(fields) => {
                line["event"] = json!("done");
                for (key, value) in fields.as_object().into_iter().flatten() {
                    line[key] = value.clone();
                }
            }
            Err(error) => {
                line["event"] = json!("failed");
                line["error"] = json!(format!("{error:#}"));
            }
        }
        emit(line);
    }
}

pub fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Runs commands until stdin closes, each on its own: a dial-back of 20 s must not hold up the next command.
pub async fn serve<F>(mut handle: impl FnMut(Command) -> F) -> Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = input.next_line().await? {
        match serde_json::from_str(&line) {
            Ok(value) => drop(tokio::spawn(handle(Command(value)))),
            Err(error) => emit(json!({ "event": "failed", "cmd": "", "error": error.to_string() })),
        }
    }
    Ok(())
}
