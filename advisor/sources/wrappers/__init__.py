"""Transports that logs arrive in: one small file each, which takes the transport off and leaves the log inside."""

#: Name of a transport -> its module (see `advisor.sources.protocol.Wrapper`).
WRAPPERS: dict[str, str] = {
    name: f"{__name__}.{name}"
    for name in (
        "docker",
        "cri",
        "compose",
        "syslog",
        "journald",
        "cloudwatch",
        "cloudsql",
        "azure",
        "cnpg",
        "jsonfield",
    )
}
