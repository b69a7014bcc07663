"""The rules in plain English and Chinese, for operators who do not read documents."""

from typing import Final, Literal

from ninefold.identity.ruleset import CLEAR, IdentityRules, NamespaceRule, Period, Shared

Language = Literal["en", "zh"]

_PERIOD: Final = {
    Period.EVER: ("ever", "永久"),
    Period.YEAR: ("per year", "每年"),
    Period.MONTH: ("per month", "每月"),
    Period.WEEK: ("per week", "每周"),
}
_SHARED: Final = {
    Shared.FIRST_OWNER: ("used by several people, it stays with the first", "多人使用时归最先使用者"),
    Shared.LAST_LOGIN: ("used by several people, it belongs to the last one", "多人使用时归最近登录者"),
    Shared.REFUSE: (
        "used by several people, it belongs to none of them; its own events go to a further, unnamed person",
        "多人使用时不归任何人，仅有该标识的事件归入另一个匿名用户",
    ),
}


def describe_rule(rule: NamespaceRule, language: Language = "en") -> str:
    """What the rule of one namespace says, as a sentence.

    >>> from ninefold.identity import DEFAULT_RULES
    >>> describe_rule(DEFAULT_RULES.of("user_id"))
    'user_id (priority 1, strong): at most 1 per person, ever; blocked beyond 10 people'
    """
    zh = language == "zh"
    if not rule.takes_part:
        return f"{rule.name}：只展示和搜索，不参与合并" if zh else f"{rule.name}: shown and searched only, never joins"
    clauses = [*_limits(rule), *_times(rule), *_states(rule)]
    text = ("；" if zh else "; ").join(clause[zh] for clause in clauses)
    if zh:
        return f"{rule.name}（优先级 {rule.priority}，{'强' if rule.strong else '弱'}标识）：{text}"
    return f"{rule.name} (priority {rule.priority}, {'strong' if rule.strong else 'weak'}): {text}"


def _limits(rule: NamespaceRule) -> list[tuple[str, str]]:
    english, chinese = _PERIOD[rule.period]
    clauses = [(f"at most {rule.cap} per person, {english}", f"每人最多 {rule.cap} 个（{chinese}）")]
    if rule.immutable:
        clauses.append(("once set, it never changes", "一经设定不可更改"))
    if not rule.strong:
        clauses.append(_SHARED[rule.shared])
    limit = rule.storm_limit
    clauses.append((f"blocked beyond {limit} people", f"关联超过 {limit} 人即屏蔽"))
    for count, english, chinese in (
        (rule.velocity.per_hour, "an hour", "每小时"),
        (rule.velocity.per_day, "a day", "每天"),
    ):
        if count is not None:
            clauses.append((f"or {count} new people {english}", f"或{chinese}新增超过 {count} 人"))
    return clauses


def _times(rule: NamespaceRule) -> list[tuple[str, str]]:
    clauses = []
    if rule.parent is not None:
        clauses.append((f"goes along when its {rule.parent} is unbound", f"解绑其 {rule.parent} 时一并解绑"))
    if rule.recycle_after_days is not None:
        days = rule.recycle_after_days
        clauses.append((f"not seen for {days} days, it may have changed hands", f"{days} 天未出现则可能已换主"))
    if rule.ttl_days is not None:
        clauses.append((f"forgotten after {rule.ttl_days} days unseen", f"{rule.ttl_days} 天未出现即失效"))
    return clauses


def _states(rule: NamespaceRule) -> list[tuple[str, str]]:
    clauses = []
    if rule.hashing.accept:
        states = ", ".join(rule.hashing.accept)
        clauses.append((f"also hashed ({states})", f"也接受哈希值（{states}）"))
    if rule.hashing.store != CLEAR:
        clauses.append((f"stored as {rule.hashing.store} only", f"仅以 {rule.hashing.store} 保存"))
    return clauses


def describe_rules(rules: IdentityRules, language: Language = "en") -> tuple[str, ...]:
    """What the rules say, one sentence per namespace, the strongest first, then those over all of them.

    Args:
        rules: the rules.
        language: "en" or "zh".
    """
    named = sorted(rules.namespaces.values(), key=lambda rule: (rule.priority, rule.name))
    limits = rules.breaker
    merges, identifiers, jump = limits.merges_per_person, limits.identifiers_per_person, limits.jump
    if language == "zh":
        rest = (
            f"其他标识：{describe_rule(rules.custom, 'zh').partition('：')[2]}",
            f"每个事件最多使用 {rules.identifiers_per_event} 个标识，从最强的开始",
            f"一个人合并超过 {merges} 人时交由人工确认",
            f"一个人最多 {identifiers} 个标识；弱标识不会连接各有 {jump} 个以上标识的两个人",
        )
    else:
        rest = (
            f"any other: {describe_rule(rules.custom).partition(': ')[2]}",
            f"of one event, {rules.identifiers_per_event} identifiers count, the strongest first",
            f"a person made of more than {merges} merges is put to an operator",
            f"a person holds at most {identifiers} identifiers; a weak link never joins two people of {jump} or more",
        )
    return (*(describe_rule(rule, language) for rule in named), *rest)
