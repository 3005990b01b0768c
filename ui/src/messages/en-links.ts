// Links of other programs in English: the card of one, and whether they come here. What to know of a number before it is called.

import type { NumberKind } from "../bindings";

export const enLinks = {
  name: "Telephone links",
  ask: "Call this number?",
  refused: "This link is not called",
  written: (text: string) => `The link says: ${text}`,
  colleague: "An extension of your own telephone system",
  abroad: (place: string) => (place === "" ? "Not a number of your country: the call may cost more." : `${place} is not your country: the call may cost more.`),
  extension: (digits: string) => `Extension ${digits} is not dialled: enter it when you are asked for it.`,
  subaddress: (digits: string) => `Subaddress ${digits} is not dialled.`,
  replaced: "Another link was waiting here; this one has replaced it.",
  none: "Nobody in Salesforce has this number",
  several: (n: number) => `${n} records have this number:`,
  call: "Call",
  leave: "Do not call",
  aside: (number: string) => `A telephone link asks whether to call ${number}. The question is at the top of the window.`,
  asideRefused: "A telephone link has come that is not called. The reason is at the top of the window.",
  calling: "Calling…",
  states: {
    ours: "Come to Patchcord",
    elsewhere: "Go to another program, or to none",
    unknown: "The system does not tell where they go",
  },
  take: "Make default",
  test: "Test it",
  taken: "Telephone links come to Patchcord now.",
  choose: "Your system lets only you choose: choose Patchcord for telephone links on the page that has opened.",
  testing: "A test link is on its way…",
  works: "The test link has come back: numbers on pages can be clicked.",
};

/** As the program's own question says it. */
export const enNumberKinds: Record<Exclude<NumberKind, "extension" | "ordinary">, string> = {
  emergency: "This number reaches the emergency services.",
  short: "This is a short number, as directory enquiries and helplines have it: a call may cost more.",
  premium: "A call to this number costs a premium.",
  special: "This number has a tariff of its own: a call may cost more than an ordinary one.",
  unassigned: "No numbering plan has this number, so what a call costs is not known.",
};
