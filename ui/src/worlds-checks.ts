// What a doctor finds: on a desk that is well, and on one that is not.

import type { Check, CheckRow, Problem } from "./bindings";
import { checkIds, type CheckId } from "./messages/checks";

/** A check, with what matters given and the rest as for one that is well. */
export function checkRow(id: CheckId, given: Partial<Check> = {}, values: string[] = [], problem: Problem | null = null): CheckRow {
  return {
    check: {
      id,
      state: "ok",
      found: "It is as it should be.",
      matters: "Calls are heard, looked up and logged by it.",
      who: id.startsWith("pbx.") ? "pbx_admin" : id.startsWith("salesforce.") ? "salesforce_admin" : "you",
      do: "Nothing to do.",
      where: "Integrations > API",
      ...given,
    },
    problem,
    values,
  };
}

/** Every check is well. */
export function wellChecked(): CheckRow[] {
  return checkIds.map((id) => {
    switch (id) {
      case "pbx.reachable":
        return checkRow(id, { found: "The PBX answers at https://pbx.example.com:8088." }, ["https://pbx.example.com:8088"]);
      case "pbx.firmware":
        return checkRow(id, { found: "Yeastar P570, firmware 37.23.0.123 (Appliance Edition): API v1.0, WebSocket events." }, ["Yeastar P570", "37.23.0.123", "API v1.0"]);
      case "salesforce.api_budget":
        return checkRow(id, { found: "The org has used 3180 of 15000 requests within 24 hours (21 %)." }, ["3180 / 15000"]);
      default:
        return checkRow(id);
    }
  });
}

/** Some are not: what an administrator meets in the first hour. */
export function illChecked(): CheckRow[] {
  const ill: Partial<Record<CheckId, CheckRow>> = {
    "pbx.call_status_monitor": checkRow("pbx.call_status_monitor", {
      state: "fail",
      found: "Call Status is not monitored for extension 4101.",
      matters: "Without it the PBX does not tell that your phone rings: nothing opens, and calls are only logged afterwards.",
      do: "Tick Call Status for extension 4101.",
      where: "Integrations > API > Advanced Settings > Extension Status Monitor",
    }, ["4101"]),
    "pbx.trunk_monitors": checkRow("pbx.trunk_monitors", {
      state: "warn",
      found: "Call Status is not monitored for “SIP +•• •• •••••12”.",
      matters: "Without it the PBX does not tell who is calling over that trunk.",
      do: "Tick Call Status for these trunks.",
      where: "Integrations > API > Advanced Settings > Trunk Status Monitor",
    }, ["“SIP +•• •• •••••12”"]),
    "pbx.own_integration": checkRow("pbx.own_integration", {
      state: "skip",
      found: "The API does not show whether it is on, and there is no call of the last seven days to see it by.",
      do: "Look whether a CRM is connected there; after the first logged calls, check again.",
      where: "Integrations > CRM",
    }),
    "salesforce.contact_fields": checkRow("salesforce.contact_fields", {
      state: "warn",
      found: "Left out, because your user does not see them: HomePhone, AssistantPhone.",
      matters: "A field that your user may not see does not exist for Patchcord: numbers in it are not found, and nothing of it is shown.",
      do: "Make these fields visible, if they are used.",
      where: "Setup > Permission Sets > Object Settings, or the field's Field-Level Security",
    }, ["HomePhone, AssistantPhone"]),
    "salesforce.call_key": checkRow("salesforce.call_key", {
      state: "warn",
      found: "The org has no field PBX_Call_Key__c. The weaker guarantee holds: a second Task for a call is unlikely, and not impossible. Activities are private, so a desk does not see a colleague's Task about a caller whom no record has. A call of a queue or ring group that such a caller gave up may be logged by each desk that rang.",
      matters: "With the field Salesforce itself refuses a second Task for a call.",
      do: "Add the Activity field PBX_Call_Key__c: Text (255), External ID, Unique, editable for the callers' users.",
      where: "Setup > Object Manager > Activity > Fields & Relationships > New",
    }),
    "secrets.store": checkRow("secrets.store", {
      state: "fail",
      found: "The secret store is locked or does not answer, so the sign-ins that it keeps cannot be used yet. Nothing has been lost.",
      matters: "Sign-ins are kept in the system's secret store, and nowhere else.",
      do: "Unlock the keyring or key chain; Patchcord then goes on by itself.",
      where: "The system's keyring, key chain or Credential Manager",
    }, [], {
      code: "secrets.unavailable",
      message: "The secret store is locked or does not answer, so the sign-ins that it keeps cannot be used yet. Nothing has been lost.",
      action: "Unlock the keyring or key chain; Patchcord then goes on by itself.",
    }),
    "pbx.phone": checkRow("pbx.phone", {
      state: "skip",
      found: "Not looked at, because pbx.extension comes first.",
      do: "Put pbx.extension in order, then check again.",
      where: "Linkus, or the desk phone",
    }, ["pbx.extension"]),
  };
  return wellChecked().map((row) => ill[row.check.id as CheckId] ?? row);
}
