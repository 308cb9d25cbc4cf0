"""The policies by name: who goes first, who may overtake, who gives way."""

from ds_notebook.schedule.policies.fifo import Fifo
from ds_notebook.schedule.policies.least_attained import LeastAttained
from ds_notebook.schedule.policies.policy import Policy
from ds_notebook.schedule.policies.priority import Priority
from ds_notebook.schedule.policies.qos import Qos
from ds_notebook.schedule.policies.shortest_remaining import ShortestRemaining

__all__ = ["POLICIES", "Policy"]

POLICIES: dict[str, Policy] = {
    "fifo": Fifo(),
    "priority": Priority(),
    "shortest_remaining": ShortestRemaining(),
    "least_attained": LeastAttained(),
    "qos": Qos(),
}
