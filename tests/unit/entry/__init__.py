"""The composition root: what a call is told, and what stays behind."""

CONTROLLER = {
    "INVENTORY_ROLE": "controller",
    "INVENTORY_BUCKET": "bucket",
    "INVENTORY_REGION_FUNCTION_ID": "ocid1.fnfunc.oc1.iad.region",
    "INVENTORY_AGGREGATOR_FUNCTION_ID": "ocid1.fnfunc.oc1.iad.aggregator",
    "INVENTORY_INVOKE_ENDPOINT": "https://functions.example.com",
}
