"""Where there is a compiler, the compiled tokeniser is there: its tests must not be skipped unseen."""

import os
import shutil
import sysconfig

import pytest

from advisor.fingerprint import tokeniser

COMPILER = (sysconfig.get_config_var("CC") or "cc").split()[0]


@pytest.mark.skipif(
    shutil.which(COMPILER) is None or bool(os.environ.get("ADVISOR_PURE")), reason="no compiler, or pure asked"
)
def test_the_tokeniser_is_compiled_where_it_can_be() -> None:
    assert tokeniser() == "compiled"
