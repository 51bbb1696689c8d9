//! The platform's side of the services protocol: takes what clients send as the crate's own types, and tells of it.

use std::sync::atomic::Ordering;

use anyhow::{Result, bail};
use iroh::{
    endpoint::Connection,
    protocol::{AcceptError, ProtocolHandler},
};
use iroh_services::protocol::{IrohServicesProtocol, Pong, ServicesMessage};
use irpc_iroh::read_request;
use serde_json::{Value, json};

use crate::{
    answers::{Answer, Kept, give, give_result},
    lines::emit,
    net,
    platform::Platform,
    report, tokens,
};

impl ProtocolHandler for Platform {
    async fn accept(&self, connection: Connection) -> Result<(), AcceptError> {
        let number = self.0.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let remote = connection.remote_id().to_string();
        self.0.live.lock().expect("no panic under the lock").insert(number, connection.clone());
        emit(json!({
            "event": "connected",
            "connection": number,
            "remote": remote,
            "addrs": net::address_texts(&net::peer_address(&connection)),
        }));
        let error = self.serve(&connection, number).await.err().map(|error| format!("{error:#}"));
        self.0.live.lock().expect("no panic under the lock").remove(&number);
        let closed = connection.close_reason().map(|reason| net::describe(&reason));
        // A message that could not be read ends the connection: nothing after it can be trusted.
        connection.close(0u32.into(), b"");
        emit(json!({
            "event": "disconnected",
            "connection": number,
            "remote": remote,
            "closed": closed,
            "error": error,
        }));
        Ok(())
    }
}

impl Platform {
    async fn serve(&self, connection: &Connection, number: u64) -> Result<()> {
        let mut kept = Kept::new();
        let mut authorised = !self.0.strict.load(Ordering::Relaxed);
        while let Some(message) = read_request::<IrohServicesProtocol>(connection).await? {
            if !authorised && !matches!(message, ServicesMessage::Auth(_)) {
                connection.close(400u32.into(), b"Expected initial auth message");
                bail!("expected initial auth message");
            }
            authorised = self.take(connection, number, message, &mut kept).await? || authorised;
        }
        Ok(())
    }

    /// Tells of one message and answers it; true when it was an Auth that was accepted.
    async fn take(
        &self,
        connection: &Connection,
        number: u64,
        message: ServicesMessage,
        kept: &mut Kept,
    ) -> Result<bool> {
        let answers = &self.0.answers;
        let tell = |event: &str, answer: &Answer, fields: Value| {
            let mut line = json!({
                "event": event,
                "connection": number,
                "remote": connection.remote_id().to_string(),
                "answer": answer.name(),
            });
            for (key, value) in fields.as_object().into_iter().flatten() {
                line[key] = value.clone();
            }
            emit(line);
        };
        self.remember(connection, None);
        match message {
            ServicesMessage::Auth(message) => {
                let token = &message.inner.caps;
                let problem = tokens::problem(token, &self.0.secret, connection.remote_id());
                let answer = match problem {
                    Some(_) => Answer::Close(401, "Unauthorized".to_owned()),
                    None => answers.next("auth"),
                };
                tell("auth", &answer, json!({ "problem": problem, "token": tokens::describe(token) }));
                let accepted = matches!(answer, Answer::Ok);
                give(answer, connection, kept, message.tx, ()).await?;
                return Ok(accepted);
            }
            ServicesMessage::PutMetrics(message) => {
                let answer = answers.next("put_metrics");
                tell("put_metrics", &answer, report::metrics(&message.inner));
                give_result(answer, connection, kept, message.tx).await?;
            }
            ServicesMessage::Ping(message) => {
                let answer = answers.next("ping");
                let req_id = message.inner.req_id;
                tell("ping", &answer, json!({ "id": net::hex(&req_id) }));
                give(answer, connection, kept, message.tx, Pong { req_id }).await?;
            }
            ServicesMessage::PutNetworkDiagnostics(message) => {
                let answer = answers.next("put_network_diagnostics");
                tell("put_network_diagnostics", &answer, json!({ "report": message.inner.report }));
                give_result(answer, connection, kept, message.tx).await?;
            }
            ServicesMessage::GrantCap(message) => {
                let answer = answers.next("grant_cap");
                tell("grant_cap", &answer, json!({ "token": tokens::describe(&message.inner.cap) }));
                if matches!(answer, Answer::Ok) {
                    self.remember(connection, Some(message.inner.cap));
                }
                give_result(answer, connection, kept, message.tx).await?;
            }
            ServicesMessage::NameEndpoint(message) => {
                let answer = answers.next("name");
                tell("name", &answer, json!({ "name": message.inner.name }));
                give_result(answer, connection, kept, message.tx).await?;
            }
        }
        Ok(false)
    }
}
