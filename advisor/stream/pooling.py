"""Whether sessions of the log are sessions of the application, or shared by clients statement by statement."""

from __future__ import annotations

import numpy as np

from advisor.model.stream import Pooling
from advisor.model.stream_limits import STREAM
from advisor.stream.steps import Flags, Ints, Steps


def predictability(before: Ints, after: Ints) -> tuple[float, float]:
    """How much a statement tells of the next, and how varied statements are.

    The normalised mutual information I(before; after) / min(H(before), H(after)), 0 to 1, with the bias of small
    samples taken off (Miller and Madow: (cells - rows - columns + 1) / 2n nats), and the smaller entropy in bits.
    """
    count = len(before)
    if not count:
        return 0.0, 0.0
    _, left = np.unique(before, return_inverse=True)
    _, right = np.unique(after, return_inverse=True)
    width = int(right.max()) + 1
    _, cells = np.unique(left.astype(np.int64) * width + right, return_counts=True)
    rows, columns = np.bincount(left), np.bincount(right)
    entropy = [float(-(c / count * np.log(c / count)).sum()) for c in (rows, columns, cells)]
    mutual = entropy[0] + entropy[1] - entropy[2]
    mutual -= (len(cells) - len(rows) - len(columns) + 1) / (2 * count)
    least = min(entropy[0], entropy[1])
    return (max(0.0, min(1.0, mutual / least)) if least > 0 else 1.0), least / float(np.log(2))


def successor(before: Ints, after: Ints) -> float:
    """The surest successor of a statement: the largest share of the executions of a shape that one and the same shape
    followed, of shapes that do not follow everything.

    Requests of one statement each are as hard to predict as shared sessions; a single pair that always comes together
    shows that they are not shared.
    """
    if not len(before):
        return 0.0
    width = int(max(before.max(), after.max())) + 1
    pairs, counts = np.unique(before * width + after, return_counts=True)
    totals, base = np.bincount(before, minlength=width), np.bincount(after, minlength=width) / len(after)
    first, second = pairs // width, pairs % width
    telling = (totals[first] >= STREAM.pooling_pairs) & (base[second] < 0.5)
    return float((counts[telling] / totals[first[telling]]).max(initial=0.0))


def poolings(found: Steps) -> tuple[tuple[Pooling, ...], Flags]:
    """Each application's verdict, and per step whether its session is shared. Traced steps are not asked.

    Names are not known here: ``user`` holds the number of the context, for the caller to replace.
    """
    shared = np.zeros(len(found), np.bool_)
    verdicts: list[Pooling] = []
    for context in np.unique(found.context).tolist():
        mine = np.flatnonzero(found.context == context)
        sessions = np.unique(found.session[mine])
        if len(mine) < STREAM.pooling_steps or len(sessions) < 2:
            continue
        # order by session: requests over several sessions stand apart in the steps
        mine = mine[np.lexsort((found.row[mine],))]
        follows = found.session[mine][1:] == found.session[mine][:-1]
        # inside a transaction a session has one client, whatever the pool does
        number = found.transaction[mine]
        follows &= ~((number[1:] == number[:-1]) & (number[1:] != 0))
        before, after = found.shape[mine][:-1][follows], found.shape[mine][1:][follows]
        if len(before) < STREAM.pooling_steps or not _overlap(found, mine):
            continue
        score, bits = predictability(before, after)
        statement_level = (
            score < STREAM.pooling_predictability
            and bits >= STREAM.pooling_bits
            and successor(before, after) < STREAM.pooling_successor
        )
        shared[mine] = statement_level
        verdicts.append(Pooling(None, str(context), None, len(mine), len(sessions), round(score, 3), statement_level))
    return tuple(verdicts), shared


def _overlap(found: Steps, mine: Ints) -> bool:
    """Whether some of the sessions were open at the same time: only such are shared."""
    start, session = found.start[mine], found.session[mine]
    opens = np.flatnonzero(np.concatenate(([True], session[1:] != session[:-1])))
    first = np.minimum.reduceat(start, opens)
    last = np.maximum.reduceat(found.end[mine], opens)
    order = np.argsort(first, kind="stable")
    latest = np.maximum.accumulate(last[order])
    return bool((first[order][1:] < latest[:-1]).any())
