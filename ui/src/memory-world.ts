// What an engine in memory says, and single pieces of it for tests.

import type {
  BindingTable,
  CallRow,
  CheckRow,
  ExtensionView,
  FoundRecord,
  IndexView,
  LinkCard,
  LiveCard,
  MatterView,
  NoteView,
  Problem,
  RememberedChoice,
  UnreadNumber,
  SettingsView,
  SignInView,
  Status,
  SyncReport,
  SyncView,
} from "./bindings";

/** All that an engine says. */
export interface World {
  status: Status;
  calls: CallRow[];
  live: LiveCard[];
  /** A link that waits for an answer. */
  link: LinkCard | null;
  index: IndexView;
  signIn: SignInView;
  settings: SettingsView;
  extensions: ExtensionView[];
  /** The org’s users as they are saved, and whose change Salesforce refuses. */
  team: BindingTable;
  refused: ReadonlySet<string>;
  sync: SyncView;
  /** What a contact sync would write. */
  plan: SyncReport;
  /** The fingerprint of a certificate that the PBX shows and nobody vouches for; null: publicly trusted. */
  certificate: string | null;
  /** The PBX had a publicly trusted certificate when it was connected. */
  was_trusted: boolean;
  /** What the doctor finds. */
  checks: CheckRow[];
  /** What was remembered of numbers that several records have. */
  choices: RememberedChoice[];
  /** Texts in phone fields that are no numbers. */
  unreadNumbers: UnreadNumber[];
  /** The records that a search by name looks through. */
  records: FoundRecord[];
  /** What agents wrote, by call, and what calls may be about. */
  notes: Record<string, NoteView>;
  matters: MatterView[];
}

/** Puts a problem together. */
export function problem(code: string, message: string, action = ""): Problem {
  return { code, message, action };
}

/** A live card, with what matters given and the rest as for a ringing stranger. */
export function card(given: Partial<LiveCard>): LiveCard {
  const since = (time: string): number => Date.now() - Date.parse(time);
  const { started_at = new Date().toISOString(), answered_at = null } = given;
  return {
    id: "1767600923.417",
    state: "ringing",
    direction: "inbound",
    number: "+49301234567",
    number_shown: "+49 30 1234567",
    started_at,
    answered_at,
    elapsed: { since_start_ms: since(started_at), since_answer_ms: answered_at === null ? null : since(answered_at) },
    queue: null,
    searching: false,
    search_failed: false,
    candidates: [],
    chosen: null,
    why: null,
    can_hang_up: true,
    wrap_up: false,
    rehearsal: false,
    ...given,
  };
}

/** A link to Anna Meyer, that waits for an answer. */
export function linkCard(given: Partial<LinkCard> = {}): LinkCard {
  return {
    id: "link-1", written: "+49 30 1234567", number: "+49301234567", number_shown: "+49 30 1234567", country: "DE",
    abroad: false, kind: "ordinary", extension: null, subaddress: null, searching: false, search_failed: false,
    candidates: [], refusal: null, obstacle: null, replaced: false, dialling: false, ...given,
  };
}
