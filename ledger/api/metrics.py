"""What a monitor asks every few seconds: counts, times and queues, in the text format of Prometheus."""

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response

from ledger.hall.call import Call
from ledger.tally import exposition

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@get("/metrics")
async def metrics(call: NamedDependency[Call]) -> Response[bytes]:
    """Counts, times and queues of this process; nothing about persons, owners or programmes."""
    lanes = call.desk.lanes
    opened, idle = call.desk.connections
    now = {
        "ledger_queue_commands": ("Commands that wait for a posting lane.", lanes.waiting),
        "ledger_queue_bulk_commands": ("Items of long lists that wait behind the counters.", lanes.waiting_in_bulk),
        "ledger_pool_connections": ("Connections for reads and actions that are open.", opened),
        "ledger_pool_connections_idle": ("Of these, the idle ones.", idle),
    }
    return Response(exposition(now).encode(), media_type=MEDIA_TYPE)
