"""What goes wrong on purpose: the rules in force, and which calls they strike.

    if org.faults.are_set:                       # nothing else is asked while there are none
        strike = org.faults.strike(asked)        # a request, before it is answered
    org.faults.refuse("update", "Contact")       # a record, before it is written: raises Fault

The rules are kept in the store: a reset takes them away, a snapshot holds them. How many calls each has seen is known to each
process alone, and begins anew with the rules.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

from ..errors import Fault
from ..store import Store
from .fault_presets import PRESETS
from .fault_rules import MOST_RULES, RECORD, REQUEST, Asked, BadRule, Rule, read_rule
from .limits import Limits

KNOWN_FOR_SECONDS: Final = 1.0
"""How long a process that shares its store goes by the rules that it has read."""
_KEY: Final = "faults"
_KEYS: Final = frozenset({"rules", "preset", "seed"})


@dataclass(frozen=True, slots=True)
class Strike:
    """What befalls a request. Slowness comes first, whatever else does."""

    latency_seconds: float = 0.0
    error: Fault | None = None
    drop: bool = False
    truncate: int | None = None
    expire_session: bool = False


@dataclass(slots=True)
class _Tally:
    """How many calls a rule has seen that fit it, and how many of them it has struck."""

    matched: int = 0
    struck: int = 0


class Faults:
    """The rules of an org. Safe to use from several threads."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._is_shared = store.dialect != "sqlite"
        self._lock = Lock()
        self._known: tuple[Rule, ...] | None = None
        self._read_at = 0.0
        self._tallies: tuple[tuple[Rule, ...], list[_Tally]] = ((), [])

    @property
    def are_set(self) -> bool:
        """Tell whether there are any rules."""
        known = self._known
        return bool(known if known is not None and not self._is_shared else self.rules())

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force, in order."""
        known = self._known
        if known is None or (self._is_shared and time.monotonic() - self._read_at > KNOWN_FOR_SECONDS):
            kept = self._kept()
            known = self._known = tuple(Rule(**one) for one in kept.get("rules", ()))
            self._read_at = time.monotonic()
        return known

    def document(self) -> dict[str, Any]:
        """Return the rules as JSON, each with the number of calls that it fitted and struck, and the limits that they hold."""
        rules, tallies = self._counted()
        with self._lock:
            told = [
                rule.document() | {"matched": tally.matched, "struck": tally.struck}
                for rule, tally in zip(rules, tallies, strict=True)
            ]
        return {"rules": told, "limits": self._kept().get("limits", {}), "presets": sorted(PRESETS)}

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Put rules in the place of those that there are: ``rules``, a ``preset`` with a ``seed`` of its own, or both.

        Raises `BadRule`, and then leaves everything as it was.
        """
        for name in wanted:
            if name not in _KEYS:
                raise BadRule(f"there is no key {name!r}; faults take {', '.join(sorted(_KEYS))}")
        rules, limits = self._read(wanted)
        with self._store.write() as transaction:
            held = self._kept().get("limits", {})
            self._limits.set(dict.fromkeys(held) | limits)
            kept = {"rules": [rule.document() for rule in rules], "limits": limits}
            transaction.set_meta(_KEY, json.dumps(kept) if rules or limits else None)
            self._known = None
        self.clear()

    def _read(self, wanted: Mapping[str, Any]) -> tuple[list[Rule], dict[str, int]]:
        given, name, seed = (wanted.get(key) for key in ("rules", "preset", "seed"))
        given, seed = [] if given is None else given, 0 if seed is None else seed
        if not isinstance(given, list) or len(given) > MOST_RULES:
            raise BadRule(f"rules is a list of up to {MOST_RULES}")
        rules: list[Rule] = []
        limits: dict[str, int] = {}
        if name is not None:
            preset = PRESETS.get(name) if isinstance(name, str) else None
            if preset is None:
                raise BadRule(f"there is no preset {name!r}; there are {', '.join(sorted(PRESETS))}")
            if isinstance(seed, bool) or not isinstance(seed, int):
                raise BadRule("seed is a whole number")
            rules += [replace(read_rule(rule), seed=seed) for rule in preset.rules]
            limits |= {limit: self._limits.usage(limit).used + left for limit, left in preset.left.items()}
            limits |= preset.limits
        elif "seed" in wanted:
            raise BadRule("seed goes with a preset; a rule has its own")
        for place, rule in enumerate(given):
            try:
                rules.append(read_rule(rule))
            except BadRule as error:
                raise BadRule(f"rules[{place}]: {error}") from None
        return rules, limits

    def strike(self, asked: Asked) -> Strike | None:
        """Count a request, and return what befalls it. The first rule that ends it is the last that is asked."""
        found = Strike()
        for rule in self._struck(REQUEST, asked):
            if rule.latency_ms:
                found = replace(found, latency_seconds=found.latency_seconds + rule.latency_ms / 1000)
            if rule.error is not None or rule.is_about_the_connection:
                return replace(
                    found,
                    error=rule.error,
                    drop=rule.drop,
                    truncate=rule.truncate,
                    expire_session=rule.expire_session,
                )
        return found if found != Strike() else None

    def refuse(self, operation: str, sobject: str) -> None:
        """Count a record that is about to be written. Raises `Fault` when it is struck."""
        for rule in self._struck(RECORD, (operation, sobject)):
            if rule.error is not None:
                raise rule.error

    def _struck(self, scope: str, asked: Any) -> "list[Rule]":
        """Return the rules of a scope that strike, up to the first that ends the matter; count all that were asked."""
        rules, tallies = self._counted()
        found: list[Rule] = []
        for place, rule in enumerate(rules):
            if rule.scope != scope or not (rule.fits(asked) if scope == REQUEST else rule.fits_record(*asked)):
                continue
            with self._lock:
                tally = tallies[place]
                tally.matched += 1
                strikes = rule.strikes(tally.matched, place) and (rule.count is None or tally.struck < rule.count)
                tally.struck += strikes
            if strikes:
                found.append(rule)
                if rule.error is not None or rule.is_about_the_connection:
                    break
        return found

    def forget(self) -> None:
        """Read the rules again, after the rows were replaced or a transaction was undone."""
        self._known = None

    def clear(self) -> None:
        """Count from nothing, as after a reset or a restore."""
        self.forget()
        with self._lock:
            self._tallies = ((), [])

    def _counted(self) -> tuple[tuple[Rule, ...], list[_Tally]]:
        """Return the rules and their tallies, new ones for new rules."""
        rules = self.rules()
        with self._lock:
            if self._tallies[0] != rules:
                self._tallies = rules, [_Tally() for _ in rules]
            return self._tallies

    def _kept(self) -> dict[str, Any]:
        kept = self._store.meta(_KEY)
        found: dict[str, Any] = json.loads(kept) if kept else {}
        return found
