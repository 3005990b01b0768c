// 问题的简体中文说明：什么仍可使用、发生了什么、如何处理。

import type { Translations } from "./codes";
import { zhCauses, zhPlace } from "./zh-CN-causes";
import { zhCheckWords } from "./zh-CN-checks";
import { zhDialling } from "./zh-CN-dialling";
import { zhWhy } from "./zh-CN-why";
import { zhWindow } from "./zh-CN-window";
import { zhSkips, zhValues } from "./zh-CN-skips";

export const zhTranslations: Translations = {
  why: zhWhy,
  byCode: {
    "pbx.unreachable": {
      happened: "PBX 没有应答。",
      todo: "请检查网络和地址。Patchcord 会继续尝试。",
    },
    "pbx.tls_untrusted": {
      happened: "PBX 的证书没有任何机构担保。",
      todo: "请与 PBX 管理员看到的指纹核对，然后确认。",
    },
    "pbx.tls_changed": {
      happened: "PBX 的证书与您之前确认的不同。",
      todo: "请询问 PBX 管理员是否更换过证书；确认后再重新连接。",
    },
    "pbx.credentials_refused": {
      happened: "PBX 拒绝了客户端 ID 或密钥。不会自动重试：失败五次会导致此地址被封锁。",
      todo: "请从 PBX 的“应用对接 › API”重新复制两项，然后再次连接。",
    },
    "pbx.other_address": {
      happened: "设置中的 PBX 地址与提供客户端密钥时的不同，因此没有向它发送密钥。",
      todo: "请用客户端密钥重新连接 PBX，或在设置（settings.toml 或管理员的策略）中改回原来的 PBX。",
      where: (message) => {
        const address = /The settings name the PBX at (\S+), and/u.exec(message)?.[1];
        return address === undefined ? undefined : ` 设置中的地址：${address}。`;
      },
    },
    "pbx.address_blocked": {
      happened: "多次登录失败后，PBX 封锁了此电脑的地址。",
      todo: "请 PBX 管理员在“安全 › 安全规则 › IP 禁止名单”中解除封锁，然后再次连接。",
    },
    "pbx.address_not_allowed": {
      happened: "PBX 不接受来自此网络地址的请求。",
      todo: "请 PBX 管理员在“应用对接 › API”中添加此地址。",
    },
    "pbx.api_off": {
      happened: "PBX 的 API 已关闭。",
      todo: "请 PBX 管理员在“应用对接 › API”中启用。",
    },
    "pbx.token_limit": {
      happened: "PBX 的八个登录名额已全部用完。",
      todo: "请在不需要的电脑上关闭 Patchcord 或其他集成。最多 30 分钟后会有名额空出。",
    },
    "pbx.events_down": {
      happened: "PBX 有应答，但没有发送通话事件。",
      todo: "Patchcord 会自动重新连接。如果一直如此，请询问 PBX 管理员 API 的事件是否已启用。",
    },
    "pbx.unexpected_answer": {
      happened: "这个地址的应答不像是 PBX。",
      todo: "请检查地址和端口。中间可能有门户页面或代理。",
    },
    "pbx.extension_gone": {
      happened: "PBX 上已没有您的分机。",
      todo: "请重新选择分机，或询问 PBX 管理员。",
    },
    "salesforce.unreachable": {
      happened: "Salesforce 没有应答。",
      todo: "请检查网络。Patchcord 会继续尝试。",
    },
    "salesforce.failed": {
      happened: "Salesforce 处理此项时出错。",
      todo: "请稍后重试。如果一直如此，请 Salesforce 管理员检查组织的流程和触发器。",
    },
    "salesforce.signed_out": {
      happened: "Salesforce 会话已结束。",
      todo: "请重新登录 Salesforce。",
    },
    "salesforce.other_login": {
      happened: "设置中的登录地址与您登录时的不同，因此没有向它发送登录信息。",
      todo: "请重新登录 Salesforce，或在设置（settings.toml 或管理员的策略）中改回原来的地址。",
      where: (message) => {
        const address = /The settings name the sign-in address (\S+), and/u.exec(message)?.[1];
        return address === undefined ? undefined : ` 设置中的地址：${address}。`;
      },
    },
    "salesforce.not_approved": {
      happened: "您没有获准在 Salesforce 中使用此应用程序。",
      todo: "请 Salesforce 管理员为您分配应用程序的权限集，或允许所有用户自我授权。",
    },
    "salesforce.ip_restricted": {
      happened: "Salesforce 不接受此网络地址。",
      todo: "请使用办公网络或 VPN，或请 Salesforce 管理员放宽应用程序的 IP 限制。",
    },
    "salesforce.api_disabled": {
      happened: "您不能使用 Salesforce API。",
      todo: "请 Salesforce 管理员为您启用“API 已启用”权限；某些版本没有 API。",
    },
    "salesforce.api_limit": {
      happened: "组织今天的 Salesforce 请求额度已用完。",
      todo: "现在无需处理。如果经常发生，请 Salesforce 管理员查明是什么占用了额度。",
    },
    "salesforce.missing_permission": {
      happened: "您的 Salesforce 用户无权执行此操作。",
      todo: "请 Salesforce 管理员授予您该对象的访问权限，然后重试。",
    },
    "salesforce.unexpected_answer": {
      happened: "Salesforce 的应答出乎意料。",
      todo: "请稍后重试。如果一直如此，请将详细信息交给管理员。",
    },
    "salesforce.wrong_key": {
      happened: "Salesforce 不认识这个使用者密钥。",
      todo: "请检查密钥，以及选择的是生产环境还是沙盒。新的应用程序最多需要十分钟才能生效。",
    },
    "salesforce.redirect_mismatch": {
      happened: "Salesforce 中登记的回拨 URL 不完全一致。",
      todo: "请 Salesforce 管理员逐字填入登录表单中显示的各行。",
    },
    "salesforce.wrong_address": {
      happened: "这不是此次登录的地址。登录仍在等待。",
      todo: "点击“允许”后，请从浏览器地址栏复制完整地址；它以 http://localhost 开头。",
    },
    "binding.stale": {
      happened: "用户列表已不可用，没有任何更改。",
      todo: "请重新读取列表。",
    },
    "binding.no_users": {
      happened: "您的 Salesforce 用户无权查看组织中的用户。您自己的分机和通话不受影响。",
      todo: "请由 Salesforce 管理员打开此页面，或授予您“查看所有用户”权限。",
    },
    "binding.none": {
      happened: "在 PBX 上找不到属于您的分机。",
      todo: "请在下面选择您的分机。",
    },
    "binding.conflict": {
      happened: "可能属于您的分机不止一个。",
      todo: "请在下面选择您的分机。",
    },
    "journal.stuck": {
      happened: "有些通话无法记录。",
      todo: "请在列表中查看每个通话的原因，然后重试。",
    },
    "journal.record_gone": {
      happened: "Salesforce 不接受通话所属的记录：该记录已不存在，或您无权查看。",
      todo: "请将通话移到另一条记录。",
    },
    "journal.creation_paused": {
      happened: "未知来电者太多：一小时内创建的记录已达上限，暂停创建记录。通话仍会记录。",
      todo: "如果来电者是真人，请在 Salesforce 中创建记录，并将通话移到该记录。如果是机器拨打的，请 PBX 管理员屏蔽这些号码。",
      where: (message) => {
        const until = /until (\d[-\d]+ [\d:]+)/u.exec(message)?.[1];
        return until === undefined ? undefined : ` 暂停至 ${until}。`;
      },
    },
    "journal.disk_full": {
      happened: "磁盘已满：通话无法安全保存。",
      todo: "请释放一些空间。Patchcord 会自动继续。",
    },
    "journal.damaged": {
      happened: "本机的通话记录已损坏，原文件已另存。",
      todo: "无需处理；如果再次发生，请检查磁盘。",
    },
    "journal.gap_unverified": {
      happened: "有一段时间的通话无法核对：当时 Patchcord 没有在监听，而 PBX 已没有或不显示那段时间的通话记录。",
      todo: "请与 PBX 上的通话列表比较，并手动记录缺少的通话。PBX 管理员可以延长通话记录的保留时间（自动清理）。“重试”表示您已知道。",
      where: (message) => {
        const [, from, until] = /between (\d[-\d]+ [\d:]+) and (\d[-\d]+ [\d:]+)/u.exec(message) ?? [];
        return from === undefined || until === undefined ? undefined : ` 时段：${from} 至 ${until}。`;
      },
    },
    "journal.notes_lost": {
      happened: "本机的通话记录已损坏或不见了：一段时间内的通话可能缺少尚未写入 Salesforce 的备注，选择“不记录”的通话也可能被记录。",
      todo: "请在通话列表中查看这些通话：重新填写缺少的备注，并对不应记录的通话再次选择“不记录”。“重试”表示您已知道。",
      where: (message) => {
        const [, from, until] = /between (\d[-\d]+ [\d:]+) and (\d[-\d]+ [\d:]+)/u.exec(message) ?? [];
        const [, file] = /is kept as (\S+)\.$/u.exec(message) ?? [];
        if (from === undefined || until === undefined) return undefined;
        return ` 时段：${from} 至 ${until}。${file === undefined ? "" : `损坏的文件另存为 ${file}。`}`;
      },
    },
    "note.no_call": {
      happened: "没有这个通话。",
      todo: "请使用 patchcord calls --json 中的编号或键。",
    },
    "note.too_long": {
      happened: "备注最多 100,000 个字符。",
      todo: "请缩短备注；之前保存的内容仍然保留。",
    },
    "note.unknown_outcome": {
      happened: "没有这个通话结果。",
      todo: "请选择列表中的一项，或在设置中修改列表。",
      where: (message) => {
        const outcomes = /The outcomes are: (.*)\.$/u.exec(message)?.[1];
        return outcomes === undefined ? undefined : ` 可选：${outcomes}。`;
      },
    },
    "note.not_related": {
      happened: "这不是此通话的业务机会或个案。",
      todo: "请从列表中选择。",
    },
    "note.follow_up": {
      happened: "无法识别后续跟进的日期，或者该日期不可用。其他内容都已保存。",
      todo: "请写成“两天后”、“下周一”或 2031-01-31。",
    },
    "note.other_account": {
      happened: "此通话属于另一个 Salesforce 账户。",
      todo: "请用记录此通话的账户登录。",
    },
    "note.nothing_logged": {
      happened: "此通话没有任何记录。",
      todo: "无需处理。",
    },
    "note.not_deleted": {
      happened: "无法删除 Salesforce 中的任务。",
      todo: "请稍后再试，或在 Salesforce 中删除。",
    },
    "note.still_not_logged": {
      happened: "此通话仍然不会被记录：设置不记录这类通话。",
      todo: "哪些通话会被记录由设置决定：请查看“设置”中的“通话记录”。",
    },
    "note.not_kept": {
      happened: "备注无法保存到本机。",
      todo: "请复制备注内容，释放磁盘空间后再试。",
    },
    "contacts.index_paused": {
      happened: "您的 Salesforce 组织今天的 API 请求已用掉 80%，因此暂不刷新联系人列表。",
      todo: "无需操作：会自动继续。如果经常发生，请告知 Salesforce 管理员。",
    },
    "contacts.index_stopped": {
      happened: "无法刷新联系人列表：Salesforce 拒绝了请求。",
      todo: "请 Salesforce 管理员检查您的权限以及 API 版本。",
    },
    "contacts.phonebook_not_ours": {
      happened: "此 PBX 企业联系人群组中有并非来自 Salesforce 的联系人，因此没有写入任何内容。",
      todo: "请选择另一个名称或空的企业联系人群组，或请 PBX 管理员移走这些联系人。",
    },
    "contacts.phonebook_full": {
      happened: "PBX 容纳不下全部记录。先放入联系人，再放入线索，最后放入客户，最早的优先。",
      todo: "请减少同步的对象，或请 PBX 管理员删除不再需要的企业联系人。",
    },
    "contacts.mass_delete": {
      happened: "同步将从 PBX 企业联系人群组中删除超过五分之一的联系人，因此没有写入任何内容。",
      todo: "请检查您在 Salesforce 中是否仍能看到记录。如果删除是对的，请在此确认，或运行 patchcord sync --yes。",
    },
    "contacts.other_user": {
      happened: "企业联系人群组中有些联系人对应的记录您看不到，是另一位用户的电脑放入的，因此保持原样。您的记录都是最新的。",
      todo: "如果这些记录已不存在，或不应在群组中，请在此确认删除，或运行 patchcord sync --yes。否则请由能看到全部记录的用户来同步。",
    },
    "contacts.phonebook_read_only": {
      happened: "PBX 不允许任何人写入此企业联系人群组。",
      todo: "如果它由 PBX 自带的 CRM 集成填写，请选择另一个企业联系人群组；否则请 PBX 管理员授予 API 写入联系人的权限。",
    },
    "contacts.other_desktop": {
      happened: "此企业联系人群组由同事的电脑负责同步，本机没有写入任何内容。",
      todo: "请在那台电脑上运行同步。如果它不再使用，本机会在四小时内自动接手。",
    },
    "contacts.sync_off": {
      happened: "联系人同步已关闭，因此没有向 PBX 写入任何内容。",
      todo: "请将 contact_sync.mode 设为 full 或 on_call；可先用试运行查看结果。",
    },
    "contacts.sync_ended": {
      happened: "联系人同步在完成之前被停止。",
      todo: "请再次运行；它会从中断处继续。",
    },
    "secrets.unavailable": {
      happened: "无法使用此电脑的密钥库。",
      todo: "请解锁密钥库；如果没有密钥库，请安装后重新登录系统，然后重新启动 Patchcord。",
    },
    "secrets.still_kept": {
      happened: "您已断开对接，但现在无法打开密钥库：其中仍有该对接的密钥。Patchcord 不会再使用它们；密钥库一打开，就会撤销其中的 Salesforce 登录并全部删除。",
      todo: "请解锁密钥库；其余的事由 Patchcord 自动完成，下次启动后也一样。",
    },
    "browser.failed": {
      happened: "无法打开浏览器。",
      todo: "请检查系统的默认浏览器。",
    },
    "program.task_failed": {
      happened: "Patchcord 的一部分在一分钟内多次出错，会自动重新开始。",
      todo: "请重试。如果仍然出错，请重启 Patchcord，并将 logs 文件夹中最新的文件发给负责人。",
    },
    "program.safe_mode": {
      happened: "Patchcord 在一分钟内多次意外结束，因此只启动了通话所需的部分：不刷新联系人列表，联系人同步和其他程序的链接已关闭，窗口不会自动打开。",
      todo: "请重试以立即启动其余部分，或等待两分钟。如果再次发生，请检查设置，并将 logs 文件夹中最新的文件发给负责人。",
    },
    "policy.invalid": {
      happened: "管理员的策略文件无效，上一次有效的策略继续生效。",
      todo: "请 IT 人员更正该文件。",
      where: zhPlace,
    },
    "policy.locked": {
      happened: "此设置由管理员的策略指定，没有更改。",
      todo: "请管理员在策略文件中更改。",
    },
    "settings.not_saved": {
      happened: "设置无法保存。",
      todo: "请更正设置文件，或检查磁盘和文件夹权限，然后重试。",
    },
    ...zhDialling,
    "call.none": {
      happened: "没有可以挂断的通话。",
      todo: "无需处理。",
    },
    "call.no_record": {
      happened: "没有找到此通话的记录。",
      todo: "请在 Salesforce 中查找。",
    },
    "call.nothing_to_undo": {
      happened: "最近十分钟内没有为此通话创建过记录。",
      todo: "如果不需要该记录，请在 Salesforce 中删除。",
    },
    "call.record_changed": {
      happened: "记录创建后已有人修改过，因此予以保留。",
      todo: "如果不需要该记录，请在 Salesforce 中删除。",
    },
    "call.record_left": {
      happened: "您的 Salesforce 用户无权删除此记录，因此记录和其中的通话都予以保留。",
      todo: "请 Salesforce 管理员授予删除权限或删除该记录；也可以将通话移到另一条记录。",
    },
    "call.not_movable": {
      happened: "此通话无法移动：尚未结束、不会记录，或属于另一个 Salesforce 账户。",
      todo: "请等通话结束，或用记录该通话的账户登录。",
    },
    "call.no_task": {
      happened: "此通话还没有记录到 Salesforce。",
      todo: "请等待记录完成，或重试。",
    },
    "app.not_running": {
      happened: "Patchcord 没有运行，因此既不监听也不记录通话。其间的通话会在启动后补记。",
      todo: "请启动 Patchcord，或运行 patchcord run --headless。",
    },
    "engine.ended": {
      happened: "Patchcord 正在退出。",
      todo: "请重新启动。",
    },
    "engine.gone": {
      happened: "Patchcord 已退出。",
      todo: "请重新启动。",
    },
    "engine.silent": {
      happened: "Patchcord 正在此电脑上运行，但没有应答。",
      todo: "请结束该进程，然后重新启动 Patchcord。",
      where: (message) => {
        const [, process] = /process (\d+)/u.exec(message) ?? [];
        return process === undefined ? undefined : `进程号：${process}。`;
      },
    },
    "engine.garbled": {
      happened: "无法理解 Patchcord 的应答。",
      todo: "请退出 Patchcord 后重新启动，使各部分版本一致；如果无法退出，请结束该进程。",
    },
    "engine.foreign": {
      happened: "Patchcord 的控制套接字属于其他用户，因此没有发送任何内容。",
      todo: "请管理员结束该用户的程序并删除其留下的文件，或用 --home 指定其他文件夹。",
    },
    "engine.unreachable": {
      happened: "无法连接正在运行的 Patchcord。",
      todo: "请退出后以同一用户重新启动。",
    },
    "engine.late": {
      happened: "Patchcord 没有在规定时间内完成，但之后仍可能完成。",
      todo: "再次操作之前请先查看状态。",
    },
    "engine.not_started": {
      happened: "Patchcord 无法启动，因此既不监听也不记录通话。",
      todo: "请按所示原因处理，然后重新启动 Patchcord。其间的通话会从 PBX 补记。",
      where: (message) => {
        const [, why] = /could not start: (.+)/u.exec(message) ?? [];
        return why === undefined ? undefined : `原因（英文）：${why}`;
      },
    },
    "control.too_many_watchers": {
      happened: "已有太多窗口和脚本在观察此 Patchcord。",
      todo: "请关闭其中一个。",
    },
    "control.unknown_command": {
      happened: "正在运行的 Patchcord 不认识这个命令。",
      todo: "请退出后重新启动，使两者版本一致。",
    },
    ...zhWindow,
  },
  byCause: zhCauses,
  byCheck: zhCheckWords,
  bySkip: zhSkips,
  byValue: zhValues,
};
