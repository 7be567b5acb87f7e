"""The numbers as text for a console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_RATES = (
    ("rank1", "right person closest (rank 1)"),
    ("tpir_at_fpir0", "TPIR at FPIR 0"),
    ("tpir_at_fpir_0.01", "TPIR at FPIR 1 %"),
    ("fnir_at_default_threshold", "FNIR at the gate's threshold"),
    ("fpir_at_default_threshold", "FPIR at the gate's threshold"),
    ("misidentified", "… of which named as somebody else"),
)
_MOST_NAMED = 10


def identification(report: Mapping[str, Any]) -> str:
    """What `evaluate` says of a folder of people."""
    within = report["intervals"]
    looks = (
        "one photo each"
        if report["frames"] == 1
        else f"{report['votes']} of {report['frames']} different photos must agree"
    )
    lines = [
        f"{report['n_people']} people, {report['n_photos']} photos, model {report['model']},"
        f" matcher {report['matcher']}, quality {report['quality']}.",
        f"{report['splits']} splits (seed {report['seed']}): {report['enrol']} photos enrolled per"
        f" person, {report['strangers']} strangers; {looks}.",
        f"{report['n_genuine']} searches of people enrolled, {report['n_impostor']} of strangers;"
        f" threshold {report['threshold']:.3f}, margin {report['margin']:.3f}.",
        "",
        *_table((label, report.get(key), within.get(key)) for key, label in _RATES),
        "",
        "The thresholds of “at FPIR” come from the strangers of the same split: optimistic.",
        *_fixed(report["fixed_on_other_splits"]),
        "",
        *_acquisition(report["acquisition"]),
        *_odd(report),
    ]
    return "\n".join(lines)


def verification(report: Mapping[str, Any]) -> str:
    """What `evaluate --pairs` says."""
    within = report["intervals"]
    between = (
        "Any threshold between them is right for all pairs."
        if report["separable"]
        else "No threshold is right for all pairs."
    )
    lines = [
        f"{report['n_genuine']} pairs of one person and {report['n_impostor']} of two, model"
        f" {report['model']}; threshold {report['threshold']:.3f}.",
        "",
        *_table(
            (label, report[key], within[key])
            for key, label in (
                ("accuracy", "judged rightly"),
                ("fmr", "FMR: two people taken for one"),
                ("fnmr", "FNMR: one person taken for two"),
            )
        ),
        "",
        f"Least similar pair of one person {_number(report['least_genuine'])}, most similar pair"
        f" of two {_number(report['most_impostor'])}. {between}",
    ]
    lines += [f"wrong: {one}, {other}: {score}" for one, other, score in report["wrong"]]
    return "\n".join([*lines, *_odd(report)])


def calibration(report: Mapping[str, Any]) -> str:
    """What `calibrate` says. Names people: for the operator's console only."""
    low, high = report["interval"]
    lines = [
        f"{report['n_people']} people, {report['n_templates']} templates, model"
        f" {report['model']}; {report['n_scores']} searches of somebody not enrolled.",
        "",
        f"Proposed threshold: {report['threshold']:.3f}"
        f" (for FPIR {report['target_fpir']:g}; estimate {report['estimate']:.4f},"
        f" 95 % interval {low:.4f}–{high:.4f}).",
        report["method_in_words"],
        "",
        f"The gate's default is {report['default_threshold']:.3f}, which gives an FPIR of about"
        f" {report['fpir_at_default']:.2g} here.",
    ]
    if report["fnir_expected"] is not None:
        lines.append(
            f"At the proposed threshold {report['fnir_expected']:.1%} of the templates would not"
            " find another one of the same person; at the gate, several looks vote."
        )
    close = report["too_close"]
    if not close:
        lines += ["", "Nobody is too close to anybody else: no one needs a second factor."]
    else:
        lines += ["", f"Too close to tell apart by face ({len(close)}): twins, or one person"]
        lines += ["enrolled twice. Give them a second factor (PIN or badge); the rest need none."]
        lines += [f"  {one['similarity']:.4f}  {one['one']}  –  {one['other']}" for one in close]
    return "\n".join(lines)


def _table(rows: Iterable[tuple[str, float | None, Any]]) -> list[str]:
    lines = []
    for label, value, interval in rows:
        if value is None:
            lines.append(f"  {label:34} {'–':>8}")
            continue
        within = "" if interval is None else f"   {interval[0]:.2%} – {interval[1]:.2%}"
        lines.append(f"  {label:34} {value:8.2%}{within}")
    return lines


def _fixed(fixed: Mapping[str, Any] | None) -> list[str]:
    if fixed is None:
        return []
    return [
        f"With the threshold of all other splits at FPIR {target}: TPIR {one['tpir']:.2%},"
        f" FPIR {one['fpir']:.2%} (threshold {one['threshold_mean']:.4f})."
        for target, key in (("0", "fpir_0"), ("1 %", "fpir_0.01"))
        if (one := fixed.get(key)) and one["tpir"] is not None and one["fpir"] is not None
    ]


def _acquisition(acquisition: Mapping[str, Any]) -> list[str]:
    lines = []
    for rule, title in (("off", "Without the quality gate"), ("gate", "With the quality gate")):
        one = acquisition[rule]
        lines.append(f"{title}: FTA {_share(one['fta'])}, FTE {_share(one['fte'])}.")
        if rule == "gate":
            for use, counts in (("match", one["to_match"]), ("enrol", one["to_enrol"])):
                said = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
                lines.append(f"  refused to {use}: {said or 'none'}")
    return lines


def _odd(report: Mapping[str, Any]) -> list[str]:
    lines = []
    unreadable = [f"{name} ({why})" for name, why in report["unreadable"]]
    for title, names in (
        ("Too few photos to be enrolled and looked for; only ever strangers", "too_few_photos"),
        ("No face found", "no_face"),
        ("The very same picture twice; counted once", "copies"),
    ):
        lines += _named(title, report.get(names, []))
    lines += _named("Not readable", unreadable)
    if report.get("several_faces"):
        lines.append(f"Several large faces, the largest taken: {report['several_faces']} photos.")
    return lines


def _named(title: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return [f"{title} ({len(names)}): {', '.join(names[:_MOST_NAMED])}{more}."]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
