"""How often tables are written by statements that the material does not hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from advisor.stream.material import Material


def missing_writes(material: Material) -> NDArray[np.float64]:
    """Writes per microsecond of the tables that each shape reads, beyond those that the rows stand for: by place in
    `fingerprints`.

    The digest counts every execution, the material those that have a session and a time, or a sample of them. What it
    should hold and does not (up to four standard deviations of such a sample) is taken to be spread evenly over the
    window. 0 where nothing is missing, or the window is not known.
    """
    names = material.fingerprints
    found = np.zeros(max(len(names), 1))
    window = 0 if material.start_us is None or material.end_us is None else material.end_us - material.start_us
    if window <= 0:
        return found
    order, _ = material.completed
    seen = dict(zip(names, np.bincount(material.codes[order], minlength=len(names)).tolist(), strict=True))
    anywhere, tables = 0.0, dict[str, float]()
    for shape in material.shapes:
        what = material.effects.get(shape.fingerprint)
        lacking = shape.calls - seen.get(shape.fingerprint, 0) * material.scale
        chance = 4 * math.sqrt(shape.calls * (material.scale - 1))
        if what is None or lacking <= chance or (what.writes is not None and not what.writes):
            continue
        if what.writes is None:
            anywhere += lacking
        for table in what.writes or ():
            tables[table] = tables.get(table, 0) + lacking
    if not anywhere and not tables:
        return found
    for code, name in enumerate(names):
        reads = material.effects[name].reads
        each = sum(tables.values()) if reads is None else sum(tables.get(table, 0) for table in reads)
        found[code] = (anywhere + each) / window
    return found
