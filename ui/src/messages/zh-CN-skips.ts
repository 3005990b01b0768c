// 未检查的原因，以及检查所附的英文取值。键是引擎的英文原句。

import type { CheckId } from "./checks";

/** Why a check could not look, by the engine's sentence. */
export const zhSkips: Record<string, { found: string; todo: string }> = {
  "Your extension is looked for once both sides answer.": { found: "两端都有应答后才会查找您的分机。", todo: "请先处理 PBX 和 Salesforce 的问题。" },
  "The desktop did not answer in time.": { found: "桌面没有及时应答。", todo: "请重新检查。" },
  "The system does not tell how much room is left. The journal says when there is none.": { found: "系统没有告知剩余空间。空间用完时，本机记录会提示。", todo: "无需处理。" },
  "Patchcord has just started and does not have the PBX's answer yet.": { found: "Patchcord 刚刚启动，还没有收到 PBX 的应答。", todo: "请稍后重新检查。" },
  "The PBX is not set up.": { found: "尚未设置 PBX。", todo: "请先连接 PBX。" },
  "The integration is switched off, and the PBX is left alone.": { found: "对接已关闭，不会访问 PBX。", todo: "请启用对接，然后重新检查。" },
  "The connection is plain HTTP, and stays on this computer.": { found: "此连接是未加密的 HTTP，且不离开此电脑。", todo: "无需处理；对其他电脑，Patchcord 只使用 https。" },
  "The PBX does not tell its time.": { found: "PBX 没有告知它的时间。", todo: "无需处理。" },
  "This firmware does not let programs look at it.": { found: "此固件不允许程序查看。", todo: "请在下面的位置手动查看。" },
  "The PBX does not say whether Call Status is monitored.": { found: "PBX 没有告知是否监控通话状态。", todo: "请查看此分机是否勾选了通话状态。" },
  "The PBX names no trunk whose monitor can be seen.": { found: "PBX 没有列出可查看监控状态的中继。", todo: "请查看每条有来电的中继是否勾选了通话状态。" },
  "The PBX does not say whether it holds inbound calls.": { found: "PBX 没有告知是否拦截来电。", todo: "请查看每条中继的“控制呼入”是否已关闭。" },
  "Salesforce is not set up.": { found: "尚未设置 Salesforce。", todo: "请先连接 Salesforce。" },
  "Salesforce does not tell how much is used.": { found: "Salesforce 没有告知已用多少。", todo: "无需处理。" },
  "The API does not show whether it is on, and there is no call of the last seven days to see it by.": {
    found: "API 不显示它是否启用，最近七天也没有可供判断的通话。",
    todo: "请查看那里是否连接了 CRM；记录几个通话后重新检查。",
  },
  "This Patchcord runs without notifications; the one with the tray shows them.": { found: "此 Patchcord 运行时不显示通知；带托盘的会显示。", todo: "请手动试一下。" },
  "This user has no home folder.": { found: "此用户没有主文件夹。", todo: "请手动试一下。" },
  "This desk knows no links.": { found: "此桌面不支持链接。", todo: "请手动试一下。" },
};

/** Values that the engine names in English; all others are names and numbers. */
export const zhValues: Partial<Record<CheckId, Record<string, string>>> = {
  "salesforce.call_key": {
    ReadWrite: "活动对所有人共享，因此能看到同事的任务",
    ControlledByParent: "活动由父级控制，因此看不到同事关于无记录来电者的任务：此类来电者放弃的队列或响铃组来电，响过铃的每台电脑都可能各记录一次",
    Private: "活动是私有的，因此看不到同事关于无记录来电者的任务：此类来电者放弃的队列或响铃组来电，响过铃的每台电脑都可能各记录一次",
  },
  "pbx.firmware": { "WebSocket events": "WebSocket 事件", "new call records": "新版通话记录", "call records v2.0": "通话记录 v2.0" },
  "desk.data_folder": { "the folder": "文件夹本身" },
};
