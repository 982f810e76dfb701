"""Every text that leaves a reading goes through `secrets.mask`, whichever reader it comes from."""

from __future__ import annotations

import msgspec

from advisor.model.batch import Batch, Texts
from advisor.model.incident import Incident
from advisor.sources.secrets import mask, mask_optional, suspicious


class MaskedTexts:
    """A batch's texts without credentials, made when asked for."""

    def __init__(self, inner: Texts) -> None:
        self._inner = inner

    def sql(self, event: int) -> str:
        return mask(self._inner.sql(event))

    def parameters(self, event: int) -> str | None:
        return mask_optional(self._inner.parameters(event))


def masked(batch: Batch) -> Batch:
    """The batch, changed in place: no password in any text of its events and incidents."""
    batch.texts = MaskedTexts(batch.texts)
    batch.incidents = [_incident(incident) for incident in batch.incidents]
    return batch


def _incident(incident: Incident) -> Incident:
    if not suspicious(f"{incident.sql}\n{incident.parameters}\n{incident.message}\n{incident.detail}"):
        return incident  # nearly all of them: one look at all their texts
    sql, parameters = mask_optional(incident.sql), mask_optional(incident.parameters)
    message, detail = mask(incident.message), mask(incident.detail)
    same = (sql, parameters, message, detail) == (
        incident.sql,
        incident.parameters,
        incident.message,
        incident.detail,
    )
    if same:
        return incident
    return msgspec.structs.replace(incident, sql=sql, parameters=parameters, message=message, detail=detail)
