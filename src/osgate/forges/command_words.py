"""The words of commands: verbs, keys and what each verb takes, in English and Chinese. Data alone."""

from __future__ import annotations

from collections.abc import Mapping

# What a request may say of itself, beside its reason.
_INTAKE = (
    "purpose", "alternatives", "usage", "channel", "kind", "distribution", "operating_model", "owner", "backup",
    "supplier", "contract", "projects", "environments", "classes", "scope", "range", "supersedes",
)  # fmt: skip
# verb -> the keys it takes, beside `reason`.
VERBS: Mapping[str, tuple[str, ...]] = {
    "request": _INTAKE,
    "assess": ("role", "type", "issuer", "issued", "valid_until"),
    "approve": ("role", "expires", "projects", "classes", "environments", "distribution", "obligations"),
    "reject": ("role", "alternatives"),
    "renew": ("role", "expires"),
    "revoke": ("role",),
    "waive": ("role", "rules", "expires", "range", "projects", "classes", "severity"),
    "block": ("role", "range", "incident", "confirms"),
    "unblock": ("role",),
    "suspend": ("role", "range", "incident"),
    "restrict": ("role", "range", "projects", "classes", "environments", "scope"),
    "status": (),
    "help": (),
}
# Verbs that answer a record, and those that speak of packages.
ANSWERS = ("assess", "approve", "reject", "renew", "revoke", "unblock")
STOPS = ("block", "suspend", "restrict")
# Verbs without a reason.
ASKS = ("status", "help")
# Verbs that decide nothing: for whoever has an account.
OF_ANYBODY = ("request", *ASKS)
# Keys whose value lists several, between commas.
LISTS = ("alternatives", "projects", "environments", "classes", "scope", "rules", "supersedes", "obligations")

VERB_WORDS: Mapping[str, str] = {
    **{verb: verb for verb in VERBS},
    "申请": "request", "引入申请": "request", "评估": "assess", "批准": "approve", "同意": "approve", "拒绝": "reject",
    "驳回": "reject", "续期": "renew", "撤销": "revoke", "豁免": "waive", "阻断": "block", "解除阻断": "unblock",
    "暂停": "suspend", "限制": "restrict", "状态": "status", "帮助": "help",
}  # fmt: skip
_KEYS = ("reason", *dict.fromkeys(key for keys in VERBS.values() for key in keys))
# Some words mean another key to one verb.
BY_VERB: Mapping[tuple[str, str], str] = {("assess", "类型"): "type"}
KEY_WORDS: Mapping[str, str] = {
    **{key: key for key in _KEYS},
    **{key.replace("_", "-"): key for key in _KEYS if "_" in key},
    **{key.replace("_", " "): key for key in _KEYS if "_" in key},
    "until": "expires", "rule": "rules", "project": "projects", "class": "classes", "environment": "environments",
    "alternative": "alternatives", "confirm": "confirms",
    "理由": "reason", "原因": "reason", "角色": "role", "有效期": "expires", "有效期至": "expires", "到期": "expires",
    "用途": "purpose", "替代方案": "alternatives", "备选方案": "alternatives", "替代": "alternatives",
    "使用方式": "usage", "引入渠道": "channel", "渠道": "channel", "类型": "kind", "种类": "kind",
    "分发范围": "distribution", "分发": "distribution", "运维模式": "operating_model", "负责人": "owner",
    "备份负责人": "backup", "备岗": "backup", "供应商": "supplier", "合同": "contract", "项目": "projects",
    "环境": "environments", "类别": "classes", "使用范围": "scope", "版本范围": "range", "取代": "supersedes",
    "规则": "rules", "严重程度": "severity", "事件": "incident", "确认": "confirms", "评估类型": "type",
    "出具方": "issuer", "出具日期": "issued", "报告有效期": "valid_until", "义务": "obligations",
    "确认义务": "obligations",
}  # fmt: skip


def verb(word: str) -> str:
    """Return the verb that `word` means in either language, empty for none."""
    return VERB_WORDS.get(word.casefold(), "")


def key(word: str, of: str) -> str:
    """Return the key that `word` means to the verb `of`, empty for none."""
    known = " ".join(word.casefold().split())
    return BY_VERB.get((of, known)) or KEY_WORDS.get(known, "")
