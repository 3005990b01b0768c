// 坐席对通话的备注。

import type { Messages } from "./en";

export const zhNote: Messages["note"] = {
  region: "此通话的备注",
  label: "备注",
  placeholder: "备注",
  outcome: "通话结果",
  related: "相关事项…",
  relatedLong: "通话涉及的事项",
  asking: "正在查询 Salesforce…",
  nothing: "无",
  noMatters: "没有进行中的业务机会或个案。",
  opportunity: "业务机会",
  case: "个案",
  followUp: "后续跟进…",
  followUpLong: "何时跟进",
  followUpExample: "两天后",
  days: ["明天", "两天后", "下周一", "一周后", "一个月后"],
  noDay: "无法识别该日期。请写成“两天后”、“下周一”或 2026-01-31。",
  made: (when) => `后续跟进已是 Salesforce 中的待办任务：${when}。请在那里修改。`,
  replaced: "此备注已在别处修改，您输入的内容已不在其中。",
  bringBack: "恢复我的内容",
  save: "保存",
  saved: "备注已保存。",
  discard: "不记录此通话",
  discarded: "此通话不会被记录。",
  hint: (n) => (n > 1 ? `Alt+1–${n} 选择结果 · Alt+N 备注 · Enter 保存` : "Alt+N 备注 · Enter 保存"),
  open: (who, written) => (written ? `修改与 ${who} 通话的备注` : `为与 ${who} 的通话添加备注`),
  unfinished: "备注尚未完成",
  finish: "继续填写",
  followUpStuck: "无法创建后续跟进",
};
