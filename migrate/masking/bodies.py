"""Bodies of transcripts: masked piece by piece, so that times, headings and mark-up stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from operator import eq

from ..transform.body import Kind, Labels, ParsedBody, Piece, PieceResidue
from ..transform.body.dates import read as read_date
from ..transform.body.dates import write as write_date
from ..transform.body.rebuild import mend, render

Mask = Callable[[str], str]


def authors_of(parsed: ParsedBody, labels: Labels) -> list[str]:
    """Return the names that the headings and lines of a body give, but for labels of visitors without a name."""
    found: dict[str, None] = {}
    for piece in parsed.pieces:
        if piece.kind is Kind.TRANSFERRED:
            found.update(dict.fromkeys(labels.transfer_names(piece.text.strip()) or ()))
        elif piece.kind in (Kind.LINE, Kind.AGENT) and not labels.is_visitor(piece.name):
            found[piece.name] = None
    return [name for name in found if name]


def masked_body(parsed: ParsedBody, labels: Labels, name: Mask, text: Mask) -> str | None:
    """Return the body with names and texts masked, None when nothing changes. A piece that changes is spelt as the body's style
    has it; what a piece has besides its style goes when there is something to mask in it."""
    pieces = [_masked(piece, labels, name, text) for piece in parsed.pieces]
    residues = {
        index: residue
        for index, residue in parsed.residue.items()
        if pieces[index] == parsed.pieces[index] and not _shows(residue, text)
    }
    if len(residues) == len(parsed.residue) and all(map(eq, pieces, parsed.pieces)):
        return None
    parts = [parsed.lead]
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        triple = render(piece, parsed.style, index == last)
        parts += mend(triple, residues[index]) if index in residues else triple
    return "".join(parts)


def _shows(residue: PieceResidue, text: Mask) -> bool:
    deltas = (residue.before, residue.content, residue.after)
    return any(text(splice[2]) != splice[2] for delta in deltas if delta is not None for splice in delta.splices)


def _masked(piece: Piece, labels: Labels, name: Mask, text: Mask) -> Piece:
    if piece.kind is Kind.LINE:
        author = piece.name if labels.is_visitor(piece.name) else text(name(piece.name))
        return piece._replace(name=author, text=text(piece.text), role=text(piece.role))
    if piece.kind is Kind.AGENT and piece.name:
        before, _, after = piece.text.rpartition(piece.name)
        return piece._replace(text=f"{before}{text(name(piece.name))}{after}", name=text(name(piece.name)))
    if piece.kind is Kind.ORIGIN and piece.name:
        before, _, after = piece.text.rpartition(piece.name)
        return piece._replace(text=f"{before}{text(piece.name)}{after}", name=text(piece.name))
    if piece.kind is Kind.TRANSFERRED:
        new = piece.text
        for party in sorted(labels.transfer_names(piece.text.strip()) or (), key=len, reverse=True):
            if party:
                new = new.replace(f" {party}", f" {text(name(party))}")
        return piece._replace(text=new)
    if piece.kind is Kind.STARTED:
        return _masked_start(piece, labels, text)
    return piece._replace(text=text(piece.text))


def _masked_start(piece: Piece, labels: Labels, text: Mask) -> Piece:
    """Mask a Chat Started heading. Its date stays, also where a word of it is somebody's name (May, August)."""
    label = labels.started_label(piece.text)
    if piece.at is not None and piece.zone is not None and piece.text == label + write_date(piece.at, piece.zone):
        return piece
    new = text(piece.text)
    if piece.at is None or piece.zone is None or read_date(new.strip(), labels.months) == (piece.at, piece.zone):
        return piece._replace(text=new)
    return piece._replace(text=label + write_date(piece.at, piece.zone))
