"""A deployment in Python, without a generated SDK: the settings go in by their names, the outputs come out by theirs."""

import pulumi


class RedisDeployment(pulumi.ComponentResource):
    connection: pulumi.Output[dict]
    nodes: pulumi.Output[list]

    def __init__(self, name, settings, opts=None):
        outputs = {"connection": None, "nodes": None}
        super().__init__("redis-on-docker:index:RedisDeployment", name, {**settings, **outputs}, opts, remote=True)


cache = RedisDeployment(
    "python-cache",
    {"topology": "replication", "replicas": 1, "redisPort": 22420, "dataVolumes": "delete"},
)

pulumi.export("connection", cache.connection)
pulumi.export("nodes", cache.nodes)
