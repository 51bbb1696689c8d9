//! What arrives, as JSON.

use iroh_services::protocol::{PutMetrics, RemoteError};
use serde_json::{Value, json};

/// Names are written as OpenMetrics has them: prefixes and name joined by `_`.
pub fn metrics(message: &PutMetrics) -> Value {
    let update = &message.update;
    let names = update
        .schema
        .as_ref()
        .map(|schema| schema.items.iter().map(|item| item.prefixed_name()).collect::<Vec<_>>());
    let help = update.schema.as_ref().and_then(|schema| schema.help.as_ref()).map(Vec::len);
    let values = serde_json::to_value(&update.values).unwrap_or_default();
    json!({
        "session": message.session_id.to_string(),
        "count": update.values.items.len(),
        "names": names,
        "help": help,
        "values": values["items"],
    })
}

pub fn remote_error(error: &RemoteError) -> Value {
    match error {
        RemoteError::MissingCapability(caps) => {
            json!({ "kind": "missing-capability", "caps": caps.to_strings() })
        }
        RemoteError::AuthError(message) => json!({ "kind": "auth-error", "message": message }),
        RemoteError::InternalServerError => json!({ "kind": "internal-server-error" }),
    }
}
