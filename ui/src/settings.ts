// The page of settings as values: what a person has changed, and what to send of it.

import type { EditableSettings, SettingsPatch } from "./bindings";

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Nothing is wanted otherwise. */
export const noSection: SettingsPatch = {
  numbers: null, pop: null, journal: null, wrap_up: null, auto_create: null, contact_sync: null, dial: null, app: null,
};

/** The sections that differ; null where none does. */
export function patchOf(before: EditableSettings, after: EditableSettings): SettingsPatch | null {
  const changed = <K extends keyof EditableSettings>(section: K): EditableSettings[K] | null =>
    same(before[section], after[section]) ? null : after[section];
  const patch: SettingsPatch = {
    numbers: changed("numbers"),
    pop: changed("pop"),
    journal: changed("journal"),
    wrap_up: changed("wrap_up"),
    auto_create: changed("auto_create"),
    contact_sync: changed("contact_sync"),
    dial: changed("dial"),
    app: changed("app"),
  };
  return Object.values(patch).some((section) => section !== null) ? patch : null;
}

/**
 * The draft after the settings have become others under it: what has changed there is shown, and everything else
 * stays as the person wrote it.
 */
export function rebased(draft: EditableSettings, before: EditableSettings, now: EditableSettings): EditableSettings {
  const section = <S extends object>(mine: S, was: S, is: S): S => {
    const next = { ...mine };
    for (const key of Object.keys(is) as (keyof S)[]) {
      if (!same(was[key], is[key])) next[key] = is[key];
    }
    return next;
  };
  return {
    numbers: section(draft.numbers, before.numbers, now.numbers),
    pop: section(draft.pop, before.pop, now.pop),
    journal: section(draft.journal, before.journal, now.journal),
    wrap_up: section(draft.wrap_up, before.wrap_up, now.wrap_up),
    auto_create: section(draft.auto_create, before.auto_create, now.auto_create),
    contact_sync: section(draft.contact_sync, before.contact_sync, now.contact_sync),
    dial: section(draft.dial, before.dial, now.dial),
    app: section(draft.app, before.app, now.app),
  };
}
