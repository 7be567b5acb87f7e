"""bench.json as the table of docs/benchmarks.md and the picture beside it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

MARKS = ("<!-- bench:start -->", "<!-- bench:end -->")
HEADLINES = {
    "represent_ratio_1face_480p_1thread": "faster than `DeepFace.represent`, one face",
    "represent_ratio_4faces_480p_1thread": "faster than `DeepFace.represent`, four faces",
    "represent_ratio_same_network": "faster than `DeepFace.represent` with our network in it",
    "pipeline_ratio_without_embedding": "faster in everything but the network",
    "find_ratio_1000": "faster than `DeepFace.find` among 1,000 people",
    "frames_wrong_with_8_threads": "of 10,000 frames answered otherwise by eight threads",
    "import_to_first_result_s": "seconds from `import` to the first templates",
    "rss_mb": "MB, the most that detector and embedder hold",
    "bridge_rss_mb": "MB, the most that a whole bridge with 1,000 people holds",
    "face_recognition_ratio": "faster than the package `face_recognition`, one face",
    "search_100k_over_bandwidth_floor": "the time to read 100,000 templates once",
    "search_500k_over_bandwidth_floor": "the time to read 500,000 templates once",
    "search_1m_over_bandwidth_floor": "the time to read 1,000,000 templates once",
    **{
        key: text
        for size, number in (("100k", "100,000"), ("500k", "500,000"), ("1m", "1,000,000"))
        for key, text in (
            (f"search_{size}_float32_over_bandwidth_floor", "… without the scan in 8 bits"),
            (f"search_{size}_8bit_ratio", f"faster among {number} when scanned in 8 bits"),
        )
    },
    "threads_ratio_2_over_1": "the frames of one thread that two threads do",
    "gil_free_share": "of the GIL is left to other Python threads",
    "face_48px_detected": "of frames of 1280×720 with a face of 48 px, in which it is detected",
    "face_48px_identified": "… of visits of ten such frames end with the right name",
    "face_48px_identified_years_apart": "… when enrolled from photos of other years",
    "detect_720p_48px_ms": "ms to look for faces of 48 px and more in 1280×720",
    "grabbing_4x720p15_core_share": "of a core to keep the newest frame of four 720p15 streams",
    "face_to_relay_ms_p95": "ms from a face of 48 px in view to the door's relay, 95 of 100",
    "voice_start_ms": "ms from a gate's outcome to the first sound of its voice, 95 of 100",
    "serve_identify_per_s_1": "answers a second of the recognition service to one caller",
    "serve_identify_p95_ms_1": "ms until it answers, 95 of 100",
    "serve_identify_per_s_4": "answers a second to four callers at once",
    "serve_identify_p95_ms_4": "ms until it answers one of them, 95 of 100",
    "kiosk_part_frames_ms": "… of which the page's own, the median",
    "kiosk_part_service_ms": "… of which the recognition service's",
    "kiosk_part_odoo_ms": "… of which Odoo's: from the event to the result",
    "outbox_commits_per_s": "events per second made durable",
    "ingest_batch_over_native": "times the native kiosk's events per second, batches of 100",
    "ingest_single_over_native": "times the native kiosk's events per second, one by one",
    "queries_per_event_100": "queries of a check-out among 100 employees",
    "queries_per_event_10000": "queries of a check-out among 10,000 employees",
    "late_events_10000_s": "seconds for 10,000 late events of 1,000 people over 30 days",
    "drain_300k_s": "seconds until 300,000 events of 30 days offline are attendance (scaled)",
    "outbox_bytes_per_event": "bytes of disk that an event takes while it waits",
    "rollcall_20_faces_s": "seconds for a photo of 12.8 megapixels with twenty faces, 95 of 100",
    "kiosk_page_first_ready_ms": "ms until a kiosk's page is ready, the very first time",
    "kiosk_page_ready_ms": "ms until it is ready, 95 of 100",
    "kiosk_face_to_result_p50_ms": "ms from a face in view of the kiosk to the result, the median",
    "kiosk_face_to_result_ms": "… 95 of 100",
    "bulk_over_engine": "of the engine's own speed on the same photos, decoding included",
    "isolation_list_p95_ratio": "a list's time beside 50 kiosk requests and a hanging service",
    "backlog_events_per_s": "events per second while devices catch up, overtime included",
}


def write(bench: dict[str, Any], docs: Path) -> None:
    """Replace the table in docs/benchmarks.md and docs/images/bench.svg."""
    replace_between(docs / "benchmarks.md", MARKS, table(bench))
    (docs / "images").mkdir(exist_ok=True)
    (docs / "images" / "bench.svg").write_text(bars(bench), encoding="utf-8")


def replace_between(page: Path, marks: tuple[str, str], text: str) -> None:
    """Put `text` on lines of its own between the two marks of a page."""
    start, end = marks
    before, _, rest = page.read_text(encoding="utf-8").partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{page} has lost the marks {start} and {end}.")
    page.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")


def table(bench: dict[str, Any]) -> str:
    """Markdown: headlines, medians with their spread, and where they were measured."""
    machine, versions = bench["machine"], bench["versions"]
    lines = ["| key | value | |", "|---|--:|---|"]
    for key in bench["keys"]:
        unit = HEADLINES.get(key, "")
        times = "×" if "ratio" in key or "over" in key else ""
        lines.append(f"| `{key}` | {bench[key]:g}{times} | {unit} |")
    lines += [
        "",
        "| measured | median ms | middle half | CPU ms | n | cores used |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for group, name, row in _rows(bench):
        low, high = row.get("p25_ms"), row.get("p75_ms")
        spread = f"{low:.3g}–{high:.3g}" if low and high else ""
        cpu = f"{row['cpu_median_ms']:.3g}" if "cpu_median_ms" in row else ""
        lines.append(
            f"| {group}: {name} | {row['median_ms']:.3g} | {spread} | {cpu} "
            f"| {row['n']} | {row.get('cores', '')} |"
        )
    lines += ["", _verification(bench["raw"].get("verification", {}))]
    if bench["failed"]:
        lines += ["", f"Without a figure, because they failed: {', '.join(bench['failed'])}."]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    loads = f"{machine['load_before'][0]:g} before, {machine['load_after'][0]:g} after"
    lines += [
        "",
        f"{bench['date'][:10]}, commit `{bench['commit']}`, {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}; load {loads}. {packages}.",
    ]
    return "\n".join(lines)


def _rows(bench: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Group, name and row of everything that was timed."""
    rows = []
    for group, content in bench["raw"].items():
        if "median_ms" in content:
            rows.append((group, "one commit", content))
        rows += [
            (group, name, row)
            for name, row in content.items()
            if isinstance(row, dict) and "median_ms" in row
        ]
    return rows


def _verification(report: dict[str, Any]) -> str:
    more = report.get("deepface-pairs", {})
    said = [
        f"{side}: {judged['right']} of {judged['pairs']}" + _more(more.get(side))
        for side, judged in report.items()
        if side != "deepface-pairs"
    ]
    return "Pairs of photos judged rightly in the same run: " + "; ".join(said) + "."


def _more(judged: dict[str, Any] | None) -> str:
    return f" and {judged['right']} of {judged['pairs']} of `deepface-pairs`" if judged else ""


WIDTH, LEFT, RIGHT, BAR, GAP = 860, 330, 90, 16, 10


def bars(bench: dict[str, Any]) -> str:
    """An SVG with a bar per contender, ours in another colour."""
    raw = bench["raw"]
    groups = [
        ("one face, 640×480", raw["represent_1face_480p"]),
        ("four faces, 640×480", raw["represent_4faces_480p"]),
        ("one face, without the network", raw["pipeline_1face_480p"]),
        ("one face among 1,000 people", raw["find_1000_480p"]),
    ]
    longest = max(row["median_ms"] for _, rows in groups for row in rows.values())
    parts, top = [], 56
    for title, rows in groups:
        parts.append(_text(16, top, title, "font-weight='600'"))
        top += 10
        for name, row in rows.items():
            length = (WIDTH - LEFT - RIGHT) * row["median_ms"] / longest
            colour = "#0f766e" if name == "ours" else "#94a3b8"
            label = name.replace("DeepFace, ", "DeepFace with ").replace(
                "dlib-resnet-v1@aligned5", "our network"
            )
            parts.append(_text(LEFT - 10, top + 12, label, "text-anchor='end'"))
            parts.append(
                f"<rect x='{LEFT}' y='{top}' width='{length:.1f}' height='{BAR}' rx='2' "
                f"fill='{colour}'/>"
            )
            parts.append(_text(LEFT + length + 8, top + 12, f"{row['median_ms']:.1f} ms"))
            top += BAR + GAP
        top += 20
    head = _text(16, 26, "Time per picture, one thread, median", "font-size='17'")
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {top}' width='{WIDTH}' "
        f"font-family='system-ui, sans-serif' font-size='13' role='img' "
        f"aria-label='Benchmark: time per picture'>"
        f"<rect width='100%' height='100%' fill='#ffffff'/>{head}{''.join(parts)}</svg>\n"
    )


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='#0f172a' {style}>{escape(text)}</text>"
