// 按姓名查找记录，以及记住的来电者。

import type { Messages } from "./en";

/** 把通话移到另一条记录。 */
export const zhMove: Messages["move"] = {
  open: (who) => `将与 ${who} 的通话移到另一条记录`,
  title: "这是谁的通话？",
  label: "姓名、客户或公司",
  placeholder: "姓名、客户或公司",
  search: "查找",
  searching: "正在查找…",
  results: "找到的记录",
  found: (n) => (n === 0 ? "没有这个名称的记录。" : `${n} 条记录`),
  known: "无法查询 Salesforce：只查找了本机已知的记录。",
  now: "通话目前属于此记录",
  somebodyElse: "是其他人…",
};

/** 记住的来电者列表。 */
export const zhRemembered: Messages["remembered"] = {
  intro: "这些号码属于多条记录，您已指明是哪一位。该号码来电时会打开此记录，通话也记录在其下。",
  none: "没有记住任何选择。",
  noneText: "当多条记录使用来电者的号码时，请在选择时勾选“记住此号码的选择”。",
  since: (when) => `自 ${when}`,
  gone: "未使用：此记录已不存在，或不再使用这个号码。",
  forget: "忘记",
  forgetLong: (number) => `忘记 ${number} 是谁`,
  forgot: (number) => `已忘记 ${number}。下次来电时会再次询问您。`,
  forgetAll: "全部忘记",
  forgotAll: "已全部忘记。下次来电时会再次询问您。",
  askAll: "忘记所有记住的来电者？",
  askAllText: "他们来电时会再次询问您。已记录的通话保持不变。",
};
