// The checks of the set-up that the window knows by name. One that is not here is told in the engine's words.

/** What the doctor looks at, in the engine's order. */
export const checkIds = [
  "pbx.reachable",
  "pbx.tls",
  "pbx.address_allowed",
  "pbx.address_blocked",
  "pbx.api",
  "pbx.credentials",
  "pbx.tokens",
  "pbx.firmware",
  "pbx.clock",
  "pbx.extension",
  "pbx.phone",
  "pbx.call_status_monitor",
  "pbx.trunk_monitors",
  "pbx.control_inbound_call",
  "pbx.events",
  "pbx.own_integration",
  "salesforce.reachable",
  "salesforce.version",
  "salesforce.session",
  "salesforce.api",
  "salesforce.api_budget",
  "salesforce.contact_fields",
  "salesforce.lead_fields",
  "salesforce.account_fields",
  "salesforce.task_fields",
  "salesforce.create_task",
  "salesforce.create_lead",
  "salesforce.create_contact",
  "salesforce.task_status",
  "salesforce.task_values",
  "salesforce.person_accounts",
  "salesforce.call_key",
  "salesforce.delete_created",
  "salesforce.delete_task",
  "salesforce.unread_records",
  "salesforce.unread_numbers",
  "integration.enabled",
  "binding.extension",
  "numbers.country",
  "secrets.store",
  "desk.second_computer",
  "desk.browser",
  "desk.notifications",
  "desk.tel_links",
  "desk.proxy",
  "desk.data_folder",
  "desk.disk",
  "desk.journal",
  "desk.policy",
] as const;

/** One of {@link checkIds}. */
export type CheckId = (typeof checkIds)[number];

/** A check in a language that the engine does not speak. */
export interface CheckTranslation {
  /** Why it matters. */
  matters: string;
  /** What was found where it is as it should be. */
  ok: string;
  /** What was found where it is not. */
  bad: string;
  /** What to do then. */
  todo: string;
  /** Where. */
  place: string;
}
