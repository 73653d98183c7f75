"""From pieces back to a body."""

from __future__ import annotations

from collections.abc import Sequence

from .dates import local_time, write_offset
from .entities import encode
from .pieces import HEADERS, Kind, ParsedBody, Piece, PieceResidue
from .style import Style


def rebuild(parsed: ParsedBody) -> str:
    """Return the body that was parsed, to the character."""
    if not parsed.residue and parsed.style.markup == "html" and parsed.style.closed:
        return parsed.lead + _without_residue(parsed.pieces, parsed.style)
    parts = [parsed.lead]
    last = len(parsed.pieces) - 1
    residues = parsed.residue
    for index, piece in enumerate(parsed.pieces):
        triple = render(piece, parsed.style, index == last)
        residue = residues.get(index)
        parts += triple if residue is None else mend(triple, residue)
    return "".join(parts)


def _without_residue(pieces: Sequence[Piece], style: Style) -> str:
    """Return what `render` gives for pieces of the usual form; nearly all bodies are of it."""
    gap = " " if style.gap == "space" else "\n"
    parts = []
    for piece in pieces:
        kind = piece.kind
        if kind is Kind.LINE and piece.offset is not None:
            name = encode(piece.name, style)
            parts.append(f"( {write_offset(piece.offset)} ){gap}{name}: {encode(piece.text, style)}<br>")
        else:
            parts += render(piece, style, False)
    return "".join(parts)


def mend(triple: tuple[str, str, str], residue: PieceResidue) -> tuple[str, str, str]:
    """Return the three parts of a piece with its residue applied."""
    before, content, after = triple
    return (
        residue.before.apply(before) if residue.before else before,
        residue.content.apply(content) if residue.content else content,
        residue.after.apply(after) if residue.after else after,
    )


def render(piece: Piece, style: Style, is_last: bool) -> tuple[str, str, str]:
    """Return a piece as its style spells it: what stands before the text, the text, what ends it."""
    kind = piece.kind
    content = encode(piece.text, style)
    if kind is Kind.LOOSE:
        return "", content, ""
    ends = style.closed or not is_last
    if kind is Kind.LINE:
        end = ("<br>" if style.markup == "html" else "\n") if ends else ""
        if piece.offset is None:
            return _bracketed(piece, style), content, end
        gap = " " if style.gap == "space" else "\n"
        return f"( {write_offset(piece.offset)} ){gap}{encode(piece.name, style)}: ", content, end
    if style.markup != "html":
        return "", content, "\n" if ends else ""
    element = style.heading if kind in HEADERS else style.notice
    return f'<{element} align="center">', content, f"</{element}>"


def _bracketed(piece: Piece, style: Style) -> str:
    time = local_time(piece.at or 0, style.zone)
    role = f" ({encode(piece.role, style)})" if piece.role else ""
    return f"[{time}] {encode(piece.name, style)}{role}: "
