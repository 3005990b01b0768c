// 其他程序的链接：卡片，以及链接是否由 Patchcord 打开。

import type { Messages } from "./en";

export const zhLinks: Messages["links"] = {
  name: "电话链接",
  ask: "要拨打这个号码吗？",
  refused: "不拨打此链接",
  written: (text) => `链接内容：${text}`,
  colleague: "本电话系统的分机",
  abroad: (place) => (place === "" ? "不是您所在国家/地区的号码：通话费用可能更高。" : `${place}不是您所在的国家/地区：通话费用可能更高。`),
  extension: (digits) => `不会拨打对方分机 ${digits}：听到提示后请自行输入。`,
  subaddress: (digits) => `不会拨打子地址 ${digits}。`,
  replaced: "之前有另一个链接在等待，已被此链接取代。",
  none: "Salesforce 中没有人使用此号码",
  several: (n) => `有 ${n} 条记录使用此号码：`,
  call: "拨打",
  leave: "不拨打",
  aside: (number) => `有电话链接询问是否拨打 ${number}。问题显示在窗口顶部。`,
  asideRefused: "有一个电话链接未被拨打。原因显示在窗口顶部。",
  calling: "正在拨打…",
  states: {
    ours: "由 Patchcord 打开",
    elsewhere: "由其他程序打开，或没有程序打开",
    unknown: "系统未说明由哪个程序打开",
  },
  take: "设为默认",
  test: "测试",
  taken: "电话链接现在由 Patchcord 打开。",
  choose: "您的系统只允许由您本人选择：请在已打开的页面上为电话链接选择 Patchcord。",
  testing: "正在等待测试链接…",
  works: "测试链接已返回：可以点击网页上的号码拨打。",
};

export const zhNumberKinds: Messages["numberKinds"] = {
  emergency: "此号码会接通紧急救援服务。",
  short: "这是短号码，例如查号台或服务热线：通话费用可能更高。",
  premium: "拨打此号码要付高额费用。",
  special: "此号码有自己的资费：通话费用可能高于普通通话。",
  unassigned: "没有号码规划包含此号码，因此无法得知通话费用。",
};
