"""Writes docs/contracts/<source>_<entity>.md from the declarations: `python -m orchestration.ingest.document [--check]`."""

import sys
from pathlib import Path

from features import files
from features.settings import ROOT
from orchestration.ingest import contract
from orchestration.ingest.casts import WORDING
from orchestration.ingest.contract import Column, Entity, Source

FOLDER = ROOT / "docs" / "contracts"
GENERATED = "<!-- generated from orchestration/ingest/sources by `python -m orchestration.ingest.document` -->\n"
NAMING = {
    "dated": "`{entity}_<YYYYMMDD>[_<YYYYMMDD>][.v<N>].<csv|csv.gz|csv.zip|parquet>`: the business date (two dates: a"
             " history) and, for a corrected file, its version. The delivery date is a parent folder named `YYYY-MM-DD`,"
             " else the last date of the name.",
    "plain": "`{entity}*.<asc|csv>[.gz|.zip]`: one file; its rows carry their own dates.",
}
LATE = {
    "block": "without it the night is blocked",
    "wait": "before that hour the night is blocked, afterwards it goes on without it and says so",
    "continue": "the night goes on without it and says so",
}
KINDS = {
    "snapshot": "snapshot: one row per key on which something changed; unchanged rows may come again, an end is explicit",
    "event": "event: append-only, one row per key ever",
}
UNDETECTED = """\
## What cannot be detected
Without a control file (`<file name>.ctl`, JSON `{{"rows": n, "amount_column": "{amount}", "amount_total": "…"}}`):
- rows missing at the end of a text file that was cut exactly at a line end, or rows the sender never wrote;
- a last line cut inside its last value, where what is left is still a valid value and the line end is missing;
- wrong values that are of the right type and among the allowed ones, also in swapped columns under an unswapped header;
- a text in another single- or double-byte encoding that happens to be valid {encodings} (its words are then wrong).

With a control file the first is found, and so is a changed amount as long as the total differs; the others are not.
Amounts of rows without a readable amount cannot be added: the total is then not checked, and the ledger says so.
"""


def page(source: Source, entity: Entity) -> str:
    """The contract page of one entity."""
    parts = [f"# {source.name} / {entity.name}", GENERATED, entity.description, "", *_facts(source, entity), "",
             "| column | type | required | rule | meaning |", "|---|---|---|---|---|",
             *(_row(column) for column in entity.columns), "", *_rejection(source), ""]
    encodings = " or ".join(source.encodings)
    amount = entity.amount_column or "an amount column"
    return "\n".join(parts) + "\n" + UNDETECTED.format(amount=amount, encodings=encodings)


def _facts(source: Source, entity: Entity) -> list[str]:
    order = "in this order" if source.naming == "dated" else "in this order, as the files have them"
    optional = " (without those that may be absent)" if any(column.is_optional for column in entity.columns) else ""
    facts = [
        f"- Source: {source.title}.",
        f"- File: {NAMING[source.naming].format(entity=entity.name)}",
        f"- Text: header with exactly these columns {order}{optional}, delimiter `{source.delimiter}`, double quotes, no line breaks"
        f" inside values, {' or '.join(source.encodings)} (byte order mark allowed), LF or CRLF; empty = null."
        " Parquet columns are bound by name.",
        f"- Kind: {KINDS[entity.kind]}. Key: {', '.join(f'`{name}`' for name in entity.key)}.",
        _business_date(entity),
    ]
    arrival = next((found for found in source.arrivals if found.entity == entity.name), None)
    if arrival:
        each = "every business date" if source.naming == "dated" else "the source, once"
        facts.append(f"- Required for {each}, due {arrival.due} (Shanghai) on the day after: {LATE[arrival.on_late]}.")
    return facts


def _business_date(entity: Entity) -> str:
    if entity.business_date:
        return f"- Business date of a row: `{entity.business_date}`."
    return f"- Rows are undated: they count as known from the first `{entity.learnt_with}` row on."


def _row(column: Column) -> str:
    rules = [", ".join(column.values)] if column.values else []
    rules += [f"> {column.above}"] if column.above is not None else []
    rules += ["may be absent from the file"] if column.is_optional else []
    rules += [f"`{'`, `'.join(column.null_values)}` = null"] if column.null_values else []
    rules += ["no blanks around it"] if column.type == "id" else []
    required = "yes" if column.is_required else ""
    return f"| {column.name} | {WORDING[column.type]} | {required} | {'; '.join(rules)} | {column.meaning} |"


def _rejection(source: Source) -> list[str]:
    tail = "only the last line is rejected" if source.is_cut_tail_tolerated else "the whole file is quarantined"
    return [
        "## What is refused",
        "- A row that breaks a rule above, has another number of fields, a misplaced quote or a key that is known already:"
        " rejected one by one with line number, text and reason; the rest of the file loads.",
        f"- More than {source.max_reject_rate:.1%} bad rows (but at least {source.min_reject_count} are tolerated), more bad"
        f" than good rows, or more than {source.max_duplicate_rate:.0%} repeated keys: the whole file is quarantined.",
        f"- A last line that is broken and has no line end (a cut transfer): {tail}.",
        "- Another header, an undecodable text, NUL bytes, no content, a damaged archive, or a control file that disagrees:"
        " the whole file is quarantined.",
        "- A file whose content is loaded already, under whatever name: noted as a duplicate, nothing is loaded.",
        "",
    ]


def pages() -> dict[Path, str]:
    """All pages by path."""
    sources = [contract.load(name) for name in contract.source_names()]
    return {FOLDER / f"{source.name}_{entity.name}.md": page(source, entity)
            for source in sources for entity in source.entities}


def stale() -> list[Path]:
    """Pages that differ from the declarations, and pages of entities that are declared no more."""
    wanted = pages()
    changed = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    return sorted([*changed, *(set(FOLDER.glob("*.md")) - set(wanted))])


def main(arguments: list[str]) -> int:
    """Writes the pages; with --check only says which are stale (1) or that none is (0)."""
    outdated = stale()
    if "--check" in arguments:
        for path in outdated:
            print(f"stale: {path.relative_to(ROOT)} -> python -m orchestration.ingest.document", file=sys.stderr)
        return int(bool(outdated))
    wanted = pages()
    for path in outdated:
        if path in wanted:
            files.write_text(path, wanted[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
