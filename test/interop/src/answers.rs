//! How the stub answers: properly, unless a test said otherwise.

use std::{any::Any, collections::BTreeMap, sync::Mutex};

use anyhow::{Result, bail};
use iroh::endpoint::Connection;
use iroh_services::protocol::{RemoteError, RemoteResult};
use irpc::channel::oneshot;
use serde_json::{Value, json};

use crate::{lines::Command, tokens};

pub const REQUESTS: [&str; 6] =
    ["auth", "put_metrics", "ping", "put_network_diagnostics", "grant_cap", "name"];

#[derive(Clone)]
pub enum Answer {
    Ok,
    /// Close the connection instead of answering.
    Close(u32, String),
    Error(RemoteError),
    /// End the stream without an answer.
    Drop,
    /// Leave the stream open and say nothing.
    Silent,
}

impl Answer {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Close(..) => "close",
            Self::Error(RemoteError::AuthError(_)) => "auth-error",
            Self::Error(RemoteError::MissingCapability(_)) => "missing-capability",
            Self::Error(RemoteError::InternalServerError) => "internal-server-error",
            Self::Drop => "drop",
            Self::Silent => "silent",
        }
    }

    fn parse(command: &Command) -> Result<Self> {
        Ok(match command.need("answer")? {
            "ok" => Self::Ok,
            "close" => Self::Close(
                command.number("code").unwrap_or(401).try_into()?,
                command.text("reason").unwrap_or("Unauthorized").to_owned(),
            ),
            "auth-error" => {
                let message = command.text("message").unwrap_or("token expired");
                Self::Error(RemoteError::AuthError(message.to_owned()))
            }
            "missing-capability" => {
                let caps = command.texts("caps").unwrap_or_else(|| vec!["client".to_owned()]);
                Self::Error(RemoteError::MissingCapability(tokens::caps(&caps)?))
            }
            "internal-server-error" => Self::Error(RemoteError::InternalServerError),
            "drop" => Self::Drop,
            "silent" => Self::Silent,
            other => bail!("unknown answer {other:?}"),
        })
    }
}

struct Rule {
    answer: Answer,
    /// How many more times it applies; None: until replaced.
    times: Option<u64>,
}

#[derive(Default)]
pub struct Answers(Mutex<BTreeMap<String, Rule>>);

impl Answers {
    /// `{"cmd":"answer","request":NAME|"*","answer":KIND,"times":N}`
    pub fn set(&self, command: &Command) -> Result<Value> {
        let answer = Answer::parse(command)?;
        let request = command.need("request")?;
        let names: Vec<&str> = match request {
            "*" => REQUESTS.to_vec(),
            name if REQUESTS.contains(&name) => vec![name],
            other => bail!("unknown request {other:?}"),
        };
        let errors = matches!(answer, Answer::Error(_));
        if errors && names.iter().any(|name| matches!(*name, "auth" | "ping")) {
            bail!("auth and ping have no error answer on the wire");
        }
        let mut rules = self.0.lock().expect("no panic under the lock");
        for name in names {
            rules.insert(name.to_owned(), Rule { answer: answer.clone(), times: command.number("times") });
        }
        Ok(json!({}))
    }

    pub fn next(&self, request: &str) -> Answer {
        let mut rules = self.0.lock().expect("no panic under the lock");
        let Some(rule) = rules.get_mut(request) else {
            return Answer::Ok;
        };
        match &mut rule.times {
            Some(0) => return Answer::Ok,
            Some(left) => *left -= 1,
            None => {}
        }
        rule.answer.clone()
    }
}

/// Streams left open on purpose; they end with the connection that owns them.
pub type Kept = Vec<Box<dyn Any + Send>>;

/// Gives `answer` to a request whose proper response is `proper`.
pub async fn give<T: irpc::RpcMessage>(
    answer: Answer,
    connection: &Connection,
    kept: &mut Kept,
    tx: oneshot::Sender<T>,
    proper: T,
) -> Result<()> {
    match answer {
        Answer::Ok => tx.send(proper).await?,
        Answer::Close(code, reason) => connection.close(code.into(), reason.as_bytes()),
        Answer::Silent => kept.push(Box::new(tx)),
        Answer::Drop | Answer::Error(_) => drop(tx),
    }
    Ok(())
}

/// The same for the requests that can be answered with a [`RemoteError`].
pub async fn give_result(
    answer: Answer,
    connection: &Connection,
    kept: &mut Kept,
    tx: oneshot::Sender<RemoteResult<()>>,
) -> Result<()> {
    match answer {
        Answer::Error(error) => give(Answer::Ok, connection, kept, tx, Err(error)).await,
        other => give(other, connection, kept, tx, Ok(())).await,
    }
}
