//! Starts a PBX and a Salesforce org on loopback and lets a person, or a program, say what happens.

use std::{io::Write, process::ExitCode};

use clap::{Parser, ValueEnum};
use serde_json::json;
use simulator::{
    OrgConfig, Pbx, PbxConfig, Salesforce,
    control::{Control, Stage},
    salesforce,
};
use tokio::io::{AsyncBufReadExt, BufReader};

/// A Yeastar P-Series PBX and a Salesforce org with memory, on loopback.
///
/// Prints addresses and keys as one line of JSON, then reads lines from standard input (`help` lists them) and answers
/// each with one line of JSON. `POST /sim/…` on the control address says the same lines. Ends with `quit`, or when
/// standard input ends, unless --serve is given.
#[derive(Parser, Debug)]
#[command(version)]
struct Arguments {
    /// Fill the org with a handful of accounts, contacts and leads
    #[arg(long)]
    seed_demo: bool,
    /// Port of the PBX; 0: any free one
    #[arg(long, default_value_t = 0)]
    pbx_port: u16,
    /// Port of the Salesforce org; 0: any free one
    #[arg(long, default_value_t = 0)]
    salesforce_port: u16,
    /// Port of the control address; 0: any free one
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// Let the PBX answer over HTTPS with a self-signed certificate
    #[arg(long)]
    tls: bool,
    /// What the authorize page does
    #[arg(long, value_enum, default_value_t = Consent::Page)]
    consent: Consent,
    /// Further callback URLs to register, beside http://localhost:17170…17172/oauth/callback
    #[arg(long)]
    callback: Vec<String>,
    /// Go on when standard input ends, until the process is told to end
    #[arg(long)]
    serve: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Consent {
    /// Redirects at once
    Auto,
    /// Shows a page with Allow and Deny
    Page,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut config = if arguments.seed_demo { OrgConfig::demo() } else { OrgConfig::default() };
    config.port = arguments.salesforce_port;
    config.callbacks.extend(arguments.callback);
    config.consent = match arguments.consent {
        Consent::Auto => salesforce::Consent::Auto,
        Consent::Page => salesforce::Consent::Page,
    };
    let phones = PbxConfig { port: arguments.pbx_port, tls: arguments.tls, ..PbxConfig::default() };
    let stage =
        Stage { pbx: Pbx::start(phones).await, salesforce: Salesforce::start(config).await };
    let control = Control::start(stage.clone(), arguments.control_port).await;
    let mut facts = stage.facts();
    facts["control"] = control.address().into();
    if say(&facts.to_string()).is_err() {
        return ExitCode::FAILURE;
    }
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if matches!(line.trim(), "quit" | "exit") {
            return ExitCode::SUCCESS;
        }
        let told = match stage.run(&line).await {
            Ok(serde_json::Value::String(text)) => text,
            Ok(found) => json!({ "ok": true, "found": found }).to_string(),
            Err(why) => json!({ "ok": false, "why": why }).to_string(),
        };
        if say(&told).is_err() {
            return ExitCode::FAILURE;
        }
    }
    if arguments.serve && tokio::signal::ctrl_c().await.is_err() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
