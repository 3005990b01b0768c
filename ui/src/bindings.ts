// The control protocol, as the engine's `command` and `view` modules spell it (contract.md §4).

export type Problem = { code: string, message: string, action: string, };

export type Integration = "connected" | "connecting" | "attention" | "disabled" | "disconnected";

export type SecretsKind = "keyring" | "session";

export type LinkState = "connected" | "connecting" | "unreachable" | "signed_out" | "not_configured";

export type EventsState = "live" | "catching_up" | "down";

export type PbxStatus = { state: LinkState, address: string | null, serial: string | null, firmware: string | null, events: EventsState, last_event_at: string | null, problem: Problem | null, };

export type ApiLimit = { used: number, max: number, };

export type SalesforceStatus = { state: LinkState, user: string | null, username: string | null, org_id: string | null, instance: string | null, api_calls_today: number, api_limit: ApiLimit | null, problem: Problem | null, };

export type BindingState = "bound" | "unbound" | "conflict";

export type BindingSource = "policy" | "salesforce_extension" | "email" | "manual";

export type BindingStatus = { state: BindingState, extension: string | null, source: BindingSource | null, problem: Problem | null, };

export type JournalStatus = { waiting: number, stuck: number, logged_today: number, };

export type ContactsStatus = { index: number, index_state: string, sync: string, synced: number, last_sync_at: string | null, problem: Problem | null, };

export type Way = "inbound" | "outbound" | "internal";

export type LiveCall = { id: string, state: string, direction: Way, number: string | null, name: string | null, };

export type Status = { version: string, integration: Integration, secrets: SecretsKind, pbx: PbxStatus, salesforce: SalesforceStatus, binding: BindingStatus, journal: JournalStatus, contacts: ContactsStatus, calls: Array<LiveCall>, };

export type CallResult = "ringing" | "talking" | "answered" | "missed" | "no_answer" | "busy" | "failed" | "voicemail" | "elsewhere";

export type RecordView = { object: string, id: string, name: string, };

export type Popped = { url: string, after_ms: number, };

export type JournalState = "none" | "waiting" | "logged" | "stuck" | "skipped";

export type JournalView = { state: JournalState, task_id: string | null, reason: string | null, };

export type CallView = { id: string, key: string | null, direction: Way, number: string | null, started_at: string, talk_seconds: number, result: CallResult, queue: string | null, record: RecordView | null, candidates: number, why: string | null, popped: Popped | null, journal: JournalView, };

export type CallRow = { call: CallView, number_shown: string | null, reason_code: string | null, task_url: string | null, };

export type CardState = "ringing" | "dialling" | "talking" | "ended" | "elsewhere";

export type CandidateView = { object: string, id: string, name: string, company: string | null, field: string, mine: boolean, };

export type LiveCard = { id: string, state: CardState, direction: Way, number: string | null, number_shown: string | null, started_at: string, answered_at: string | null, queue: string | null, searching: boolean, search_failed: boolean, candidates: Array<CandidateView>, chosen: string | null, why: string | null, can_hang_up: boolean, };

export type Searched = { where: string, found: number, };

export type ExplainCandidate = { object: string, id: string, name: string, field: string, exact: boolean, rank: number, why: string, };

export type Decision = "open" | "choose" | "create" | "new_record_page" | "nothing";

export type Explain = { input: string, kind: string, e164: string | null, national: string | null, country: string | null, searched: Array<Searched>, candidates: Array<ExplainCandidate>, decision: Decision, url: string | null, would_create: Record<string, unknown> | null, task: Record<string, unknown>, dials_as: string | null, blocked: boolean, };

export type ExtensionView = { number: string, name: string, online: boolean, };

export type SignInView = { "state": "idle" } | { "state": "waiting", url: string, callbacks: Array<string>, } | { "state": "failed", problem: Problem, };

export type SettingsView = { pbx_address: string, pbx_client_id: string, pbx_certificate_sha256: string, salesforce_login: string, salesforce_consumer_key: string, callbacks: Array<string>, language: string, pops_paused_until: string | null, locked: Array<string>, demo: boolean, };

export type Command = { "command": "status" } | { "command": "calls", limit: number, } | { "command": "settings" } | { "command": "watch" } | { "command": "dial", number: string, confirmed: boolean, } | { "command": "hang_up", call: string | null, } | { "command": "explain", number: string, } | { "command": "retry", call: string | null, } | { "command": "enable" } | { "command": "disable" } | { "command": "disconnect" } | { "command": "connect_pbx", address: string, client_id: string, secret: string, pin: string | null, } | { "command": "pbx_certificate", address: string, } | { "command": "connect_salesforce", login: string, consumer_key: string, open_browser: boolean, } | { "command": "cancel_sign_in" } | { "command": "paste_address", address: string, } | { "command": "bind", extension: string | null, } | { "command": "extensions" } | { "command": "open_record", call: string, record: string | null, } | { "command": "open_task", call: string, } | { "command": "choose", call: string, record: string, remember: boolean, } | { "command": "pause_pops", minutes: number, } | { "command": "set_language", language: string, } | { "command": "test_call" } | { "command": "raise_window" } | { "command": "quit" };

export type Reply = { "reply": "done" } | { "reply": "status", "value": Status } | { "reply": "calls", "value": Array<CallView> } | { "reply": "settings", "value": SettingsView } | { "reply": "explain", "value": Explain } | { "reply": "dialled", "value": { call: string, dialled: string, } } | { "reply": "confirm_dial", "value": { shown: string, country: string | null, } } | { "reply": "retried", "value": { count: number, } } | { "reply": "disconnected", "value": { waiting: number, } } | { "reply": "pbx_connected", "value": { serial: string, firmware: string, } } | { "reply": "certificate", "value": { sha256: string, trusted: boolean, } } | { "reply": "salesforce_connected", "value": { user: string, username: string, org_id: string, } } | { "reply": "bound", "value": { extension: string, } } | { "reply": "extensions", "value": Array<ExtensionView> };

export type Event = { "event": "status", "value": Status } | { "event": "calls", "value": Array<CallRow> } | { "event": "live", "value": Array<LiveCard> } | { "event": "sign_in", "value": SignInView } | { "event": "settings", "value": SettingsView } | { "event": "notice", "value": Problem } | { "event": "raise_window" };
