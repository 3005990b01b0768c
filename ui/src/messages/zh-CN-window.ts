// Problems of the window itself, in Simplified Chinese.

import type { ProblemCode, Translation } from "./codes";

export const zhWindow = {
  "window.not_allowed": {
    happened: "窗口不能执行此操作。",
    todo: "请使用托盘或命令行。",
  },
  "window.not_agreed": {
    happened: "您没有同意，因此什么也没有执行。",
    todo: "如果仍然需要，请重试。",
  },
  "window.refused_often": {
    happened: "一分钟内已有多次询问被拒绝，因此暂不再询问；此操作未执行。",
    todo: "请等一分钟后再试。如果不是您发起的，请关闭窗口并告知 IT 人员。",
  },
  "window.asking": {
    happened: "Patchcord 正在询问另一件事；此操作没有执行。",
    todo: "请先回答那个问题。",
  },
  "window.cannot_ask": {
    happened: "此操作需要您在页面之外确认，但无法显示该问题。什么也没有执行。",
    todo: "请关闭窗口后重新打开，或使用命令行。",
  },
  "window.no_answer": {
    happened: "窗口尚未响应。通话照常处理。",
    todo: "请稍后再看；如果一直是空白，请关闭窗口后重新打开。",
  },
  "window.no_display": {
    happened: "没有可以显示窗口的屏幕。",
    todo: "请在桌面会话中启动 Patchcord；命令行不需要屏幕。",
  },
  "window.unexpected": {
    happened: "Patchcord 给此窗口的应答出乎意料。",
    todo: "请重试。如果一直如此，请关闭窗口后重新打开。",
  },
} satisfies Partial<Record<ProblemCode, Translation>>;
