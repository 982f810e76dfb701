"""A second blind set: other worlds, libraries and habits. Importing this points the servers of `own` at them."""

import os
import pathlib
import tempfile

from benchmarks.nplusone.own import servers

servers.HERE = pathlib.Path(__file__).parent
servers.SCRATCH = pathlib.Path(os.environ.get("HELD", f"{tempfile.gettempdir()}/held"))
servers.PG_PORT, servers.MY_PORT = 28452, 28326
servers.PG_DSN = f"host=127.0.0.1 port={servers.PG_PORT} dbname=worlds user=app"
servers.SETTINGS |= {"port": servers.PG_PORT, "unix_socket_directories": f"'{servers.SCRATCH}'"}
