"""A process that keeps making shadows, for the tests that kill it: `python living.py MAJOR`."""

import sys

from advisor.planners.postgresql import binaries
from advisor.planners.postgresql.cluster import Cluster

found = binaries.find(int(sys.argv[1]))
print("now", flush=True)
while True:
    with Cluster.create(found) as cluster:
        cluster.start()
        with cluster.connect("owner") as connection:
            connection.execute("SELECT count(*) FROM generate_series(1, 200000)")
        cluster.stop()
        cluster.start()
