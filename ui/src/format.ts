// How times, spans and numbers are written. Pure: the language and the moment are arguments.

/** `0:42`, `12:05`, `1:02:09`, from seconds. */
export function duration(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** The hour and minute of an RFC 3339 time. */
export function clock(time: string, language: string): string {
  return write(time, language, { hour: "numeric", minute: "2-digit" });
}

/** Hour and minute, with the day in front where it is not today's. */
export function moment(time: string, language: string, now: number): string {
  return sameDay(new Date(time), new Date(now))
    ? clock(time, language)
    : write(time, language, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
}

/** The same with the seconds, where several times share a minute. */
export function momentExactly(time: string, language: string, now: number): string {
  const seconds: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit", second: "2-digit" };
  return write(time, language, sameDay(new Date(time), new Date(now)) ? seconds : { month: "short", day: "numeric", ...seconds });
}

/** The whole of a time, for a tooltip. */
export function wholeMoment(time: string, language: string): string {
  return write(time, language, { dateStyle: "full", timeStyle: "medium" });
}

/** Which day a time belongs to: a key that is equal for times of one day. */
export function dayKey(time: string): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** `Today`, `Yesterday`, otherwise the day with its weekday. */
export function dayName(time: string, language: string, now: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  const days = Math.round((midnight(new Date(now)) - midnight(date)) / 86_400_000);
  if (days === 0 || days === 1) {
    const name = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day");
    return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
  }
  return write(time, language, { weekday: "long", month: "long", day: "numeric" });
}

/** A count with the language's separators. */
export function count(n: number, language: string): string {
  return new Intl.NumberFormat(language).format(n);
}

/** A country's name from its ISO 3166-1 alpha-2 code; the code where there is no name. */
export function country(code: string, language: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return "";
  return new Intl.DisplayNames(language, { type: "region" }).of(code) ?? code;
}

/** A fingerprint in hex, in pairs, as certificates show it. */
export function fingerprint(hex: string): string {
  const pairs = hex.replace(/[^0-9a-f]/giu, "").toUpperCase().match(/../g);
  return pairs === null ? "" : pairs.join(":");
}

/** The fingerprints that a sentence of the engine's names, in their order and as certificates show them. */
export function fingerprints(sentence: string): string[] {
  return (sentence.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/giu) ?? []).map(fingerprint);
}

/** The certificates that a sentence about a changed one names: what was confirmed, where that is one, and what is shown. */
export function certificates(sentence: string): { before?: string | undefined; now?: string | undefined } {
  const [first, second] = fingerprints(sentence);
  return second === undefined ? { now: first } : { before: first, now: second };
}

/** The host of an address, for showing; the text itself where it is none. */
export function host(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
}

/** A day written as `2026-01-07`, with its weekday. */
export function day(date: string, language: string): string {
  return write(`${date}T12:00:00`, language, { weekday: "short", year: "numeric", month: "short", day: "numeric" });
}

function write(time: string, language: string, how: Intl.DateTimeFormatOptions): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : new Intl.DateTimeFormat(language, how).format(date);
}

function sameDay(a: Date, b: Date): boolean {
  return midnight(a) === midnight(b);
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
