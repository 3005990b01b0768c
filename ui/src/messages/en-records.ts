// Finding records by name, and what was remembered of callers.

/** A call moves to another record. */
export const enMove = {
  open: (who: string) => `Move the call with ${who} to another record`,
  title: "Whose call was it?",
  label: "Name, account or company",
  placeholder: "Name, account or company",
  search: "Search",
  searching: "Searching…",
  results: "Records found",
  found: (n: number) => (n === 0 ? "No record has this name." : n === 1 ? "1 record" : `${n} records`),
  known: "Salesforce could not be asked: only records that are known here were looked at.",
  now: "the call belongs to it now",
  somebodyElse: "Somebody else…",
};

/** The list of remembered callers. */
export const enRemembered = {
  intro:
    "Several records have these numbers, and you said who it is. That record opens when the number calls, and the call is logged under it.",
  none: "Nothing is remembered.",
  noneText: "When several records have a caller’s number, tick “Remember for this number” while you choose one.",
  since: (when: string) => `since ${when}`,
  gone: "Not used: this record is gone, or it no longer has the number.",
  forget: "Forget",
  forgetLong: (number: string) => `Forget who ${number} is`,
  forgot: (number: string) => `${number} is forgotten. At the next call you are asked again.`,
  forgetAll: "Forget all",
  forgotAll: "All are forgotten. At the next calls you are asked again.",
  askAll: "Forget all remembered callers?",
  askAllText: "You are asked again when one of them calls. Calls that are logged stay as they are.",
};
