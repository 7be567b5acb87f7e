"""Score histogram, DET curve, quality against score; written as PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from device_bridge.errors import SettingsError
from device_bridge.evaluation.collection import Sample
from device_bridge.evaluation.rates import det_curve
from device_bridge.evaluation.searches import Search, similarities

GENUINE, IMPOSTOR, INK = "#0f766e", "#c2410c", "#0f172a"


def write_plots(
    folder: Path,
    searches: Sequence[Search],
    genuine: Sequence[tuple[Sample, float]],
    report: dict[str, Any],
) -> list[Path]:
    """Write scores.png, det.png and quality.png into `folder`, made if need be.

    Args:
        genuine: samples with their similarity to another photo of the same person.

    Raises:
        SettingsError: matplotlib is not installed, or the folder cannot be written.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 (an extra; nothing else needs it)
    except ImportError:
        raise SettingsError(
            "--plots needs matplotlib: pip install 'device-bridge[evaluation]'."
        ) from None
    new_figure: Any = Figure
    drawn = {}
    drawings: dict[str, Callable[[Any], None]] = {
        "scores": lambda axes: _scores(axes, searches, report),
        "det": lambda axes: _det(axes, searches, report),
        "quality": lambda axes: _quality(axes, genuine, report),
    }
    for name, draw in drawings.items():
        figure = new_figure(figsize=(7.2, 4.5), dpi=150, layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25, linewidth=0.6)
        draw(axes)
        drawn[name] = figure
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in drawn.items():
            figure.savefig(folder / f"{name}.png")
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written: {error.strerror}.") from error
    return [folder / f"{name}.png" for name in drawn]


def _title(axes: Any, title: str, report: dict[str, Any]) -> None:
    axes.set_title(title, loc="left", fontsize=12, color=INK, pad=22)
    said = (
        f"{report['n_people']} people, {report['splits']} splits, {report['enrol']} enrolled each,"
        f" {report['model']}, {report['matcher']}"
        + (f", {report['votes']} of {report['frames']} photos" if report["frames"] > 1 else "")
    )
    axes.text(0, 1.025, said, transform=axes.transAxes, fontsize=8.5, color="#475569")


def _scores(axes: Any, searches: Sequence[Search], report: dict[str, Any]) -> None:
    mated = similarities([one for one in searches if one.enrolled and one.named is not None])
    others = similarities([one for one in searches if not one.enrolled and one.named is not None])
    both = np.concatenate([mated, others])
    bins = np.linspace(both.min(), both.max(), 61)
    for values, label, colour in (
        (others, "strangers", IMPOSTOR),
        (mated, "enrolled people", GENUINE),
    ):
        if len(values):
            weights = np.full(len(values), 100 / len(values))
            axes.hist(
                values,
                bins,
                weights=weights,
                color=colour,
                alpha=0.65,
                label=f"{label} ({len(values)})",
            )
    axes.axvline(report["threshold"], color=INK, linewidth=1.2, linestyle="--")
    axes.annotate(
        f"threshold {report['threshold']:.3f}",
        (report["threshold"], 0.97),
        xycoords=("data", "axes fraction"),
        xytext=(-5, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        rotation=90,
        fontsize=8.5,
        color=INK,
    )
    axes.set_xlabel("similarity to the closest person")
    axes.set_ylabel("searches, %")
    axes.legend(frameon=False, loc="upper left")
    _title(axes, "Scores", report)


def _det(axes: Any, searches: Sequence[Search], report: dict[str, Any]) -> None:
    mated = [one for one in searches if one.enrolled]
    others = [one for one in searches if not one.enrolled]
    right = np.array([one.right for one in mated], bool)
    fpir, fnir = det_curve(similarities(mated), right, similarities(others))
    # A logarithmic axis has no zero: what is below one search in all is drawn at its foot.
    foot = (0.5 / max(1, len(others)), 0.5 / max(1, len(mated)))
    axes.step(
        np.maximum(fpir, foot[0]), np.maximum(fnir, foot[1]), where="post", color=GENUINE, lw=1.8
    )
    at = (report["fpir_at_default_threshold"], report["fnir_at_default_threshold"])
    if at[0] is not None:
        axes.plot(
            max(at[0], foot[0]), max(at[1], foot[1]), "o", color=INK, ms=6, clip_on=False, zorder=5
        )
        axes.annotate(
            f"gate's default\nFPIR {at[0]:.2%}, FNIR {at[1]:.2%}",
            (max(at[0], foot[0]), max(at[1], foot[1])),
            xytext=(10, 6),
            textcoords="offset points",
            fontsize=8.5,
            color=INK,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(foot[0], 1)
    axes.set_ylim(foot[1], 1)
    axes.set_xlabel(f"FPIR: strangers named (left edge: none of {len(others)})")
    axes.set_ylabel(f"FNIR: enrolled not named (foot: none of {len(mated)})", fontsize=9)
    _title(axes, "Detection error trade-off", report)


def _quality(axes: Any, genuine: Sequence[tuple[Sample, float]], report: dict[str, Any]) -> None:
    fit = [(sample.quality, score) for sample, score in genuine if not sample.to_match]
    unfit = [(sample.quality, score) for sample, score in genuine if sample.to_match]
    for points, label, colour in (
        (fit, "the gate would compare", GENUINE),
        (unfit, "the gate would refuse", IMPOSTOR),
    ):
        x, y = zip(*points, strict=True) if points else ((), ())
        axes.scatter(x, y, s=16, color=colour, alpha=0.6, lw=0, label=f"{label} ({len(points)})")
    axes.axvline(0.5, color=INK, linewidth=0.8, alpha=0.5)
    axes.axhline(report["threshold"], color=INK, linewidth=1.2, linestyle="--")
    axes.set_xlabel("quality (0.5: the gate's bound)")
    axes.set_ylabel("similarity to the person's closest other photo", fontsize=9)
    axes.set_xlim(-0.02, 1.02)
    axes.legend(frameon=False, loc="lower left")
    _title(axes, "Quality against score", report)
