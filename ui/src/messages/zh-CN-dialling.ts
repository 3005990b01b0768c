// 拨号与号码链接的问题说明。

import type { Translations } from "./codes";

export const zhDialling = {
  "dial.not_a_number": {
    happened: "这不是电话号码。",
    todo: "请输入号码或分机。",
  },
  "dial.service_code": {
    happened: "功能码和停顿符（* # ,）不能从这里拨打：它们可能在不知不觉中转移呼叫或产生费用。",
    todo: "请在话机上拨打该代码。",
  },
  "dial.blocked": {
    happened: "这个号码在禁止拨打的名单中。",
    todo: "如果需要拨打，请询问管理员。",
  },
  "dial.premium": {
    happened: "这是高额收费号码：通话费用很高，因此不会从链接拨打。",
    todo: "如果确实要拨打，请在 Patchcord 的搜索框中输入该号码。",
  },
  "link.not_a_link": {
    happened: "链接的位置上是一个选项或文件，没有拨打任何号码。",
    todo: "请使用类似 tel:+49301234567 的链接。",
  },
  "link.unknown_scheme": {
    happened: "这不是电话号码的链接，没有拨打任何号码。",
    todo: "请使用以 tel:、callto:、sip: 或 patchcord: 开头的链接。",
  },
  "link.unreadable": {
    happened: "链接过长，或含有不属于号码的字符，没有拨打任何号码。",
    todo: "如果号码正确，请在 Patchcord 的搜索框中输入。",
  },
  "link.header": {
    happened: "该链接要求的不只是通话（带有附加信息），没有拨打任何号码。",
    todo: "如果号码正确，请在 Patchcord 的搜索框中输入。",
  },
  "link.several_numbers": {
    happened: "链接中有多个号码，没有拨打任何号码。",
    todo: "请在 Patchcord 的搜索框中输入您要拨打的号码。",
  },
  "link.parameter": {
    happened: "链接对其号码有 Patchcord 不理解的要求，没有拨打任何号码。",
    todo: "如果号码正确，请在 Patchcord 的搜索框中输入。",
  },
  "link.other_system": {
    happened: "链接中的号码只在另一个电话系统内有效，没有拨打任何号码。",
    todo: "请询问带国家代码的完整号码。",
  },
  "link.form": {
    happened: "Patchcord 不认识这种形式的链接，没有拨打任何号码。",
    todo: "请写成 patchcord:dial?number=+49301234567。",
  },
  "link.switched_off": {
    happened: "集成已禁用，因此不会从链接拨打。",
    todo: "请在窗口中启用，或运行 `patchcord enable`，然后再次点击链接。",
  },
  "link.too_many": {
    happened: "同时收到的链接太多；没有拨打这一个。",
    todo: "请稍后再点击。如果您只点击了一次，说明该网页自行打开链接：请关闭它。",
  },
  "link.no_window": {
    happened: "只有在您同意之后才会从链接拨打，而此 Patchcord 没有可以询问的窗口。没有拨打任何号码。",
    todo: "请运行 `patchcord` 打开窗口，或使用 `patchcord dial 号码`；设置 dial.confirm_links = false 后，本国号码的链接无需询问即可拨打。",
  },
  "link.screen_locked": {
    happened: "屏幕已锁定，因此没有拨打任何号码。",
    todo: "请解锁屏幕后重试。",
  },
  "link.gone": {
    happened: "该链接已被另一个链接取代，或等待过久。没有拨打任何号码。",
    todo: "请查看现在的卡片，或再次点击链接。",
  },
  "link.not_default": {
    happened: "无法将 Patchcord 设为电话链接的默认程序。",
    todo: "请在系统设置中为 tel: 链接选择 Patchcord。",
  },
  "link.test_lost": {
    happened: "测试链接已打开，但没有返回到 Patchcord：电话链接由其他程序打开，或没有程序打开。",
    todo: "请将 Patchcord 设为电话链接的默认程序，或在系统设置中选择它，然后再次测试。",
  },
  "dial.switched_off": {
    happened: "集成已禁用，没有拨打。",
    todo: "请在窗口中启用，或运行 `patchcord enable`，然后再次拨打。",
  },
  "dial.own_extension": {
    happened: "这是您自己的分机。",
    todo: "请输入其他号码。",
  },
  "dial.no_permission": {
    happened: "您的分机无权拨打这个号码。",
    todo: "请 PBX 管理员开通呼出路由的权限。",
  },
  "dial.restricted": {
    happened: "PBX 的呼出限制阻止了此通话。",
    todo: "请 PBX 管理员在“呼叫控制 › 呼出限制”中解除。",
  },
  "dial.congestion": {
    happened: "线路全忙。",
    todo: "请稍后再试。",
  },
  "dial.dnd": {
    happened: "被叫分机已开启免打扰。",
    todo: "请稍后再试。",
  },
  "dial.unreachable": {
    happened: "线路无法接通。",
    todo: "请 PBX 管理员检查中继或话机。",
  },
  "dial.busy": {
    happened: "对方忙线或拒接。",
    todo: "请稍后再试。",
  },
  "dial.wrong_number": {
    happened: "PBX 或网络不认识这个号码。",
    todo: "请检查号码，以及设置中的前缀。",
  },
  "dial.no_answer": {
    happened: "对方没有接听。",
    todo: "请稍后再试。",
  },
  "dial.refused": {
    happened: "PBX 无法拨打此通话。",
    todo: "请重试，或在话机上拨打。",
  },
  "dial.unanswered": {
    happened: "没有收到 PBX 对此次拨号的有效应答，因此不知道通话是否已拨出。",
    todo: "再次拨号前请先查看话机：它可能正在响铃或即将响铃。",
  },
  "dial.phone_never_rang": {
    happened: "您的话机没有响铃：分机上似乎没有已登录的话机或 Linkus。",
    todo: "请登录 Linkus 或检查话机，然后再次拨打。",
  },
  "dial.too_many": {
    happened: "连续拨打得太快；没有拨打这一个。",
    todo: "请稍候再拨。如果不是您拨打的，请关闭窗口并告知 IT 人员。",
  },
} satisfies Partial<Translations["byCode"]>;
