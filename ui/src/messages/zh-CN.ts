// 窗口的全部简体中文文字。形状由英文决定：缺一条就无法通过编译。

import type { Messages } from "./en";
import { zhAdmin } from "./zh-CN-admin";
import { zhBindings } from "./zh-CN-bindings";
import { zhChecks, zhDoctor } from "./zh-CN-checks";
import { zhTranslations } from "./zh-CN-problems";
import { zhReasons } from "./zh-CN-reasons";
import { zhLinks, zhNumberKinds } from "./zh-CN-links";
import { zhNote } from "./zh-CN-note";
import { zhMove, zhRemembered } from "./zh-CN-records";
import { zhSetup } from "./zh-CN-setup";
import { zhSettings } from "./zh-CN-settings";
import { zhSync } from "./zh-CN-sync";
import { zhWorks } from "./zh-CN-works";

export const zhCN: Messages = {
  name: "简体中文",
  app: "Patchcord",
  details: "详细信息",
  cancel: "取消",
  close: "关闭",
  copy: "复制",
  copied: "已复制",
  working: "请稍候…",
  loading: "正在向 Patchcord 查询状态…",
  unknown: "未知",
  withheld: "号码已隐藏",
  noNumber: "无号码",
  list: (parts) => parts.join("、"),

  header: {
    links: "连接",
    extension: (number) => `分机 ${number}`,
    noExtension: "没有分机",
    paused: (until) => `弹屏已暂停至 ${until}`,
    disabled: "已禁用",
    disabledSince: (when) => `自 ${when} 起禁用`,
    status: (side, state) => `${side}：${state}。查看状态`,
    again: "PBX 和 Salesforce 已重新连接。",
  },

  gone: {
    title: "Patchcord 没有运行",
    text: "现在既不监听也不记录通话。下面是最后已知的状态。请重新启动 Patchcord：其间的通话会从 PBX 补读。",
    stale: "下面是最后已知的状态。",
  },

  search: {
    label: "搜索通话或拨打号码",
    placeholder: "姓名、公司或号码",
    call: "拨打",
    callWhat: "拨打",
    ask: "要拨打这个号码吗？",
    to: (place) => `目的地：${place}`,
    yes: "拨打",
    rings: "您的话机正在响铃。接起后即拨出。",
    found: (n) => (n === 0 ? "这里没有匹配的通话" : `${n} 条通话`),
  },

  links: zhLinks,
  numberKinds: zhNumberKinds,

  tabs: { label: "页面", calls: "通话", status: "状态" },

  /** The pages below the status, by key. */
  panels: { settings: "设置", bindings: "绑定", doctor: "检查设置", contacts: "联系人同步", callers: "记住的来电者" },

  leave: { title: "不保存就离开吗？", text: "您在此页所做的更改尚未保存，离开后将会丢失。", yes: "放弃更改" },

  pager: {
    label: (list) => `翻页：${list}`,
    span: (from, to, of) => `第 ${from}–${to} 项，共 ${of} 项`,
    previous: "上一页",
    next: "下一页",
  },

  bindings: zhBindings,

  sync: zhSync,

  move: zhMove,

  note: zhNote,

  remembered: zhRemembered,

  way: { inbound: "呼入", outbound: "呼出", internal: "内部" },

  objects: { Contact: "联系人", Lead: "线索", Account: "客户" },

  card: {
    region: "当前通话",
    incoming: "来电",
    outgoing: "去电",
    ringing: "响铃中",
    dialling: "拨号中",
    talking: "通话中",
    held: "保持中",
    ended: "已结束",
    elsewhere: "已由他人接听",
    elsewhereText: "其他人接听了这个来电。不会为您记录。",
    rehearsal: "测试来电，没有人在呼叫",
    rehearsalText: "来电时就是这样提示。不会打开或记录任何内容。",
    endedText: "通话已结束。处理结果见通话列表。",
    dialPick: "先响的是您的话机；您接起后才呼叫对方。",
    via: (queue) => `经由 ${queue}`,
    yours: "归您所有",
    several: (n) => `有 ${n} 条记录使用这个号码。是哪一位？`,
    digits: (n) => `按 1–${n} 打开其中一条`,
    digitsChoose: (n) => `按 1–${n} 选择其中一条`,
    remember: "记住此号码的选择",
    none: "Salesforce 中没有使用这个号码的记录。",
    withheldText: "对方隐藏了号码，因此无法查找记录。",
    searching: "正在 Salesforce 中查找…",
    slow: "Salesforce 响应较慢。通话不受影响；找到记录后立即显示。",
    failed: "无法查询 Salesforce，本机也没有相关记录。Salesforce 恢复后会记录此通话。",
    open: "在 Salesforce 中打开",
    end: "挂断",
    endLong: "挂断此通话",
    copyNumber: "复制号码",
    why: "为什么是这条记录？",
    whyField: (field) => `在字段 ${field} 中找到。`,
    whyMine: "这条记录归您所有。",
    announce: {
      ringing: (who) => `来电：${who}`,
      dialling: (who) => `正在呼叫 ${who}`,
      talking: (who) => `正在与 ${who} 通话`,
      held: (who) => `与 ${who} 的通话保持中`,
      ended: (who) => `与 ${who} 的通话已结束`,
      elsewhere: (who) => `${who} 的来电已由他人接听`,
    },
  },

  calls: {
    filters: "显示",
    all: "全部",
    missed: "未接",
    todo: "待处理",
    none: "还没有通话",
    noneText: "您分机的通话会出现在这里，并说明每个通话的处理结果。",
    noneMissed: "没有未接来电",
    noneTodo: "没有待处理的事项",
    noneTodoText: "所有通话都已记录，或将自动记录。",
    noneFound: "没有找到",
    noneFoundText: "列表中没有这个姓名或号码。输入完整号码即可拨打。",
    callBack: (who) => `拨打 ${who}`,
    openRecord: (who) => `在 Salesforce 中打开 ${who}`,
    held: "保持中",
    results: {
      ringing: "响铃中",
      talking: "通话中",
      answered: "已接听",
      missed: "未接",
      no_answer: "无人接听",
      busy: "忙线",
      failed: "失败",
      voicemail: "语音留言",
      elsewhere: "已由他人接听",
    },
    logged: "已记录",
    openTask: "在 Salesforce 中打开通话记录",
    created: "已为此来电者创建记录。",
    undo: "撤销",
    waiting: "等待中",
    needs: "需要您处理",
    not: "未记录",
    fail: "失败",
    goingOn: "进行中",
    possible: (n) => `有 ${n} 条可能的记录`,
    soon: "马上发送",
    forNote: "备注保存后，或两分钟未改动时发送",
    noReason: "没有说明原因",
    retry: "重试",
    retryFollowUp: "重试后续跟进",
    choose: "选择…",
    which: (who, when) => `${who}，${when}`,
    about: (word, call) => `${word}：${call}`,
    open: "打开",
    signIn: "登录",
    chooseTitle: "是哪一位？",
    chooseNone: "Salesforce 中已没有使用这个号码的记录。",
  },

  footer: {
    label: "未完成事项",
    needs: (n) => `${n} 个通话需要您处理`,
    waiting: (n) => `${n} 个等待中`,
  },

  states: {
    connected: "已连接",
    connecting: "正在连接…",
    unreachable: "无法连接",
    signed_out: "已退出登录",
    not_configured: "未设置",
  },

  contacts: {
    title: "已知来电者",
    known: "记录",
    checked: "上次检查",
    progress: (known, expected, percent) => `${known} / 约 ${expected}（${percent}）`,
    states: {
      off: "登录后开始",
      building: "正在获取",
      waiting: "已中断",
      ready: "最新",
    },
    switchedOff: "启用 Patchcord 后开始",
    meanwhile: "在此期间也能识别来电者：通过在 Salesforce 中搜索。",
    refresh: "立即检查",
    fetchAll: "全部重新获取",
    looking: "正在询问 Salesforce。",
    unread: (n) => `有 ${n} 条记录的号码无法读取。`,
    unreadWhy: "无法据此认出来电者。请在 Salesforce 中按拨号时的写法填写。",
    unreadShow: "显示",
    unreadHide: "隐藏",
    unreadMore: (n) => `显示了前 ${n} 条。`,
  },
  status: {
    pbx: "PBX",
    salesforce: "Salesforce",
    extension: "您的分机",
    journal: "通话记录",
    app: "Patchcord",
    address: "地址",
    firmware: "固件",
    serial: "序列号",
    events: "通话事件",
    eventStates: {
      live: "实时",
      catching_up: "已恢复，正在补读遗漏的通话",
      down: "未收到",
    },
    lastEvent: "最近事件",
    never: "还没有",
    user: "用户",
    login: "登录名",
    today: (n) => `今日 ${n} 次`,
    instance: "组织",
    apiToday: "请求",
    apiLimit: "组织额度",
    apiUsed: (used, max, percent) => `今日 ${used} / ${max}（${percent}）`,
    bindingStates: { bound: "已绑定", unbound: "未绑定", conflict: "不明确" },
    sources: {
      policy: "由管理员指定",
      salesforce_extension: "来自您的 Salesforce 用户",
      email: "通过您的电子邮件地址",
      manual: "手动选择",
    },
    number: "分机",
    found: "来源",
    loggedToday: "今日已记录",
    waiting: "等待中",
    stuck: "需要您处理",
    journalFine: "已全部处理",
    journalWaiting: "有通话在等待",
    journalStuck: "需要您处理",
    connectPbx: "连接…",
    changePbx: "更改…",
    signIn: "登录…",
    signInAgain: "重新登录…",
    chooseExtension: "选择…",
    retryAll: "全部重试",
    tryAgain: "重试",
    showTodo: "查看",
    retried: (n, pbx, salesforce) => {
      const all = [...(n === 0 ? [] : [` ${n} 条通话`]), ...(pbx ? ["连接 PBX"] : []), ...(salesforce ? ["连接 Salesforce"] : [])];
      return all.length === 0 ? "没有等待中的通话。" : `正在重试${all.join("、")}。`;
    },
    integration: {
      connected: "正在监听并记录通话",
      connecting: "正在连接…",
      attention: "有事项需要您处理",
      disabled: "已禁用：不显示也不记录通话",
      disconnected: "未连接",
    },
    offSince: (when) => `自 ${when} 起。这段时间的通话以后也不会补记。`,
    enable: "启用",
    disable: "禁用",
    disconnect: "断开对接…",
    disconnectTitle: "要断开 PBX 与 Salesforce 的对接吗？",
    disconnectText: "将从此电脑删除设置和密钥，并在两端撤销授权。已复制到 PBX 的联系人会保留。",
    disconnectWaiting: (n) =>
      n === 0 ? "没有等待中的通话。" : `有 ${n} 条在等待。它们会保留，只有再次连接同一个组织时才会发送。`,
    disconnectYes: "断开",
    disconnected: (n) => (n === 0 ? "已断开。" : `已断开。保留了 ${n} 条。`),
    pops: "弹屏",
    popsOn: {
      ring: "已知来电者响铃时打开其记录",
      answer: "接听已知来电者时打开其记录",
      never: "不自动打开记录",
    },
    pause: "暂停 1 小时",
    resume: "立即恢复",
    secrets: "密钥",
    secretKinds: {
      keyring: "保存在系统的密钥库中",
      session: "仅在内存中：下次启动后需要重新登录",
    },
    language: "语言",
    languageSystem: "跟随系统",
    version: "版本",
    testCall: "拨打测试电话",
    demo: "演示",
    demoText: "PBX 和 Salesforce 都在此电脑上模拟。不会拨打真实电话。",
    locked: "由管理员指定",
  },

  problem: {
    works: "仍可使用：",
    todo: "处理办法：",
    dismiss: "关闭提示",
    forAdmin: "复制给管理员",
  },

  setup: zhSetup,
  admin: zhAdmin,

  settings: zhSettings,
  doctor: zhDoctor,

  outside: {
    title: "这是 Patchcord 的窗口",
    text: "它只能在程序内使用。请启动 Patchcord，然后从托盘打开。",
  },

  checks: zhChecks,
  works: zhWorks,
  reasons: zhReasons,
  translations: zhTranslations,
};
