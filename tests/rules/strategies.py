"""Random changes, ledgers and policies: small worlds in which everything meets everything."""

from __future__ import annotations

from hypothesis import strategies as st

from osgate.model.change import CHANGES
from osgate.model.finding import SLUGS
from osgate.model.gap import Gap
from osgate.model.policy import RuleSetting
from rules import making

NAMES = st.sampled_from(["left-pad", "%40corp/ui", "is-odd", "JSONStream"])
VERSIONS = st.sampled_from(["1.3.0", "2.0.0", "2.0.0-rc.1"])
PREVIOUS = ([], ["1.3.0"], ["2.0.0-rc.1", "1.3.0"], ["1.3.0", "2.0.0"] * 4)
RANGES = st.sampled_from(["", "vers:npm/*", "vers:npm/1.3.0", "vers:npm/>=1.0.0|<2.0.0", "vers:npm/>=2.0.0"])
DIGESTS = st.lists(st.sampled_from(["sha512:aa", "sha512:bb"]), max_size=1)
SCOPES = st.sampled_from(["runtime", "dev", "test", "action", "image"])
# What a hostile or foreign file may call things.
WORDS = st.text(alphabet=st.sampled_from("ab 中文é\x1b\n\u202e\u200b\udc80\"'$;{}`"), max_size=8)
PATHS = st.one_of(
    st.sampled_from(["package-lock.json", "web/package-lock.json"]), WORDS.map(lambda w: f"前端/{w}/package-lock.json")
)
SOURCES = st.one_of(
    st.none(),
    st.fixed_dictionaries({"kind": st.sampled_from(["registry", "git", "url", "path", "unknown"])}),
    st.builds(
        lambda kind, word: {"kind": kind, "url": f"https://x.example.com/{word}", "ref": word},
        st.sampled_from(["git", "url"]),
        WORDS,
    ),
)


def introduced() -> st.SearchStrategy[making.Introduced]:
    """Anything that a change may bring in."""
    return st.builds(
        lambda name, version, **fields: making.introduced(f"pkg:npm/{name}{version}", **fields),
        NAMES,
        st.one_of(st.just(""), VERSIONS.map(lambda version: f"@{version}")),
        change=st.sampled_from(CHANGES),
        path=PATHS,
        line=st.integers(0, 99),
        scope=SCOPES,
        direct=st.sampled_from([True, False, None]),
        source=SOURCES,
        mutable=st.booleans(),
        digests=DIGESTS,
        install_code=st.sampled_from([True, False, None]),
        alias=st.one_of(st.none(), WORDS),
        requirement=st.one_of(st.none(), WORDS),
        via=st.integers(0, 9).map(lambda length: ["pkg:npm/app@1.0.0"] * length),
        previous=st.sampled_from(PREVIOUS),
    )


def components() -> st.SearchStrategy[str]:
    """Component keys that `introduced` uses."""
    return NAMES.map(lambda name: f"pkg:npm/{name}")


def standings() -> st.SearchStrategy[making.Standing]:
    """Decisions of every effect."""
    return st.builds(
        making.standing,
        components(),
        st.sampled_from(["approve", "approve", "reject", "block", "suspend", "retire", "restrict", "revoke", "waive"]),
        range=RANGES,
        expires=st.sampled_from(["", "2026-11-01", "2026-11-20", "2026-11-22T06:00:00Z", "2027-11-21"]),
        by=st.sampled_from(["2026-11-20", "2026-12-31"]),
        alternatives=st.sampled_from([[], ["pkg:npm/successor"]]),
        distribution=st.sampled_from(["", "", "internal", "external"]),
        digests=DIGESTS,
        serial=st.integers(1, 9),
        request=st.sampled_from([making.record_id("cd"), making.record_id("dc")]),
        projects=st.sampled_from([[], ["payments/app"], ["other"]]),
        classes=st.sampled_from([[], ["normal"], ["tool", "strict"]]),
        rules=st.sampled_from([[], ["OSG101", "OSG204"]]),
        reason=WORDS,
        incident=WORDS,
    ).filter(lambda item: item.effect != "approve" or bool(item.range))


def views() -> st.SearchStrategy[making.LedgerView]:
    """What a ledger may say."""
    waits = st.builds(making.waiting, components(), range=RANGES.filter(bool))
    return st.builds(
        lambda said, open_ones: making.view(said, tuple(open_ones)),
        st.lists(standings(), max_size=4),
        st.lists(waits, max_size=3),
    )


def problems() -> st.SearchStrategy[making.FileProblem]:
    """Files with something wrong about them, of every sort."""
    reasons = st.sampled_from(["truncated", "nul", "duplicate-key", "symlink"])
    content = st.builds(making.problem, PATHS, reasons, st.integers(0, 9), ambiguous=st.booleans())
    step = {"declared": WORDS, "lock": PATHS, "locked": WORDS, "requirement": WORDS}
    others = [
        said("step", "out-of-step", step),
        said("lock", "lock-deleted", {"manifest": PATHS}),
        said("own", "project-renamed", {"before": WORDS, "after": WORDS}),
        said("own", "baseline-grown", {"count": st.just("3"), "first": WORDS}),
        said("baseline", "unused", {"manifest": PATHS, "owner": WORDS, "subject": WORDS}),
        said("baseline", "expired", {"count": st.just("3"), "due": st.just("2026-11-01"), "owner": WORDS}),
    ]
    return st.one_of(content, *others)


def said(about: str, reason: str, params: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[making.FileProblem]:
    """A problem of one sort with what its words name."""
    given = st.fixed_dictionaries(params).map(lambda values: tuple(sorted(values.items())))
    return st.builds(making.problem, PATHS, st.just(reason), st.integers(0, 9), params=given, about=st.just(about))


def intakes() -> st.SearchStrategy[making.IntakeRecord]:
    """What a change may bring in and take out."""
    return st.builds(
        making.intake,
        st.lists(introduced(), max_size=4),
        problems=st.lists(problems(), max_size=2).map(tuple),
        removed=st.just(("pkg:npm/gone@1.0.0",)),
        deleted=st.lists(PATHS, max_size=1).map(tuple),
        moved=st.just((("a/package-lock.json", "b/package-lock.json"),)),
        gaps=st.just((Gap("x/package-lock.json", "before-unreadable", (("reason", "nul"),)),)),
        files=st.lists(PATHS, max_size=2).map(tuple),
    )


def policies() -> st.SearchStrategy[making.Policy]:
    """Policies in which each rule blocks, warns, or is not set."""
    settings = st.lists(st.sampled_from(["block", "warn", None]), min_size=len(SLUGS), max_size=len(SLUGS))
    return settings.map(
        lambda chosen: making.policy(
            rules={
                id: RuleSetting(id, SLUGS[id], how, "p.toml:1") for id, how in zip(SLUGS, chosen, strict=True) if how
            }
        )
    )
