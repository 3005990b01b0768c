/** What decided whose a number is: the engine says it in English (`lookup::why`), and this is the same in Chinese. */

const PLACES: Record<string, string> = {
  "local index": "本地索引",
  "Salesforce search": "Salesforce 搜索",
  "Salesforce query": "Salesforce 查询",
};

const SAYINGS: [RegExp, (...found: string[]) => string][] = [
  [/^matched (\w+)\.(\w+) exactly \((.+)\)$/, (object, field, place) => `与 ${object}.${field} 完全一致（${placeOf(place)}）。`],
  [/^chosen before for this number, of (\d+) \((.+)\)$/, (count, place) => `您以前为此号码选择了它，共有 ${count} 条记录（${placeOf(place)}）。`],
  [/^no record has this number \((.+)\)$/, (place) => `没有记录使用此号码（${placeOf(place)}）。`],
  [/^no record has this number, nor (.+) \((.+)\)$/, (others, place) => `没有记录使用此号码，也没有记录使用 ${(others ?? "").replaceAll(", ", "、")}（${placeOf(place)}）。`],
  [/^(\d+) records have this number \((.+)\)$/, (count, place) => `有 ${count} 条记录使用此号码（${placeOf(place)}）。`],
];

function placeOf(place: string | undefined): string {
  return (place ?? "").split(" and ").map((one) => PLACES[one] ?? one).join("和");
}

export function zhWhy(why: string): string | undefined {
  const ambiguous = /^(.+); read as (\+\d+), not (.+)$/.exec(why);
  if (ambiguous) {
    const [, decided, number, others] = ambiguous;
    const said = zhWhy(decided ?? "");
    return said && `${said}来电号码按 ${number} 解读，而不是 ${(others ?? "").replaceAll(", ", "、")}。`;
  }
  for (const [pattern, say] of SAYINGS) {
    const found = pattern.exec(why);
    if (found) return say(...found.slice(1));
  }
  return undefined;
}
