// Made by `cargo xtask bindings` from the engine's types. Do not edit.

export type Problem = { 
/**
 * Stable, such as `pbx.token_limit`.
 */
code: string, 
/**
 * What happened and what still works, for a person.
 */
message: string, 
/**
 * What to do, and who.
 */
action: string, };
export type Integration = "connected" | "connecting" | "attention" | "disabled" | "disconnected";
export type SecretsKind = "keyring" | "session";
export type LinkState = "connected" | "connecting" | "unreachable" | "signed_out" | "not_configured";
export type EventsState = "live" | "catching_up" | "down";
export type PbxStatus = { 
/**
 * Its state.
 */
state: LinkState, 
/**
 * The base address.
 */
address: string | null, 
/**
 * The PBX's serial number.
 */
serial: string | null, 
/**
 * The PBX's firmware.
 */
firmware: string | null, 
/**
 * The event stream.
 */
events: EventsState, 
/**
 * RFC 3339, UTC.
 */
last_event_at: string | null, 
/**
 * What needs a person.
 */
problem: Problem | null, };
export type ApiLimit = { 
/**
 * Used by everybody in the org.
 */
used: number, 
/**
 * Allowed.
 */
max: number, };
export type SalesforceStatus = { 
/**
 * Its state.
 */
state: LinkState, 
/**
 * The user's name.
 */
user: string | null, 
/**
 * The user's login name.
 */
username: string | null, 
/**
 * 18 characters.
 */
org_id: string | null, 
/**
 * Where the API is.
 */
instance: string | null, 
/**
 * Requests that this program made today.
 */
api_calls_today: number, 
/**
 * The org's budget, where an answer has said it.
 */
api_limit: ApiLimit | null, 
/**
 * What needs a person.
 */
problem: Problem | null, };
export type BindingState = "bound" | "unbound" | "conflict";
export type BindingSource = "policy" | "salesforce_extension" | "email" | "manual";
export type BindingStatus = { 
/**
 * Whether there is one.
 */
state: BindingState, 
/**
 * The extension.
 */
extension: string | null, 
/**
 * How it was found.
 */
source: BindingSource | null, 
/**
 * What needs a person.
 */
problem: Problem | null, };
export type BindingTable = { 
/**
 * Whether extensions can be written to Salesforce.
 */
writing: BindingWriting, 
/**
 * Salesforce shows the signed-in user nobody else.
 */
alone: boolean, 
/**
 * Salesforce's own users are among the rows.
 */
robots: boolean, 
/**
 * The users, by name.
 */
rows: Array<BindingRow>, 
/**
 * The PBX's extensions, by number.
 */
extensions: Array<ExtensionView>, 
/**
 * What was chosen, by a person and automatically.
 */
choices: Array<BindingChoice>, };
export type BindingWriting = "allowed" | "read_only" | "hidden";
export type BindingRow = { 
/**
 * The id, 18 characters.
 */
user: string, 
/**
 * What people call them.
 */
name: string, 
/**
 * The e-mail address.
 */
email: string, 
/**
 * Whether they can sign in.
 */
active: boolean, 
/**
 * One of Salesforce's own users.
 */
robot: boolean, 
/**
 * The extension in their profile.
 */
saved: string | null, 
/**
 * The extension that their profile would have.
 */
wanted: string | null, 
/**
 * How they would stand.
 */
state: BindingState, 
/**
 * The extension with their e-mail address, where that leaves no doubt.
 */
proposal: string | null, 
/**
 * What a person must decide.
 */
conflict: BindingConflict | null, 
/**
 * What saving does.
 */
change: BindingChangeKind | null, };
export type BindingConflict = { "kind": "shared", 
/**
 * The extension.
 */
extension: string, 
/**
 * Their names.
 */
with: Array<string>, } | { "kind": "taken", 
/**
 * The extension.
 */
extension: string, 
/**
 * Their names.
 */
with: Array<string>, } | { "kind": "same_address", 
/**
 * The extension.
 */
extension: string, 
/**
 * Their names.
 */
with: Array<string>, } | { "kind": "several_extensions", 
/**
 * Those.
 */
extensions: Array<string>, } | { "kind": "gone", 
/**
 * What the profile says.
 */
extension: string, } | { "kind": "inactive", 
/**
 * The extension.
 */
extension: string, };
export type BindingChangeKind = "given" | "changed" | "cleared";
export type BindingChoice = { 
/**
 * The user's id.
 */
user: string, 
/**
 * The extension; none otherwise.
 */
extension: string | null, };
export type BindingChange = { 
/**
 * The user's id.
 */
user: string, 
/**
 * What the profile said.
 */
from: string | null, 
/**
 * What it shall say.
 */
to: string | null, };
export type SavedBinding = { 
/**
 * The user's id.
 */
user: string, 
/**
 * What became of it.
 */
outcome: SaveOutcome, 
/**
 * Salesforce's own words.
 */
detail: string | null, };
export type SaveOutcome = "saved" | "already" | "changed_meanwhile" | "conflict" | "not_permitted" | "refused" | "failed";
export type JournalStatus = { 
/**
 * Entries that will be sent by themselves.
 */
waiting: number, 
/**
 * Entries that need a person.
 */
stuck: number, 
/**
 * Entries sent since midnight.
 */
logged_today: number, };
export type ContactsStatus = { 
/**
 * Records known locally.
 */
index: number, 
/**
 * How far the index is.
 */
index_state: IndexPhase, 
/**
 * Records that hold a text in a phone field that is no number: nobody is found by it.
 */
unread_numbers: number, 
/**
 * `off`, `on_call`, `full`.
 */
sync: string, 
/**
 * Contacts in the PBX phonebook.
 */
synced: number, 
/**
 * RFC 3339, UTC.
 */
last_sync_at: string | null, 
/**
 * What needs a person.
 */
problem: Problem | null, };
export type IndexPhase = "off" | "building" | "waiting" | "ready";
export type IndexView = { 
/**
 * How far it is.
 */
state: IndexPhase, 
/**
 * How many records are known.
 */
known: number, 
/**
 * How many there will be, while it is being built and Salesforce has said so.
 */
expected: number | null, 
/**
 * How many of the known hold a text in a phone field that is no number: nobody is found by it.
 */
unread_numbers: number, 
/**
 * When Salesforce was asked for changes last: RFC 3339, UTC.
 */
checked_at: string | null, 
/**
 * What keeps it from being refreshed.
 */
problem: Problem | null, };
export type Way = "inbound" | "outbound" | "internal";
export type LiveCall = { 
/**
 * The PBX's name for it.
 */
id: string, 
/**
 * `ringing` (also while the agent's own phone rings after click-to-call), `talking`, `held`.
 */
state: string, 
/**
 * `inbound`, `outbound`, `internal`.
 */
direction: Way, 
/**
 * E.164, or the extension; null where withheld.
 */
number: string | null, 
/**
 * The one record's name.
 */
name: string | null, };
export type LinksState = "ours" | "elsewhere" | "unknown";
export type LinksStatus = { 
/**
 * Whether they do.
 */
state: LinksState, 
/**
 * What was found, in a sentence.
 */
found: string, };
export type Status = { 
/**
 * The program's version.
 */
version: string, 
/**
 * The whole in one word.
 */
integration: Integration, 
/**
 * Where secrets are kept.
 */
secrets: SecretsKind, 
/**
 * The PBX side.
 */
pbx: PbxStatus, 
/**
 * The Salesforce side.
 */
salesforce: SalesforceStatus, 
/**
 * Which extension is this user's.
 */
binding: BindingStatus, 
/**
 * What is to be written.
 */
journal: JournalStatus, 
/**
 * The contact index and its sync.
 */
contacts: ContactsStatus, 
/**
 * The live calls.
 */
calls: Array<LiveCall>, 
/**
 * RFC 3339, UTC: since when the integration is switched off. Left out while it is on.
 */
disabled_since?: string, 
/**
 * What needs a person and belongs to none of the sides. Left out where nothing does.
 */
problem?: Problem, 
/**
 * Whether links of other programs come here. Left out while that is not known.
 */
links?: LinksStatus, };
export type CallResult = "ringing" | "talking" | "answered" | "missed" | "no_answer" | "busy" | "failed" | "voicemail" | "elsewhere";
export type RecordView = { 
/**
 * `Contact`, `Lead`, `Account`.
 */
object: string, 
/**
 * 18 characters.
 */
id: string, 
/**
 * What people call it.
 */
name: string, };
export type Popped = { 
/**
 * The page.
 */
url: string, 
/**
 * From the PBX event's arrival to the browser's start.
 */
after_ms: number, };
export type JournalState = "none" | "waiting" | "logged" | "stuck" | "skipped";
export type JournalView = { 
/**
 * Where it is.
 */
state: JournalState, 
/**
 * The Task.
 */
task_id: string | null, 
/**
 * Why it waits, is stuck or was skipped.
 */
reason: string | null, };
export type CallView = { 
/**
 * The PBX's name for it.
 */
id: string, 
/**
 * The key under which it is logged.
 */
key: string | null, 
/**
 * Which way it went.
 */
direction: Way, 
/**
 * E.164, or the extension; null where withheld.
 */
number: string | null, 
/**
 * RFC 3339, UTC.
 */
started_at: string, 
/**
 * How long this agent spoke.
 */
talk_seconds: number, 
/**
 * How it ended, or what it does.
 */
result: CallResult, 
/**
 * The queue or ring group it came through.
 */
queue: string | null, 
/**
 * The one record that matched.
 */
record: RecordView | null, 
/**
 * How many records have the number.
 */
candidates: number, 
/**
 * What decided.
 */
why: string | null, 
/**
 * The page that was opened.
 */
popped: Popped | null, 
/**
 * What became of its entry.
 */
journal: JournalView, };
export type MatterView = { 
/**
 * `Opportunity`, `Case`.
 */
object: string, 
/**
 * 18 characters.
 */
id: string, 
/**
 * What people call it.
 */
name: string, 
/**
 * The stage, or the case's number.
 */
detail: string | null, };
export type FollowUpStage = "draft" | "waiting" | "made" | "stuck";
export type FollowUpView = { 
/**
 * As it was typed.
 */
wish: string, 
/**
 * The day that was understood, such as `2026-01-07`.
 */
on: string | null, 
/**
 * Where it is.
 */
state: FollowUpStage, 
/**
 * Why it waits or is stuck.
 */
reason: string | null, };
export type NoteView = { 
/**
 * The note, whole.
 */
text: string, 
/**
 * The outcome, in the words of the settings.
 */
outcome: string | null, 
/**
 * What the call is about.
 */
related: MatterView | null, 
/**
 * The follow-up.
 */
follow_up: FollowUpView | null, 
/**
 * Something was written and not saved.
 */
open: boolean, 
/**
 * The agent does not want the call logged.
 */
discarded: boolean, };
export type NoteMark = { 
/**
 * There is a note or an outcome.
 */
written: boolean, 
/**
 * Something was written and not saved.
 */
open: boolean, 
/**
 * The agent does not want the call logged.
 */
discarded: boolean, 
/**
 * Where the follow-up is; null where there is none.
 */
follow_up: FollowUpStage | null, };
export type CallRow = { 
/**
 * The call.
 */
call: CallView, 
/**
 * The number as people read it.
 */
number_shown: string | null, 
/**
 * Such as `salesforce.unreachable`, `journal.never_list`.
 */
reason_code: string | null, 
/**
 * The Task's page.
 */
task_url: string | null, 
/**
 * RFC 3339, UTC: until when the record that was created for this call can be taken back.
 */
undo_until: string | null, 
/**
 * While it lives: the agent has the other side on hold, or is on hold.
 */
held: boolean, 
/**
 * What the agent added.
 */
note: NoteMark, };
export type CardState = "ringing" | "dialling" | "talking" | "held" | "ended" | "elsewhere";
export type Elapsed = { 
/**
 * Milliseconds since it began to ring.
 */
since_start_ms: number, 
/**
 * Milliseconds that the agent has spoken; null before the answer.
 */
since_answer_ms: number | null, };
export type CandidateView = { 
/**
 * `Contact`, `Lead`, `Account`.
 */
object: string, 
/**
 * 18 characters.
 */
id: string, 
/**
 * What people call it.
 */
name: string, 
/**
 * The account or company.
 */
company: string | null, 
/**
 * The field that holds the number; empty for the account of several contacts that does not have it itself.
 */
field: string, 
/**
 * It belongs to the signed-in user.
 */
mine: boolean, };
export type LiveCard = { 
/**
 * The PBX's name for it.
 */
id: string, 
/**
 * What it does.
 */
state: CardState, 
/**
 * Which way it goes.
 */
direction: Way, 
/**
 * E.164, or the extension; null where withheld.
 */
number: string | null, 
/**
 * The number as people read it.
 */
number_shown: string | null, 
/**
 * RFC 3339, UTC: when it began to ring.
 */
started_at: string, 
/**
 * RFC 3339, UTC: when the agent answered.
 */
answered_at: string | null, 
/**
 * How long it has gone on.
 */
elapsed: Elapsed, 
/**
 * The queue or ring group it came through.
 */
queue: string | null, 
/**
 * Salesforce is being asked.
 */
searching: boolean, 
/**
 * Salesforce could not be asked, and nothing is known locally.
 */
search_failed: boolean, 
/**
 * The records that have the number, best first.
 */
candidates: Array<CandidateView>, 
/**
 * The id of the one that counts, chosen or only.
 */
chosen: string | null, 
/**
 * What decided.
 */
why: string | null, 
/**
 * A person may end it here.
 */
can_hang_up: boolean, 
/**
 * The call is over, and the card stays for a note.
 */
wrap_up: boolean, 
/**
 * Nobody calls: it only shows what a call looks like.
 */
rehearsal: boolean, };
export type NumberKind = "extension" | "emergency" | "short" | "premium" | "special" | "unassigned" | "ordinary";
export type LinkCard = { 
/**
 * Repeated with an answer, so that nobody agrees to a card that has just been replaced.
 */
id: string, 
/**
 * The number as the link spells it: text of a stranger.
 */
written: string, 
/**
 * E.164, or the extension, where it is one.
 */
number: string | null, 
/**
 * The number as people read it.
 */
number_shown: string | null, 
/**
 * ISO 3166-1 alpha-2.
 */
country: string | null, 
/**
 * It belongs to another country than this office: the call may cost more.
 */
abroad: boolean, 
/**
 * What the number is.
 */
kind: NumberKind, 
/**
 * The extension at the other side, which is not dialled.
 */
extension: string | null, 
/**
 * The ISDN subaddress, which is not dialled.
 */
subaddress: string | null, 
/**
 * Salesforce is being asked.
 */
searching: boolean, 
/**
 * Salesforce could not be asked, and nothing is known locally.
 */
search_failed: boolean, 
/**
 * The records that have the number, best first.
 */
candidates: Array<CandidateView>, 
/**
 * It is not called: why.
 */
refusal: Problem | null, 
/**
 * What stands in the way at the moment.
 */
obstacle: Problem | null, 
/**
 * It stands in the place of a link that was not answered.
 */
replaced: boolean, 
/**
 * The PBX is being asked to call.
 */
dialling: boolean, };
export type FoundRecord = { 
/**
 * `Contact`, `Lead`, `Account`.
 */
object: string, 
/**
 * 18 characters.
 */
id: string, 
/**
 * What people call it.
 */
name: string, 
/**
 * The account or company.
 */
company: string | null, 
/**
 * It belongs to the signed-in user.
 */
mine: boolean, };
export type RememberedChoice = { 
/**
 * E.164.
 */
number: string, 
/**
 * The number as people read it.
 */
number_shown: string, 
/**
 * `Contact`, `Lead`, `Account`, where that is known.
 */
object: string | null, 
/**
 * 18 characters.
 */
id: string, 
/**
 * What people call it; empty where that was never known here.
 */
name: string, 
/**
 * RFC 3339, UTC, where that is known.
 */
since: string | null, 
/**
 * The record is gone, is out of this user's sight, or does not have the number any more: it is not used.
 */
out_of_sight: boolean, };
export type UnreadNumber = { 
/**
 * `Contact`, `Lead`, `Account`.
 */
object: string, 
/**
 * 18 characters.
 */
id: string, 
/**
 * What people call the record.
 */
name: string, 
/**
 * The field's API name.
 */
field: string, 
/**
 * What stands in it.
 */
text: string, };
export type Searched = { 
/**
 * `local index`, `Salesforce search`, `Salesforce query`.
 */
where: string, 
/**
 * How many records there really have the number.
 */
found: number, };
export type ExplainCandidate = { 
/**
 * `Contact`, `Lead`, `Account`.
 */
object: string, 
/**
 * 18 characters.
 */
id: string, 
/**
 * What people call it.
 */
name: string, 
/**
 * The field that holds the number; empty for the account of several contacts that does not have it.
 */
field: string, 
/**
 * Whether it has the number: equal in E.164.
 */
exact: boolean, 
/**
 * From 1.
 */
rank: number, 
/**
 * What decided.
 */
why: string, };
export type Decision = "open" | "choose" | "create" | "new_record_page" | "nothing";
export type Explain = { 
/**
 * What was asked.
 */
input: string, 
/**
 * `external`, `extension`, `withheld`, `service`, `invalid`.
 */
kind: string, 
/**
 * The number, where there is one.
 */
e164: string | null, 
/**
 * Its spelling at home.
 */
national: string | null, 
/**
 * ISO 3166-1 alpha-2.
 */
country: string | null, 
/**
 * The numbers that the spelling may mean, in E.164, the likeliest first; only where there are several. `e164` is the one
 * that counts: the first that a record has, else the first.
 */
readings?: Array<string>, 
/**
 * Where it was looked for.
 */
searched: Array<Searched>, 
/**
 * The records that have it, best first.
 */
candidates: Array<ExplainCandidate>, 
/**
 * What would happen.
 */
decision: Decision, 
/**
 * What would be opened.
 */
url: string | null, 
/**
 * The record that would be created.
 */
would_create: Record<string, unknown> | null, 
/**
 * The Task of an answered inbound call.
 */
task: Record<string, unknown>, 
/**
 * What the PBX would be told to dial.
 */
dials_as: string | null, 
/**
 * Whether dialling is forbidden.
 */
blocked: boolean, };
export type ExtensionView = { 
/**
 * The number.
 */
number: string, 
/**
 * Its person.
 */
name: string, 
/**
 * A phone of it is signed in.
 */
online: boolean, };
export type CheckState = "ok" | "warn" | "fail" | "skip";
export type Who = "you" | "pbx_admin" | "salesforce_admin" | "it";
export type Check = { 
/**
 * Stable, such as `pbx.reachable`.
 */
id: string, 
/**
 * How it came out.
 */
state: CheckState, 
/**
 * What was found.
 */
found: string, 
/**
 * Why it matters.
 */
matters: string, 
/**
 * Who can change it.
 */
who: Who, 
/**
 * What they do.
 */
do: string, 
/**
 * Where: a menu, a page, a file.
 */
where: string, };
export type CheckRow = { 
/**
 * The check.
 */
check: Check, 
/**
 * The problem whose words it has, where it has a problem's.
 */
problem: Problem | null, 
/**
 * What its words name and no language changes: fields, versions, counts.
 */
values: Array<string>, };
export type SignInView = { "state": "idle" } | { "state": "waiting", 
/**
 * The page, for another browser.
 */
url: string, 
/**
 * The callback lines to register in Salesforce.
 */
callbacks: Array<string>, 
/**
 * RFC 3339, UTC: when it is given up.
 */
until: string, } | { "state": "failed", 
/**
 * Why.
 */
problem: Problem, };
export type TrunkSpelling = "auto" | "e164" | "national";
export type CountryBy = "said" | "computer" | "pbx" | "unknown";
export type NumberSettings = { 
/**
 * ISO 3166-1 alpha-2, to read national numbers. Empty: nobody has said it, and this computer's
 * region or what the PBX shows is taken.
 */
country: string, 
/**
 * To read local numbers that have none.
 */
area_code: string, 
/**
 * How the PBX spells it when dialling.
 */
international_prefix: string, 
/**
 * Digits to dial before an outside number.
 */
outside_prefix: string, 
/**
 * Lengths that are internal, in digits.
 */
extension_digits: Array<number>, 
/**
 * How the trunk spells callers without a plus.
 */
trunk_format: TrunkSpelling, };
export type When = "ring" | "answer" | "never";
export type Unknown = "nothing" | "new_lead" | "new_contact";
export type PopSettings = { 
/**
 * The moment.
 */
when: When, 
/**
 * Also for calls that the agent places.
 */
outbound: boolean, 
/**
 * What opens for a caller whom no record has.
 */
unknown: Unknown, };
export type JournalSettings = { 
/**
 * Calls that came in and were answered.
 */
inbound: boolean, 
/**
 * Calls that the agent placed.
 */
outbound: boolean, 
/**
 * Calls that came in and were not answered.
 */
missed: boolean, 
/**
 * Calls between extensions.
 */
internal: boolean, 
/**
 * Numbers or prefixes (`+4930*`) that are not logged.
 */
never: Array<string>, 
/**
 * What the agent may choose as the outcome.
 */
outcomes: Array<string>, 
/**
 * For how many days calls stay in the list, and with them remembered choices and what was created. What waits or is
 * stuck stays.
 */
keep_days: number, };
export type AskAfter = "never" | "after_answered";
export type WrapUpSettings = { 
/**
 * After which calls the card stays and asks for a note.
 */
ask: AskAfter, };
export type CallerSide = "inbound" | "outbound";
export type NewRecord = "lead" | "contact";
export type AutoCreateSettings = { 
/**
 * For which calls; empty: off.
 */
directions: Array<CallerSide>, 
/**
 * What is created.
 */
object: NewRecord, 
/**
 * The first half of the name.
 */
name_prefix: string, 
/**
 * The company of leads.
 */
company: string, 
/**
 * The account of contacts.
 */
account_id: string, };
export type SyncMode = "off" | "on_call" | "full";
export type SyncObject = "contact" | "lead" | "account";
export type ContactSyncSettings = { 
/**
 * How much is copied.
 */
mode: SyncMode, 
/**
 * What is copied.
 */
objects: Array<SyncObject>, 
/**
 * The PBX phonebook.
 */
phonebook: string, 
/**
 * Between two runs, in minutes.
 */
every_minutes: number, };
export type DialSettings = { 
/**
 * Ask before dialling a link from another program.
 */
confirm_links: boolean, 
/**
 * Never dialled: numbers or prefixes.
 */
blocked: Array<string>, };
export type Language = "" | "en" | "zh-CN";
export type AppSettings = { 
/**
 * The window's.
 */
language: Language, 
/**
 * Start with the session.
 */
autostart: boolean, };
export type EditableSettings = { 
/**
 * How numbers are read and dialled.
 */
numbers: NumberSettings, 
/**
 * When pages open by themselves.
 */
pop: PopSettings, 
/**
 * What is logged.
 */
journal: JournalSettings, 
/**
 * What is asked after a call.
 */
wrap_up: WrapUpSettings, 
/**
 * Records for unknown callers.
 */
auto_create: AutoCreateSettings, 
/**
 * The PBX phonebook.
 */
contact_sync: ContactSyncSettings, 
/**
 * Click-to-call.
 */
dial: DialSettings, 
/**
 * The program itself.
 */
app: AppSettings, };
export type SettingsPatch = { 
/**
 * How numbers are read and dialled.
 */
numbers: NumberSettings | null, 
/**
 * When pages open by themselves.
 */
pop: PopSettings | null, 
/**
 * What is logged.
 */
journal: JournalSettings | null, 
/**
 * What is asked after a call.
 */
wrap_up: WrapUpSettings | null, 
/**
 * Records for unknown callers.
 */
auto_create: AutoCreateSettings | null, 
/**
 * The PBX phonebook.
 */
contact_sync: ContactSyncSettings | null, 
/**
 * Click-to-call.
 */
dial: DialSettings | null, 
/**
 * The program itself.
 */
app: AppSettings | null, };
export type MistakeView = { 
/**
 * Such as `numbers.country`.
 */
key: string, 
/**
 * A stable word for what is wrong, such as `country`.
 */
code: string, 
/**
 * The entry of the list, where it is one entry that is wrong.
 */
entry: string | null, 
/**
 * The least that is possible.
 */
least: number | null, 
/**
 * The most that is possible.
 */
most: number | null, 
/**
 * What is wrong, in English.
 */
message: string, };
export type SettingsView = { 
/**
 * The PBX's address.
 */
pbx_address: string, 
/**
 * The PBX's client id.
 */
pbx_client_id: string, 
/**
 * The pin of a self-signed certificate.
 */
pbx_certificate_sha256: string, 
/**
 * Salesforce's login address.
 */
salesforce_login: string, 
/**
 * The consumer key.
 */
salesforce_consumer_key: string, 
/**
 * What must be registered in Salesforce, character for character.
 */
callbacks: Array<string>, 
/**
 * `""`, `en`, `zh-CN`.
 */
language: string, 
/**
 * Pop-ups are paused until (RFC 3339, UTC).
 */
pops_paused_until: string | null, 
/**
 * Keys that a policy sets, such as `pop.when`.
 */
locked: Array<string>, 
/**
 * The policy's file, where one is in force.
 */
policy_file: string | null, 
/**
 * Whose word the country of the numbers is.
 */
country_by: CountryBy, 
/**
 * What the page of settings shows.
 */
values: EditableSettings, 
/**
 * This is the demonstration on simulated systems.
 */
demo: boolean, };
export type SkippedRecord = { 
/**
 * 18 characters.
 */
id: string, 
/**
 * Why, in a few words.
 */
reason: string, };
export type SyncCalls = { 
/**
 * To Salesforce, out of the org's allowance.
 */
salesforce: number, 
/**
 * To the PBX.
 */
pbx: number, };
export type SyncReport = { 
/**
 * Nothing was written.
 */
dry_run: boolean, 
/**
 * Any of `contact`, `lead`, `account`.
 */
objects: Array<string>, 
/**
 * The PBX phonebook.
 */
phonebook: string, 
/**
 * Contacts made.
 */
create: number, 
/**
 * Contacts changed.
 */
update: number, 
/**
 * Contacts deleted.
 */
delete: number, 
/**
 * Contacts that were in order.
 */
keep: number, 
/**
 * Of those made and changed: how many undo what somebody did on the PBX.
 */
restored: number, 
/**
 * Records that are not in the phonebook.
 */
skipped: Array<SkippedRecord>, 
/**
 * Requests that the run took.
 */
api_calls: SyncCalls, 
/**
 * What stands in the way, or is left to do.
 */
problem: Problem | null, };
export type SyncStep = "reading_pbx" | "reading_salesforce" | "writing" | "waiting";
export type SyncProgress = { 
/**
 * What it does.
 */
step: SyncStep, 
/**
 * So much of it is done: contacts read, records read, or contacts written.
 */
done: number, 
/**
 * Of so many, where that is known.
 */
of: number | null, };
export type SyncView = { 
/**
 * `off`, `on_call`, `full`.
 */
mode: string, 
/**
 * Any of `contact`, `lead`, `account`.
 */
objects: Array<string>, 
/**
 * The PBX phonebook.
 */
phonebook: string, 
/**
 * Between two runs.
 */
every_minutes: number, 
/**
 * What is being done now.
 */
running: SyncProgress | null, 
/**
 * The last run, without the records that it passed over.
 */
last: SyncReport | null, 
/**
 * How many records the last run passed over.
 */
last_skipped: number, 
/**
 * RFC 3339, UTC: when the last whole run ended.
 */
last_at: string | null, 
/**
 * RFC 3339, UTC: when the next one is due.
 */
next_at: string | null, 
/**
 * The extension whose desktop fills the phonebook, where it is not this one.
 */
held_by: string | null, 
/**
 * What needs a person.
 */
problem: Problem | null, };
export type AfterFailure = "reload" | "end";
export type Command = { "command": "status" } | { "command": "calls", 
/**
 * At most so many.
 */
limit: number, } | { "command": "settings" } | { "command": "watch" } | { "command": "dial", 
/**
 * As a person wrote it.
 */
number: string, 
/**
 * A person has agreed to call this number.
 */
confirmed: boolean, } | { "command": "link", 
/**
 * Anything: it is read as a link and as nothing else.
 */
uri: string, } | { "command": "confirm_link", 
/**
 * The card's id.
 */
link: string, } | { "command": "dismiss_link", 
/**
 * The card's id.
 */
link: string, } | { "command": "take_links" } | { "command": "test_links" } | { "command": "hang_up", 
/**
 * Which; the current one otherwise.
 */
call: string | null, } | { "command": "explain", 
/**
 * As a person wrote it.
 */
number: string, } | { "command": "doctor" } | { "command": "retry", 
/**
 * A call's id or key; all otherwise.
 */
call: string | null, } | { "command": "enable" } | { "command": "disable" } | { "command": "disconnect" } | { "command": "connect_pbx", 
/**
 * The base address.
 */
address: string, 
/**
 * The client id.
 */
client_id: string, 
/**
 * The client secret, of [`LONGEST_SECRET`] characters at most.
 */
secret: string, 
/**
 * The confirmed fingerprint of a self-signed certificate.
 */
pin: string | null, 
/**
 * The country of the numbers, ISO 3166-1 alpha-2; left as it is where none is given.
 */
country?: string, } | { "command": "pbx_address", 
/**
 * As a person typed or pasted it.
 */
address: string, } | { "command": "pbx_certificate", 
/**
 * The base address.
 */
address: string, } | { "command": "connect_salesforce", 
/**
 * The login address.
 */
login: string, 
/**
 * The consumer key.
 */
consumer_key: string, 
/**
 * Opens the browser; otherwise only [`Event::SignIn`] names the page.
 */
open_browser: boolean, } | { "command": "cancel_sign_in" } | { "command": "paste_address", 
/**
 * The whole address.
 */
address: string, } | { "command": "bind", 
/**
 * The extension; automatically otherwise.
 */
extension: string | null, } | { "command": "extensions" } | { "command": "binding_table", 
/**
 * Salesforce's own users as well.
 */
robots: boolean, } | { "command": "plan_bindings", 
/**
 * What was chosen.
 */
choices: Array<BindingChoice>, 
/**
 * Adds the extension by e-mail for everybody who has none and whose address leaves no doubt.
 */
automatic: boolean, } | { "command": "save_bindings", 
/**
 * As a person has seen them.
 */
changes: Array<BindingChange>, } | { "command": "team_file", 
/**
 * What was chosen.
 */
choices: Array<BindingChoice>, } | { "command": "open_record", 
/**
 * The call.
 */
call: string, 
/**
 * Which candidate; the one that counts otherwise.
 */
record: string | null, } | { "command": "open_task", 
/**
 * The call.
 */
call: string, } | { "command": "undo_created", 
/**
 * The call.
 */
call: string, } | { "command": "choose", 
/**
 * The call.
 */
call: string, 
/**
 * The record's id.
 */
record: string, 
/**
 * Take it for this number from now on.
 */
remember: boolean, 
/**
 * Open its page as well.
 */
open?: boolean, } | { "command": "unread_numbers" } | { "command": "remembered_choices" } | { "command": "forget_choice", 
/**
 * E.164; all numbers otherwise.
 */
number: string | null, } | { "command": "find_records", 
/**
 * As a person typed it.
 */
text: string, } | { "command": "move_call", 
/**
 * The call.
 */
call: string, 
/**
 * The record's id.
 */
record: string, } | { "command": "note", 
/**
 * A call's id or key, live or finished.
 */
call: string, 
/**
 * The note.
 */
text: string | null, 
/**
 * One of the outcomes of the settings.
 */
outcome: string | null, 
/**
 * An opportunity or case that [`Command::Related`] has named.
 */
related: string | null, 
/**
 * When something is to be done, such as `in 2 days` or `下周一`.
 */
follow_up: string | null, 
/**
 * It is finished: the entry need not wait for it.
 */
save: boolean, 
/**
 * Whoever sends it does not show the call's card, where somebody may be typing.
 */
elsewhere: boolean, } | { "command": "read_note", 
/**
 * A call's id or key.
 */
call: string, } | { "command": "related", 
/**
 * A call's id or key.
 */
call: string, } | { "command": "discard", 
/**
 * A call's id or key, live or finished.
 */
call: string, } | { "command": "restore", 
/**
 * A call's id or key, live or finished.
 */
call: string, } | { "command": "sync", 
/**
 * Writes nothing.
 */
dry_run: boolean, 
/**
 * However many contacts are deleted, a person has agreed to it.
 */
agreed: boolean, } | { "command": "refresh_index", 
/**
 * Look at all records again, not only at those that have changed.
 */
all: boolean, } | { "command": "pause_pops", 
/**
 * How long.
 */
minutes: number, } | { "command": "set_language", 
/**
 * Which.
 */
language: string, } | { "command": "change_settings", 
/**
 * What is wanted otherwise.
 */
patch: SettingsPatch, } | { "command": "export_settings" } | { "command": "test_call" } | { "command": "raise_window" } | { "command": "show_settings" } | { "command": "window_shown" } | { "command": "window_failed", 
/**
 * What becomes of it.
 */
next: AfterFailure, } | { "command": "quit" };
export type Reply = { "reply": "done" } | { "reply": "status", "value": Status } | { "reply": "calls", "value": Array<CallView> } | { "reply": "settings", "value": SettingsView } | { "reply": "settings_refused", "value": Array<MistakeView> } | { "reply": "text", "value": string } | { "reply": "explain", "value": Explain } | { "reply": "doctor", "value": Array<CheckRow> } | { "reply": "dialled", "value": { 
/**
 * The PBX's name for the call.
 */
call: string, 
/**
 * What it was told to dial.
 */
dialled: string, } } | { "reply": "ended", "value": LiveCall } | { "reply": "confirm_dial", "value": { 
/**
 * The number as people read it.
 */
shown: string, 
/**
 * ISO 3166-1 alpha-2.
 */
country: string | null, 
/**
 * It is abroad, or may cost more for what it is.
 */
costly: boolean, 
/**
 * What the number is.
 */
kind: NumberKind, } } | { "reply": "link_shown", "value": { 
/**
 * The number as people read it.
 */
shown: string, } } | { "reply": "links_taken", "value": { 
/**
 * They do; otherwise the system's page is open, where a person chooses.
 */
chosen: boolean, } } | { "reply": "retried", "value": { 
/**
 * How many.
 */
count: number, 
/**
 * The PBX is connected to again.
 */
pbx: boolean, 
/**
 * Salesforce is asked again.
 */
salesforce: boolean, } } | { "reply": "disconnected", "value": { 
/**
 * Entries that wait for the same org.
 */
waiting: number, } } | { "reply": "pbx_connected", "value": { 
/**
 * Its serial number.
 */
serial: string, 
/**
 * Its firmware.
 */
firmware: string, 
/**
 * Where the secret is kept.
 */
secrets: SecretsKind, 
/**
 * By which country's habits numbers are read.
 */
country: string, 
/**
 * Whose word that is.
 */
country_by: CountryBy, } } | { "reply": "pbx_address", "value": { 
/**
 * Scheme, host, and a port unless it is the scheme's own.
 */
address: string, } } | { "reply": "certificate", "value": { 
/**
 * The fingerprint.
 */
sha256: string, 
/**
 * Public trust accepts it: no pin is needed.
 */
trusted: boolean, } } | { "reply": "salesforce_connected", "value": { 
/**
 * The user's name.
 */
user: string, 
/**
 * The user's login name.
 */
username: string, 
/**
 * 18 characters.
 */
org_id: string, 
/**
 * Where the sign-in is kept.
 */
secrets: SecretsKind, } } | { "reply": "bound", "value": { 
/**
 * The extension.
 */
extension: string, } } | { "reply": "extensions", "value": Array<ExtensionView> } | { "reply": "binding_table", "value": BindingTable } | { "reply": "bindings_saved", "value": Array<SavedBinding> } | { "reply": "team_file", "value": { 
/**
 * For spreadsheets and scripts.
 */
csv: string, 
/**
 * One policy for each person.
 */
toml: string, 
/**
 * How many people.
 */
people: number, } } | { "reply": "unread_numbers", "value": Array<UnreadNumber> } | { "reply": "choices", "value": Array<RememberedChoice> } | { "reply": "records", "value": { 
/**
 * The records, best first.
 */
records: Array<FoundRecord>, 
/**
 * Salesforce was asked. Otherwise only those that are known here were looked at.
 */
complete: boolean, } } | { "reply": "note", "value": NoteView } | { "reply": "discarded", "value": { 
/**
 * Its Task is still there: it is deleted as soon as that is possible.
 */
pending: boolean, 
/**
 * Patchcord runs on another computer of this agent too, and may log the call there.
 */
elsewhere: boolean, } } | { "reply": "related", "value": Array<MatterView> } | { "reply": "synced", "value": SyncReport };
export type Event = { "event": "status", "value": Status } | { "event": "calls", "value": Array<CallRow> } | { "event": "live", "value": Array<LiveCard> } | { "event": "link", "value": LinkCard | null } | { "event": "sign_in", "value": SignInView } | { "event": "index", "value": IndexView } | { "event": "settings", "value": SettingsView } | { "event": "sync", "value": SyncView } | { "event": "note", "value": { 
/**
 * The call's id.
 */
call: string, 
/**
 * What is on disk now.
 */
note: NoteView, } } | { "event": "notice", "value": Problem } | { "event": "raise_window" } | { "event": "show_settings" };
