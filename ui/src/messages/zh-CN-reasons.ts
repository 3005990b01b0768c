// 通话为何等待、卡住或未记录的简体中文说明。

import type { ReasonCode } from "./codes";

export const zhReasons: Record<ReasonCode, string> = {
  "pbx.unreachable": "无法连接 PBX",
  "salesforce.unreachable": "无法连接 Salesforce",
  "salesforce.failed": "Salesforce 处理时出错",
  "salesforce.signed_out": "请重新登录 Salesforce",
  "salesforce.api_limit": "组织今天的请求额度已用完",
  "salesforce.api_disabled": "您不能使用 Salesforce API",
  "salesforce.ip_restricted": "Salesforce 不接受此网络",
  "salesforce.not_approved": "您没有获准使用应用程序",
  "salesforce.missing_permission": "您的用户无权创建任务",
  "salesforce.unexpected_answer": "无法理解 Salesforce 的应答",
  "journal.never_list": "号码在您的不记录名单中",
  "journal.internal_off": "不记录内部通话",
  "journal.outbound_off": "不记录呼出通话",
  "journal.inbound_off": "不记录呼入通话",
  "journal.missed_off": "不记录未接来电",
  "journal.other_account": "为接听该通话的 Salesforce 用户保留",
  "journal.disk_full": "磁盘已满",
  "journal.record_gone": "所属记录已不存在，或您无权查看；请将通话移到另一条记录",
  "journal.task_deleted": "有人在 Salesforce 中删除了这条通话记录，不会重新写入。",
  "journal.discarded": "您选择不记录此通话",
  "journal.task_kept": "此通话不应在此记录，但 Salesforce 中的任务仍然保留：任务已在那里被修改，或您无权删除。",
  "journal.doubled": "您的两台电脑都记录了此通话，其中一个任务未能撤回：请在 Salesforce 中删除。",
  "journal.lookup_unreadable": "已记录，但未关联记录：Salesforce 关于此号码的答复无法读取。",
  "journal.unlinked": "已记录，但没有联系人或客户：该记录已不存在，或您无权查看。",
  "journal.outcome_left_out": "已记录，但没有您选择的通话结果：Salesforce 的“Call Result（通话结果）”列表中没有该值，或您无权填写此字段。请在管理员添加后重新选择，或改选其他结果。",
  "journal.unlinked_and_outcome": "已记录，但没有联系人或客户（该记录已不存在或您无权查看），也没有您选择的通话结果（Salesforce 的“Call Result（通话结果）”列表中没有该值，或您无权填写）。请在管理员添加后重新选择，或改选其他结果。",
  "journal.creation_paused": "没有创建记录：一小时内未知来电者太多。",
  "journal.record_left": "同事的电脑同时创建了一条记录：通话归于那一条。我们创建的记录无法删除，请在 Salesforce 中删除或合并。",
};
