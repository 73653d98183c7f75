"""The grammar of LiveChatTranscript.Body and SupervisorTranscriptBody, both ways.

The vendor does not document it. What is known comes from public files that hold samples or parsers, among them
salesforce/TransmogrifAI's ChatTranscriptTransformerTest. `parse` reads a body into pieces, `rebuild` writes it again; what
the rebuild alone would not give back is the residue, which the parse returns beside the pieces.
"""

from .labels import LABELS, Labels
from .parse import parse
from .pieces import Kind, ParsedBody, Piece, PieceResidue
from .rebuild import rebuild
from .style import Style

__all__ = ["LABELS", "Kind", "Labels", "ParsedBody", "Piece", "PieceResidue", "Style", "parse", "rebuild"]
