//! Which events an administrator has switched on. Source: yeastar-open-api.md §1.5.

use domain::Extension;

use super::Client;
use crate::{
    error::Error,
    wire::{
        answer::{ExtensionMonitorRow, TrunkMonitorRow},
        lenient::Whole,
    },
};

/// What the PBX tells about an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionMonitor {
    /// The extension.
    pub number: Extension,
    /// Whether its calls are told; `None`: the PBX does not say.
    pub call_status: Option<bool>,
}

/// What the PBX tells about a trunk, and does to its calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkMonitor {
    /// What the administrator calls it.
    pub name: String,
    /// Whether the outer side of its calls is told; `None`: the PBX does not say.
    pub call_status: Option<bool>,
    /// Whether each inbound call is held for up to ten seconds until a program accepts or refuses it.
    pub control_inbound_call: Option<bool>,
}

impl Client {
    /// Lists what is told about the extensions.
    pub async fn extension_monitors(&self) -> Result<Vec<ExtensionMonitor>, Error> {
        let rows: Vec<ExtensionMonitorRow> =
            self.all_rows("extension_status_monitor/list", Some("ext_id")).await?;
        let read = |row: ExtensionMonitorRow| {
            let number = Extension::new(row.number.as_deref()?);
            Some(ExtensionMonitor { number, call_status: is_on(row.call_status) })
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Lists what is told about the trunks. By what this list may be sorted is not documented.
    pub async fn trunk_monitors(&self) -> Result<Vec<TrunkMonitor>, Error> {
        let rows: Vec<TrunkMonitorRow> = self.all_rows("trunk_status_monitor/list", None).await?;
        let read = |row: TrunkMonitorRow| TrunkMonitor {
            name: row.name.into_option().unwrap_or_default(),
            call_status: is_on(row.call_status),
            control_inbound_call: is_on(row.control_inbound_call),
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

fn is_on(switch: Whole) -> Option<bool> {
    switch.0.map(|value| value != 0)
}
