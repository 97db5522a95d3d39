"""What each service's GET shows beyond what Search shows: one builder per resource type.

A builder gets the resource and a random source seeded by it, so the same resource always has the same body.
It must let `resource.revision` show in one field that Search never returns.
Field names and value sets are those of the service models in Oracle's SDK.
"""
