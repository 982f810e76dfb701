from typing import Any

import numpy as np
from numpy.typing import NDArray

def frame(
    data: bytes,
    ops: NDArray[np.int32],
    templates: NDArray[np.int32],
    texts: bytes,
    words: bytes,
    word_ends: NDArray[np.int32],
    word_kinds: NDArray[np.int32],
    fields: str,
    loose: bool,
) -> tuple[int, list[int], Any]: ...
