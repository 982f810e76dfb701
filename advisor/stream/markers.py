"""Statements that begin requests: the lookup of a session, a token or a user that comes before all else.

Learned, not known by name: a lookup of one row by a key that nothing before it in the unit could have given, that
comes again and again with work of different kinds behind it, and that is what sessions or stretches begin with.
"""

from __future__ import annotations

import numpy as np

from advisor.model.stream_limits import STREAM
from advisor.stream.oracle import LinkOracle
from advisor.stream.steps import Flags, Ints, Steps


def markers(found: Steps, links: LinkOracle, opens: Flags) -> Flags:
    """Per step: a request begins here. ``opens`` are boundaries that are known already."""
    marked = np.zeros(len(found), np.bool_)
    free = ~found.traced & (found.transaction == 0)
    counts = np.bincount(found.shape[free], minlength=len(found.fingerprints))
    for shape in np.flatnonzero(counts >= STREAM.marker_times).tolist():
        name = found.fingerprints[shape]
        if not links.single(name) or links.kind(name) != "select":
            continue
        at = np.flatnonzero(free & (found.shape == shape) & (found.key != 0))
        if len(at) >= STREAM.marker_times and _leads(at, opens) and _exogenous(found, links, at, opens):
            marked[at] = True
    # of several lookups in a row (the session, then its user) the first begins the request
    marked[1:] &= ~marked[:-1] | opens[1:]
    return marked


def _leads(at: Ints, opens: Flags) -> bool:
    """Whether stretches begin with it: most of those that hold it at all."""
    stretch = np.cumsum(opens) - 1
    held = np.unique(stretch[at])
    return float(opens[at].sum()) >= STREAM.marker_share * len(held)


def _exogenous(found: Steps, links: LinkOracle, at: Ints, opens: Flags) -> bool:
    """Whether the key is seldom to be had from rows of the statements before."""
    name = found.fingerprints[int(found.shape[at[0]])]
    stretch = np.cumsum(opens)
    told = 0
    asked = at[:: max(1, len(at) // STREAM.marker_asked)]
    for position in asked.tolist():
        own = int(stretch[position])
        for earlier in range(position - 1, max(-1, position - 1 - STREAM.parent_steps), -1):
            if int(stretch[earlier]) != own:
                break
            if found.shape[earlier] == found.shape[position] or found.write[earlier]:
                continue
            link = links.of(found.fingerprints[int(found.shape[earlier])], name)
            if link is None:
                continue
            if link.same_filter and found.key[earlier] != found.key[position]:
                continue  # all its rows have the key that it was asked with: another one
            told += 1
            break
    return told <= (1 - STREAM.marker_exogenous) * len(asked)
