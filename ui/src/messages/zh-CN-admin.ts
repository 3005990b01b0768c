// 请管理员处理的事项：由自己无法处理的人复制后转交。菜单名称与 PBX 和 Salesforce 页面上的一致。

import type { Messages } from "./en";

export const zhAdmin: Messages["admin"] = {
  letter: {
    to: {
      pbx_admin: "致 PBX 管理员",
      salesforce_admin: "致 Salesforce 管理员",
      it: "致 IT 人员",
    },
    happened: (text) => `发生了什么：${text}`,
    why: (text) => `原因：${text}`,
    what: (text) => `请处理：${text}`,
    where: (text) => `位置：${text}`,
    details: (text) => `详细信息：${text}`,
  },
  notes: {
    certificate: {
      why: "PBX 的证书没有公共机构担保，因此需要人工核对一次。",
      what: "请告诉我 PBX 证书的 SHA-256 指纹，以便核对。",
      where: "PBX：安全 › 安全设置 › 证书",
    },
    certificateChanged: {
      why: "PBX 显示的证书与已确认的不同：要么更换过，要么有人处于我们与 PBX 之间。",
      what: "请告诉我证书是否更换过，以及新的 SHA-256 指纹是否与下面的一致。",
      where: "PBX：安全 › 安全设置 › 证书",
    },
    certificateLost: {
      why: "此电脑连接 PBX 时，PBX 的证书受公共信任；现在显示的证书没有任何机构担保。可能是证书已更换，也可能有人冒充 PBX。",
      what: "请告诉我证书是否已更换，以及新证书的 SHA-256 指纹是否与下面显示的一致。",
      where: "PBX：安全 › 安全设置 › 证书",
    },
    credentials: {
      why: "PBX 拒绝了客户端 ID 或客户端密钥。连续五次拒绝会封锁办公室的地址。",
      what: "请通过安全的途径重新提供客户端 ID 和客户端密钥。如果密钥重新生成过，所有使用它的程序都需要新的密钥。",
      where: "PBX：应用对接 › API",
    },
    blocked: {
      why: "登录多次被拒后，PBX 封锁了我们的网络地址。",
      what: "请将我们的地址从列表中移除，并查明哪个程序还在使用旧的客户端密钥。",
      where: "PBX：安全 › 安全规则 › IP 禁止名单",
    },
    notAllowed: {
      why: "PBX 的 API 只允许列表中的地址使用，而我们的地址不在其中。",
      what: "请将我们办公室的地址或网段加入列表。",
      where: "PBX：应用对接 › API › IP 限制",
    },
    apiOff: {
      why: "PBX 的 API 已关闭，或所购套餐不包含它。",
      what: "请启用 API。它需要企业版或旗舰版套餐。",
      where: "PBX：应用对接 › API",
    },
    tokens: {
      why: "PBX 同时最多提供八个 API 登录名额，由所有程序共用，现已全部占用。",
      what: "请查明哪些程序在使用 API，并结束不需要的程序。不再使用的名额会在 30 分钟后释放。",
      where: "PBX：应用对接 › API",
    },
    events: {
      why: "PBX 有应答，但收不到通话事件。",
      what: "请为我们的分机勾选“通话状态”，并让代理和防火墙放行到 PBX 的 WebSocket 连接。",
      where: "PBX：应用对接 › API › 高级设置 › 分机状态监控；以及途中的代理",
    },
    address: {
      why: "此地址的应答不像是 PBX。",
      what: "请告诉我从我们的网络访问 PBX API 的地址和端口。",
      where: "PBX：系统 › 网络 › Web 服务器；应用对接 › API",
    },
    extension: {
      why: "PBX 上没有 Salesforce 中属于我的分机，或该分机已不存在。",
      what: "请告诉我哪个分机属于我，并更正我的 Salesforce 用户的“分机”字段。",
      where: "PBX：分机和中继 › 分机；Salesforce：设置 › 用户 › 分机",
    },
    conflict: {
      why: "可能属于我的分机不止一个：它们使用相同的电子邮件地址。",
      what: "请只在一个分机上保留我的电子邮件地址，或告诉我哪个属于我。",
      where: "PBX：分机和中继 › 分机",
    },
    unbound: {
      why: "我的 Salesforce 用户没有 PBX 分机，因此没有属于我的通话。",
      what: "请在我的用户的“分机”字段中填入我的 PBX 分机。",
      where: "Salesforce：设置 › 用户 › 我的用户 › 分机",
    },
    notApproved: {
      why: "组织不允许我使用 Patchcord 的应用程序。",
      what: "请将允许的用户设为“所有用户可以自我授权”，或为我分配应用程序的权限集。如果在 OAuth 使用情况中被阻止，请解除。其他组织的应用程序需要安装，更好的办法是在本组织中登记。",
      where: "Salesforce：设置 › 外部客户端应用程序管理器 › 该应用程序 › 策略 › OAuth 策略；设置 › 已连接的应用程序 OAuth 使用情况",
    },
    ip: {
      why: "组织不接受我所在的网络地址。",
      what: "请将 IP 放宽设为“放宽 IP 限制”，或允许我们的网络。",
      where: "Salesforce：设置 › 外部客户端应用程序管理器 › 该应用程序 › 策略 › OAuth 策略 › IP 放宽；设置 › 网络访问；我的简档的登录 IP 范围",
    },
    api: {
      why: "我不能使用 Salesforce API。",
      what: "请授予“API 已启用”。版本必须包含 API：Enterprise、Unlimited、Performance 或 Developer，或带 API 附加组件的 Professional。",
      where: "Salesforce：设置 › 权限集（或我的简档）› 系统权限 › API 已启用",
    },
    apiLimit: {
      why: "组织已用完过去 24 小时的 API 请求；所有集成共用这些额度。",
      what: "请查明是哪个集成用完了额度。",
      where: "Salesforce：设置 › 公司信息 › 过去 24 小时的 API 请求；设置 › API 使用情况",
    },
    permission: {
      why: "我的用户缺少记录通话或查找来电者所需的权限。",
      what: "请授予“编辑任务”，以及联系人、线索和客户的“读取”权限。",
      where: "Salesforce：设置 › 权限集 › 对象设置（任务、联系人、线索、客户）",
    },
    scope: {
      why: "应用程序不授予刷新令牌，登录只能维持几个小时。",
      what: "请添加“随时执行请求 (refresh_token, offline_access)”。",
      where: "Salesforce：设置 › 外部客户端应用程序管理器 › 该应用程序 › 设置 › OAuth 设置 › OAuth 范围",
    },
    key: {
      why: "在我登录的地方，Salesforce 不认识这个使用者密钥，或应用程序仍要求使用者密码。",
      what: "请重新发给我使用者密钥，并告诉我它属于生产环境还是沙盒。请取消勾选“Web 服务器流需要密码”和“刷新令牌流需要密码”。",
      where: "Salesforce：设置 › 外部客户端应用程序管理器 › 该应用程序 › 设置 › OAuth 设置",
    },
    callbacks: {
      why: "回拨 URL 的登记不完全一致：Salesforce 会逐字比较。",
      what: "请逐字填入下面各行，每行一个。更改最多需要十分钟才能生效。",
      where: "Salesforce：设置 › 外部客户端应用程序管理器 › 该应用程序 › 设置 › OAuth 设置 › 回拨 URL",
    },
    session: {
      why: "Salesforce 连刚刚更新的会话也拒绝，说明应用程序或组织的某项策略不允许。",
      what: "请检查应用程序是否具有“通过 API 管理用户数据 (api)”范围、基于 JWT 的访问令牌是否关闭，以及是否有 IP 或会话策略拒绝 API 客户端。",
      where: "Salesforce：设置 › 外部客户端应用程序管理器 › 该应用程序 › 策略和 OAuth 范围；设置 › 会话设置",
    },
    signIn: {
      why: "Salesforce 以上述理由拒绝了我的登录。",
      what: "请在我的登录历史中查看被拒绝的登录，并更正应用程序或我的用户。",
      where: "Salesforce：设置 › 外部客户端应用程序管理器 › 该应用程序；设置 › 用户 › 我的用户 › 登录历史",
    },
    inspection: {
      why: "网络中的设备用自己的证书替换了 Salesforce 的证书，而此电脑不信任它。",
      what: "请在此电脑的证书存储中安装该根证书，或将 Salesforce 排除在检查之外。",
      where: "检查加密流量的代理或防火墙；此电脑的证书存储",
    },
    proxy: {
      why: "此网络的代理要求登录，而此电脑的代理设置中没有登录信息。",
      what: "请让此电脑无需登录即可访问 *.salesforce.com 和 *.force.com，或将登录信息写入系统的代理设置。",
      where: "代理；此电脑的代理设置",
    },
    script: {
      why: "此网络的代理由脚本（PAC）决定，Patchcord 不运行脚本，因此无法访问 Salesforce。",
      what: "请为 Patchcord 指定代理（环境变量 HTTPS_PROXY，或系统设置中的固定代理），或允许此电脑直接访问 *.salesforce.com 和 *.force.com。",
      where: "此电脑的代理设置；会话的环境变量",
    },
    secrets: {
      why: "没有可用的密钥库，Patchcord 退出后登录信息会丢失。",
      what: "请设置一个在我登录时解锁的密钥库。",
      where: "此电脑：Secret Service（GNOME 密钥环、KWallet）、钥匙串或凭据管理器",
    },
    policy: {
      why: "此电脑的策略文件有错误。",
      what: "请更正该文件；patchcord policy check FILE 会说明错误所在。",
      where: "上面指出的文件和行",
    },
  },
};
